import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../softhsm-fixtures/openssl.ts';
import { type IndexEntry, OpenSslCa } from '../../../softhsm-fixtures/openssl-ca.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, der, parseCertificate } from '../certificates/index.ts';
import { openStore, type Store } from '../store/index.ts';
import type { AuthorityHttp, HttpQuestion } from './http.ts';
import { authorityHttp } from './http.ts';
import { StatusService } from './status.ts';

const openssl = new OpenSsl();
const ca = new OpenSslCa(openssl);
const root = parseCertificate(ca.certificate.der);
const places = [
  'authorityInfoAccess = OCSP;URI:http://ocsp.example/',
  'crlDistributionPoints = URI:http://crl.example/one.crl',
];
const made = (serial: string, extensions: string[]) =>
  parseCertificate(ca.issue(`/O=Unit/CN=${serial}`, serial, extensions).der);
const one = made('1001', places);
const two = made('1002', places);
const ocspOnly = made('1003', places.slice(0, 1));
const silent = made('1004', []);
const delegate = ca.responder();
const minute = 60_000;
const day = 86_400_000;
const roots = [root];
const unreachable = { code: 'authority.unreachable', details: { host: 'ocsp.example', reason: 'refused' } };

let folder: string;
let store: Store;
/** Added to the real time. */
let later = 0;
const now = () => new Date(Date.now() + later);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'yinkey-status-'));
});
afterAll(async () => {
  ca.close();
  openssl.close();
  await rm(folder, { recursive: true });
});
let databases = 0;
beforeEach(async () => {
  store?.close();
  later = 0;
  ({ store } = await openStore({ file: path.join(folder, `${databases++}.db`) }));
});
afterAll(() => store.close());

/** An authority in a few lines: what it says is made by OpenSSL, what it is asked is noted. */
class World implements AuthorityHttp {
  index: string;
  ocspUp = true;
  listUp = true;
  ocspOptions = ['-ndays', '3'];
  list: Buffer;
  readonly asked: string[] = [];
  most = 0;
  #running = 0;

  constructor(...entries: IndexEntry[]) {
    this.index = ca.index(entries);
    this.list = ca.list(this.index);
  }

  set entries(entries: IndexEntry[]) {
    this.index = ca.index(entries);
    this.list = ca.list(this.index);
  }

