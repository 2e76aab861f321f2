import { createHash, randomBytes } from 'node:crypto';
import type { RevocationReason } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  type CertificateFacts,
  DerError,
  der,
  type Hash,
  parseCertificate,
  writeDigestAlgorithm,
} from '../../certificates/index.ts';
import { type AuthorityHttp, expectType } from '../http.ts';
import { type Expectation, readAnswer, refusal, type TrustedAnswer, untrusted } from './answer.ts';
import {
  type CrmfAttribute,
  directoryName,
  emptyTemplate,
  oldCertIdControl,
  utf8Pairs,
  writeCertRequest,
} from './crmf.ts';
import { readCsr, writeCsr } from './csr.ts';
import { type GeneralAnswer, readGeneral } from './general.ts';
import {
  type CertStatus,
  decodeMessage,
  hasImplicitConfirm,
  type InfoTypeAndValue,
  implicitConfirmInfo,
  type PkiBody,
  type PkiHeader,
} from './message.ts';
import { cmpOids } from './oids.ts';
import { type CmpKey, type CmpProtection, protectMessage, writeSignatureAlgorithm } from './protection.ts';

/** Where and how an authority is asked. */
export interface CmpEndpoint {
  url: string;
  http: AuthorityHttp;
  protection: CmpProtection;
  /** What the signer of an answer has to lead to. */
  roots: readonly CertificateFacts[];
  /** Certificates (DER) that may stand between; nothing in here is trusted. */
  pool?: readonly Uint8Array[];
  /**
   * DER Name of the authority: the recipient of what is sent, and who may sign answers without being marked as an
   * authority. Left out, the issuer of the signing certificate is addressed.
   */
  recipient?: Uint8Array;
  now?: () => Date;
}

/** The key that a certificate is wanted for. `spki` is DER. */
export interface NewKey extends CmpKey {
  spki: Uint8Array;
}

export interface CmpRequest {
  kind: 'kur' | 'cr' | 'ir' | 'p10cr';
  key: NewKey;
  /** DER Name. */
  subject: Uint8Array;
  /** kur: DER of the certificate to be replaced; the signing one when left out. */
  oldCertificate?: Uint8Array;
  years?: number;
  /** Id of the order that pays for it: goes along, with the years, as registration information. */
  order?: string;
  /** p10cr: DER of a certification request that exists already; made and signed here when left out. */
  csr?: Uint8Array;
  /** Asks that the certificate counts without a certConf. Then it can't be rejected any more. */
  implicitConfirm?: boolean;
}

/**
 * One transaction with an authority: plain JSON without a secret, enough to go on with after a restart. Octets are hex,
 * DER is base64.
 */
export interface CmpTransaction {
  kind: 'ir' | 'cr' | 'p10cr' | 'kur' | 'rr' | 'genm';
  transactionId: string;
  /** The request as it was sent: sent again byte for byte when its answer was lost. */
  request: string;
  /** The last nonce that was sent, and the last one that came. */
  senderNonce: string;
  recipNonce: string | null;
  certReqId: number;
  state: 'made' | 'waiting' | 'issued' | 'confirmed';
  /** Certificates that showed who answered: an authority may leave them out later (RFC 9483 3.3). */
  shown?: string[];
}

export type CmpOutcome =
  | {
      kind: 'waiting';
      /** 0: the authority did not say; `poll` asks it. */
      checkAfterSeconds: number;
      transaction: CmpTransaction;
    }
  | {
      kind: 'issued';
      certificate: Uint8Array;
      /** Whether the certificate is for the key of the request. */
      ownKey: boolean;
      /** What the authority sent along: never trusted by that. */
      caPubs: Uint8Array[];
      extraCerts: Uint8Array[];
      /** Granted: no certConf follows, and `confirm` has nothing to do. */
      implicit: boolean;
      /** The authority changed what was asked for: look closely. */
      withMods: boolean;
      transaction: CmpTransaction;
    };

/** Reasons of RFC 5280 5.3.1 in the order of their numbers; 7 is not used. */
const revocationReasons: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

const answerTo = { ir: 'ip', cr: 'cp', p10cr: 'cp', kur: 'kup' } as const;
type Enrolment = keyof typeof answerTo;

/** An authority that wants to be asked later than this is asked sooner. */
const longestWait = 7 * 86_400;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const fromHex = (text: string) => Buffer.from(text, 'hex');
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/**
 * The hash that names a certificate in certConf (RFC 9810 5.3.18): that of its signature. Schemes that have no digest
 * of their own, or hide it in parameters, need it said (hashAlg), which only version 3 can.
 */
