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
  type ChainReason,
  collectChain,
  validateChain,
} from './chain.ts';
export * as der from './der.ts';
export { DerError, type DerNode } from './der.ts';
export { type NameFacts, readName, sameName } from './names.ts';
export { oids } from './oids.ts';
export {
  type CertificateFacts,
  canSign,
  daysLeft,
  holderName,
  parseCertificate,
} from './parse.ts';
export { parsePemCertificates, trustRoots } from './trust.ts';
