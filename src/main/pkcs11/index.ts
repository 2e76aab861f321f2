export type { TokenAct } from './act-api.ts';
export type { CareAnswer, SignatureAnswer, SignRequest } from './api.ts';
export { certificateInfo } from './certificate-info.ts';
export {
  digestApplication,
  type SealOfUse,
  sealApplication,
  type TokenData,
} from './data-api.ts';
export { examineModule } from './module-file.ts';
export type { SlotsReport } from './slot-facts.ts';
export { type CareWork, type ModuleLedger, TokenService } from './token-service.ts';
