export * from './cmp/index.ts';
export { type AuthorityHttp, authorityHttp } from './http.ts';
export type { RequestSigner } from './json-api.ts';
export { OrdersClient } from './orders.ts';
export { fetchStatusList, SealsClient } from './seals.ts';
export { StatusService } from './status.ts';
