export {
  checkSignature,
  type Hash,
  isWeak,
  readDigestAlgorithm,
  readSignatureAlgorithm,
  type SignatureAlgorithm,
  type SignatureCheck,
  writeDigestAlgorithm,
  writePss,
} from './algorithms.ts';
export { berToDer } from './ber.ts';
export {
  type ChainQuestion,
  type ChainReason,
  type ChainResult,
  type ChainStatus,
  collectChain,
  validateChain,
} from './chain.ts';
export * as der from './der.ts';
export { DerError, type DerNode } from './der.ts';
export { type NameAttribute, type NameFacts, readName, sameName } from './names.ts';
export { oids } from './oids.ts';
export {
  type CertificateExtension,
  type CertificateFacts,
  canSign,
  daysLeft,
  holderName,
  type KeyUsage,
  parseCertificate,
} from './parse.ts';
export { parsePemCertificates, trustRoots } from './trust.ts';
