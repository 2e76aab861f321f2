export { type Act, useAct } from './act.ts';
export { call, initial, on, ticketFor } from './bridge.ts';
export {
  type CareState,
  cancelCare,
  care,
  careJournal,
  careRead,
  forgetNotice,
  useCare,
  useNoticed,
  watchCare,
} from './care.ts';
export {
  checkStatus,
  forgetCertificate,
  readCertificates,
  useCertificates,
  watchCertificates,
} from './certificates.ts';
export { agreeModule, forgetModule, refreshKeys, useSnapshot, watchKeys } from './keys.ts';
export { findOrphans, removeOrphan, useOrphans, watchOrphans } from './orphans.ts';
export { type Pictures, usePictures, usePictureUrl } from './pictures.ts';
export { keepRenewal, readRenewals, useRenewals, watchRenewals } from './renewals.ts';
export {
  keepApplication,
  readApplications,
  useApplications,
  useApplicationUrl,
  watchApplications,
} from './sealing.ts';
export { forgetSeal, readSeals, refreshSeals, useSeals, useSealUrl, watchSeals } from './seals.ts';
export { changeSettings, useSettings, watchSettings } from './settings.ts';
