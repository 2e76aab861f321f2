import { sign } from 'node:crypto';
import {
  type CertResponse,
  type CmpProtection,
  decodeMessage,
  directoryName,
  encodeMessage,
  hasImplicitConfirm,
  type InfoTypeAndValue,
  implicitConfirmInfo,
  type PkiBody,
  type PkiHeader,
  type PkiStatusInfo,
  protectMessage,
  type ReceivedMessage,
} from '../../src/main/authority/index.ts';
import { DerError, der, parseCertificate, readName, sameName } from '../../src/main/certificates/index.ts';
import type { CertificationAuthority } from './ca.ts';
import { signingAlgorithm } from './certificate.ts';
import {
  answerProtection,
  authenticate,
  checkHeader,
  holderOf,
  macAlgorithm,
  namedEnrolment,
  Refusal,
  type Sender,
} from './cmp-check.ts';
import { generalAnswer } from './cmp-general.ts';
import { type CmpEndpointName, hashFits, named, readCsr, readReason, readRequest } from './cmp-request.ts';
import { CmpState, newNonce, type Transaction } from './cmp-state.ts';
import type { AuthorityDatabase, StoredCertificate } from './database.ts';
import type { Knobs } from './knobs.ts';
import { type Enrolments, enrolmentSubject } from './orders-enrolment.ts';
import type { ServiceKey, ServiceKeys } from './service-keys.ts';
import { surprisingRequest } from './surprises.ts';
import type { OrdersGate } from './types.ts';

export interface CmpParts {
  ca: CertificationAuthority;
  database: AuthorityDatabase;
  keys: ServiceKeys;
  knobs: Knobs;
  now: () => Date;
  /** null: no orders part; then the orders endpoint refuses everything. */
  orders: Pick<OrdersGate, 'gate' | 'issued' | 'confirmed' | 'unissued'> | null;
  enrolments: Enrolments;
}

const confirmWaitTime = '1.3.6.1.5.5.7.4.14';

/** What a message leads to: the body of the answer, and what is written down once the answer is made. */
interface Outcome {
  body: PkiBody;
  generalInfo?: readonly InfoTypeAndValue[];
  /** Certificates that go along. */
  extraCerts?: readonly Uint8Array[];
  /** Runs in one database transaction with keeping the answer. */
  apply?: (nonce: string) => void;
}

const accepted: PkiStatusInfo = { status: 'accepted', statusString: [], failInfo: null };
const rejection = (refusal: Refusal): PkiStatusInfo => ({
  status: 'rejection',
  statusString: [refusal.message],
  failInfo: [refusal.failInfo],
});

