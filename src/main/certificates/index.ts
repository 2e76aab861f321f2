export {
  checkSignature,
  type Hash,
  isWeak,
  readDigestAlgorithm,
  readSignatureAlgorithm,
  type SignatureAlgorithm,
  type SignatureCheck,
  signatureAlgorithmName,
  writeDigestAlgorithm,
  writePss,
} from './algorithms.ts';
export { berToDer } from './ber.ts';
export {
  chainWord,
  collectChain,
  validateChain,
} from './chain.ts';
export { creditCodeOf } from './credit-code.ts';
export { type CrlFacts, listBytesLimit, lookUp, openCrl } from './crl.ts';
export * as der from './der.ts';
export { DerError, type DerNode } from './der.ts';
export { dumpDer } from './dump.ts';
export { type NameFacts, readName, sameName } from './names.ts';
export { encodeOcspRequest, type OcspSubject, verifyOcspResponse } from './ocsp.ts';
export { oids } from './oids.ts';
export {
  type CertificateFacts,
  canSign,
  daysLeft,
  holderName,
  parseCertificate,
} from './parse.ts';
export {
  authorityAddresses,
  checkAnswerSignature,
  clockTolerance,
  distrust,
  listPlaces,
  reading,
} from './revocation.ts';
export { shippedRoots } from './shipped-roots.ts';
export { systemRoots } from './system-roots.ts';
export { parsePemCertificates } from './trust.ts';
export { type Anchor, TrustList } from './trust-list.ts';
