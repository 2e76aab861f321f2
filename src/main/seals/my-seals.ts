import { createHash } from 'node:crypto';
import type {
  KeyInfo,
  SealCard,
  SealFacts,
  SealForm,
  SealUseEntry,
  TokenId,
} from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { AuthorityHttp } from '../authority/index.ts';
import { type CertificateFacts, parseCertificate } from '../certificates/index.ts';
import {
  certificateInfo,
  digestApplication,
  sealApplication,
  type TokenData,
  type TokenService,
} from '../pkcs11/index.ts';
import type { BoundSealRow, BoundSealsRepository, SealStatusListsRepository } from '../store/index.ts';
import { type BoundTo, bindSeal, type SealAct } from './bind.ts';
import { type HeldSeal, type Judging, pictureOnce, sealCard } from './card.ts';
import { readSeal, type Seal, type SealsOnKey, sealFacts } from './ses/index.ts';
import { type KnownList, SealStatuses } from './statuses.ts';
import { SealUses } from './uses.ts';

/** What "my seals" are made of. */
export interface SealsTools {
  tokens: Pick<TokenService, 'snapshot' | 'data' | 'chain'>;
  seals: BoundSealsRepository;
  lists: SealStatusListsRepository;
  audit: Pick<AuditLog, 'after' | 'append'>;
  http: AuthorityHttp;
  roots(): Promise<readonly CertificateFacts[]>;
  /** Certificates that were seen on keys, by their SHA-256. */
  seen(): readonly { sha256: string; der: Uint8Array; ckaId: string; label: string }[];
  /** When a certificate was revoked, as far as this client has heard. */
  revocation(sha256: string): { at: Date } | undefined;
  /** Decodes a PNG in the document host. */
  picture(png: Uint8Array): Promise<{ widthPx: number; heightPx: number }>;
  /** Something went wrong while nobody waited for an answer. */
  trouble?: (error: unknown) => void;
  now?: () => Date;
}

/** A seal with all that a stamp needs of it. */
export interface SealForStamp {
  bytes: Uint8Array;
  id: string;
  name: string;
  /** The seal's own picture. */
  picture: Uint8Array;
  widthMm: number;
  heightMm: number;
  /** The maker's newest status list that is known, proven; null: none. */
  statusList: Uint8Array | null;
  /** The certificate on that key that may use it; null: none of them. */
  certificateSha256: string | null;
}

/** A stamp waits no longer than this for the word of the maker (ms). */
const patience = 3_000;
/** A key that could not be read, somebody being at work with it, is read again after so long (ms). */
const again = 5_000;

type KeyId = Pick<TokenId, 'serial' | 'label'>;
const keyOf = ({ serial, label }: KeyId) => JSON.stringify([serial, label]);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What decides whether a key has to be read again: it came, or what is on it changed. */
const printOf = ({ module, slot, certificates }: KeyInfo) =>
  JSON.stringify([
    module,
    slot,
    certificates.map((one) => [one.sha256, one.hasPrivateKey, one.validity, one.superseded]),
  ]);

/**
 * Every seal on every key that is here or was. What is shown at once is what is known; keys and makers are asked
 * afterwards, each at its own speed, and what has changed is told (`onChange`).
 */
