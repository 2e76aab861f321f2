export type { CareAnswer, SignatureAnswer, SignRequest } from './api.ts';
export { examineModule } from './module-file.ts';
export { type CareWork, type ModuleLedger, TokenService } from './token-service.ts';