/** The CMP server of the practice authority (RFC 9810, profile RFC 9483): one message in, one message out. */
export class CmpServer {
  readonly state: CmpState;
  readonly #parts: CmpParts;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: CmpParts) {
    this.#parts = parts;
    this.state = new CmpState(parts.database);
  }

  /** Answers one message. Requests that came before get the very answer that they got then. */
  answer(request: Uint8Array, endpoint: CmpEndpointName): Promise<Uint8Array> {
    const turn = this.#queue.then(() => this.#answer(request, endpoint));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Revokes what nobody confirmed in time. */
  sweep(): void {
    const { database, knobs, now } = this.#parts;
    const limit = now().getTime() - knobs.confirmWithin * 1000;
    for (const certificate of database.certificates({ state: 'issued' })) {
      if (Date.parse(certificate.issuedAt) > limit) continue;
      database.atomically(() => this.#takeBack(certificate));
    }
  }

  /** Revokes what its holder does not want or never confirmed; the order, or the secret, is good for another. */
  #takeBack(certificate: StoredCertificate): void {
    const { ca, enrolments, orders } = this.#parts;
    ca.revoke(certificate.serialNumber, 'cessationOfOperation');
    if (certificate.orderId) orders?.unissued(certificate.orderId);
    const transaction =
      certificate.transactionId === null ? null : this.state.transaction(certificate.transactionId);
    const reference = transaction ? firstReference(transaction) : null;
    if (reference !== null) enrolments.release(reference);
  }

  async #answer(request: Uint8Array, endpoint: CmpEndpointName): Promise<Uint8Array> {
    const { database, now } = this.#parts;
    const before = this.state.answerTo(request);
    if (before) return before;
    let message: ReceivedMessage;
    try {
      message = decodeMessage(request);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      return this.#refuse(null, new Refusal('badDataFormat', error.message));
    }
    try {
      const sender = await authenticate(message, {
        ca: this.#parts.ca,
        enrolments: this.#parts.enrolments,
        now: now(),
      });
      const transactionId = checkHeader(message, now());
      const outcome = this.#act(message, sender, transactionId, endpoint);
      const nonce = newNonce();
      const answer = await this.#protect(message, outcome, nonce, sender);
      const { apply } = outcome;
      if (apply) {
        database.atomically(() => {
          apply(Buffer.from(nonce).toString('hex'));
          this.state.keepAnswer(request, answer, now());
        });
      }
      return answer;
    } catch (error) {
      if (error instanceof Refusal) return this.#refuse(message, error);
      if (error instanceof DerError) {
        return this.#refuse(message, new Refusal('badDataFormat', error.message));
      }
      throw error;
    }
  }

  #ownProtection(): Extract<CmpProtection, { kind: 'signature' }> {
    const { ca, keys, knobs } = this.#parts;
    const key: ServiceKey = knobs.wrongSigner ? keys.stranger : keys.cmp;
    const { hash } = signingAlgorithm(key.privateKey);
    return {
      kind: 'signature',
      signer: {
        certificate: key.certificate.der,
        chain: knobs.wrongSigner ? [] : [ca.issuing.der],
        scheme: 'ecdsa',
        hash,
        sign: async (data) => new Uint8Array(sign(hash, data, key.privateKey)),
      },
    };
  }

  #header(message: ReceivedMessage | null, nonce: Uint8Array): PkiHeader {
    const { keys, now } = this.#parts;
    const header = message?.header;
    return {
      pvno: header?.pvno === 3 ? 3 : 2,
      sender: directoryName(keys.cmp.certificate.subject.raw),
      recipient: header?.sender ?? directoryName(der.seq()),
      messageTime: now(),
      protectionAlg: null,
      senderKid: null,
      recipKid: null,
      transactionId: header?.transactionId ?? null,
      senderNonce: nonce,
      recipNonce: header?.senderNonce ?? null,
      freeText: [],
      generalInfo: [],
    };
  }

  #protect(
    message: ReceivedMessage,
    outcome: Outcome,
    nonce: Uint8Array,
    sender: Sender,
  ): Promise<Uint8Array> {
    const header = { ...this.#header(message, nonce), generalInfo: outcome.generalInfo ?? [] };
    const protection = answerProtection(sender, this.#ownProtection(), this.#parts.knobs.wrongSigner);
    return protectMessage({ header, body: outcome.body, extraCerts: outcome.extraCerts ?? [] }, protection);
  }

  /** An `error` message; to a sender who named a secret that exists, under that secret. */
  async #refuse(message: ReceivedMessage | null, refusal: Refusal): Promise<Uint8Array> {
    const body: PkiBody = {
      type: 'error',
      status: rejection(refusal),
      errorCode: null,
      errorDetails: [],
    };
    const header = this.#header(message, newNonce());
    if (this.#parts.knobs.unprotectedErrors) {
      return encodeMessage({ header, body, protection: null, extraCerts: [] });
    }
    const enrolment = message ? namedEnrolment(message, this.#parts.enrolments) : null;
    const protection =
      message && enrolment
        ? answerProtection(
            { kind: 'mac', enrolment, algorithm: macAlgorithm(message) },
            this.#ownProtection(),
            this.#parts.knobs.wrongSigner,
          )
        : this.#ownProtection();
    return protectMessage({ header, body, extraCerts: [] }, protection);
  }

  #act(message: ReceivedMessage, sender: Sender, id: string, endpoint: CmpEndpointName): Outcome {
    const { body } = message;
    switch (body.type) {
      case 'ir':
      case 'cr':
      case 'kur':
      case 'p10cr':
        this.#unused(id);
        return this.#request(message, body, sender, id, endpoint);
      case 'certConf':
        return this.#confirm(message, body.statuses, this.#open(message, sender, id));
      case 'pollReq':
        return this.#poll(body.certReqIds, this.#open(message, sender, id));
      case 'rr':
        this.#unused(id);
        return this.#revoke(body.requests, sender);
      case 'genm':
        return {
          body: { type: 'genp', infos: generalAnswer(body.infos, this.#parts) },
          apply: () => undefined,
        };
      case 'error':
        return this.#abandon(this.#open(message, sender, id));
      default:
        throw new Refusal('badRequest', `不支持的消息 / no such service: ${body.type}`);
    }
  }

  #unused(id: string): void {
    if (this.state.transaction(id)) {
      throw new Refusal('transactionIdInUse', '事务号已使用 / transactionID in use');
    }
  }

  /** The transaction that a message goes on with; its nonce has to be one that was sent in it. */
  #open(message: ReceivedMessage, sender: Sender, id: string): Transaction {
    const transaction = this.state.transaction(id);
    if (!transaction) throw new Refusal('badRequest', '事务不存在 / no such transaction');
    if (transaction.holder !== holderOf(sender)) {
      throw new Refusal('notAuthorized', '不是同一申请者 / another sender');
    }
    const nonce = message.header.recipNonce;
    // Any that was sent counts: a client that lost the last answer goes on with the one before.
    if (!nonce || !transaction.nonces.includes(Buffer.from(nonce).toString('hex'))) {
      throw new Refusal('badRecipientNonce', '随机数不符 / recipNonce was not sent here');
    }
    return transaction;
  }

  #request(
    message: ReceivedMessage,
    body: Extract<PkiBody, { type: 'ir' | 'cr' | 'kur' | 'p10cr' }>,
    sender: Sender,
    id: string,
    endpoint: CmpEndpointName,
  ): Outcome {
    const answer = ({ ir: 'ip', cr: 'cp', kur: 'kup', p10cr: 'cp' } as const)[body.type];
    if (endpoint === 'orders' && body.type !== 'kur') {
      throw new Refusal('badRequest', '此地址只受理更新 / this endpoint takes kur only');
    }
    let certReqId = -1;
    if (body.type !== 'p10cr') {
      const [request, ...more] = body.requests;
      if (!request || more.length > 0) {
        throw new Refusal('badRequest', '一次只能申请一张证书 / one request at a time');
      }
      if (request.certReqId !== 0) throw new Refusal('badRequest', '申请编号应为 0 / certReqId has to be 0');
      certReqId = 0;
    }
    try {
      const wanted =
        body.type === 'p10cr'
          ? readCsr(this.#parts, body.csr, sender, id)
          : readRequest(this.#parts, body.type, body.requests[0]!, sender, endpoint, id);
      const { refuse, pollCount, implicitConfirm } = this.#parts.knobs;
      if (refuse) throw new Refusal(refuse.failInfo, refuse.text);
      const transaction: Transaction = {
        id,
        answer,
        certReqId,
        state: 'waiting',
        holder: holderOf(sender),
        subject: wanted.subject,
        spki: wanted.spki,
        notAfter: wanted.notAfter?.toISOString() ?? null,
        withMods: wanted.withMods,
        implicit: implicitConfirm && hasImplicitConfirm(message.header),
        orderId: wanted.orderId,
        oldSha256: wanted.old?.sha256 ?? null,
        pollsLeft: pollCount,
        serialNumber: null,
        nonces: [],
      };
      return this.#next(transaction, 'request');
    } catch (error) {
      if (error instanceof Refusal) return { body: this.#responseBody(answer, certReqId, rejection(error)) };
      throw error;
    }
  }

  #responseBody(
    type: Transaction['answer'],
    certReqId: number,
    status: PkiStatusInfo,
    certificate: Uint8Array | null = null,
  ): PkiBody {
    const response: CertResponse = { certReqId, status, certificate, encrypted: null, rspInfo: null };
    // Only a first certificate comes with the root: others know it (RFC 9810 5.3.4).
    const caPubs = type === 'ip' && certificate ? [this.#parts.ca.root.der] : [];
    return { type, caPubs, responses: [response] };
  }

  /** Where a waiting transaction goes now: it waits on, is refused, or the certificate is made. */
  #next(transaction: Transaction, why: 'request' | 'poll'): Outcome {
    const { knobs, orders, ca } = this.#parts;
    const { answer, certReqId } = transaction;
    const wait = (seconds: number): Outcome => ({
      body:
        why === 'poll'
          ? { type: 'pollRep', replies: [{ certReqId, checkAfter: seconds, reason: [] }] }
          : this.#responseBody(answer, certReqId, { ...accepted, status: 'waiting' }),
      apply: (nonce) => this.state.putTransaction({ ...transaction, nonces: [...transaction.nonces, nonce] }),
    });
    let notAfter = transaction.notAfter === null ? null : new Date(transaction.notAfter);
    if (transaction.orderId !== null) {
      const old = ca.find({ sha256: transaction.oldSha256! });
      if (!orders || !old) throw new Refusal('systemUnavail', '订单服务不可用 / no orders here');
      const gate = orders.gate(transaction.orderId, parseCertificate(old.der));
      if (gate.kind === 'refuse') return this.#end(transaction, new Refusal(gate.failInfo, gate.text), why);
      if (gate.kind === 'wait') return wait(gate.checkAfterSeconds);
      notAfter = gate.notAfter;
    }
    if (why === 'poll' && knobs.refuse) {
      return this.#end(transaction, new Refusal(knobs.refuse.failInfo, knobs.refuse.text), why);
    }
    if (transaction.pollsLeft > 0) return wait(knobs.checkAfter);
    return this.#issue(transaction, notAfter!);
  }

  /** A transaction that ends in a refusal. One that never began leaves no trace. */
  #end(transaction: Transaction, refusal: Refusal, why: 'request' | 'poll'): Outcome {
    if (why === 'request') throw refusal;
    return {
      body: this.#responseBody(transaction.answer, transaction.certReqId, rejection(refusal)),
      apply: (nonce) =>
        this.state.putTransaction({
          ...transaction,
          state: 'done',
          nonces: [...transaction.nonces, nonce],
        }),
    };
  }

  #issue(transaction: Transaction, notAfter: Date): Outcome {
    const { ca, database, enrolments, knobs, now, orders } = this.#parts;
    const { answer, certReqId, orderId, implicit } = transaction;
    const reference = firstReference(transaction);
    const request = surprisingRequest(knobs.surprise, {
      profile: 'unit',
      subject: transaction.subject,
      spki: transaction.spki,
      notBefore: new Date(Math.floor(now().getTime() / 1000) * 1000),
      notAfter,
      state: implicit ? 'good' : 'issued',
      transactionId: transaction.id,
      orderId: orderId ?? undefined,
    });
    const certificate = ca.make(request);
    const until = new Date(now().getTime() + knobs.confirmWithin * 1000);
    const status: PkiStatusInfo = transaction.withMods
      ? { ...accepted, status: 'grantedWithMods' }
      : accepted;
    return {
      body: this.#responseBody(answer, certReqId, status, certificate.der),
      generalInfo: implicit
        ? [implicitConfirmInfo]
        : [{ type: confirmWaitTime, value: der.generalizedTime(until) }],
      // Whoever knows only a secret has no chain yet.
      extraCerts: reference === null ? [] : [ca.issuing.der],
      apply: (nonce) => {
        if (orderId) this.#replace(orderId);
        database.addCertificate(certificate);
        this.state.putTransaction({
          ...transaction,
          state: implicit ? 'done' : 'issued',
          serialNumber: certificate.serialNumber,
          nonces: [...transaction.nonces, nonce],
        });
        if (reference !== null) enrolments.use(reference, transaction.id);
        if (!orderId) return;
        orders?.issued(orderId, certificate);
        if (implicit) orders?.confirmed(orderId);
      },
    };
  }

  /** A certificate that was issued for this order before and never confirmed makes room for the next. */
  #replace(orderId: string): void {
    const { ca, database } = this.#parts;
    for (const { serialNumber } of database.certificates({ state: 'issued', orderId })) {
      ca.revoke(serialNumber, 'superseded');
    }
  }

  #poll(certReqIds: readonly number[], transaction: Transaction): Outcome {
    if (transaction.state !== 'waiting' || certReqIds.length !== 1) {
      throw new Refusal('badRequest', '没有待领取的证书 / nothing is waiting');
    }
    // RFC 9483 4.4: 0, or -1 for p10cr; some clients say 0 there too.
    if (certReqIds[0] !== transaction.certReqId && certReqIds[0] !== 0) {
      throw new Refusal('badRequest', '申请编号不符 / another certReqId');
    }
    return this.#next({ ...transaction, pollsLeft: Math.max(0, transaction.pollsLeft - 1) }, 'poll');
  }

  #confirm(
    message: ReceivedMessage,
    statuses: Extract<PkiBody, { type: 'certConf' }>['statuses'],
    transaction: Transaction,
  ): Outcome {
    const { ca, database, orders } = this.#parts;
    const certificate =
      transaction.serialNumber === null ? null : ca.find({ serialNumber: transaction.serialNumber });
    if (!certificate) throw new Refusal('badRequest', '没有待确认的证书 / nothing to confirm');
    if (statuses.length > 1) throw new Refusal('badRequest', '确认内容过多 / one confirmation at a time');
    const [status] = statuses;
    if (status && status.certReqId !== transaction.certReqId && status.certReqId !== 0) {
      throw new Refusal('badRequest', '申请编号不符 / another certReqId');
    }
    if (status && !hashFits(status, certificate, message.header.pvno)) {
      throw new Refusal('badCertId', '证书摘要不符 / certHash of another certificate');
    }
    const taken =
      status !== undefined && (status.statusInfo === null || status.statusInfo.status !== 'rejection');
    const { orderId, serialNumber } = certificate;
    const done = (nonce: string) =>
      this.state.putTransaction({ ...transaction, state: 'done', nonces: [...transaction.nonces, nonce] });
    if (certificate.state === 'revoked') {
      // Too late, or replaced. A refusal of it is what happened anyway.
      if (taken) throw new Refusal('certRevoked', '证书已吊销 / the certificate was revoked meanwhile');
      return { body: { type: 'pkiConf' }, apply: done };
    }
    if (certificate.state === 'good') {
      // Confirmed before and the answer lost: the same again. A refusal comes too late.
      if (!taken) throw new Refusal('certConfirmed', '证书已确认 / confirmed before');
      return { body: { type: 'pkiConf' }, apply: done };
    }
    return {
      body: { type: 'pkiConf' },
      apply: (nonce) => {
        done(nonce);
        if (!taken) return this.#takeBack(certificate);
        database.confirmCertificate(serialNumber);
        if (orderId) orders?.confirmed(orderId);
      },
    };
  }

  /** The client says that it gives up: what it was sent and did not confirm is revoked. */
  #abandon(transaction: Transaction): Outcome {
    const { ca } = this.#parts;
    const certificate =
      transaction.serialNumber === null ? null : ca.find({ serialNumber: transaction.serialNumber });
    return {
      body: { type: 'pkiConf' },
      apply: (nonce) => {
        this.state.putTransaction({
          ...transaction,
          state: 'done',
          nonces: [...transaction.nonces, nonce],
        });
        if (certificate?.state === 'issued') this.#takeBack(certificate);
      },
    };
  }

  #revoke(requests: Extract<PkiBody, { type: 'rr' }>['requests'], sender: Sender): Outcome {
    const { ca } = this.#parts;
    const [request, ...more] = requests;
    if (!request || more.length > 0) {
      throw new Refusal('badRequest', '一次只能吊销一张证书 / one revocation at a time');
    }
    const { issuer, serialNumber } = request.template;
    const respond = (status: PkiStatusInfo): PkiBody => ({
      type: 'rp',
      statuses: [status],
      certIds: issuer && serialNumber ? [{ issuer: directoryName(issuer), serialNumber }] : [],
      crls: [],
    });
    try {
      if (!issuer || !serialNumber) throw new Refusal('badCertId', '未指明证书 / which certificate?');
      const certificate = named(this.#parts.ca, issuer, serialNumber);
      const subject = parseCertificate(certificate.der).subject;
      const own =
        sender.kind === 'signature'
          ? sameName(sender.certificate.subject, subject)
          : sameName(readName(der.readDer(enrolmentSubject(sender.enrolment))), subject);
      if (!own) throw new Refusal('notAuthorized', '不是本人的证书 / not the sender’s certificate');
      if (certificate.state === 'revoked') throw new Refusal('certRevoked', '已吊销 / revoked before');
      const reason = readReason(request.crlEntryDetails);
      return {
        body: respond(accepted),
        apply: () => void ca.revoke(certificate.serialNumber, reason),
      };
    } catch (error) {
      if (error instanceof Refusal) return { body: respond(rejection(error)) };
      throw error;
    }
  }
}

/** The reference number whose secret a transaction for a first certificate used; null for all others. */
function firstReference({ holder, oldSha256 }: Transaction): string | null {
  return holder.startsWith('ref ') && oldSha256 === null ? holder.slice('ref '.length) : null;
}
