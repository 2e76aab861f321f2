export type { SignatureAnswer, SignRequest } from './api.ts';
export { examineModule } from './module-file.ts';
export { type ModuleLedger, TokenService } from './token-service.ts';
