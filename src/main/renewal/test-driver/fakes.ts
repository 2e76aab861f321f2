import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import {
  basicConstraintsExtension,
  keyUsageExtension,
  spkiOf,
  writeCertificate,
} from '../../../../softhsm-fixtures/authority/certificate.ts';
import type { CertificateInfo, KeysSnapshot, Order, TokenId } from '../../../shared/domain/index.ts';
import { type ErrorCode, YinkeyError } from '../../../shared/errors/index.ts';
import type { Port } from '../../../shared/hosts/index.ts';
import type { CmpEndpoint, CmpOutcome, CmpRequest, CmpTransaction } from '../../authority/index.ts';
import { type CertificateFacts, der, parseCertificate } from '../../certificates/index.ts';
import type { TokenAct } from '../../pkcs11/index.ts';
import type { CmpPeer, OrdersPeer, PairType, TokensPeer } from '../peers.ts';

// A key and an authority in memory, which can be broken at will. What they hold outlives the client that uses them.

const day = 86_400_000;
const ecPair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
export const nameOf = (commonName: string) =>
  der.seq(der.setOf(der.seq(der.oid('2.5.4.3'), der.utf8(commonName))));

export class FakeIssuer {
  readonly root: CertificateFacts;
  #key: KeyObject;
  #name = nameOf('Root');

  constructor(now: Date) {
    const { privateKey } = ecPair();
    this.#key = privateKey;
    const content = {
      subject: this.#name,
      issuer: this.#name,
      spki: spkiOf(privateKey),
      notBefore: new Date(now.getTime() - 1000 * day),
      notAfter: new Date(now.getTime() + 4000 * day),
      extensions: [basicConstraintsExtension(1), keyUsageExtension(['keyCertSign'])],
    };
    this.root = parseCertificate(writeCertificate(content, privateKey));
  }

  issue(
    spki: Uint8Array,
    content: { subject?: Uint8Array; notBefore: Date; notAfter: Date; extensions?: Uint8Array[] },
  ): Uint8Array {
    const extensions = [
      basicConstraintsExtension(undefined),
      keyUsageExtension(['digitalSignature', 'nonRepudiation']),
    ];
    return writeCertificate(
      { extensions, subject: nameOf('公章'), ...content, issuer: this.#name, spki },
      this.#key,
    );
  }
}

interface FakePair {
  ckaId: string;
  label: string;
  privateKey: KeyObject;
  spki: Uint8Array;
}

export class FakeKey implements TokensPeer {
  readonly token: TokenId = { module: '/lib/p11.so', serial: '0011', label: '密钥盘' };
  pairs: FakePair[] = [];
  certificates: { ckaId: string; label: string; der: Uint8Array }[] = [];
  plugged = true;
  pinState: 'ok' | 'locked' = 'ok';
  keyTypes: PairType[] = ['RSA-2048', 'EC-P256'];
  freePublic: number | null = 20_000;
  /** PINs that a person had to type. */
  asked = 0;
  /** Ends every act that is open. */
  crash: () => void = () => {};
  #acts = new Set<{ dead: ErrorCode | null }>();

  constructor() {
    this.crash = () => this.#kill('driver.crashed');
  }

  pull(): void {
    this.plugged = false;
    this.#kill('token.removed');
  }

  #kill(code: ErrorCode): void {
    for (const act of this.#acts) act.dead = code;
    this.#acts.clear();
  }

  add(ckaId: string, label: string, privateKey: KeyObject): Uint8Array {
    const spki = spkiOf(privateKey);
    this.pairs.push({ ckaId, label, privateKey, spki });
    return spki;
  }

  async canGenerate() {
    return { keyTypes: this.keyTypes, freePublic: this.freePublic, freePrivate: null, sessions: null };
  }

