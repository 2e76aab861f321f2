/**
 * The seal object of GB/T 38540-2020 and its relatives: bytes in, facts and verdicts out. No files, no network, no keys; so
 * the token host can judge by the same code as main.
 */
export {
  chainExtension,
  readSealExtensions,
  type SealExtensionName,
  sealExtension,
} from './extensions.ts';
export { inspectSeal, sealFacts } from './inspect.ts';
export type { SealKind } from './rules.ts';
export {
  assembleStatusList,
  lookUpSeal,
  readStatusList,
  type SealState,
  type SealStatus,
  type SealStatusFacts,
  type SealStatusList,
  statusListInfo,
  verifyStatusList,
} from './status-list.ts';
export { readSeal, type Seal, type SesList } from './structure.ts';
export { judgeSealUse, type SealsOnKey, type SealUse } from './use.ts';
export { type SealQuestion, sealLists, sealRefusal, verifySeal } from './verify.ts';
export { assembleSeal, type SignedBy, sealInfo } from './write.ts';
