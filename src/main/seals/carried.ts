import { type AuthorityHttp, SealsClient } from '../authority/index.ts';
import type { Seals } from './my-seals.ts';

/** How a renewal has a seal made anew and bound: the makers, my seals, and where they are kept. */
export function carriedBy(seals: Seals, http: AuthorityHttp) {
  return {
    maker: (api: string) => new SealsClient({ url: api, http }),
    revocation: (sha256: string) => seals.revocation(sha256),
    stored: (digest: string) => seals.stored(digest),
    bind: (...binding: Parameters<Seals['bind']>) => seals.bind(...binding),
    changed: () => seals.changed(),
  };
}