  snapshot(): KeysSnapshot {
    const { module, serial, label } = this.token;
    const certificates = this.certificates.map(({ ckaId, label, der: bytes }): CertificateInfo => {
      const facts = parseCertificate(bytes);
      return {
        id: facts.id,
        ckaId,
        label,
        subject: facts.subject.text,
        issuer: facts.issuer.text,
        holder: label,
        unit: '',
        issuerName: '',
        serialNumber: facts.serialNumber,
        notBefore: facts.notBefore.toISOString(),
        notAfter: facts.notAfter.toISOString(),
        daysLeft: 0,
        validity: 'soon',
        keyType: facts.keyType,
        hasPrivateKey: this.pairs.some((pair) => pair.ckaId === ckaId),
        isCa: false,
        canSign: true,
        sha256: facts.sha256,
      };
    });
    const pin = {
      state: this.pinState,
      soState: 'ok' as const,
      minLength: 4,
      maxLength: 16,
      protectedPath: false,
    };
    const about = { moduleName: '', slot: 0, manufacturer: '', model: '', firmware: '', error: null };
    const key = { key: 'k', module, serial, label, ...about, pin, certificates };
    return { revision: 1, loading: false, keys: this.plugged ? [key] : [], blanks: [], modules: [] };
  }

  chain(_token: TokenId, id: string): Uint8Array[] {
    const found = this.certificates.find((one) => parseCertificate(one.der).id === id);
    if (!found) throw new YinkeyError('certificate.not-found', { id });
    return [found.der];
  }

  async act(): Promise<TokenAct> {
    if (!this.plugged) throw new YinkeyError('token.not-found', { ...this.token });
    this.asked += 1;
    const state: { dead: ErrorCode | null } = { dead: null };
    this.#acts.add(state);
    const alive = () => {
      if (state.dead) throw new YinkeyError(state.dead);
    };
    return {
      token: { ...this.token, manufacturer: '', model: '' },
      logins: [],
      defaultPin: false,
      tokenMillis: 0,
      over: new Promise(() => {}),
      memory: { freePublic: null, freePrivate: null },
      generate: async ({ ckaId, label }) => {
        alive();
        if (this.pairs.some((pair) => pair.ckaId === ckaId)) throw new YinkeyError('request.invalid');
        return { spki: this.add(ckaId, label, ecPair().privateKey) };
      },
      sign: async (key, _scheme, hash, message) => {
        alive();
        const pair = this.pairs.find(
          ({ ckaId, spki }) => ckaId === key.ckaId && Buffer.compare(spki, key.spki) === 0,
        );
        if (!pair) throw new YinkeyError('token.key-missing');
        return sign(hash, message, pair.privateKey);
      },
      writeCertificate: async (certificate) => {
        alive();
        if (this.certificates.some((one) => Buffer.compare(one.der, certificate.der) === 0)) return;
        this.certificates.push(certificate);
      },
      pairs: async () => {
        alive();
        return this.pairs.map(({ ckaId, label, spki }) => ({
          ckaId,
          label,
          keyType: 'EC-P256',
          spki,
          hasPrivate: true,
          alwaysAuthenticate: false,
        }));
      },
      certificates: async () => {
        alive();
        return [...this.certificates];
      },
      removePair: async (ckaId, spki) => {
        alive();
        this.pairs = this.pairs.filter(
          (pair) => pair.ckaId !== ckaId || Buffer.compare(pair.spki, spki) !== 0,
        );
      },
      removeCertificate: async (bytes) => {
        alive();
        this.certificates = this.certificates.filter((one) => Buffer.compare(one.der, bytes) !== 0);
      },
      end: async () => {
        this.#acts.delete(state);
      },
    };
  }
}

interface FakeIssued {
  transactionId: string;
  orderId: string | undefined;
  certificate: Uint8Array;
  state: 'issued' | 'confirmed' | 'revoked';
}

/** Orders and CMP in memory, with the rules that the journey leans on. */
export class FakeAuthority {
  readonly issuer: FakeIssuer;
  readonly orders_ = new Map<string, Order>();
  readonly issued: FakeIssued[] = [];
  down = false;
  /** The n-th call from now on is dealt with and its answer lost. */
  lose = 0;
  /** How often a client has to ask. */
  polls = 0;
  checkAfter = 1;
  review = false;
  plain = false;
  implicit = false;
  /** What goes wrong with certificates. */
  surprise: 'name' | 'key' | 'validity' | null = null;
  refuse: string | null = null;
  clockOff = 0;
  #now: () => Date;
  #keys = new Map<string, string>();
  #requests = new Map<string, CmpRequest>();

