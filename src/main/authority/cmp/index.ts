export {
  CmpClient,
  type CmpEndpoint,
  type CmpOutcome,
  type CmpRequest,
  type CmpTransaction,
  type NewKey,
} from './client.ts';
export {
  type CertReqMessage,
  type CertTemplate,
  type CrmfAttribute,
  checkPopo,
  directoryName,
  emptyTemplate,
  nameIn,
  oldCertId,
  readUtf8Pairs,
  utf8Pairs,
  writeCertRequest,
} from './crmf.ts';
export { readCsr } from './csr.ts';
export {
  type CertResponse,
  decodeMessage,
  encodeMessage,
  hasImplicitConfirm,
  type InfoTypeAndValue,
  implicitConfirmInfo,
  type PkiBody,
  type PkiHeader,
  type ReceivedMessage,
} from './message.ts';
export { cmpOids } from './oids.ts';
export {
  type CmpProtection,
  type CmpSigner,
  checkMac,
  checkSigned,
  protectionKind,
  protectMessage,
} from './protection.ts';
export { failureNames, type PkiFailure, type PkiStatusInfo } from './status.ts';
