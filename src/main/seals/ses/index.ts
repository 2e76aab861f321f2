/**
 * The seal object of GB/T 38540-2020 and its relatives: bytes in, facts and verdicts out. No files, no network, no keys; so
 * the token host can judge by the same code as main.
 */
export {
  chainExtension,
  readSealExtensions,
  sealExtension,
} from './extensions.ts';
export { sealFacts } from './inspect.ts';
export {
  assembleStatusList,
  lookUpSeal,
  readStatusList,
  type SealState,
  type SealStatus,
  type SealStatusList,
  statusListInfo,
  verifyStatusList,
} from './status-list.ts';
export { readSeal, type Seal } from './structure.ts';
export { judgeSealUse, type SealsOnKey, type SealUse } from './use.ts';
export { type SealQuestion, sealLists, sealRefusal, verifySeal } from './verify.ts';
export { assembleSeal, sealInfo } from './write.ts';
