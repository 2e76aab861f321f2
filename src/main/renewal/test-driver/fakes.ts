import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import {
  basicConstraintsExtension,
  keyUsageExtension,
  spkiOf,
  writeCertificate,
} from '../../../../softhsm-fixtures/authority/certificate.ts';
import type {
  CertificateInfo,
  KeysSnapshot,
  Order,
  SealApplicationAnswer,
  SealForm,
  TokenId,
} from '../../../shared/domain/index.ts';
import { type ErrorCode, YinkeyError } from '../../../shared/errors/index.ts';
import type { Port } from '../../../shared/hosts/index.ts';
import type { CmpEndpoint, CmpOutcome, CmpRequest, CmpTransaction } from '../../authority/index.ts';
import { type CertificateFacts, der, parseCertificate } from '../../certificates/index.ts';
import type { TokenAct, TokenData } from '../../pkcs11/index.ts';
import { assembleSeal, sealInfo } from '../../seals/ses/index.ts';
import type { CmpPeer, OrdersPeer, PairType, SealMakerPeer, SealsPeer, TokensPeer } from '../peers.ts';

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
  objects: TokenData[] = [];
  /** Bytes of data objects that it has room for. */
  room = Number.POSITIVE_INFINITY;
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

  async data(): Promise<TokenData[]> {
    if (!this.plugged) throw new YinkeyError('token.not-found', { ...this.token });
    return [...this.objects];
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
      data: async () => {
        alive();
        return [...this.objects];
      },
      writeData: async (data) => {
        alive();
        const same = (one: TokenData) =>
          one.application === data.application && Buffer.compare(one.value, data.value) === 0;
        if (this.objects.some(same)) return;
        const used = this.objects.reduce((sum, { value }) => sum + value.length, 0);
        if (used + data.value.length > this.room)
          throw new YinkeyError('token.memory', { needed: data.value.length });
        this.objects.push({ ...data, value: Uint8Array.from(data.value) });
      },
      removeData: async ({ application, label, sha256 }) => {
        alive();
        this.objects = this.objects.filter(
          (one) => one.application !== application || one.label !== label || sha256Of(one.value) !== sha256,
        );
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
  makesSeals = false;
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
          ...(this.makesSeals && { seals: { statusList: '/seals/status.der' } }),
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

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The bytes of a picture that nobody looks at, with the size of a PNG in them. */
function pngOf(bytes: number): Buffer {
  const png = Buffer.alloc(bytes, 7);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(png);
  png.writeUInt32BE(480, 16);
  png.writeUInt32BE(480, 20);
  return png;
}

/** A seal maker in memory, and this computer's store of seals. */
export class FakeMaker implements SealsPeer {
  readonly pictures = { picture: pngOf(3000), small: pngOf(400) };
  name = '中心公章';
  /** What the next seals are called instead. */
  surprise: 'name' | 'picture' | 'certificate' | null = null;
  refuse: ErrorCode | null = null;
  /** The n-th call from now on is dealt with and its answer lost. */
  lose = 0;
  down = false;
  readonly seals = new Map<
    string,
    { certificate: Uint8Array; state: 'normal' | 'cancelled'; made: Map<SealForm, Uint8Array> }
  >();
  readonly applications = new Map<string, { old: string; fresh: string; told: boolean }>();
  readonly store = new Map<string, Uint8Array>();
  #issuer: FakeIssuer;
  #key = ecPair();
  #certificate: Uint8Array;
  #now: () => Date;
  /** Certificates by their SHA-256: those that the authority has issued. */
  #certificateOf: (sha256: string) => Uint8Array | undefined;

  constructor(
    issuer: FakeIssuer,
    now: () => Date,
    certificateOf: (sha256: string) => Uint8Array | undefined,
  ) {
    this.#issuer = issuer;
    this.#now = now;
    this.#certificateOf = certificateOf;
    this.#certificate = this.#issuer.issue(spkiOf(this.#key.privateKey), {
      subject: nameOf('Maker'),
      notBefore: new Date(now().getTime() - 500 * day),
      notAfter: new Date(now().getTime() + 4000 * day),
    });
  }

  /** A seal for a certificate: its number. */
  make(certificate: Uint8Array): string {
    const id = `110000${String(this.seals.size + 1).padStart(8, '0')}`;
    this.seals.set(id, { certificate, state: 'normal', made: new Map() });
    return id;
  }

  bytes(id: string, form: SealForm): Uint8Array {
    const seal = this.seals.get(id)!;
    const known = seal.made.get(form);
    if (known) return known;
    const facts = parseCertificate(seal.certificate);
    const [first] = this.seals.values();
    const listed = this.surprise === 'certificate' ? first!.certificate : seal.certificate;
    const full = this.surprise === 'picture' ? pngOf(3001) : this.pictures.picture;
    const info = sealInfo({
      vendor: 'Fake',
      id,
      type: 1,
      name: this.surprise === 'name' ? '别的公章' : this.name,
      list:
        form === 'full'
          ? { type: 1, certificates: [listed] }
          : { type: 2, digests: [{ type: 'SHA256', value: createHash('sha256').update(listed).digest() }] },
      createdAt: this.#now(),
      validFrom: facts.notBefore,
      validUntil: facts.notAfter,
      picture: {
        type: 'PNG',
        data: form === 'small' ? this.pictures.small : full,
        width: 42,
        height: 42,
      },
      extensions: [],
    });
    const signature = sign('sha256', info, this.#key.privateKey);
    const algorithm = '1.2.840.10045.4.3.2';
    const bytes = assembleSeal(info, { certificate: this.#certificate, algorithm, signature });
    seal.made.set(form, bytes);
    return bytes;
  }

  #answer<T>(work: () => T): T {
    if (this.down) throw new YinkeyError('authority.unreachable', { host: 'x', reason: 'down' });
    if (this.refuse) throw new YinkeyError(this.refuse, { reason: 'no' });
    const value = work();
    if (this.lose > 0) {
      this.lose -= 1;
      if (this.lose === 0) throw new YinkeyError('authority.timeout', { host: 'x', seconds: 30 });
    }
    return value;
  }

  #application(id: string, certificateSha256: string): SealApplicationAnswer {
    return {
      id,
      number: 'S-1',
      state: 'approved',
      reason: '',
      certificateSha256,
      name: this.name,
      kind: 'official',
      sealId: this.applications.get(id)!.fresh,
      reviewUrl: null,
      history: [],
    };
  }

  readonly maker = (): SealMakerPeer => ({
    reissue: async ({ sealId, certificateSha256 }, signer) => {
      await signer.sign(new Uint8Array([4]));
      return this.#answer(() => {
        let found = [...this.applications].find(([, { old }]) => old === sealId);
        if (!found) {
          const fresh = this.make(this.#certificateOf(certificateSha256)!);
          const id = randomUUID();
          found = [id, { old: sealId, fresh, told: false }];
          this.applications.set(...found);
        }
        return this.#application(found[0], certificateSha256);
      });
    },
    seal: async (id, form) => this.#answer(() => this.bytes(this.applications.get(id)!.fresh, form)),
    bound: async (id, { sealSha256, form }, signer) => {
      await signer.sign(new Uint8Array([5]));
      return this.#answer(() => {
        const application = this.applications.get(id)!;
        if (sha256Of(this.bytes(application.fresh, form)) !== sealSha256) throw new Error('another seal');
        application.told = true;
        this.seals.get(application.old)!.state = 'cancelled';
        return this.#application(id, '0'.repeat(64));
      });
    },
  });

  /** Certificates that are known to be revoked, by their SHA-256. */
  readonly revoked = new Map<string, { at: Date }>();
  readonly revocation = (sha256: string) => this.revoked.get(sha256);

  readonly stored = (sha256: string) => this.store.get(sha256) ?? null;

  async bind(act: TokenAct, seal: Parameters<SealsPeer['bind']>[1]) {
    for (const form of ['full', 'digests', 'small'] as const) {
      const value = await seal.form(form);
      try {
        await act.writeData({ application: 'YinKey seal', label: seal.id, value });
        return { form, where: 'key' as const, sha256: sha256Of(value) };
      } catch (error) {
        if (!(error instanceof YinkeyError) || error.code !== 'token.memory') throw error;
      }
    }
    const full = await seal.form('full');
    this.store.set(sha256Of(full), full);
    const value = createHash('sha256').update(full).digest();
    await act.writeData({ application: 'YinKey seal digest', label: seal.id, value });
    return { form: 'full' as const, where: 'store' as const, sha256: sha256Of(full) };
  }

  changes = 0;
  changed(): void {
    this.changes += 1;
  }
}

/** A port to nobody: the fake key takes whatever it is given. */
export const noPort = (): Port => ({ post() {}, onMessage() {}, onClose() {}, close() {} });
