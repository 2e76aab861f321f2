export * from './care.ts';
export * from './certificates.ts';
export * from './documents.ts';
export * from './environment.ts';
export * from './errors.ts';
export * from './keys.ts';
export * from './orders.ts';
export * from './renewal.ts';
