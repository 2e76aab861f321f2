export * from './cmp/index.ts';
export { type AuthorityHttp, authorityHttp } from './http.ts';
export { OrdersClient } from './orders.ts';
export { StatusService } from './status.ts';
