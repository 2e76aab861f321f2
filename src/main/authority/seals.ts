import type { z } from 'zod';
import type { Problem } from '../../shared/domain/index.ts';
import {
  issuedSealSchema,
  type LossReceipt,
  type LossRequest,
  lossReceiptSchema,
  lossRequestSchema,
  type SealApplicationAnswer,
  type SealForm,
  type SealRequest,
  sealApplicationSchema,
  sealBoundSchema,
  sealReissueSchema,
  sealRequestSchema,
} from '../../shared/domain/seal-making.ts';
import { type ErrorCode, YinkeyError } from '../../shared/errors/index.ts';
import type { AuthorityHttp, HttpAnswer } from './http.ts';
import { isWebAddress, JsonApi, type JsonApiOptions, type RequestSigner, unreadable } from './json-api.ts';

/** Bytes of a status list, and of the answer that holds a seal in base64. */
const limits = { list: 4 << 20, seal: 2 << 20 };
/** An application has the scan in it: some MB over a slow line (ms). */
const sendMillis = 120_000;

/** Codes for what the seal maker refuses; what every API refuses is told by `JsonApi`. */
const codes: Partial<Record<Problem['code'], ErrorCode>> = {
  'unknown-certificate': 'authority.certificate-unknown',
  'unknown-order': 'seal.application-unknown',
  'unknown-seal': 'seal.application-unknown',
  expired: 'authority.certificate-expired',
  revoked: 'authority.certificate-revoked',
  'not-in-this-state': 'seal.application-state',
  'seal-exists': 'seal.certificate-taken',
  rules: 'seal.refused-by-maker',
};

function refused({ code, message }: Problem): YinkeyError {
  const cause = { cause: new Error(message) };
  const known = codes[code];
  switch (known) {
    case undefined:
      return new YinkeyError('authority.order-invalid', { message }, cause);
    case 'seal.refused-by-maker':
      return new YinkeyError(known, { reason: message }, cause);
    case 'seal.certificate-taken':
      return new YinkeyError(known, { name: message }, cause);
    case 'seal.application-state':
      return new YinkeyError(known, { state: message }, cause);
    default:
      return new YinkeyError(known, {}, cause);
  }
}

/**
 * Talks to the seal maker of an authority. What it answers is checked against the schemas, and against what was asked.
 * Every method throws, besides what it names, YinkeyError of `AuthorityHttp.request` and `authority.not-an-authority`
 * {type, status}, `authority.answer-unreadable` {reason}, `authority.unreachable` {host, reason: 'busy'},
 * `authority.order-invalid` {message}, `authority.clock-off` {minutes}; and where it signs `authority.signature-refused`,
 * `certificate-unknown`, `certificate-expired`, `certificate-revoked`, and what the signer throws.
 */
export class SealsClient {
  readonly #api: JsonApi;
  readonly #http: AuthorityHttp;

  /**
   * @param options `url`: the orders API's address, under which the seal maker's is
   * @throws YinkeyError `authority.url`
   */
  constructor(options: JsonApiOptions) {
    this.#api = new JsonApi(options, refused);
    this.#http = options.http;
  }

  /**
   * Applies. Sent again with the same key it answers the same application, whatever became of the first answer.
   * @param idempotencyKey 16-64 letters, digits, `_` or `-`; new for each application
   * @throws YinkeyError `seal.certificate-taken` {name}, `seal.refused-by-maker` {reason}
   */
  async apply(
    request: SealRequest,
    signer: RequestSigner,
    idempotencyKey: string,
  ): Promise<SealApplicationAnswer> {
    const body = sealRequestSchema.parse(request);
    const headers = { 'idempotency-key': idempotencyKey };
    const how = { body, headers, signer, deadlineMillis: sendMillis };
    const answer = this.#application(await this.#api.ask('POST', 'seals/applications', how));
    const { certificateSha256, name, kind } = answer;
    if (certificateSha256 !== body.certificateSha256 || name !== body.name || kind !== body.kind)
      throw unreadable('another application than was made');
    return answer;
  }

  /** @throws YinkeyError `seal.application-unknown` */
  async read(id: string): Promise<SealApplicationAnswer> {
    return this.#application(await this.#api.ask('GET', this.#path(id)), id);
  }

