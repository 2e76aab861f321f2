export { type GoOptions, Renewals } from './renewals.ts';
export { isPairType } from './signing.ts';
export { subjectFromText } from './subject.ts';
export type { RenewalTools } from './tools.ts';
export type { Phase } from './work.ts';
