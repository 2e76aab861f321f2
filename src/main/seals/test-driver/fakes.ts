import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { spkiOf } from '../../../../softhsm-fixtures/authority/certificate.ts';
import { enrolmentSubject } from '../../../../softhsm-fixtures/authority/orders-enrolment.ts';
import { SealMaker, type SealRecord, sealIdOf } from '../../../../softhsm-fixtures/authority/seal-maker.ts';
import { withUsccCheck } from '../../../../softhsm-fixtures/uscc.ts';
import type {
  CaptureResult,
  Catalogue,
  SealApplicationAnswer,
  SealForm,
  SealRequest,
} from '../../../shared/domain/index.ts';
import { type ErrorCode, YinkeyError } from '../../../shared/errors/index.ts';
import { AuditLog } from '../../audit/index.ts';
import { type CertificateFacts, parseCertificate } from '../../certificates/index.ts';
import { FakeIssuer, FakeKey } from '../../renewal/test-driver/fakes.ts';
import { migrations } from '../../store/migrations/index.ts';
import { AuditRowsRepository } from '../../store/repositories.ts';
import { SealApplicationRepository } from '../../store/seal-applications.ts';
import { BoundSealsRepository, SealStatusListsRepository } from '../../store/seals.ts';
import { SealApplications, type SealDraft, type SealingTools } from '../applications.ts';
import { Seals, type SealsTools } from '../my-seals.ts';

// A key, a seal maker and a disk in memory, which can be broken at will. What they hold outlives the client that uses them.

const day = 86_400_000;
export const unit = '云南省示范区住房保障中心';
const creditCode = withUsccCheck('12530199MB1A27343');
const makersCode = withUsccCheck('91530100MA6K7LX20');
const statusUrl = 'http://maker.example/seals/status.der';
export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The bytes of a picture that nobody looks at, with a size in pixels in them. */
function pngOf(bytes: number, pixels: number): Buffer {
  const png = Buffer.alloc(bytes, 7);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(png);
  png.writeUInt32BE(pixels, 16);
  png.writeUInt32BE(pixels, 20);
  return png;
}

let makerKey: KeyObject | undefined;

/** The seal maker of an authority, in memory. */
class FakeSealMaker {
  readonly core: SealMaker;
  readonly #now: () => Date;
  readonly applications = new Map<
    string,
    { key: string; answer: SealApplicationAnswer; record: SealRecord | null }
  >();
  readonly states = new Map<string, 'normal' | 'suspended' | 'cancelled'>();
  number = 1;
  down = false;
  /** The n-th call from now on is dealt with and its answer lost. */
  lose = 0;
  refuse: ErrorCode | null = null;
  /** What comes instead of what was asked for. */
  surprise: Partial<SealRecord> = {};

  constructor(issuer: FakeIssuer, now: () => Date) {
    makerKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const certificate = issuer.issue(spkiOf(makerKey), {
      subject: enrolmentSubject({ unit: '制章方', creditCode: makersCode, seal: '制章' }),
      notBefore: new Date(now().getTime() - 500 * day),
      notAfter: new Date(now().getTime() + 4000 * day),
    });
    const maker = { certificate: parseCertificate(certificate), key: makerKey, chain: [] };
    this.core = new SealMaker({ maker, vendor: 'Fake', now, statusUrl });
    this.#now = now;
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

  #get(id: string) {
    const found = this.applications.get(id);
    if (!found) throw new YinkeyError('seal.application-unknown');
    return found;
  }

