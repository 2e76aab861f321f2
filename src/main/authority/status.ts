import { randomBytes } from 'node:crypto';
import type { CertificateStatus } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import {
  authorityAddresses,
  type CertificateFacts,
  type CrlFacts,
  chainWord,
  clockTolerance,
  distrust,
  encodeOcspRequest,
  listBytesLimit,
  listPlaces,
  lookUp,
  type OcspSubject,
  openCrl,
  parseCertificate,
  parsePemCertificates,
  validateChain,
  verifyOcspResponse,
} from '../certificates/index.ts';
import type { KeptAnswer, KeptStatus, StatusCacheRepository } from '../store/index.ts';
import { type AuthorityHttp, expectType, type HttpAnswer } from './http.ts';

export interface StatusTools {
  http: AuthorityHttp;
  cache: StatusCacheRepository;
  now?: () => Date;
}

export interface StatusQuestion {
  /** Certificates that are trusted as roots. Only who leads to one of them is asked about. */
  roots: readonly CertificateFacts[];
  /** The time that the chain is judged at; now when left out. Answers are always judged by the present. */
  at?: Date;
  /** Asks again although the last answer still holds. */
  fresh?: boolean;
  signal?: AbortSignal | undefined;
}

/** Answers as they came from the authority, for whoever wants to keep them with a signature. DER. */
export interface StatusEvidence {
  ocsp?: Uint8Array;
  crl?: Uint8Array;
}

const limits = {
  /** Questions on the way at one time. */
  parallel: 6,
  /** Responders, and places of lists, that are tried for one certificate. */
  places: 3,
  ocsp: { deadlineMillis: 10_000, maxBytes: 256 << 10 },
  list: { deadlineMillis: 60_000, maxBytes: listBytesLimit },
  issuer: { deadlineMillis: 10_000, maxBytes: 64 << 10 },
  /** Issuers' certificates fetched for one chain. */
  issuers: 3,
  /** Milliseconds that a host is left alone after it could not be reached: fifty certificates wait for it once. */
  down: 5000,
  /** Milliseconds in which a list is not fetched a second time, however fresh it is wanted. */
  listFresh: 30_000,
  /** Answers that wait to be written, at most. */
  unsaved: 100,
  /** Lists that stay in memory. */
  lists: 4,
};

/** Lets a few run at one time; the others wait in line. */
class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}

/** Whether an answer may be used now. One from the future comes from a time when this computer's clock was wrong. */
function isCurrent(answer: KeptAnswer, now: Date): boolean {
  const tolerated = now.getTime() + clockTolerance;
  return Date.parse(answer.producedAt) <= tolerated && Date.parse(answer.validUntil) >= now.getTime();
}

/** A revocation stands for ever; only a hold can be lifted (RFC 5280 5.3.1). */
function isFinal(answer: KeptAnswer): boolean {
  return answer.revocation === 'revoked' && answer.reason !== 'certificateHold';
}

/** Which of two answers about one certificate counts from now on. */
function better(before: KeptAnswer | null, next: KeptAnswer, now: Date): KeptAnswer {
  if (!before) return next;
  if (isFinal(before)) return before;
  if (next.revocation === 'revoked') return next;
  const older = Date.parse(next.producedAt) < Date.parse(before.producedAt);
  return older && (before.revocation === 'revoked' || isCurrent(before, now)) ? before : next;
}

const nothing: Omit<CertificateStatus, 'chain'> = {
  revocation: 'unchecked',
  source: null,
  producedAt: null,
  validUntil: null,
  askedAt: null,
  revokedAt: null,
  reason: null,
  error: null,
};

function statusOf(kept: KeptStatus | undefined, chain: string, now: Date): CertificateStatus {
  if (!kept) return { ...nothing, chain };
  const { askedAt, error, answer } = kept;
  if (!answer) return { ...nothing, revocation: 'unknown', askedAt, error, chain };
  const { source, producedAt, validUntil, revokedAt, reason } = answer;
  const stands = answer.revocation === 'revoked' || isCurrent(answer, now);
  return {
    revocation: stands ? answer.revocation : 'unknown',
    source,
    producedAt,
    validUntil,
    askedAt,
    revokedAt,
    reason,
    chain,
    error,
  };
}

/** Waits until the signal ends the patience; the work itself goes on, for others may wait for it too. */
function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new YinkeyError('authority.cancelled'));
    const done = () => signal.removeEventListener('abort', cancel);
    signal.addEventListener('abort', cancel, { once: true });
    work.then(resolve, reject).finally(done);
    if (signal.aborted) cancel();
  });
}

