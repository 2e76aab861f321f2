export { type GoOptions, Renewals } from './renewals.ts';
export type { RenewalTools } from './tools.ts';
export type { Phase } from './work.ts';
