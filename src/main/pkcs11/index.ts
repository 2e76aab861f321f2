export type { SignatureAnswer, SignRequest } from './api.ts';
export type { SignOptions } from './module-client.ts';
export { examineModule, hashModule, type ModuleFile } from './module-file.ts';
export { type ModuleLedger, TokenService, type TokenServiceOptions } from './token-service.ts';
export { type KnownModule, knownModules } from './vendors.ts';
