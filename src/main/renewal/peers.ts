import type { CmpClient, OrdersClient } from '../authority/index.ts';
import type { TokenAct, TokenService } from '../pkcs11/index.ts';

// What the journey needs of tokens and authorities: no more than this, so that tests can stand in for them.

export type CmpPeer = Pick<CmpClient, 'make' | 'send' | 'poll' | 'confirm'>;
export type OrdersPeer = Pick<
  OrdersClient,
  'catalogue' | 'quote' | 'create' | 'read' | 'confirm' | 'cancel' | 'find'
>;
/** Types of key pairs that keys can be asked to make. */
export type PairType = Parameters<TokenAct['generate']>[0]['keyType'];
export type TokensPeer = Pick<TokenService, 'act' | 'canGenerate' | 'snapshot' | 'chain'>;