  #set(id: string, answer: Partial<SealApplicationAnswer>): SealApplicationAnswer {
    const found = this.#get(id);
    found.answer = { ...found.answer, ...answer };
    return found.answer;
  }

  /** The one application. */
  get only(): string {
    const [id, ...more] = this.applications.keys();
    if (id === undefined || more.length > 0) throw new Error(`${this.applications.size} applications`);
    return id;
  }

  approve(id = this.only): string {
    const found = this.#get(id);
    const sealId = sealIdOf(creditCode, this.states.size + 1);
    this.states.set(sealId, 'normal');
    found.record = { ...found.record!, id: sealId, createdAt: this.#now() };
    this.#set(id, { state: 'approved', sealId });
    return sealId;
  }

  refuseApplication(reason: string, id = this.only): void {
    this.#set(id, { state: 'refused', reason });
  }

  /** A seal that was made elsewhere, for a certificate. */
  make(certificate: Uint8Array, form: SealForm = 'full', more: Partial<SealRecord> = {}): Uint8Array {
    const id = sealIdOf(creditCode, this.states.size + 1);
    this.states.set(id, 'normal');
    return this.core.issue({ ...recordOf(certificate, this.#now()), id, ...more }, form);
  }

  list(): Uint8Array {
    const since = this.#now();
    const standings = [...this.states].map(([id, state]) => ({ id, state, since }));
    return this.core.statusList(standings, this.number);
  }

  readonly http = {
    request: async () =>
      this.#answer(() => ({ status: 200, headers: {} as Record<string, string>, body: this.list() })),
  };

  readonly catalogue = async (): Promise<Catalogue> =>
    this.#answer(() => ({
      name: 'Fake',
      practice: true,
      cmp: 'http://x/cmp',
      tsa: null,
      certificates: [],
      renewalDays: 90,
      seals: { statusList: statusUrl },
      time: this.#now().toISOString(),
    }));

  readonly peer: NonNullable<SealingTools['maker']> = () => ({
    apply: async (request: SealRequest, signer, key) => {
      await signer.sign(new Uint8Array([1]));
      return this.#answer(() => {
        const before = [...this.applications.values()].find((one) => one.key === key);
        if (before) return before.answer;
        const id = `application-${String(this.applications.size + 1).padStart(8, '0')}`;
        const { certificateSha256, name, kind } = request;
        const state = 'review' as const;
        const number = `S-${this.applications.size + 1}`;
        const about = { reason: '', sealId: null, reviewUrl: null, history: [] };
        const answer = { id, number, state, certificateSha256, name, kind, ...about };
        const record: SealRecord = {
          ...recordOf(signer.certificate, this.#now()),
          name,
          kind,
          administrator: request.administrator,
          picture: Buffer.from(request.picture, 'base64'),
          smallPicture: Buffer.from(request.smallPicture, 'base64'),
        };
        this.applications.set(id, { key, answer, record });
        return answer;
      });
    },
    read: async (id) => this.#answer(() => this.#get(id).answer),
    seal: async (id, form) =>
      this.#answer(() => this.core.issue({ ...this.#get(id).record!, ...this.surprise }, form)),
    bound: async (id, { form, sealSha256 }, signer) => {
      await signer.sign(new Uint8Array([2]));
      return this.#answer(() => {
        const made = this.core.issue(this.#get(id).record!, form);
        if (sha256Of(made) !== sealSha256) throw new YinkeyError('authority.order-invalid', { message: '' });
        return this.#set(id, { state: 'bound' });
      });
    },
    withdraw: async (id, signer) => {
      await signer.sign(new Uint8Array([3]));
      return this.#answer(() => this.#set(id, { state: 'withdrawn' }));
    },
  });
}

const recordOf = (certificate: Uint8Array, createdAt: Date): SealRecord => ({
  id: '',
  certificate,
  name: `${unit}合同专用章`,
  kind: 'contract',
  unit,
  creditCode,
  administrator: '张三',
  widthMm: 42,
  heightMm: 42,
  picture: pngOf(9_000, 520),
  smallPicture: pngOf(2_000, 180),
  createdAt,
});

