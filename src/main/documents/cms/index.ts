export { parseSignedData } from './read.ts';
export { type SigningScheme, schemeFor } from './scheme.ts';
export {
  type CmsReason,
  type CmsVerdict,
  type TimestampVerdict,
  verifyCms,
  verifySignedData,
  verifyTimestamp,
} from './verify.ts';
export { buildSignedData, chainFor, ecdsaToDer, estimateSize, signedAttributes } from './write.ts';
