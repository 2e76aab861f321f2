export * from './care.ts';
export * from './documents.ts';
export * from './environment.ts';
export * from './errors.ts';
export * from './keys.ts';
