import type { SealForm, TokenId } from '../../shared/domain/index.ts';
import type { CmpClient, OrdersClient, SealsClient } from '../authority/index.ts';
import type { TokenAct, TokenService } from '../pkcs11/index.ts';

// What the journey needs of tokens, authorities and seals: no more than this, so that tests can stand in for them.

export type CmpPeer = Pick<CmpClient, 'make' | 'send' | 'poll' | 'confirm'>;
export type OrdersPeer = Pick<
  OrdersClient,
  'catalogue' | 'quote' | 'create' | 'read' | 'confirm' | 'cancel' | 'find'
>;
/** Types of key pairs that keys can be asked to make. */
export type PairType = Parameters<TokenAct['generate']>[0]['keyType'];
export type TokensPeer = Pick<TokenService, 'act' | 'canGenerate' | 'snapshot' | 'chain' | 'data'>;

/** The seal maker at an authority's orders API. */
export type SealMakerPeer = Pick<SealsClient, 'reissue' | 'seal' | 'bound'>;

/** Where seals are made and kept. */
export interface SealsPeer {
  maker: (api: string) => SealMakerPeer;
  /** When a certificate was revoked, as far as this client has heard. */
  revocation(sha256: string): { at: Date } | undefined;
  /** A seal of this computer's store by its SHA-256 (hex), for keys that hold the digest alone. */
  stored(sha256: string): Uint8Array | null;
  /** Writes a new seal to the key in the largest form that it has room for, or to the store with its digest on the key. */
  bind(
    act: TokenAct,
    seal: { id: string; token: TokenId; form: (form: SealForm) => Promise<Uint8Array> },
  ): Promise<{ form: SealForm; where: 'key' | 'store'; sha256: string }>;
  /** The seals on a key have changed, and nobody is at work with it any more. */
  changed(): void;
}