function isCancelled(error: unknown): boolean {
  return error instanceof YinkeyError && error.code === 'authority.cancelled';
}

const unreachableCodes: ReadonlySet<string> = new Set([
  'authority.unreachable',
  'authority.timeout',
  'authority.tls',
]);

function keyOf({ certificate, issuer }: OcspSubject): string {
  return `${certificate.sha256} ${issuer.sha256}`;
}

interface Judged {
  certificate: CertificateFacts;
  /** Absent where the chain ends before it, is not trusted, or the certificate is a root itself. */
  issuer: CertificateFacts | undefined;
  word: string;
}

/**
 * What authorities say of certificates: OCSP first (RFC 6960), their revocation lists where that brings nothing
 * (RFC 5280), kept by the answers' own dates. Offline is 'unknown', never 'good'.
 */
export class StatusService {
  readonly #http: AuthorityHttp;
  readonly #cache: StatusCacheRepository;
  readonly #now: () => Date;
  readonly #slots = new Slots(limits.parallel);
  readonly #asking = new Map<string, Promise<void>>();
  readonly #fetching = new Map<string, Promise<CrlFacts>>();
  readonly #lists = new Map<string, { crl: CrlFacts; fetchedAt: number }>();
  readonly #issuers = new Map<string, CertificateFacts>();
  /** What was answered since the last write to the store: the disk is waited for once for many. */
  readonly #unsaved = new Map<string, OcspSubject & { status: KeptStatus }>();
  readonly #down = new Map<string, { until: number; error: unknown }>();

  constructor({ http, cache, now = () => new Date() }: StatusTools) {
    this.#http = http;
    this.#cache = cache;
    this.#now = now;
  }