  /**
   * The SESeal in one of its forms, nothing of it proven.
   * @throws YinkeyError `seal.application-unknown`, `seal.application-state` (it is not approved)
   */
  async seal(id: string, form: SealForm): Promise<Uint8Array> {
    const path = `${this.#path(id, 'seal')}?form=${form}`;
    const answer = await this.#api.ask('GET', path, { maxBytes: limits.seal });
    const issued = this.#api.read(answer, issuedSealSchema);
    if (issued.form !== form) throw unreadable('another form than was asked for');
    return new Uint8Array(Buffer.from(issued.seal, 'base64'));
  }

  /**
   * Tells that the key holds it; told again it changes nothing.
   * @throws YinkeyError `seal.application-unknown`, `seal.application-state`
   */
  async bound(
    id: string,
    what: z.infer<typeof sealBoundSchema>,
    signer: RequestSigner,
  ): Promise<SealApplicationAnswer> {
    const body = sealBoundSchema.parse(what);
    return this.#application(await this.#api.ask('POST', this.#path(id, 'bound'), { body, signer }), id);
  }

  /** @throws YinkeyError `seal.application-unknown`, `seal.application-state` */
  async withdraw(id: string, signer: RequestSigner): Promise<SealApplicationAnswer> {
    const how = { body: {}, signer };
    return this.#application(await this.#api.ask('POST', this.#path(id, 'withdraw'), how), id);
  }

  /**
   * The seal of a certificate, made anew for the one that took its place, which signs. Asked again it answers the same.
   * @throws YinkeyError `seal.application-unknown` (no such seal), `seal.application-state`, `seal.refused-by-maker`
   */
  async reissue(
    request: z.infer<typeof sealReissueSchema>,
    signer: RequestSigner,
  ): Promise<SealApplicationAnswer> {
    const body = sealReissueSchema.parse(request);
    const answer = this.#application(await this.#api.ask('POST', 'seals/reissues', { body, signer }));
    if (answer.certificateSha256 !== body.certificateSha256)
      throw unreadable('a seal for another certificate');
    return answer;
  }

  /**
   * A status list as it came, nothing of it proven. `url`: absolute.
   * @throws YinkeyError `authority.url`
   */
  async statusList(url: string): Promise<Uint8Array> {
    return fetchStatusList(this.#http, url);
  }

  /**
   * Reports a key as lost; `signer`: another certificate of the unit; null: by the account's data in the request.
   * @throws YinkeyError `seal.application-unknown`
   */
  async reportLoss(request: LossRequest, signer: RequestSigner | null): Promise<LossReceipt> {
    const body = lossRequestSchema.parse(request);
    const answer = await this.#api.ask('POST', 'losses', { body, signer: signer ?? undefined });
    const receipt = this.#api.read(answer, lossReceiptSchema);
    if (receipt.certificate.sha256 !== body.certificateSha256)
      throw unreadable('a receipt for another certificate');
    return receipt;
  }

  #path(id: string, act?: string): string {
    const path = `seals/applications/${encodeURIComponent(id)}`;
    return act ? `${path}/${act}` : path;
  }

  /** The page of the staff is opened in the user's browser: nothing but a web page may be. */
  #application(answer: HttpAnswer, id?: string): SealApplicationAnswer {
    const application = this.#api.read(answer, sealApplicationSchema);
    if (id !== undefined && application.id !== id) throw unreadable('another application than was asked for');
    const { reviewUrl } = application;
    return { ...application, reviewUrl: reviewUrl === null ? null : this.#api.absolute(reviewUrl) };
  }
}

/**
 * A maker's status list as it came, nothing of it proven.
 * @throws YinkeyError `authority.url`, and those of `AuthorityHttp.request`; `authority.not-an-authority` {host, status}
 */
export async function fetchStatusList(
  http: AuthorityHttp,
  url: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (!isWebAddress(url)) throw new YinkeyError('authority.url', { url: url.slice(0, 200) });
  const question = { url, deadlineMillis: 15_000, maxBytes: limits.list, signal };
  const { status, body } = await http.request({ method: 'GET', ...question });
  if (status !== 200)
    throw new YinkeyError('authority.not-an-authority', { host: new URL(url).host, status });
  return body;
}