function certHash(certificate: Uint8Array): Pick<CertStatus, 'certHash' | 'hashAlg'> {
  const { scheme, hash } = parseCertificate(certificate).signatureAlgorithm;
  const digest = (name: Hash) => createHash(name).update(certificate).digest();
  if (scheme === 'rsa-pkcs1' || scheme === 'ecdsa')
    return { certHash: digest(hash ?? 'sha256'), hashAlg: null };
  const own = hash === 'sha384' || hash === 'sha512' ? hash : 'sha256';
  return { certHash: digest(own), hashAlg: writeDigestAlgorithm(own) };
}

/** A transaction with an authority by CMP over HTTP (RFC 9810, RFC 9811), as the lightweight profile (RFC 9483) has it. */
export class CmpClient {
  readonly #endpoint: CmpEndpoint;

  constructor(endpoint: CmpEndpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * Makes a request and signs it, twice: with the new key as proof that it is there, and as a whole. Sends nothing.
   */
  async make(request: CmpRequest): Promise<CmpTransaction> {
    const certReqId = request.kind === 'p10cr' ? -1 : 0;
    const infos = request.implicitConfirm ? [implicitConfirmInfo] : [];
    return this.#open(request.kind, certReqId, await this.#requestBody(request), infos);
  }

  /**
   * Sends the request of a transaction, or sends it again when the answer was lost.
   * @throws YinkeyError `authority.refused` {status, failInfo, text}; `authority.answer-untrusted` {reason};
   *   `authority.answer-unreadable`; `authority.error-unproven` {text}; `authority.secret-wrong`;
   *   `authority.clock-off` {minutes}; `authority.not-an-authority`; what `AuthorityHttp.request` throws
   */
  async send(transaction: CmpTransaction): Promise<CmpOutcome> {
    const request = Buffer.from(transaction.request, 'base64');
    return this.#outcome(await this.#exchange(transaction, request), transaction);
  }

  /**
   * Asks for the certificate of a request that waits.
   * @throws YinkeyError as `send`
   */
  async poll(transaction: CmpTransaction): Promise<CmpOutcome> {
    const next = { ...transaction, senderNonce: hex(randomBytes(16)) };
    const body: PkiBody = { type: 'pollReq', certReqIds: [transaction.certReqId] };
    return this.#outcome(await this.#exchange(next, await this.#continue(next, body)), next);
  }

  /**
   * Tells the authority that the certificate is taken or not (certConf). May be repeated when the answer was lost: that
   * it is confirmed already is no failure. With implicit confirmation there is nothing to send.
   * @throws YinkeyError as `send`; `request.invalid` for a rejection after implicit confirmation
   */
  async confirm(
    transaction: CmpTransaction,
    certificate: Uint8Array,
    verdict: { ok: true } | { ok: false; reason: string },
  ): Promise<void> {
    if (transaction.state === 'confirmed') {
      if (!verdict.ok) throw new YinkeyError('request.invalid', { reason: 'confirmed-implicitly' });
      return;
    }
    const next = { ...transaction, senderNonce: hex(randomBytes(16)) };
    const status: CertStatus = {
      ...certHash(certificate),
      certReqId: transaction.certReqId,
      statusInfo: verdict.ok
        ? { status: 'accepted', statusString: [], failInfo: null }
        : { status: 'rejection', statusString: [verdict.reason], failInfo: ['incorrectData'] },
    };
    const message = await this.#continue(next, { type: 'certConf', statuses: [status] });
    const { header, body } = await this.#exchange(next, message);
    if (body.type === 'pkiConf') return;
    if (body.type !== 'error') throw untrusted('content');
    if (verdict.ok && body.status.failInfo?.includes('certConfirmed')) return;
    throw refusal(header, body.status, this.#now(), body.errorDetails);
  }

  /**
   * Has a certificate (DER) revoked. That it is revoked already is no failure.
   * @throws YinkeyError as `send`
   */
  async revoke(certificate: Uint8Array, reason: RevocationReason): Promise<void> {
    const facts = parseCertificate(certificate);
    const code = der.octets(der.element(der.tags.enumerated, Buffer.of(revocationReasons[reason])));
    const crlEntryDetails = der.seq(der.seq(der.oid(cmpOids.reasonCode), code));
    const template = { ...emptyTemplate, issuer: facts.issuer.raw, serialNumber: facts.serialNumberDer };
    const body: PkiBody = { type: 'rr', requests: [{ template, crlEntryDetails }] };
    const transaction = await this.#open('rr', 0, body, []);
    const answer = await this.#exchange(transaction, Buffer.from(transaction.request, 'base64'));
    if (answer.body.type === 'error')
      throw refusal(answer.header, answer.body.status, this.#now(), answer.body.errorDetails);
    if (answer.body.type !== 'rp' || answer.body.statuses.length !== 1) throw untrusted('content');
    const status = answer.body.statuses[0]!;
    if (status.status === 'accepted' || status.status === 'grantedWithMods') return;
    if (status.status === 'revocationWarning' || status.status === 'revocationNotification') return;
    if (status.failInfo?.includes('certRevoked')) return;
    throw refusal(answer.header, status, this.#now());
  }

  /**
   * Asks the authority about itself: object identifiers of `cmpOids` (caCerts, signKeyPairTypes), or a rootCaCert with
   * the root (DER) whose successor is wanted.
   * @throws YinkeyError as `send`
   */
  async general(infos: readonly (string | InfoTypeAndValue)[]): Promise<GeneralAnswer> {
    const asked = infos.map((info) => (typeof info === 'string' ? { type: info, value: null } : info));
    const transaction = await this.#open('genm', 0, { type: 'genm', infos: asked }, []);
    const request = Buffer.from(transaction.request, 'base64');
    const { header, body } = await this.#exchange(transaction, request);
    if (body.type === 'error') throw refusal(header, body.status, this.#now(), body.errorDetails);
    if (body.type !== 'genp') throw untrusted('content');
    try {
      return readGeneral(body.infos);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      throw new YinkeyError('authority.answer-unreadable', {}, { cause: error });
    }
  }

  #now(): Date {
    return this.#endpoint.now?.() ?? new Date();
  }

  async #requestBody(request: CmpRequest): Promise<PkiBody> {
    const { kind, key, subject } = request;
    if (kind === 'p10cr') return { type: kind, csr: request.csr ?? (await writeCsr(subject, key)) };
    const controls: CrmfAttribute[] = [];
    let issuer: Uint8Array | null = null;
    if (kind === 'kur') {
      const old = parseCertificate(this.#oldCertificate(request));
      issuer = old.issuer.raw;
      controls.push(oldCertIdControl(old.issuer.raw, old.serialNumberDer));
    }
    const template = { ...emptyTemplate, issuer, subject, publicKey: key.spki };
    const certRequest = writeCertRequest({ certReqId: 0, template, controls });
    const popo = {
      kind: 'signature' as const,
      input: null,
      algorithm: writeSignatureAlgorithm(key),
      signature: await key.sign(certRequest),
    };
    const pairs: Record<string, string> = {};
    if (request.order !== undefined) pairs.order = request.order;
    if (request.years !== undefined) pairs.years = String(request.years);
    const regInfo = Object.keys(pairs).length > 0 ? [utf8Pairs(pairs)] : [];
    return { type: kind, requests: [{ certReqId: 0, template, controls, certRequest, popo, regInfo }] };
  }

  #oldCertificate({ oldCertificate }: CmpRequest): Uint8Array {
    const { protection } = this.#endpoint;
    if (oldCertificate) return oldCertificate;
    if (protection.kind === 'signature') return protection.signer.certificate;
    throw new YinkeyError('request.invalid', { reason: 'no-old-certificate' });
  }

  /** DER Name of the sender: the signer's subject; with a secret its reference as common name (RFC 9483 3.1). */
  #sender(): Uint8Array {
    const { protection } = this.#endpoint;
    if (protection.kind === 'signature') return parseCertificate(protection.signer.certificate).subject.raw;
    const commonName = der.seq(der.oid('2.5.4.3'), der.utf8(protection.reference));
    return der.seq(der.setOf(commonName));
  }

  #recipient(): Uint8Array {
    const { recipient, protection, roots } = this.#endpoint;
    if (recipient) return recipient;
    if (protection.kind === 'signature') return parseCertificate(protection.signer.certificate).issuer.raw;
    // With a secret alone nobody has said who issues: an only root is the likeliest, no name is legal.
    return roots.length === 1 ? roots[0]!.subject.raw : der.seq();
  }

  #header(
    fields: Pick<PkiHeader, 'transactionId' | 'senderNonce' | 'recipNonce' | 'generalInfo'>,
  ): PkiHeader {
    return {
      pvno: 2,
      sender: directoryName(this.#sender()),
      recipient: directoryName(this.#recipient()),
      messageTime: this.#now(),
      protectionAlg: null,
      senderKid: null,
      recipKid: null,
      freeText: [],
      ...fields,
    };
  }

  /** Begins a transaction: its first message, protected, with what an answer will be held against. */
  async #open(
    kind: CmpTransaction['kind'],
    certReqId: number,
    body: PkiBody,
    generalInfo: readonly InfoTypeAndValue[],
  ): Promise<CmpTransaction> {
    const transactionId = randomBytes(16);
    const senderNonce = randomBytes(16);
    const header = this.#header({ transactionId, senderNonce, recipNonce: null, generalInfo });
    const request = await protectMessage({ header, body, extraCerts: [] }, this.#endpoint.protection);
    return {
      kind,
      transactionId: hex(transactionId),
      request: base64(request),
      senderNonce: hex(senderNonce),
      recipNonce: null,
      certReqId,
      state: 'made',
    };
  }

  /** A further message of a transaction that `transaction.senderNonce` was made for. */
  #continue(transaction: CmpTransaction, body: PkiBody): Promise<Uint8Array> {
    const header = this.#header({
      transactionId: fromHex(transaction.transactionId),
      senderNonce: fromHex(transaction.senderNonce),
      recipNonce: transaction.recipNonce === null ? null : fromHex(transaction.recipNonce),
      generalInfo: [],
    });
    const hashAlg = body.type === 'certConf' && body.statuses.some((status) => status.hashAlg !== null);
    const versioned = hashAlg ? { ...header, pvno: 3 } : header;
    return protectMessage({ header: versioned, body, extraCerts: [] }, this.#endpoint.protection);
  }