  /**
   * What is known without asking anybody. `chain`: the certificate, then issuers in any order, as far as they are at hand.
   */
  known(
    chain: readonly CertificateFacts[],
    question: Pick<StatusQuestion, 'roots' | 'at'>,
  ): CertificateStatus {
    const { certificate, issuer, word } = this.#judge(chain, question, []);
    const kept = issuer && this.#read({ certificate, issuer });
    return statusOf(kept, word, this.#now());
  }

  /**
   * The status of the first certificate of `chain`; asks its authority where no answer that still holds is kept. Failing to
   * reach it is no error: the status says what is known since when, and why nothing newer is.
   * @throws YinkeyError `authority.cancelled` by the signal, or when the connections were closed
   */
  async check(chain: readonly CertificateFacts[], question: StatusQuestion): Promise<CertificateStatus> {
    const judged = await this.#complete(chain, question);
    const { certificate, issuer, word } = judged;
    if (!issuer) return { ...nothing, chain: word };
    const read = () => this.#read({ certificate, issuer });
    const ocsp = authorityAddresses(certificate).ocsp.slice(0, limits.places);
    const lists = [...new Set(listPlaces(certificate).flatMap(({ urls }) => urls))].slice(0, limits.places);
    const answer = read()?.answer;
    const settled = answer && (isFinal(answer) || isCurrent(answer, this.#now()));
    if ((ocsp.length > 0 || lists.length > 0) && (!settled || question.fresh)) {
      await this.#once({ certificate, issuer }, { ocsp, lists }, question);
    }
    return statusOf(read(), word, this.#now());
  }

  /** The answers on which a current status rests; empty where there is none. */
  evidence(sha256: string): StatusEvidence {
    this.#save();
    const kept = this.#cache.find(sha256);
    const now = this.#now();
    if (!kept?.answer || !isCurrent(kept.answer, now)) return {};
    const { ocsp, crl } = kept.answer;
    if (ocsp) return { ocsp };
    const list = crl === null ? undefined : this.#cache.list(crl, kept.issuer, now);
    return list ? { crl: list.der } : {};
  }

  #judge(
    chain: readonly CertificateFacts[],
    { roots, at = this.#now() }: Pick<StatusQuestion, 'roots' | 'at'>,
    more: readonly CertificateFacts[],
  ): Judged & { last: CertificateFacts; incomplete: boolean } {
    const [certificate, ...pool] = chain;
    if (!certificate) throw new RangeError('a chain has a certificate');
    const judged = validateChain({ certificate, pool: [...pool, ...more], roots, at });
    // What an authority says that nobody trusts proves nothing, and asking would tell a stranger who reads what.
    const asked = judged.status === 'trusted' || judged.status === 'expired';
    return {
      certificate,
      issuer: asked ? judged.chain[1] : undefined,
      word: judged.status === 'trusted' ? 'trusted' : chainWord(judged.reason),
      last: judged.chain[judged.chain.length - 1]!,
      incomplete: judged.reason === 'issuer-missing',
    };
  }

  /** Fetches issuers that the chain lacks and its certificates name a place for (RFC 5280 4.2.2.1). */
  async #complete(chain: readonly CertificateFacts[], question: StatusQuestion): Promise<Judged> {
    const fetched: CertificateFacts[] = [];
    let judged = this.#judge(chain, question, fetched);
    while (judged.incomplete && fetched.length < limits.issuers) {
      const [url] = authorityAddresses(judged.last).issuers;
      if (url === undefined) break;
      try {
        fetched.push(await abortable(this.#issuer(url), question.signal));
      } catch (error) {
        if (isCancelled(error) || !(error instanceof YinkeyError)) throw error;
        // Without it the chain stays unproven, which is what its word says.
        break;
      }
      judged = this.#judge(chain, question, fetched);
    }
    return judged;
  }

  async #issuer(url: string): Promise<CertificateFacts> {
    const known = this.#issuers.get(url);
    if (known) return known;
    const answer = await this.#slots.run(() => this.#request({ method: 'GET', url, ...limits.issuer }));
    const { body } = answer;
    const facts =
      body[0] === 0x2d
        ? parsePemCertificates(Buffer.from(body).toString('latin1'))[0]!
        : parseCertificate(body);
    this.#issuers.set(url, facts);
    return facts;
  }

  /** Asks about a certificate, once for all who want to know at the same time. */
  async #once(
    subject: OcspSubject,
    places: { ocsp: string[]; lists: string[] },
    question: StatusQuestion,
  ): Promise<void> {
    const key = keyOf(subject);
    let asking = this.#asking.get(key);
    if (!asking) {
      asking = this.#slots.run(() => this.#ask(subject, places, question.fresh ?? false));
      const over = () => void this.#asking.delete(key);
      this.#asking.set(key, asking);
      asking.then(over, over);
    }
    return abortable(asking, question.signal);
  }

  async #ask(
    subject: OcspSubject,
    places: { ocsp: string[]; lists: string[] },
    fresh: boolean,
  ): Promise<void> {
    let failure: unknown = null;
    const attempt = async (urls: string[], ask: (url: string) => Promise<KeptAnswer>) => {
      for (const url of urls) {
        try {
          return await ask(url);
        } catch (error) {
          if (isCancelled(error) || !(error instanceof YinkeyError)) throw error;
          failure ??= error;
        }
      }
      return null;
    };
    let answer = await attempt(places.ocsp, (url) => this.#ocsp(url, subject));
    if (!answer || answer.revocation === 'unknown') {
      const listed = await attempt(places.lists, (url) => this.#listed(url, subject, fresh));
      // A responder that does not know the certificate is not outvoted by a list that merely does not name it.
      if (!answer || listed?.revocation === 'revoked') answer = listed ?? answer;
    }
    const now = this.#now();
    const before = this.#read(subject)?.answer ?? null;
    const kept = answer ? better(before, answer, now) : before;
    const status = {
      askedAt: now.toISOString(),
      error: answer ? null : toWireError(failure),
      answer: kept,
    };
    this.#unsaved.set(keyOf(subject), { ...subject, status });
    if (this.#asking.size <= 1 || this.#unsaved.size >= limits.unsaved) this.#save();
  }

  #read(subject: OcspSubject): KeptStatus | undefined {
    const unsaved = this.#unsaved.get(keyOf(subject))?.status;
    return unsaved ?? this.#cache.get(subject.certificate.sha256, subject.issuer.sha256);
  }

  #save(): void {
    if (this.#unsaved.size === 0) return;
    this.#cache.together(() => {
      for (const { certificate, issuer, status } of this.#unsaved.values()) {
        const askedAt = new Date(status.askedAt);
        if (status.answer) this.#cache.keep(certificate.sha256, issuer.sha256, askedAt, status.answer);
        if (status.error) this.#cache.failed(certificate.sha256, issuer.sha256, askedAt, status.error);
      }
    });
    this.#unsaved.clear();
  }

  async #ocsp(url: string, subject: OcspSubject): Promise<KeptAnswer> {
    const nonce = randomBytes(16);
    const response = await this.#request({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      body: encodeOcspRequest(subject, { nonce }),
      ...limits.ocsp,
    });
    expectType(response, 'application/ocsp-response');
    const answer = verifyOcspResponse(response.body, { ...subject, at: this.#now(), nonce });
    if (!answer.noCheck) await this.#checkResponder(answer.responder, subject.issuer);
    return {
      revocation: answer.revocation,
      source: 'ocsp',
      producedAt: answer.thisUpdate.toISOString(),
      validUntil: answer.validUntil.toISOString(),
      revokedAt: answer.revokedAt?.toISOString() ?? null,
      reason: answer.reason,
      ocsp: response.body,
      crl: null,
    };
  }

  /** A delegated responder that does not say it needs no check: its own revocation is looked for (RFC 6960 4.2.2.2.1). */
  async #checkResponder(responder: CertificateFacts, issuer: CertificateFacts): Promise<void> {
    const [url] = listPlaces(responder).flatMap(({ urls }) => urls);
    if (url === undefined) return;
    let revoked: boolean;
    try {
      revoked = lookUp(await this.#list(url, issuer, false), responder) !== null;
    } catch (error) {
      if (isCancelled(error) || !(error instanceof YinkeyError)) throw error;
      // The standard leaves it to the client; a list out of reach does not take the responder's word away.
      return;
    }
    if (revoked) throw distrust('signer-not-allowed');
  }

  async #listed(url: string, { certificate, issuer }: OcspSubject, fresh: boolean): Promise<KeptAnswer> {
    const crl = await this.#list(url, issuer, fresh);
    const entry = lookUp(crl, certificate);
    return {
      revocation: entry ? 'revoked' : 'good',
      source: 'crl',
      producedAt: crl.thisUpdate.toISOString(),
      validUntil: crl.nextUpdate.toISOString(),
      revokedAt: entry?.revokedAt.toISOString() ?? null,
      reason: entry?.reason ?? null,
      ocsp: null,
      crl: url,
    };
  }

