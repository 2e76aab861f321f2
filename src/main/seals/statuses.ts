import { createHash } from 'node:crypto';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { type AuthorityHttp, fetchStatusList } from '../authority/index.ts';
import { type CertificateFacts, parseCertificate } from '../certificates/index.ts';
import type { SealStatusListsRepository } from '../store/index.ts';
import {
  lookUpSeal,
  readSealExtensions,
  type Seal,
  type SealQuestion,
  type SealStatusList,
  verifyStatusList,
} from './ses/index.ts';

export interface SealStatusTools {
  http: AuthorityHttp;
  lists: SealStatusListsRepository;
  revocation: NonNullable<SealQuestion['revocation']>;
  now: () => Date;
}

/** A list that was asked for so short a time ago (ms) is not asked for again, unless somebody wants it fresh. */
const calm = 5 * 60_000;

/** A maker's newest list, proven. */
export interface KnownList {
  list: SealStatusList;
  bytes: Uint8Array;
}

/** What seal makers say of their seals: fetched, proven, kept by number, and never an older one for a newer one. */
export class SealStatuses {
  readonly #tools: SealStatusTools;
  readonly #proven = new Map<string, KnownList>();
  /** When a maker was asked last, in this process; also in vain. With a seal's number: about this very seal. */
  readonly #asked = new Map<string, number>();
  readonly #asking = new Map<string, Promise<void>>();
  /** Grows with each list that took the place of another one. */
  revision = 0;

  constructor(tools: SealStatusTools) {
    this.#tools = tools;
  }

  /**
   * The newest list that is known of this seal's maker; null: none. Asks nobody. Only for seals whose maker is proven.
   * A kept one that can't be proven any more counts as none.
   */
  async known(seal: Seal, roots: readonly CertificateFacts[]): Promise<KnownList | null> {
    const maker = makerOf(seal);
    if (maker === null) return null;
    const kept = this.#tools.lists.get(maker);
    if (!kept) return null;
    const before = this.#proven.get(maker);
    if (before && Buffer.compare(before.bytes, kept.der) === 0) return before;
    try {
      const list = await this.#verify(kept.der, seal, roots);
      const known = { list, bytes: kept.der };
      this.#proven.set(maker, known);
      return known;
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
      return null;
    }
  }

  /**
   * Asks the maker at the address that the seal names, where it was not asked for some minutes or where its list is older
   * than the seal and says nothing of it yet; `fresh`: in any case. Of a seal that names no address nobody is asked.
   * @throws YinkeyError seal.status-unreadable, seal.status-unproven, authority.*; what was known before stays
   */
  async ask(seal: Seal, roots: readonly CertificateFacts[], { fresh = false } = {}): Promise<void> {
    const maker = makerOf(seal);
    const url = readSealExtensions(seal.extensions).statusList;
    if (maker === null || url === null) return;
    const now = this.#tools.now();
    const known = await this.known(seal, roots);
    // A list from before the seal was made: that it was asked for a minute ago is no answer for this seal.
    const before = known !== null && lookUpSeal(known.list, seal, now).state === 'unknown';
    const name = before ? `${maker} ${seal.id}` : maker;
    const last = this.#asked.get(name) ?? (before ? 0 : this.#lastAsked(maker));
    const ago = now.getTime() - last;
    // Asked in the future: by a clock that was ahead then.
    if (!fresh && ago >= 0 && ago < calm) return;
    const under = this.#asking.get(maker);
    if (under) return under;
    const asking = this.#fetch(maker, url, seal, roots).finally(() => {
      for (const each of [maker, name]) this.#asked.set(each, this.#tools.now().getTime());
      this.#asking.delete(maker);
    });
    this.#asking.set(maker, asking);
    return asking;
  }

  /** When another client of this store asked; NaN: nobody has. */
  #lastAsked(maker: string): number {
    return Date.parse(this.#tools.lists.get(maker)?.askedAt ?? '');
  }

  async #fetch(maker: string, url: string, seal: Seal, roots: readonly CertificateFacts[]): Promise<void> {
    const bytes = await fetchStatusList(this.#tools.http, url);
    const list = await this.#verify(bytes, seal, roots);
    // One of a lower number, brought again by whoever stands in between, is left aside.
    const before = this.#tools.lists.get(maker);
    if (!this.#tools.lists.put(maker, { ...list, der: bytes }, this.#tools.now())) return;
    this.#proven.set(maker, { list, bytes });
    if (!before || Buffer.compare(before.der, bytes) !== 0) this.revision += 1;
  }

  #verify(bytes: Uint8Array, seal: Seal, roots: readonly CertificateFacts[]): Promise<SealStatusList> {
    const { revocation } = this.#tools;
    return verifyStatusList(bytes, { sealMaker: seal.maker, roots, revocation });
  }
}

/** Who made a seal, by issuer and name of its certificate; null: it can't be read. */
function makerOf(seal: Seal): string | null {
  try {
    const { issuer, subject } = parseCertificate(seal.maker);
    const hash = createHash('sha256').update(issuer.raw);
    return hash.update(createHash('sha256').update(subject.raw).digest()).digest('hex');
  } catch (error) {
    if (toWireError(error).code === 'certificate.unreadable') return null;
    throw error;
  }
}
