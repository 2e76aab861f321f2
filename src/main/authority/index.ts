export * from './cmp/index.ts';
export { type AuthorityHttp, authorityHttp, expectType, type HttpAnswer, type HttpQuestion } from './http.ts';
export { OrdersClient, type OrderSigner } from './orders.ts';