  /** A current list: from memory, from the store, or from its place; fetched once for all who want it. */
  async #list(url: string, issuer: CertificateFacts, fresh: boolean): Promise<CrlFacts> {
    const key = `${issuer.sha256} ${url}`;
    const now = this.#now();
    const held = this.#lists.get(key);
    const isHeld = held && now.getTime() <= held.crl.nextUpdate.getTime();
    if (isHeld && (!fresh || now.getTime() - held.fetchedAt < limits.listFresh)) return held.crl;
    const stored = fresh ? undefined : this.#cache.list(url, issuer.sha256, now);
    if (stored && now.getTime() <= stored.nextUpdate.getTime()) {
      return this.#hold(key, openCrl(stored.der, issuer, now));
    }
    const fetching = this.#fetching.get(key) ?? this.#fetchList(url, issuer);
    this.#fetching.set(key, fetching);
    try {
      return this.#hold(key, await fetching);
    } finally {
      this.#fetching.delete(key);
    }
  }

  async #fetchList(url: string, issuer: CertificateFacts): Promise<CrlFacts> {
    const { body } = await this.#request({ method: 'GET', url, ...limits.list });
    const now = this.#now();
    const crl = openCrl(body, issuer, now);
    // An older list than the one that is there, brought again by whoever stands in between, must not replace it.
    const stored = this.#cache.list(url, issuer.sha256, now);
    if (stored && stored.nextUpdate.getTime() >= now.getTime()) {
      const before = openCrl(stored.der, issuer, now);
      if (before.thisUpdate.getTime() > crl.thisUpdate.getTime()) return before;
    }
    this.#cache.keepList(url, issuer.sha256, crl, now);
    return crl;
  }

  #hold(key: string, crl: CrlFacts): CrlFacts {
    const before = this.#lists.get(key);
    this.#lists.delete(key);
    const fetchedAt = before?.crl === crl ? before.fetchedAt : this.#now().getTime();
    this.#lists.set(key, { crl, fetchedAt });
    if (this.#lists.size > limits.lists) this.#lists.delete(this.#lists.keys().next().value!);
    return crl;
  }

  /** One exchange with a host that has not failed just now, answered with 200. */
  async #request(question: Parameters<AuthorityHttp['request']>[0]): Promise<HttpAnswer> {
    const host = URL.canParse(question.url) ? new URL(question.url).host : '';
    const now = this.#now().getTime();
    const down = this.#down.get(host);
    if (down && now < down.until) throw down.error;
    this.#down.delete(host);
    let answer: HttpAnswer;
    try {
      answer = await this.#http.request(question);
    } catch (error) {
      if (error instanceof YinkeyError && unreachableCodes.has(error.code))
        this.#down.set(host, { until: this.#now().getTime() + limits.down, error });
      throw error;
    }
    if (answer.status !== 200)
      throw new YinkeyError('authority.not-an-authority', { host, status: answer.status });
    return answer;
  }
}
