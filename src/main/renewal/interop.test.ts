import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type RunningAuthority, startAuthority } from '../../../softhsm-fixtures/authority/index.ts';
import { calmKnobs } from '../../../softhsm-fixtures/authority/knobs.ts';
import { issue, type PracticeWorld } from '../../../softhsm-fixtures/index.ts';
import type { RenewalView } from '../../shared/domain/index.ts';
import { AuditLog } from '../audit/index.ts';
import { authorityHttp } from '../authority/index.ts';
import { type CertificateFacts, parseCertificate, parsePemCertificates } from '../certificates/index.ts';
import { migrations } from '../store/migrations/index.ts';
import { RenewalRepository } from '../store/renewals.ts';
import { AuditRowsRepository } from '../store/repositories.ts';
import { Renewals } from './renewals.ts';
import { FakeKey, nameOf, noPort } from './test-driver/fakes.ts';
import { OpenSslAuthority } from './test-driver/openssl-authority.ts';
import type { RenewalTools } from './tools.ts';

// The journey over real sockets against authorities that are not its own tests: OpenSSL's server, and the practice
// authority with all that can be wrong with it. Only the key is in memory.

const day = 86_400_000;
const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-renewal-interop-'));
const http = authorityHttp();
const pin = { pinPort: noPort };
let database: Sqlite;
let key: FakeKey;
const made: Renewals[] = [];

beforeEach(() => {
  database = new Sqlite(':memory:');
  for (const step of migrations) database.exec(step);
  key = new FakeKey();
});
afterEach(async () => {
  for (const one of made.splice(0)) await one.close();
  database.close();
});
afterAll(() => {
  http.close();
  rmSync(folder, { recursive: true, force: true });
});

function client(roots: CertificateFacts[], more: Partial<RenewalTools> = {}): Renewals {
  const renewals = new Renewals({
    tokens: key,
    http,
    journal: new RenewalRepository(database),
    audit: new AuditLog(new AuditRowsRepository(database)),
    roots: async () => roots,
    ...more,
  });
  made.push(renewals);
  return renewals;
}

const newPair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;

describe('an authority made of OpenSSL’s server', () => {
  let openssl: OpenSslAuthority;
  beforeAll(async () => {
    openssl = await new OpenSslAuthority(folder, http).start();
  });
  afterAll(() => openssl.close());
  afterEach(() => {
    openssl.options = [];
  });

  function oldCertificate(): string {
    const spki = key.add('01', '公章', newPair());
    const certificate = openssl.issue(nameOf('公章'), spki, 30);
    key.certificates.push({ ckaId: '01', label: '公章', der: certificate });
    return parseCertificate(certificate).sha256;
  }

  test.each([
    ['at once', []],
    ['after a review', ['-poll_count', '2', '-check_after', '1']],
  ])('renews %s', async (_, options) => {
    openssl.options = options;
    const sha256 = oldCertificate();
    const renewals = client([openssl.root]);
    const { id, quote } = await renewals.start(key.token, sha256, { authority: openssl.url });
    expect(quote).toBeNull();
    await renewals.confirm(id, null);
    const done = await renewals.go(id, pin);
    expect(done).toMatchObject({ state: 'done', error: null });
    const fresh = parseCertificate(key.certificates[1]!.der);
    expect(fresh.sha256).toBe(done.fresh?.sha256);
    expect(Buffer.compare(fresh.spki, key.pairs[1]!.spki)).toBe(0);
    expect(key.asked).toBe(1);
  });

  test('goes on after the answer was lost', async () => {
    const sha256 = oldCertificate();
    let lose = true;
    const lossy = {
      request: async (question: Parameters<typeof http.request>[0]) => {
        const answer = await http.request(question);
        if (question.method === 'POST' && !question.url.includes('/catalogue') && lose) {
          lose = false;
          throw Object.assign(new Error('lost'), { code: 'lost' });
        }
        return answer;
      },
    };
    const cut = client([openssl.root], { http: lossy });
    const { id } = await cut.start(key.token, sha256, { authority: openssl.url });
    await cut.confirm(id, null);
    expect(await cut.go(id, pin)).toMatchObject({ state: 'stopped' });
    expect(await client([openssl.root]).go(id, pin)).toMatchObject({ state: 'done' });
    expect(key.pairs).toHaveLength(2);
  });

  test('enrols with a shared secret; a wrong one is told', async () => {
    const request = {
      token: key.token,
      authority: openssl.url,
      reference: 'R-77',
      subject: nameOf('合同章'),
      keyType: 'EC-P256' as const,
      label: '合同章',
      pkcs10: false,
    };
    const renewals = client([openssl.root]);
    const wrong = await renewals.enrol(request, { ...pin, secret: Buffer.from('guess') });
    expect(wrong.state).toBe('stopped');
    expect(wrong.error?.code).toMatch(/^authority\./);
    const done = await renewals.enrol(request, { ...pin, secret: Buffer.from('counter') });
    expect(done).toMatchObject({ state: 'done', id: wrong.id });
  });

  test('an authority whose root is not in the trust list is not believed', async () => {
    const sha256 = oldCertificate();
    const other = new OpenSslAuthority(mkdtempSync(path.join(folder, 'other-')), http).root;
    const renewals = client([other]);
    const { id } = await renewals.start(key.token, sha256, { authority: openssl.url });
    await renewals.confirm(id, null);
    const view = await renewals.go(id, pin);
    expect(view).toMatchObject({ state: 'stopped', error: { code: 'authority.answer-untrusted' } });
    expect(key.certificates).toHaveLength(1);
  });
});

