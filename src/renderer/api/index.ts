export { call, initial, on, ticketFor } from './bridge.ts';
export { agreeModule, forgetModule, refreshKeys, useSnapshot, watchKeys } from './keys.ts';
export { changeSettings, useSettings, watchSettings } from './settings.ts';
