export { type CareOptions, KeyCare } from './key-care.ts';