/** What a capture hands over. */
export function materialOf(verdict: CaptureResult['verdict'] = 'good'): SealDraft['material'] {
  const result = {
    shape: 'circle',
    widthMm: 42,
    heightMm: 42,
    rotation: 0,
    verdict,
    checks: [{ name: 'ring', value: 50, unit: '%', limit: { min: 95 }, verdict }],
  } as unknown as CaptureResult;
  const { picture, smallPicture } = recordOf(new Uint8Array(), new Date());
  return {
    png: new Uint8Array(picture),
    smallPng: new Uint8Array(smallPicture),
    scanJpeg: new Uint8Array(100_000),
    result,
  };
}

/** A world with one key, one certificate on it, a maker and a disk. */
export class World {
  readonly database = new Sqlite(':memory:');
  clock = new Date('2026-11-22T08:00:00.000Z');
  readonly now = () => new Date(this.clock);
  readonly issuer = new FakeIssuer(this.now());
  readonly maker = new FakeSealMaker(this.issuer, this.now);
  readonly key = new FakeKey();
  readonly certificate: CertificateFacts;
  readonly audit: AuditLog;
  readonly lists: SealStatusListsRepository;
  readonly bound: BoundSealsRepository;
  readonly #dead = new Set<number>();
  readonly #clients: { close(): unknown }[] = [];
  #processes = 0;

  constructor() {
    for (const step of migrations) this.database.exec(step);
    this.database.pragma('foreign_keys = ON');
    this.audit = new AuditLog(new AuditRowsRepository(this.database), { now: this.now });
    this.lists = new SealStatusListsRepository(this.database);
    this.bound = new BoundSealsRepository(this.database);
    this.certificate = this.certify('01', '合同专用章');
  }

  /** A pair with its certificate on the key. */
  certify(ckaId: string, seal: string, days = 300): CertificateFacts {
    const spki = this.key.add(
      ckaId,
      seal,
      generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
    );
    const certificate = this.issuer.issue(spki, {
      subject: enrolmentSubject({ unit, creditCode, seal }),
      notBefore: new Date(this.clock.getTime() - 30 * day),
      notAfter: new Date(this.clock.getTime() + days * day),
    });
    this.key.certificates.push({ ckaId, label: seal, der: certificate });
    return parseCertificate(certificate);
  }

  seals(more: Partial<SealsTools> = {}): Seals {
    const seals = new Seals({
      tokens: this.key,
      seals: this.bound,
      lists: this.lists,
      audit: this.audit,
      http: this.maker.http,
      roots: async () => [this.issuer.root],
      seen: () => this.key.certificates.map((one) => ({ ...one, sha256: sha256Of(one.der) })),
      revocation: () => undefined,
      picture: async () => ({ widthPx: 1, heightPx: 1 }),
      now: this.now,
      ...more,
    });
    this.#clients.push(seals);
    return seals;
  }

  /** A client of its own: another process over the same disk. */
  client(more: Partial<SealingTools> = {}): { sealing: SealApplications; seals: Seals; die: () => void } {
    this.#processes += 1;
    const pid = this.#processes;
    const journal = new SealApplicationRepository(this.database, {
      pid,
      alive: (other) => !this.#dead.has(other),
    });
    const seals = this.seals();
    const sealing = new SealApplications({
      tokens: this.key,
      http: this.maker.http,
      journal,
      audit: this.audit,
      seals,
      roots: async () => [this.issuer.root],
      revocation: () => undefined,
      picture: async () => ({ widthPx: 1, heightPx: 1 }),
      maker: this.maker.peer,
      catalogue: this.maker.catalogue,
      now: this.now,
      ...more,
    });
    this.#clients.push(sealing);
    return { sealing, seals, die: () => void this.#dead.add(pid) };
  }

  draft(more: Partial<SealDraft> = {}): SealDraft {
    return {
      material: materialOf(),
      token: this.key.token,
      certificate: this.certificate.sha256,
      name: `${unit}合同专用章`,
      kind: 'contract',
      administrator: '张三',
      handler: '李四',
      contact: '',
      replaces: null,
      authority: 'http://maker.example/api',
      ...more,
    };
  }

  async close(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.close();
    this.database.close();
  }
}
