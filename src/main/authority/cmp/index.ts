export {
  CmpClient,
  type CmpEndpoint,
  type CmpOutcome,
  type CmpRequest,
  type CmpTransaction,
  type NewKey,
} from './client.ts';
export {
  type CertId,
  type CertReqMessage,
  type CertRequest,
  type CertTemplate,
  type CrmfAttribute,
  checkPopo,
  directoryName,
  emptyTemplate,
  nameIn,
  oldCertId,
  oldCertIdControl,
  type ProofOfPossession,
  readUtf8Pairs,
  utf8Pairs,
  writeCertRequest,
} from './crmf.ts';
export { type CertificationRequest, readCsr, writeCsr } from './csr.ts';
export {
  caCertsInfo,
  type GeneralAnswer,
  keyTypesInfo,
  type RootUpdate,
  readGeneral,
  rootUpdateInfo,
} from './general.ts';
export {
  type CertResponse,
  type CertStatus,
  decodeMessage,
  encodeMessage,
  hasImplicitConfirm,
  type InfoTypeAndValue,
  implicitConfirmInfo,
  type PkiBody,
  type PkiHeader,
  type PkiMessage,
  type PollReply,
  type ReceivedMessage,
  type RevocationDetails,
} from './message.ts';
export { cmpOids } from './oids.ts';
export {
  type CmpKey,
  type CmpProtection,
  type CmpSigner,
  checkMac,
  checkSigned,
  protectionKind,
  protectMessage,
  writeSignatureAlgorithm,
} from './protection.ts';
export type { PkiFailure, PkiStatus, PkiStatusInfo } from './status.ts';
