import type { z } from 'zod';
import { type Problem, problemSchema } from '../../shared/domain/orders.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import { type AuthorityHttp, expectType, type HttpAnswer } from './http.ts';
import { type HttpSigner, httpSignatureAlgorithm, signRequest } from './http-signatures.ts';

/** The certificate's key, as a CMP request is signed with it: ECDSA values in DER. */
export interface RequestSigner {
  certificate: Uint8Array;
  hash: 'sha256' | 'sha384' | 'sha512';
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Where an authority is asked, and by what clock. */
export interface JsonApiOptions {
  /** The API's address; of an address without a path, `/api` is meant. */
  url: string;
  http: AuthorityHttp;
  now?: (() => Date) | undefined;
}

const json = 'application/json';
const defaults = { maxBytes: 1 << 20, deadlineMillis: 20_000 };

export function unreadable(reason: string, cause?: unknown): YinkeyError {
  return new YinkeyError('authority.answer-unreadable', { reason }, { cause });
}

export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/**
 * One authority's JSON over HTTP: questions, signed where they have to be (RFC 9421), and answers checked against
 * schemas. What it refuses is told by whoever asks (`refused`).
 */
export class JsonApi {
  readonly base: URL;
  readonly #http: AuthorityHttp;
  readonly #now: () => Date;
  readonly #refused: (problem: Problem, answer: HttpAnswer) => YinkeyError;

  /** @throws YinkeyError `authority.url` */
  constructor(options: JsonApiOptions, refused: (problem: Problem, answer: HttpAnswer) => YinkeyError) {
    if (!isWebAddress(options.url))
      throw new YinkeyError('authority.url', { url: options.url.slice(0, 200) });
    this.base = new URL(options.url);
    this.base.search = '';
    this.base.hash = '';
    const path = this.base.pathname.replace(/\/+$/, '');
    this.base.pathname = `${path === '' ? '/api' : path}/`;
    this.#http = options.http;
    this.#now = options.now ?? (() => new Date());
    this.#refused = refused;
  }

  now(): Date {
    return this.#now();
  }

  /** An address of an answer, made absolute. @throws YinkeyError `authority.answer-unreadable` */
  absolute(address: string): string {
    const url = URL.canParse(address, this.base) ? new URL(address, this.base).href : '';
    if (!isWebAddress(url)) throw unreadable('an address that is none');
    return url;
  }

  async ask(
    method: 'GET' | 'POST',
    path: string,
    how: {
      body?: unknown;
      headers?: Record<string, string>;
      signer?: RequestSigner | undefined;
      deadlineMillis?: number;
      maxBytes?: number;
    } = {},
  ): Promise<HttpAnswer> {
    const url = new URL(path, this.base).href;
    const body = how.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(how.body));
    let headers: Record<string, string> = { accept: json, ...how.headers };
    if (how.body !== undefined) headers['content-type'] = json;
    if (how.signer) {
      const signer = toHttpSigner(how.signer);
      const request = { method, url, headers, body };
      headers = { ...headers, ...(await signRequest(request, signer, { now: this.#now() })) };
    }
    const { deadlineMillis, maxBytes } = { ...defaults, ...how };
    const question = { method, url, headers, deadlineMillis, maxBytes };
    return this.#http.request(method === 'POST' ? { ...question, body } : question);
  }

  /** The refusal in an answer; null where it holds none. */
  problemOf(answer: HttpAnswer): Problem | null {
    if (!(answer.headers['content-type'] ?? '').toLowerCase().startsWith(json)) return null;
    return problemSchema.safeParse(parseJson(answer)).data ?? null;
  }

  read<T>(answer: HttpAnswer, schema: z.ZodType<T>): T {
    const { status } = answer;
    if (status < 200 || status > 299) throw this.refusal(answer);
    expectType(answer, json);
    const value = parseJson(answer);
    if (value === undefined) throw new YinkeyError('authority.not-an-authority', { type: json, status });
    const read = schema.safeParse(value);
    if (!read.success) {
      const place = read.error.issues[0]?.path.join('.') ?? '';
      throw unreadable(place.slice(0, 100), read.error);
    }
    return read.data;
  }

  /** What an answer that is no success says. */
  refusal(answer: HttpAnswer): YinkeyError {
    const problem = this.problemOf(answer);
    const { host } = this.base;
    const type = (answer.headers['content-type'] ?? '').slice(0, 80);
    if (!problem) {
      if (answer.status >= 500) return new YinkeyError('authority.unreachable', { host, reason: 'busy' });
      return new YinkeyError('authority.not-an-authority', { type, status: answer.status });
    }
    const cause = { cause: new Error(problem.message) };
    switch (problem.code) {
      case 'clock': {
        const ours = this.#now();
        const theirs = new Date(problem.at ?? answer.headers.date ?? ours);
        const apart = Math.abs(theirs.getTime() - ours.getTime()) / 60_000;
        const minutes = Math.max(1, Math.round(apart || 0));
        return new YinkeyError('authority.clock-off', { minutes }, cause);
      }
      case 'signature-missing':
      case 'signature-wrong':
        return new YinkeyError('authority.signature-refused', {}, cause);
      case 'not-found':
        return new YinkeyError('authority.not-an-authority', { type, status: answer.status }, cause);
      case 'unavailable':
        return new YinkeyError('authority.unreachable', { host, reason: 'busy' }, cause);
      default:
        return this.#refused(problem, answer);
    }
  }
}

function parseJson(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body));
  } catch {
    // No JSON at all: told by who asked.
    return undefined;
  }
}

/** @throws YinkeyError `certificate.key-unsupported` {keyType}: RFC 9421 has no algorithm for this key with this digest */
function toHttpSigner(signer: RequestSigner): HttpSigner {
  const { keyType, sha256 } = parseCertificate(signer.certificate);
  const algorithm = httpSignatureAlgorithm(keyType);
  if (!algorithm?.endsWith(signer.hash)) throw new YinkeyError('certificate.key-unsupported', { keyType });
  return { keyId: sha256, algorithm, sign: (message) => signer.sign(message) };
}