export class Seals {
  readonly #tools: SealsTools;
  readonly #now: () => Date;
  readonly #statuses: SealStatuses;
  readonly #uses: SealUses;
  readonly #picture: Judging['picture'];
  readonly #listeners = new Set<(cards: SealCard[]) => void>();
  /** What was read from the keys that are here. */
  readonly #read = new Map<string, { print: string; data: TokenData[] }>();
  /** Keys that are being read. */
  readonly #reading = new Map<string, Promise<void>>();
  #absentJudged = false;
  /** Which of the makers' words the seals were judged by. */
  #judgedBy = 0;
  #told = '';
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(tools: SealsTools) {
    this.#tools = tools;
    this.#now = tools.now ?? (() => new Date());
    this.#statuses = new SealStatuses({
      http: tools.http,
      lists: tools.lists,
      revocation: this.#revocation,
      now: this.#now,
    });
    this.#uses = new SealUses(tools.audit);
    this.#picture = pictureOnce(tools.picture);
  }

  /** Tells every change from now on. Returns what ends the telling. */
  onChange(listener: (cards: SealCard[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As last known, those on keys that are here first; asks nobody. One card for a seal: the best of its places. */
  cards(): SealCard[] {
    const plugged = new Map(this.#keys().map((key) => [keyOf(key), key]));
    const cards = this.#tools.seals.list().flatMap((row): SealCard[] => {
      if (!row.view) return [];
      const key = plugged.get(keyOf({ serial: row.serial, label: row.tokenLabel }));
      const token = { module: key?.module ?? row.module, serial: row.serial, label: row.tokenLabel };
      return [{ ...row.view, token, present: key !== undefined, uses: this.#uses.of(row.id) }];
    });
    const rank = (card: SealCard) => Number(card.present) * 2 + Number(card.certificate !== null);
    cards.sort((a, b) => rank(b) - rank(a) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
    const ids = new Set<string>();
    return cards.filter(({ id }) => !ids.has(id) && ids.add(id));
  }

  /**
   * Looks at keys that came or changed, and asks makers whose word is old. Resolves when all that is known.
   * Called again and again; what was read is not read twice. What goes wrong is left for the next time.
   */
  async look(): Promise<void> {
    await this.#look({ again: false, fresh: false });
  }

  /**
   * Reads every key and asks every maker now.
   * @throws YinkeyError of the first key that could not be read or maker that could not be asked, when all is done
   */
  async refresh(): Promise<SealCard[]> {
    const [trouble] = await this.#look({ again: true, fresh: true });
    if (trouble) throw trouble;
    return this.cards();
  }

  /** What is on this key has changed: it is read again. */
  async reread(token: KeyId): Promise<void> {
    this.#read.delete(keyOf(token));
    await this.look();
  }

  /** The seals on some key have changed. */
  changed(): void {
    this.#read.clear();
    void this.look().catch((error: unknown) => this.#tools.trouble?.(error));
  }

  /** What a key holds of seals, as it was read last. */
  onKey(token: KeyId): SealsOnKey {
    return sealsOnKey(this.#read.get(keyOf(token))?.data ?? []);
  }

  /** @throws YinkeyError seal.unknown {id} */
  detail(id: string): { card: SealCard; facts: SealFacts; uses: SealUseEntry[] } {
    const card = this.#card(id);
    const facts = sealFacts(readSeal(this.bytes(id)));
    return { card, facts, uses: this.#uses.entries(id) };
  }

  /** The seal's picture. @throws YinkeyError seal.unknown */
  picture(id: string): Uint8Array {
    return new Uint8Array(readSeal(this.bytes(id)).picture.data);
  }

  /** The SESeal. @throws YinkeyError seal.unknown */
  bytes(id: string): Uint8Array {
    const card = this.#card(id);
    const bytes = this.#tools.seals.bytes(card.sha256);
    if (!bytes) throw new YinkeyError('seal.unknown', { id: id.slice(0, 64) });
    return bytes;
  }

  /**
   * Hands the SESeal to `save`, which makes a file of it, and writes to the audit log what became of that.
   * @throws YinkeyError seal.unknown, and what `save` throws
   */
  async export(id: string, save: (seal: Uint8Array) => void | Promise<void>): Promise<void> {
    const card = this.#card(id);
    const bytes = this.bytes(id);
    const record = (result: string) =>
      this.#tools.audit.append({
        act: 'seal.export',
        subject: card.name.slice(0, 200),
        token: { serial: card.token.serial, label: card.token.label },
        certificateSha256: card.certificate?.sha256 ?? null,
        documentIn: null,
        documentOut: null,
        seal: { id: card.id.slice(0, 64), sha256: card.sha256 },
        result,
      });
    try {
      await save(bytes);
    } catch (error) {
      record(toWireError(error).code);
      throw error;
    }
    record('ok');
  }

  /** Takes a seal off the list. Nothing on any key changes. @throws YinkeyError request.refused while its key is here */
  forget(id: string): SealCard[] {
    const here = this.#keys();
    for (const row of this.#tools.seals.list().filter((one) => one.id === id)) {
      const token = { serial: row.serial, label: row.tokenLabel };
      if (here.some((key) => keyOf(key) === keyOf(token)))
        throw new YinkeyError('request.refused', { method: 'the key is plugged in' });
      this.#tools.seals.forget(id, token);
    }
    this.#tell();
    return this.cards();
  }

  /**
   * A seal with what a stamp on this key needs of it; its maker is asked anew, and waited for a few seconds. Whether it
   * may be used is judged by `judgeSealUse`, here and in the token host.
   * @throws YinkeyError seal.not-on-key {id, name}, token.*, driver.*
   */
  async forStamp(id: string, token: TokenId): Promise<SealForStamp> {
    const row = await this.#onThisKey(id, token);
    const bytes = row && this.#tools.seals.bytes(row.sha256);
    if (!row || !bytes) {
      const name = this.cards().find((card) => card.id === id)?.name ?? id;
      throw new YinkeyError('seal.not-on-key', { id, name });
    }
    const seal = readSeal(bytes);
    const roots = await this.#tools.roots();
    // Whoever is no proven maker names no address that is asked.
    if (row.view && makerProven(row.view)) await this.#askShortly(seal, roots);
    const known = await this.#statuses.known(seal, roots);
    return {
      bytes,
      id: seal.id,
      name: seal.name,
      picture: new Uint8Array(seal.picture.data),
      widthMm: seal.picture.width,
      heightMm: seal.picture.height,
      statusList: known?.bytes ?? null,
      certificateSha256: row.view?.certificate?.sha256 ?? null,
    };
  }

  /** The newest status list that is known of this seal's maker, proven; null: none. Asks nobody. */
  async statusList(seal: Seal): Promise<KnownList | null> {
    return this.#statuses.known(seal, await this.#tools.roots());
  }

  /** When a certificate was revoked, as far as this client has heard. */
  revocation(sha256: string): { at: Date } | undefined {
    return this.#tools.revocation(sha256);
  }

  /** A seal of this computer's store by its SHA-256 (hex), for keys that hold the digest alone. */
  stored(digest: string): Uint8Array | null {
    return this.#tools.seals.bytes(digest) ?? null;
  }

  /** Writes a seal to a key, in the largest form that it has room for. Errors: those of `bindSeal`. */
  bind(
    act: SealAct,
    seal: {
      id: string;
      token: TokenId;
      form: (form: SealForm) => Promise<Uint8Array>;
      replaces?: string | undefined;
      onStep?: (step: 'fetching' | 'writing') => void;
    },
  ): Promise<BoundTo> {
    const { onStep } = seal;
    return bindSeal(act, seal, {
      keep: (bytes) => void this.#tools.seals.keep(bytes, this.#now()),
      ...(onStep && { onStep }),
    });
  }

  /** Looks no more by itself. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#listeners.clear();
  }

  #keys(): KeyInfo[] {
    return this.#tools.tokens.snapshot().keys;
  }

  #card(id: string): SealCard {
    const card = this.cards().find((one) => one.id === id);
    if (!card) throw new YinkeyError('seal.unknown', { id: id.slice(0, 64) });
    return card;
  }

  async #onThisKey(id: string, token: TokenId): Promise<BoundSealRow | undefined> {
    const find = () =>
      this.#tools.seals
        .list()
        .find((row) => row.id === id && row.serial === token.serial && row.tokenLabel === token.label);
    const key = this.#keys().find((one) => keyOf(one) === keyOf(token));
    if (key && this.#read.get(keyOf(token))?.print !== printOf(key)) await this.#readKey(key);
    return find();
  }

  async #askShortly(seal: Seal, roots: readonly CertificateFacts[]): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience);
    });
    // Without an answer the list that is there counts, with its age.
    // Each stamp asks: a seal that was suspended a minute ago must not stamp.
    const asked = this.#statuses
      .ask(seal, roots, { fresh: true })
      .catch((error: unknown) => this.#unheard(error));
    await Promise.race([asked, enough]);
    clearTimeout(timer);
  }

  #unheard(error: unknown): void {
    if (!(error instanceof YinkeyError)) throw error;
    this.#tools.trouble?.(error);
  }

  /** Keys, each at its own speed; then makers, then what they said. Answers what went wrong. */
  async #look(how: { again: boolean; fresh: boolean }): Promise<unknown[]> {
    if (this.#closed) return [];
    const snapshot = this.#tools.tokens.snapshot();
    const here = new Set(snapshot.keys.map(keyOf));
    for (const key of this.#read.keys()) if (!here.has(key)) this.#read.delete(key);
    const trouble: unknown[] = [];
    this.#tell();
    await Promise.all(
      snapshot.keys.map(async (key) => {
        if (!how.again && this.#read.get(keyOf(key))?.print === printOf(key)) return;
        await this.#readKey(key).catch((error: unknown) => this.#unread(error, trouble));
      }),
    );
    if (!this.#absentJudged) {
      this.#absentJudged = true;
      await this.#judgeAbsent();
    }
    await this.#askMakers(how.fresh, trouble);
    return trouble;
  }

  /** A key that can't be read now keeps what was known of it. */
  #unread(error: unknown, trouble: unknown[]): void {
    if (!(error instanceof YinkeyError)) throw error;
    // Pulled in the meantime: that is no trouble.
    if (error.code === 'token.removed' || error.code === 'token.not-found') return;
    trouble.push(error);
    this.#tools.trouble?.(error);
    if (error.code !== 'token.busy' || this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      void this.look().catch((failure: unknown) => this.#tools.trouble?.(failure));
    }, again);
    this.#retry.unref();
  }

  /** One key is read by one at a time; whoever comes meanwhile gets the same, and reads anew what changed. */
  #readKey(key: KeyInfo): Promise<void> {
    const name = keyOf(key);
    const under = this.#reading.get(name);
    if (under)
      return under.then(() =>
        this.#read.get(name)?.print === printOf(key) ? undefined : this.#readKey(key),
      );
    const reading = this.#readNow(key).finally(() => this.#reading.delete(name));
    this.#reading.set(name, reading);
    return reading;
  }

  async #readNow(key: KeyInfo): Promise<void> {
    const { module, serial, label } = key;
    const data = await this.#tools.tokens.data({ module, serial, label });
    this.#read.set(keyOf(key), { print: printOf(key), data });
    await this.#judgeKey(key, data);
  }

  async #judgeKey(key: KeyInfo, data: readonly TokenData[]): Promise<void> {
    const judging = await this.#judging(key);
    const onKey = sealsOnKey(data);
    const certificates = key.certificates.flatMap((info) => {
      const der = this.#chain(key, info.id)[0];
      return der ? [{ info, der }] : [];
    });
    const { module, serial, label } = key;
    const token = { module, serial, label };
    const cards: { view: SealCard; bytes: Uint8Array }[] = [];
    for (const { bytes, where } of this.#held(onKey)) {
      const seal = readable(bytes);
      // Objects that are no seals are not listed; of two with one number, the first.
      if (!seal || cards.some(({ view }) => view.id === seal.id)) continue;
      const held: HeldSeal = { seal, token, where, onKey, certificates };
      cards.push({ view: await sealCard(held, judging), bytes });
    }
    this.#tools.seals.putKey(token, cards, this.#now());
    this.#tell();
  }

  /** Seals that a key holds, and those of the store that it holds the digest of. */
  #held({ seals, digests }: SealsOnKey): { bytes: Uint8Array; where: 'key' | 'store' }[] {
    const onKey = seals.map((bytes) => ({ bytes, where: 'key' as const }));
    const whole = new Set(seals.map(sha256));
    const inStore = digests
      .filter((digest) => !whole.has(digest))
      .flatMap((digest) => this.#tools.seals.bytes(digest) ?? [])
      .map((bytes) => ({ bytes, where: 'store' as const }));
    return [...onKey, ...inStore];
  }

  /** Seals whose key is not here are judged by what it held. */
  async #judgeAbsent(): Promise<void> {
    const here = new Set(this.#keys().map(keyOf));
    for (const row of this.#tools.seals.list()) {
      if (here.has(keyOf({ serial: row.serial, label: row.tokenLabel }))) continue;
      const bytes = this.#tools.seals.bytes(row.sha256);
      const seal = bytes && readable(bytes);
      if (!seal) continue;
      const used = row.view?.certificate?.sha256;
      const certificates = this.#tools
        .seen()
        .filter((one) => one.sha256 === used)
        .map((one) => {
          const der = new Uint8Array(one.der);
          const known = { ...one, der, hasPrivateKey: null };
          return { info: certificateInfo(known, parseCertificate(der), this.#now()), der };
        });
      const token = { module: row.module, serial: row.serial, label: row.tokenLabel };
      const onKey = { seals: [bytes], digests: [] };
      const card = await sealCard(
        { seal, token, where: row.place, onKey, certificates },
        await this.#judging(),
      );
      // What is not known of the certificate any more is no news about the seal.
      const certificate = card.certificate ?? row.view?.certificate ?? null;
      const code = card.code === 'seal.other-key' ? null : card.code;
      this.#tools.seals.putView({ ...card, certificate, code });
      // Signatures of many seals are much arithmetic: others get their turn between them.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#tell();
  }

  /** Asks makers of seals that are proven; what they say anew is judged at once. */
  async #askMakers(fresh: boolean, trouble: unknown[]): Promise<void> {
    const roots = await this.#tools.roots();
    const asked = this.#tools.seals.list().filter(({ view }) => view && makerProven(view));
    await Promise.all(
      asked.map(async ({ sha256: digest }) => {
        const bytes = this.#tools.seals.bytes(digest);
        const seal = bytes && readable(bytes);
        if (!seal) return;
        await this.#statuses.ask(seal, roots, { fresh }).catch((error: unknown) => {
          this.#unheard(error);
          trouble.push(error);
        });
      }),
    );
    // Also what a stamp has heard since they were judged last.
    if (this.#statuses.revision === this.#judgedBy) return;
    this.#judgedBy = this.#statuses.revision;
    for (const key of this.#keys()) {
      const read = this.#read.get(keyOf(key));
      if (read) await this.#judgeKey(key, read.data);
    }
    await this.#judgeAbsent();
  }

  async #judging(key?: KeyInfo): Promise<Judging> {
    const roots = await this.#tools.roots();
    const pool = key ? key.certificates.flatMap(({ id }) => this.#chain(key, id).slice(1)) : [];
    return {
      roots,
      pool: pool.map(parseCertificate),
      at: this.#now(),
      revocation: this.#revocation,
      picture: this.#picture,
      known: (seal) => this.#statuses.known(seal, roots),
    };
  }

  readonly #revocation: Judging['revocation'] = (certificate) => {
    const revoked = this.#tools.revocation(certificate.sha256);
    return revoked ? { since: revoked.at } : null;
  };

  /** A certificate of a key and those above it; none where the key was pulled between the two questions. */
  #chain({ module, serial, label }: KeyInfo, id: string): Uint8Array[] {
    try {
      return this.#tools.tokens.chain({ module, serial, label }, id);
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
      return [];
    }
  }

  #tell(): void {
    if (this.#closed) return;
    const cards = this.cards();
    const text = JSON.stringify(cards);
    if (text === this.#told) return;
    this.#told = text;
    for (const listener of [...this.#listeners]) listener(cards);
  }
}

/** What data objects say of seals. */
export function sealsOnKey(data: readonly TokenData[]): SealsOnKey {
  const values = (application: string) =>
    data.filter((one) => one.application === application).map(({ value }) => value);
  return {
    seals: values(sealApplication),
    digests: values(digestApplication).map((value) => Buffer.from(value).toString('hex')),
  };
}

function readable(bytes: Uint8Array): Seal | null {
  try {
    return readSeal(bytes);
  } catch (error) {
    if (toWireError(error).code === 'seal.unreadable') return null;
    throw error;
  }
}

const makerProven = ({ steps }: SealCard) =>
  steps.some(({ step, state }) => step === 'maker-signature' && state === 'ok') &&
  steps.some(({ step, state }) => step === 'maker-certificate' && state === 'ok');