describe('the practice authority', () => {
  const world = { dir: path.join(folder, 'world') } as PracticeWorld;
  let authority: RunningAuthority;
  let roots: CertificateFacts[];
  beforeAll(async () => {
    authority = await startAuthority({ dir: world.dir, port: 0 });
    roots = parsePemCertificates(readFileSync(authority.root));
  });
  afterAll(() => authority.close());
  afterEach(() => {
    Object.assign(authority.knobs, calmKnobs);
  });

  async function oldCertificate(days = 30): Promise<string> {
    const spki = key.add('01', '公章', newPair());
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const notAfter = new Date(Date.now() + days * day);
    const notBefore = new Date(notAfter.getTime() - 365 * day);
    const { der, sha256 } = await issue(world, {
      publicKey,
      onToken: false,
      label: '公章',
      notBefore,
      notAfter,
    });
    key.certificates.push({ ckaId: '01', label: '公章', der });
    return sha256;
  }

  async function paid(renewals: Renewals, years = 1): Promise<RenewalView> {
    const sha256 = await oldCertificate();
    const { id } = await renewals.start(key.token, sha256, { authority: authority.url });
    await renewals.confirm(id, years);
    authority.pay(renewals.orderOf(id)!.id);
    await renewals.resumeAll();
    return renewals.get(id);
  }

  test('renews for the years that were paid', async () => {
    const renewals = client(roots);
    const { id, order } = await paid(renewals, 3);
    const done = await renewals.go(id, pin);
    expect(done).toMatchObject({ state: 'done', order: { state: 'done', years: 3 } });
    expect(Math.abs(Date.parse(done.fresh!.notAfter) - Date.parse(order!.notAfter))).toBeLessThan(day);
    expect(authority.certificates(renewals.orderOf(id)!.id).map(({ state }) => state)).toEqual(['good']);
  });

  test('renews without an order at its plain endpoint', async () => {
    const sha256 = await oldCertificate();
    const renewals = client(roots);
    const { id, checks } = await renewals.start(key.token, sha256, { authority: authority.cmp });
    expect(checks.filter(({ state }) => state === 'stop')).toEqual([]);
    await renewals.confirm(id, null);
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done', order: null });
  });

  test.each([
    ['other-name', 'subject'],
    ['other-key', 'key'],
    ['shorter-validity', 'validity'],
  ] as const)('%s: rejected, revoked, and right the second time', async (surprise, reason) => {
    const renewals = client(roots);
    const { id } = await paid(renewals);
    authority.knobs.surprise = surprise;
    const view = await renewals.go(id, pin);
    expect(view).toMatchObject({
      state: 'stopped',
      error: { code: 'renewal.certificate-mismatch', details: { reason } },
    });
    expect(key.certificates).toHaveLength(1);
    authority.knobs.surprise = null;
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done' });
    const states = authority.certificates(renewals.orderOf(id)!.id).map(({ state }) => state);
    expect(states.sort()).toEqual(['good', 'revoked']);
  });

  test.each([
    ['wrongSigner', { wrongSigner: true }, /^authority\.(answer-untrusted|refused)$/],
    ['down', { down: true }, /^authority\.(unreachable|timeout)$/],
    ['refuse', { refuse: { text: '不予受理', failInfo: 'notAuthorized' as const } }, /^authority\.refused$/],
    ['answerTwice', { answerTwice: true }, /^authority\.answer-unreadable$/],
    [
      'clock',
      { clockOffset: 86_400_000 },
      /^authority\.(clock-off|refused|answer-untrusted|signature-refused)$/,
    ],
  ])('%s: told, and renewed when it is over', async (_, knobs, code) => {
    const renewals = client(roots);
    const { id } = await paid(renewals);
    Object.assign(authority.knobs, knobs);
    const view = await renewals.go(id, pin);
    expect(view.state).toBe('stopped');
    expect(view.error?.code).toMatch(code);
    Object.assign(authority.knobs, calmKnobs);
    let done = await renewals.go(id, pin);
    // An answer that can't be believed is asked for once more before another request is made.
    if (done.state === 'stopped') done = await renewals.go(id, pin);
    expect(done).toMatchObject({ state: 'done', error: null });
    const states = authority.certificates(renewals.orderOf(id)!.id).map(({ state }) => state);
    expect(states.filter((state) => state !== 'revoked')).toEqual(['good']);
  });

  test('given up: the order is cancelled, what was issued is revoked', async () => {
    const renewals = client(roots, {
      atStep: (phase, when) => {
        if (phase === 'issued' && when === 'after') key.crash();
      },
    });
    const { id } = await paid(renewals);
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'stopped' });
    const { id: orderId } = renewals.orderOf(id)!;
    expect(await renewals.end(id, pin)).toMatchObject({ state: 'ended', order: { state: 'cancelled' } });
    expect(authority.certificates(orderId).map(({ state }) => state)).toEqual(['revoked']);
    expect([key.pairs.length, key.certificates.length]).toEqual([1, 1]);
  });

  test('an order that another journal made is found by the certificate’s key', async () => {
    const lost = client(roots);
    const { old } = await paid(lost);
    await lost.close();
    database.close();
    database = new Sqlite(':memory:');
    for (const step of migrations) database.exec(step);
    const renewals = client(roots);
    const { id } = await renewals.start(key.token, old.sha256, { authority: authority.api });
    await renewals.confirm(id, 1);
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done', order: { state: 'done' } });
  });
});