  constructor(now: () => Date) {
    this.#now = now;
    this.issuer = new FakeIssuer(now());
  }

  async #answer<T>(work: () => T): Promise<T> {
    if (this.down) throw new YinkeyError('authority.unreachable', { host: 'x', reason: 'down' });
    const value = work();
    if (this.lose > 0) {
      this.lose -= 1;
      if (this.lose === 0) throw new YinkeyError('authority.timeout', { host: 'x', seconds: 30 });
    }
    return value;
  }

  pay(id = [...this.orders_.keys()].at(-1)!): void {
    this.#set(id, 'paid', { paidAt: this.#now().toISOString() });
  }

  approve(id = [...this.orders_.keys()].at(-1)!): void {
    this.#set(id, 'approved');
  }

  refuseOrder(reason: string, id = [...this.orders_.keys()].at(-1)!): void {
    this.#set(id, 'refused', { reason });
  }

  #set(id: string, state: Order['state'], more: Partial<Order> = {}): Order {
    const order = { ...this.orders_.get(id)!, ...more, state };
    this.orders_.set(id, order);
    return order;
  }

  #order(id: string): Order {
    const order = this.orders_.get(id);
    if (!order) throw new YinkeyError('authority.order-unknown');
    return order;
  }

  readonly http = {
    request: async () => {
      if (this.down) throw new YinkeyError('authority.unreachable', { host: 'x', reason: 'down' });
      return { status: 405, headers: {} as Record<string, string>, body: new Uint8Array() };
    },
  };

  readonly orders = (): OrdersPeer => ({
    catalogue: () =>
      this.#answer(() => {
        if (this.plain) return null;
        const time = new Date(this.#now().getTime() + this.clockOff).toISOString();
        return {
          name: 'Fake',
          practice: true,
          cmp: 'http://x/cmp',
          tsa: null,
          certificates: [],
          renewalDays: 90,
          time,
        };
      }),
    quote: (certificateSha256) =>
      this.#answer(() => {
        const now = this.#now().getTime();
        return {
          certificateSha256,
          holder: { name: '公章', unit: '中心', creditCode: '' },
          opensAt: new Date(now).toISOString(),
          closesAt: new Date(now).toISOString(),
          seal: '公章',
          offers: [1, 2].map((years) => ({
            years,
            fees: { certificate: 20_000 * years, seal: 20_000 * years, total: 40_000 * years },
            notAfter: new Date(now + (30 + 365 * years) * day).toISOString(),
          })),
        };
      }),
    create: ({ certificateSha256, years }, idempotencyKey) =>
      this.#answer(() => {
        const known = this.#keys.get(idempotencyKey);
        if (known) return this.#order(known);
        const open = [...this.orders_.values()].some(
          (one) =>
            one.certificateSha256 === certificateSha256 && !['cancelled', 'refused'].includes(one.state),
        );
        if (open) throw new YinkeyError('authority.order-exists');
        const id = randomUUID();
        this.#keys.set(idempotencyKey, id);
        const order: Order = {
          id,
          number: `N-${this.orders_.size + 1}`,
          certificateSha256,
          years,
          fees: { certificate: 20_000 * years, seal: 20_000 * years, total: 40_000 * years },
          notAfter: new Date(this.#now().getTime() + (30 + 365 * years) * day).toISOString(),
          state: 'open',
          payUrl: `http://x/pay/${id}`,
          paidAt: null,
          reason: '',
          confirmed: false,
          history: [],
        };
        this.orders_.set(id, order);
        return order;
      }),
    read: (id) => this.#answer(() => this.#order(id)),
    confirm: async (id, signer) => {
      await signer.sign(new Uint8Array([1]));
      return this.#answer(() => {
        const order = this.#order(id);
        if (order.state === 'open') throw new YinkeyError('authority.order-unpaid');
        if (order.confirmed) return order;
        return this.#set(id, this.review ? 'review' : 'approved', { confirmed: true });
      });
    },
    cancel: async (id, signer) => {
      await signer.sign(new Uint8Array([1]));
      return this.#answer(() => {
        if (['issued', 'done', 'refused'].includes(this.#order(id).state)) {
          throw new YinkeyError('authority.order-state');
        }
        return this.#set(id, 'cancelled');
      });
    },
    find: async (certificateSha256, signer) => {
      await signer.sign(new Uint8Array([1]));
      return this.#answer(() =>
        [...this.orders_.values()].filter((one) => one.certificateSha256 === certificateSha256),
      );
    },
  });

  #refused(failInfo: string): YinkeyError {
    return new YinkeyError('authority.refused', { status: 'rejection', failInfo, text: '' });
  }

  #give(transaction: CmpTransaction): CmpOutcome {
    const { transactionId } = transaction;
    const request = this.#requests.get(transactionId)!;
    if (this.refuse) throw this.#refused(this.refuse);
    const order = request.order === undefined ? undefined : this.#order(request.order);
    if (order && (order.state === 'refused' || order.state === 'cancelled'))
      throw this.#refused('notAuthorized');
    if (order && !order.confirmed) throw this.#refused('notAuthorized');
    const issued = this.issued.find((one) => one.transactionId === transactionId);
    if (!issued) {
      if (this.polls > 0 || order?.state === 'review') {
        this.polls = Math.max(0, this.polls - 1);
        return {
          kind: 'waiting',
          checkAfterSeconds: this.checkAfter,
          transaction: { ...transaction, state: 'waiting' },
        };
      }
      const now = this.#now();
      const before = this.issued.find((one) => order && one.orderId === order.id && one.state === 'issued');
      if (before) before.state = 'revoked';
      const end = order ? new Date(order.notAfter) : new Date(now.getTime() + 365 * day);
      const certificate = this.issuer.issue(
        this.surprise === 'key' ? spkiOf(ecPair().privateKey) : request.key.spki,
        {
          subject: this.surprise === 'name' ? nameOf('Other') : request.subject,
          notBefore: now,
          notAfter: this.surprise === 'validity' ? new Date(now.getTime() + 40 * day) : end,
        },
      );
      const state = this.implicit ? 'confirmed' : 'issued';
      this.issued.push({ transactionId, orderId: request.order, certificate, state });
      if (order) this.#set(order.id, this.implicit ? 'done' : 'issued');
    }
    const { certificate } = this.issued.find((one) => one.transactionId === transactionId)!;
    return {
      kind: 'issued',
      certificate,
      ownKey: this.surprise !== 'key',
      caPubs: [],
      extraCerts: [],
      implicit: this.implicit,
      withMods: false,
      transaction: { ...transaction, state: 'issued' },
    };
  }

  readonly cmp = (endpoint: CmpEndpoint): CmpPeer => {
    const protect = async () => {
      if (endpoint.protection.kind === 'signature')
        await endpoint.protection.signer.sign(new Uint8Array([2]));
    };
    return {
      make: async (request) => {
        await protect();
        await request.key.sign(new Uint8Array([3]));
        const transactionId = randomUUID();
        const { kind } = request;
        // What the request says travels with its bytes; here it is looked up by them.
        this.#requests.set(transactionId, request);
        const bytes = createHash('sha256').update(transactionId).digest('base64');
        return {
          kind,
          transactionId,
          request: bytes,
          senderNonce: '',
          recipNonce: null,
          certReqId: 0,
          state: 'made',
        };
      },
      send: async (transaction) => this.#answer(() => this.#give(transaction)),
      poll: async (transaction) => {
        await protect();
        return this.#answer(() => this.#give(transaction));
      },
      confirm: async (transaction, _certificate, verdict) => {
        await protect();
        await this.#answer(() => {
          const issued = this.issued.find((one) => one.transactionId === transaction.transactionId);
          if (!issued || issued.state === 'revoked') throw this.#refused('badRequest');
          if (issued.state === 'confirmed') throw this.#refused(verdict.ok ? 'certConfirmed' : 'badRequest');
          issued.state = verdict.ok ? 'confirmed' : 'revoked';
          if (issued.orderId) this.#set(issued.orderId, verdict.ok ? 'done' : 'approved');
        });
      },
    };
  };
}

/** A port to nobody: the fake key takes whatever it is given. */
export const noPort = (): Port => ({ post() {}, onMessage() {}, onClose() {}, close() {} });
