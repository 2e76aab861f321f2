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
export { agreeModule, forgetModule, refreshKeys, useSnapshot, watchKeys } from './keys.ts';
export { type Seals, useSeals, useSealUrl } from './seals.ts';
export { changeSettings, useSettings, watchSettings } from './settings.ts';
