import type { AuditLog } from '../audit/index.ts';
import type { AuthorityHttp, CmpEndpoint } from '../authority/index.ts';
import type { CertificateFacts } from '../certificates/index.ts';
import type { RenewalRepository } from '../store/index.ts';
import type { CmpPeer, OrdersPeer, SealsPeer, TokensPeer } from './peers.ts';
import type { Phase } from './work.ts';

/** What renewals are made of. */
export interface RenewalTools {
  tokens: TokensPeer;
  http: AuthorityHttp;
  journal: RenewalRepository;
  audit: Pick<AuditLog, 'append'>;
  roots: () => Promise<CertificateFacts[]>;
  /** Revocation of a certificate as far as it is known or can be asked now. */
  status?: (
    certificate: CertificateFacts,
    pool: readonly CertificateFacts[],
  ) => Promise<'good' | 'revoked' | 'unknown' | 'unchecked'>;
  /** How seals are made anew and bound; left out: they stay behind. */
  seals?: SealsPeer;
  now?: () => Date;
  /** For tests: other peers, another sense of time, and things that break at a certain step. */
  orders?: (url: string) => OrdersPeer;
  cmp?: (endpoint: CmpEndpoint) => CmpPeer;
  wait?: (millis: number, signal: AbortSignal) => Promise<void>;
  atStep?: (phase: Phase, when: 'before' | 'after', id: string) => void | Promise<void>;
}
