export { type AuthorityHttp, authorityHttp, expectType, type HttpAnswer, type HttpQuestion } from './http.ts';