  async #exchange(transaction: CmpTransaction, message: Uint8Array): Promise<TrustedAnswer> {
    const { url, http, protection, roots, pool = [], recipient = null } = this.#endpoint;
    const type = 'application/pkixcmp';
    const answer = await http.request({
      method: 'POST',
      url,
      headers: { 'content-type': type, accept: type },
      body: message,
    });
    expectType(answer, type);
    const first = decodeMessage(Buffer.from(transaction.request, 'base64')).header.senderNonce;
    const expected: Expectation = {
      protection,
      roots,
      pool: [...pool, ...(transaction.shown ?? []).map((text) => Buffer.from(text, 'base64'))],
      recipient,
      transactionId: fromHex(transaction.transactionId),
      nonces: first ? [fromHex(transaction.senderNonce), first] : [fromHex(transaction.senderNonce)],
      now: this.#now(),
    };
    return readAnswer(answer.body, expected);
  }

  /** What the answer to a request or a poll means. */
  #outcome(answer: TrustedAnswer, before: CmpTransaction): CmpOutcome {
    const { header, body } = answer;
    const transaction: CmpTransaction = {
      ...before,
      recipNonce: header.senderNonce ? hex(header.senderNonce) : null,
    };
    if (answer.shown.length > 0) transaction.shown = answer.shown.map(base64);
    const waiting = (seconds: number): CmpOutcome => ({
      kind: 'waiting',
      checkAfterSeconds: Math.min(Math.max(seconds, 0), longestWait),
      transaction: { ...transaction, state: 'waiting' },
    });
    const known = (id: number) => {
      // Authorities answer a p10cr, which has no number of its own, with -1 or with 0.
      const fits = id === before.certReqId || (before.kind === 'p10cr' && (id === 0 || id === -1));
      if (!fits) throw untrusted('content');
      transaction.certReqId = id;
    };
    if (body.type === 'error') throw refusal(header, body.status, this.#now(), body.errorDetails);
    if (body.type === 'pollRep') {
      const [reply, ...more] = body.replies;
      if (!reply || more.length > 0 || before.state !== 'waiting') throw untrusted('content');
      known(reply.certReqId);
      return waiting(reply.checkAfter);
    }
    if (!('responses' in body) || body.type !== answerTo[before.kind as Enrolment])
      throw untrusted('content');
    const [response, ...more] = body.responses;
    if (!response || more.length > 0) throw untrusted('content');
    known(response.certReqId);
    const { status } = response.status;
    if (status === 'waiting') return waiting(0);
    if (status !== 'accepted' && status !== 'grantedWithMods')
      throw refusal(header, response.status, this.#now());
    if (!response.certificate) throw untrusted('content');
    const implicit = hasImplicitConfirm(header);
    return {
      kind: 'issued',
      certificate: response.certificate,
      ownKey: this.#isOwn(response.certificate, before),
      caPubs: [...body.caPubs],
      extraCerts: [...answer.extraCerts],
      implicit,
      withMods: status === 'grantedWithMods',
      transaction: { ...transaction, state: implicit ? 'confirmed' : 'issued' },
    };
  }

  #isOwn(certificate: Uint8Array, transaction: CmpTransaction): boolean {
    const { body } = decodeMessage(Buffer.from(transaction.request, 'base64'));
    const key =
      body.type === 'p10cr'
        ? readCsr(body.csr).spki
        : body.type === 'ir' || body.type === 'cr' || body.type === 'kur'
          ? body.requests[0]!.template.publicKey
          : null;
    return key !== null && Buffer.compare(key, readIssued(certificate).spki) === 0;
  }
}

/** The issued certificate; one that can't be read is an answer that can't be read. */
function readIssued(certificate: Uint8Array): CertificateFacts {
  try {
    return parseCertificate(certificate);
  } catch (error) {
    throw new YinkeyError('authority.answer-unreadable', {}, { cause: error });
  }
}
