export * from './cmp/index.ts';
export { type AuthorityHttp, authorityHttp, expectType, type HttpAnswer, type HttpQuestion } from './http.ts';
export { type OrderSigner, OrdersClient } from './orders.ts';
export { type StatusEvidence, type StatusQuestion, StatusService, type StatusTools } from './status.ts';
export {
  encodeStampRequest,
  type StampHash,
  type StampRequest,
  type StampTrust,
  type Timestamp,
  timestamp,
  verifyStampResponse,
} from './tsp.ts';