  async request({ url, body }: HttpQuestion) {
    const { host } = new URL(url);
    this.asked.push(host);
    this.most = Math.max(this.most, ++this.#running);
    await new Promise((resolve) => setImmediate(resolve));
    this.#running--;
    const isOcsp = host === 'ocsp.example';
    if (!(isOcsp ? this.ocspUp : this.listUp))
      throw new YinkeyError('authority.unreachable', { host, reason: 'refused' });
    return {
      status: 200,
      headers: { 'content-type': isOcsp ? 'application/ocsp-response' : 'application/pkix-crl' },
      body: isOcsp ? ca.answer(this.index, body!, delegate, this.ocspOptions) : this.list,
    };
  }

  service() {
    return new StatusService({ http: this, cache: store.status, now });
  }
}

const gone = { at: new Date('2026-01-02T03:04:05Z'), reason: 'keyCompromise' };

describe('what is asked', () => {
  it('is the responder, once, as long as its answer holds', async () => {
    const world = new World({ serial: '1001' });
    const status = world.service();
    expect(status.known([one], { roots })).toMatchObject({
      revocation: 'unchecked',
      chain: 'trusted',
      askedAt: null,
    });
    const first = await status.check([one], { roots });
    expect(first).toMatchObject({ revocation: 'good', source: 'ocsp', chain: 'trusted', error: null });
    expect(Date.parse(first.validUntil!) - Date.parse(first.producedAt!)).toBe(3 * day);
    later = 2 * day;
    expect(await world.service().check([one], { roots })).toEqual(first);
    expect(world.asked).toEqual(['ocsp.example']);
    await status.check([one], { roots, fresh: true });
    expect(world.asked).toHaveLength(2);
    expect(status.evidence(one.sha256).ocsp?.length).toBeGreaterThan(100);
  });

  it('is the list where the responder does not answer, and it is kept for others on it', async () => {
    const world = new World({ serial: '1001' }, { serial: '1002', revoked: gone });
    world.ocspUp = false;
    const status = world.service();
    expect(await status.check([one], { roots })).toMatchObject({ revocation: 'good', source: 'crl' });
    const second = await world.service().check([two], { roots });
    expect(second).toMatchObject({
      revocation: 'revoked',
      source: 'crl',
      reason: 'keyCompromise',
      revokedAt: gone.at.toISOString(),
    });
    expect(world.asked.filter((host) => host === 'crl.example')).toHaveLength(1);
    expect(status.evidence(one.sha256).crl).toEqual(world.list);
    expect(store.status.revocation(two.sha256)).toEqual({ at: gone.at, reason: 'keyCompromise' });
    expect(store.status.revocation(one.sha256)).toBeUndefined();
  });

  it('is the list as well where the responder does not know, and only a revocation there counts', async () => {
    const world = new World();
    expect(await world.service().check([one], { roots })).toMatchObject({
      revocation: 'unknown',
      source: 'ocsp',
    });
    world.list = ca.list(ca.index([{ serial: '1002', revoked: gone }]));
    expect(await world.service().check([two], { roots, fresh: true })).toMatchObject({
      revocation: 'revoked',
      source: 'crl',
    });
  });

  it('is nobody where no place is named, where nobody trusts the chain, and about a root', async () => {
    const world = new World();
    const status = world.service();
    const unchecked = { revocation: 'unchecked', source: null, error: null };
    expect(await status.check([silent], { roots })).toMatchObject({ ...unchecked, chain: 'trusted' });
    expect(await status.check([one], { roots: [] })).toMatchObject({ ...unchecked, chain: 'trust-unknown' });
    expect(await status.check([root], { roots })).toMatchObject({ ...unchecked, chain: 'trusted' });
    expect(world.asked).toEqual([]);
  });

  it('is the same only once for many who ask at a time, and a few at a time', async () => {
    const world = new World({ serial: '1001' });
    const status = world.service();
    const all = await Promise.all([one, one, one].map((facts) => status.check([facts], { roots })));
    expect(new Set(all.map(({ revocation }) => revocation))).toEqual(new Set(['good']));
    expect(world.asked).toEqual(['ocsp.example']);
    world.ocspOptions = [];
    const others: CertificateFacts[] = Array.from({ length: 12 }, (_, n) => ({
      ...one,
      sha256: n.toString(16).padStart(64, '0'),
      serialNumberDer: der.int(0x2000 + n),
    }));
    await Promise.all(others.map((facts) => status.check([facts], { roots })));
    expect(world.most).toBeGreaterThan(1);
    expect(world.most).toBeLessThanOrEqual(6);
  });
});

describe('out of reach', () => {
  it('is unknown, and says why', async () => {
    const world = new World();
    world.ocspUp = false;
    const status = await world.service().check([ocspOnly], { roots });
    expect(status).toMatchObject({ revocation: 'unknown', source: null, error: unreachable });
    expect(status.askedAt).not.toBeNull();
  });

  it('an answer that holds is still told, one that does not is unknown since then', async () => {
    const world = new World({ serial: '1003' });
    const status = world.service();
    const good = await status.check([ocspOnly], { roots });
    world.ocspUp = false;
    later = day;
    expect(await status.check([ocspOnly], { roots, fresh: true })).toMatchObject({
      revocation: 'good',
      error: unreachable,
      producedAt: good.producedAt,
    });
    later = 4 * day;
    expect(status.known([ocspOnly], { roots }).revocation).toBe('unknown');
    expect(await status.check([ocspOnly], { roots })).toMatchObject({
      revocation: 'unknown',
      producedAt: good.producedAt,
      validUntil: good.validUntil,
      error: unreachable,
    });
    expect(status.evidence(ocspOnly.sha256)).toEqual({});
  });

  it('a revoked certificate stays revoked, whatever comes after', async () => {
    const world = new World({ serial: '1003', revoked: gone });
    const status = world.service();
    expect((await status.check([ocspOnly], { roots })).revocation).toBe('revoked');
    world.entries = [{ serial: '1003' }];
    expect((await status.check([ocspOnly], { roots, fresh: true })).revocation).toBe('revoked');
    world.ocspUp = false;
    later = 30 * day;
    expect((await world.service().check([ocspOnly], { roots })).revocation).toBe('revoked');
  });

  it('a hold is lifted by a newer answer', async () => {
    const world = new World({ serial: '1003', revoked: { at: gone.at, reason: 'certificateHold' } });
    const status = world.service();
    expect(await status.check([ocspOnly], { roots })).toMatchObject({
      revocation: 'revoked',
      reason: 'certificateHold',
    });
    world.entries = [{ serial: '1003' }];
    expect((await status.check([ocspOnly], { roots, fresh: true })).revocation).toBe('good');
  });

  it('a clock that was put back does not make an answer hold', async () => {
    const world = new World({ serial: '1003' });
    const status = world.service();
    await status.check([ocspOnly], { roots });
    later = -day / 2;
    expect(status.known([ocspOnly], { roots }).revocation).toBe('unknown');
  });

  it('a host that failed is left alone for a moment, and asked again after it', async () => {
    const world = new World({ serial: '1001' }, { serial: '1002' });
    world.ocspUp = false;
    world.listUp = false;
    const status = world.service();
    await status.check([one], { roots });
    await status.check([two], { roots });
    expect(world.asked).toEqual(['ocsp.example', 'crl.example']);
    world.ocspUp = true;
    later = minute;
    expect((await status.check([two], { roots })).revocation).toBe('good');
  });
});

describe('who must not be believed', () => {
  it('answers that prove nothing leave it unknown', async () => {
    const world = new World({ serial: '1003' });
    world.ocspOptions = ['-badsig'];
    expect(await world.service().check([ocspOnly], { roots })).toMatchObject({
      revocation: 'unknown',
      error: { code: 'authority.answer-untrusted', details: { reason: 'signature-wrong' } },
    });
  });

  it('a page in the place of an answer', async () => {
    const page = { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>') };
    const http = { request: async () => page };
    const status = new StatusService({ http, cache: store.status, now });
    expect(await status.check([one], { roots })).toMatchObject({
      revocation: 'unknown',
      error: { code: 'authority.not-an-authority' },
    });
  });
});

it('patience ends by the signal, and nothing is noted as failed', async () => {
  const http = { request: () => new Promise<never>(() => {}) };
  const status = new StatusService({ http, cache: store.status, now });
  const stop = new AbortController();
  const asking = status.check([one], { roots, signal: stop.signal });
  stop.abort();
  await expect(asking).rejects.toMatchObject({ code: 'authority.cancelled' });
  expect(status.known([one], { roots }).revocation).toBe('unchecked');
});

it("a missing issuer is fetched from the place that the certificate names, and OpenSSL's responder is asked", async () => {
  const inner = openssl.issue({
    subject: '/O=Test/CN=Issuing',
    issuer: ca.certificate,
    extensions: ['basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign,cRLSign'],
  });
  const issuing = new OpenSslCa(openssl, inner);
  const url = await issuing.serve(ca.index([{ serial: '3001' }]), inner, ['-nmin', '5']);
  const leaf = parseCertificate(
    openssl.issue({
      subject: '/CN=leaf',
      serial: '3001',
      issuer: inner,
      extensions: [
        'keyUsage = digitalSignature',
        `authorityInfoAccess = OCSP;URI:${url},caIssuers;URI:http://ca.example/issuing.cer`,
      ],
    }).der,
  );
  const real = authorityHttp();
  const http: AuthorityHttp = {
    request: async (question) =>
      question.url === 'http://ca.example/issuing.cer'
        ? { status: 200, headers: {}, body: inner.der }
        : real.request(question),
  };
  const status = new StatusService({ http, cache: store.status });
  expect(await status.check([leaf], { roots })).toMatchObject({
    revocation: 'good',
    source: 'ocsp',
    chain: 'trusted',
  });
  real.close();
  issuing.close();
});
