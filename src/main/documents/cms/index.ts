export {
  type Attributes,
  CmsError,
  type ParsedSignedData,
  type ParsedSigner,
  parseSignedData,
} from './read.ts';
export {
  longestSignature,
  type SignatureScheme,
  type SigningHash,
  type SigningScheme,
  schemeFor,
} from './scheme.ts';
export {
  type CmsReason,
  type CmsVerdict,
  type ContentDigest,
  type TimestampReason,
  type TimestampVerdict,
  verifyCms,
  verifySignedData,
  verifyTimestamp,
} from './verify.ts';
export {
  buildSignedData,
  chainFor,
  ecdsaToDer,
  estimateSize,
  type SignedDataParts,
  signedAttributes,
} from './write.ts';
