import { generateKeyPairSync } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RenewalView } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { AuditLog } from '../audit/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import { migrations } from '../store/migrations/index.ts';
import { RenewalRepository } from '../store/renewals.ts';
import { AuditRowsRepository } from '../store/repositories.ts';
import { Renewals } from './renewals.ts';
import { FakeAuthority, FakeKey, nameOf, noPort } from './test-driver/fakes.ts';
import type { RenewalTools } from './tools.ts';

const day = 86_400_000;
const authority = 'http://authority.example/api';

let database: Sqlite;
let store: { renewals: RenewalRepository; audit: AuditRowsRepository };
/** Processes that were killed: they write nothing any more, and hold nothing. */
const dead = new Set<number>();
let processes = 0;
let clock: Date;
let key: FakeKey;
let ca: FakeAuthority;
const made: Renewals[] = [];
const now = () => new Date(clock);
let oldSha256: string;

beforeEach(() => {
  newStore();
  clock = new Date('2026-11-22T08:00:00.000Z');
  key = new FakeKey();
  ca = new FakeAuthority(now);
  oldSha256 = oldCertificate(new Date(clock.getTime() + 30 * day));
});
afterEach(async () => {
  for (const one of made.splice(0)) await one.close();
  database.close();
});

/** In memory: what a disk does is the business of the store's own tests. */
function newStore(): void {
  database = new Sqlite(':memory:');
  for (const step of migrations) database.exec(step);
  store = { renewals: newProcess().journal, audit: new AuditRowsRepository(database) };
}

function newProcess(): { journal: RenewalRepository; pid: number } {
  processes += 1;
  const pid = processes;
  const journal = new RenewalRepository(database, { pid, alive: (one) => !dead.has(one) });
  const alive = () => {
    if (dead.has(pid)) throw new YinkeyError('store.failed', { reason: 'killed' });
  };
  const { save, release } = journal;
  journal.save = (...row) => {
    alive();
    save.apply(journal, row);
  };
  journal.release = (lease) => {
    alive();
    release.call(journal, lease);
  };
  return { journal, pid };
}

function oldCertificate(notAfter: Date): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const ckaId = `0${key.pairs.length + 1}`;
  const spki = key.add(ckaId, '公章', privateKey);
  const notBefore = new Date(clock.getTime() - 400 * day);
  const certificate = ca.issuer.issue(spki, { notBefore, notAfter });
  key.certificates.push({ ckaId, label: '公章', der: certificate });
  return parseCertificate(certificate).sha256;
}

/** A client as it starts: everything that it knows comes from the journal. */
function client(more: Partial<RenewalTools> = {}): Renewals {
  const renewals = new Renewals({
    tokens: key,
    http: ca.http,
    journal: newProcess().journal,
    audit: new AuditLog(store.audit),
    roots: async () => [ca.issuer.root],
    now,
    orders: ca.orders,
    cmp: ca.cmp,
    wait: async (millis) => {
      clock = new Date(clock.getTime() + millis);
    },
    ...more,
  });
  made.push(renewals);
  return renewals;
}
const pin = { pinPort: noPort };
const events = (view: RenewalView) => view.history.map(({ what }) => what);

async function ordered(renewals: Renewals, years = 2): Promise<RenewalView> {
  const started = await renewals.start(key.token, oldSha256, { authority });
  return renewals.confirm(started.id, years);
}

describe('a renewal', () => {
  test('goes from the checks to the receipt with one PIN', async () => {
    const renewals = client();
    const seen: string[] = [];
    renewals.onChange((view) => seen.push(view.progress?.what ?? view.state));
    const started = await renewals.start(key.token, oldSha256, { authority });
    expect(started).toMatchObject({ step: 'check', state: 'ready', actions: ['confirm', 'check', 'end'] });
    expect(started.checks.map(({ name, state }) => [name, state])).toEqual([
      ['key', 'ok'],
      ['driver', 'ok'],
      ['space', 'ok'],
      ['key-type', 'ok'],
      ['certificate', 'ok'],
      ['window', 'ok'],
      ['authority', 'ok'],
      ['clock', 'ok'],
      ['order', 'ok'],
    ]);
    expect(started.quote?.offers.map(({ years }) => years)).toEqual([1, 2]);
    const open = await renewals.confirm(started.id, 2);
    expect(open).toMatchObject({
      step: 'confirm',
      state: 'waiting-payment',
      order: { number: 'N-1', state: 'open' },
    });
    expect(open.actions).toEqual(['pay', 'end']);
    expect(key.asked).toBe(0);
    ca.pay();
    await renewals.resumeAll(key.snapshot());
    expect(renewals.get(started.id)).toMatchObject({ state: 'ready', actions: ['go', 'end'] });
    const done = await renewals.go(started.id, pin);
    expect(done).toMatchObject({ state: 'done', step: 'done', error: null, order: { state: 'done' } });
    expect(done.actions).toEqual(['receipt', 'remove-old']);
    expect(key.asked).toBe(1);
    expect(events(done)).toEqual([
      'started',
      'checked',
      'ordered',
      'paid',
      'generating',
      'generated',
      'confirmed-order',
      'requested',
      'issued',
      'written',
      'proven',
      'confirmed',
      'retired',
      'done',
    ]);
    expect([...store.renewals.superseded()]).toEqual([oldSha256]);
    expect(key.pairs.map(({ label }) => label)).toEqual(['公章', 'YinKey renewal N-1']);
    expect(key.certificates[1]).toMatchObject({ label: '公章', ckaId: key.pairs[1]!.ckaId });
    expect(done.fresh?.sha256).toBe(parseCertificate(key.certificates[1]!.der).sha256);
    expect(ca.issued.map(({ state }) => state)).toEqual(['confirmed']);
    const acts = new AuditLog(store.audit).list().map(({ act, result }) => `${act} ${result}`);
    expect(acts.reverse()).toEqual([
      'key.generate ok',
      'order.confirm ok',
      'certificate.request ok',
      'certificate.write ok',
      'certificate.confirm ok',
      'certificate.retire ok',
    ]);
    for (const what of [
      'checking',
      'ordering',
      'pin',
      'generating',
      'requesting',
      'writing',
      'testing',
      'confirming',
    ]) {
      expect(seen).toContain(what);
    }
    // Another one of the same certificate is not offered.
    const again = await renewals.start(key.token, oldSha256, { authority });
    expect(again.checks.find(({ name }) => name === 'certificate')).toMatchObject({
      code: 'renewal.superseded',
    });
    await expect(renewals.confirm(again.id, 1)).rejects.toMatchObject({ code: 'renewal.not-possible' });
    await expect(renewals.go(done.id, pin)).rejects.toMatchObject({ code: 'renewal.finished' });
  });

  test('removes the old pair when its serial number was typed, and not before', async () => {
    const renewals = client();
    const { id, old } = await ordered(renewals);
    await expect(renewals.removeOld(id, old.serialNumber, pin)).rejects.toMatchObject({
      code: 'renewal.not-possible',
    });
    ca.pay();
    await renewals.go(id, pin);
    await expect(renewals.removeOld(id, '00', pin)).rejects.toMatchObject({
      code: 'certificate.serial-mismatch',
    });
    expect(key.pairs).toHaveLength(2);
    const typed = old.serialNumber.toUpperCase().replaceAll(/(..)/g, '$1:');
    const view = await renewals.removeOld(id, typed, pin);
    expect(view).toMatchObject({ state: 'done', actions: ['receipt'] });
    expect(key.pairs.map(({ label }) => label)).toEqual(['YinKey renewal N-1']);
    expect(key.certificates).toHaveLength(1);
  });

  test('an unpaid order waits, whoever says go', async () => {
    const renewals = client();
    const { id } = await ordered(renewals);
    const view = await renewals.go(id, pin);
    expect(view).toMatchObject({ state: 'waiting-payment', error: { code: 'authority.order-unpaid' } });
    expect(key.asked).toBe(0);
  });

  test('checks that led to nothing are forgotten after a day, an order is not', async () => {
    const renewals = client();
    await renewals.start(key.token, oldSha256, { authority });
    clock = new Date(clock.getTime() + day / 2);
    await renewals.resumeAll(key.snapshot());
    expect(renewals.list()).toHaveLength(1);
    clock = new Date(clock.getTime() + day);
    await renewals.resumeAll(key.snapshot());
    expect(renewals.list()).toEqual([]);
    await ordered(renewals);
    clock = new Date(clock.getTime() + 2 * day);
    await renewals.resumeAll(key.snapshot());
    expect(renewals.list()).toHaveLength(1);
  });

  test('waits for its key, and goes on when it is plugged in again', async () => {
    const renewals = client({
      atStep: (phase, when) => {
        if (phase === 'requesting' && when === 'before') key.pull();
      },
    });
    const { id } = await ordered(renewals);
    ca.pay();
    const pulled = await renewals.go(id, pin);
    expect(pulled).toMatchObject({ state: 'waiting-key', error: { code: 'token.removed' } });
    await renewals.resumeAll(key.snapshot());
    expect(renewals.get(id).state).toBe('waiting-key');
    key.plugged = true;
    await renewals.resumeAll(key.snapshot());
    expect(renewals.get(id)).toMatchObject({ state: 'ready', error: null, actions: ['go', 'end'] });
    const there = client();
    expect(await there.go(id, pin)).toMatchObject({ state: 'done' });
  });

  test('stops where it is asked to, and goes on later', async () => {
    const renewals = client();
    const { id } = await ordered(renewals);
    ca.pay();
    const off = renewals.onChange(({ progress }) => {
      if (progress?.what === 'generating') void renewals.stop(id);
    });
    const stopped = await renewals.go(id, pin);
    off();
    expect(stopped).toMatchObject({ state: 'ready', error: null, actions: ['go', 'end'] });
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done' });
    expect(key.pairs).toHaveLength(2);
  });

  test('looks at the order by itself while the payment is waited for', async () => {
    vi.useFakeTimers({ now: clock, toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const renewals = client();
      const { id, nextLookAt } = await ordered(renewals);
      expect(Date.parse(nextLookAt!) - clock.getTime()).toBe(3000);
      await vi.advanceTimersByTimeAsync(3500);
      expect(renewals.get(id).state).toBe('waiting-payment');
      ca.down = true;
      await vi.advanceTimersByTimeAsync(3500);
      expect(renewals.get(id)).toMatchObject({
        state: 'waiting-payment',
        error: { code: 'authority.unreachable' },
      });
      ca.down = false;
      ca.pay();
      await vi.advanceTimersByTimeAsync(31_000);
      expect(renewals.get(id)).toMatchObject({ state: 'ready', error: null, actions: ['go', 'end'] });
      await renewals.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('years that are not on offer are refused', async () => {
    const renewals = client();
    const { id } = await renewals.start(key.token, oldSha256, { authority });
    await expect(renewals.confirm(id, 4)).rejects.toMatchObject({ code: 'renewal.years' });
    expect(ca.orders_.size).toBe(0);
  });

  test('an authority without orders is asked directly', async () => {
    ca.plain = true;
    const renewals = client();
    const { id, checks, quote } = await renewals.start(key.token, oldSha256, { authority });
    expect(quote).toBeNull();
    expect(checks.find(({ name }) => name === 'authority')).toMatchObject({
      state: 'ok',
      details: { orders: false },
    });
    expect(await renewals.confirm(id, null)).toMatchObject({
      state: 'ready',
      actions: ['go', 'end'],
      order: null,
    });
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done', actions: ['remove-old'] });
  });

  test('an authority that confirms by itself is sent no confirmation', async () => {
    ca.implicit = true;
    const renewals = client();
    const { id } = await ordered(renewals);
    ca.pay();
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done' });
    expect(new AuditLog(store.audit).list().map(({ act }) => act)).not.toContain('certificate.confirm');
  });

  test('an order that another journal made is taken up', async () => {
    const lost = client();
    const first = await ordered(lost);
    ca.pay();
    await lost.close();
    database.close();
    newStore();
    const renewals = client();
    const { id } = await renewals.start(key.token, oldSha256, { authority });
    const taken = await renewals.confirm(id, 1);
    expect(taken).toMatchObject({ state: 'ready', actions: ['go', 'end'], order: null });
    const done = await renewals.go(id, pin);
    expect(done).toMatchObject({ state: 'done', order: { number: first.order?.number, years: 2 } });
    expect(ca.orders_.size).toBe(1);
    expect(key.asked).toBe(1);
  });
});

describe('review', () => {
  test('short: asked again with the key logged in', async () => {
    ca.polls = 3;
    const renewals = client();
    const { id } = await ordered(renewals);
    ca.pay();
    const done = await renewals.go(id, pin);
    expect(done.state).toBe('done');
    expect(events(done).filter((what) => what === 'review')).toHaveLength(1);
    expect(key.asked).toBe(1);
  });

  test('long: the key is free, the order is looked at, the PIN is asked again when it is approved', async () => {
    ca.review = true;
    const renewals = client();
    const { id } = await ordered(renewals);
    ca.pay();
    const waiting = await renewals.go(id, pin);
    expect(waiting).toMatchObject({ state: 'waiting-review', actions: ['end'], order: { state: 'review' } });
    expect(waiting.nextLookAt).not.toBeNull();
    ca.down = true;
    await renewals.resumeAll(key.snapshot());
    const away = renewals.get(id);
    expect(away).toMatchObject({ state: 'waiting-review', error: { code: 'authority.unreachable' } });
    expect(away.nextLookAt).not.toBeNull();
    ca.down = false;
    await renewals.resumeAll(key.snapshot());
    expect(renewals.get(id)).toMatchObject({ state: 'waiting-review', error: null });
    ca.approve();
    await renewals.resumeAll(key.snapshot());
    expect(renewals.get(id)).toMatchObject({ state: 'ready', actions: ['go', 'end'] });
    expect(key.asked).toBe(1);
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done' });
    expect(key.asked).toBe(2);
    expect(ca.issued).toHaveLength(1);
  });

  test('refused: told with the reason, and ended cleanly', async () => {
    ca.review = true;
    const renewals = client();
    const { id } = await ordered(renewals);
    ca.pay();
    await renewals.go(id, pin);
    ca.refuseOrder('印模不清');
    await renewals.resumeAll(key.snapshot());
    const error = { code: 'renewal.order-refused', details: { reason: '印模不清' } };
    expect(renewals.get(id)).toMatchObject({ state: 'stopped', error, actions: ['end'] });
    const ended = await renewals.end(id, pin);
    expect(ended).toMatchObject({ state: 'ended', error });
    expect(key.pairs).toHaveLength(1);
    expect((await renewals.start(key.token, oldSha256, { authority })).id).not.toBe(id);
  });
});

describe('what the authority issued is not believed', () => {
  test.each([
    ['name', 'subject'],
    ['key', 'key'],
    ['validity', 'validity'],
  ] as const)('other %s', async (surprise, reason) => {
    ca.surprise = surprise;
    const renewals = client();
    const { id } = await ordered(renewals);
    ca.pay();
    const view = await renewals.go(id, pin);
    expect(view).toMatchObject({
      state: 'stopped',
      error: { code: 'renewal.certificate-mismatch', details: { reason } },
      actions: ['go', 'end'],
    });
    expect(ca.issued.map(({ state }) => state)).toEqual(['revoked']);
    expect(key.certificates).toHaveLength(1);
    ca.surprise = null;
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'done' });
    expect(key.pairs).toHaveLength(2);
  });
});

describe('the checks', () => {
  const stops = (view: RenewalView) =>
    view.checks.filter(({ state }) => state === 'stop').map(({ code }) => code);
  test.each([
    ['token.not-found', () => key.pull()],
    [
      'token.pin-locked',
      () => {
        key.pinState = 'locked';
      },
    ],
    [
      'renewal.key-full',
      () => {
        key.freePublic = 500;
      },
    ],
    [
      'renewal.key-type',
      () => {
        key.keyTypes = ['RSA-2048'];
      },
    ],
    [
      'authority.unreachable',
      () => {
        ca.down = true;
      },
    ],
    [
      'authority.clock-off',
      () => {
        ca.clockOff = 11 * 60_000;
      },
    ],
    [
      'renewal.expired',
      () => {
        clock = new Date(clock.getTime() + 31 * day);
      },
    ],
    [
      'authority.window-not-open',
      () => {
        clock = new Date(clock.getTime() - 61 * day);
      },
    ],
  ] as [string, () => void][])('%s stops before anything is ordered', async (code, trouble) => {
    const renewals = client();
    const { id } = await renewals.start(key.token, oldSha256, { authority });
    trouble();
    const view = await renewals.check(id);
    expect(stops(view)).toContain(code);
    expect(view.actions).toEqual(['check', 'end']);
    await expect(renewals.confirm(id, 1)).rejects.toMatchObject({ code: 'renewal.not-possible' });
    expect(ca.orders_.size).toBe(0);
  });

  test('revoked, where somebody knows', async () => {
    const renewals = client({ status: async () => 'revoked' });
    expect(stops(await renewals.start(key.token, oldSha256, { authority }))).toEqual([
      'authority.certificate-revoked',
    ]);
  });

  test('a page for people is no authority', async () => {
    ca.plain = true;
    const http = {
      request: async () => ({
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: new Uint8Array(),
      }),
    };
    const renewals = client({ http });
    expect(stops(await renewals.start(key.token, oldSha256, { authority }))).toEqual([
      'authority.not-an-authority',
    ]);
  });
});

describe('one at a time', () => {
  test('in this process and in another one', async () => {
    const renewals = client();
    const other = client();
    const { id } = await ordered(renewals);
    ca.pay();
    ca.polls = 1;
    let second: Promise<unknown> | undefined;
    let third: Promise<unknown> | undefined;
    const going = client({
      wait: async () => {
        second = expect(going.go(id, pin)).rejects.toMatchObject({ code: 'renewal.already-running' });
        third = expect(other.go(id, pin)).rejects.toMatchObject({ code: 'renewal.already-running' });
        await Promise.all([second, third]);
        await other.resumeAll(key.snapshot());
      },
    });
    expect(await going.go(id, pin)).toMatchObject({ state: 'done' });
    expect(third).toBeDefined();
    expect(key.asked).toBe(1);
    expect((await other.start(key.token, oldSha256, { authority })).id).not.toBe(id);
  });
});

describe('ending it', () => {
  test('before anything was ordered', async () => {
    const renewals = client();
    const { id } = await renewals.start(key.token, oldSha256, { authority });
    expect(await renewals.end(id, pin)).toMatchObject({ state: 'ended', actions: [] });
    expect(key.asked).toBe(0);
  });

  test('cancels the order and removes what was made', async () => {
    const renewals = client({
      atStep: (phase, when) => {
        if (phase === 'written' && when === 'after') key.crash();
      },
    });
    const { id } = await ordered(renewals);
    ca.pay();
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'stopped', error: { code: 'driver.crashed' } });
    expect(key.certificates).toHaveLength(2);
    const ended = await renewals.end(id, pin);
    expect(ended).toMatchObject({ state: 'ended', order: { state: 'cancelled' } });
    expect(events(ended)).toEqual(expect.arrayContaining(['removed-new', 'cancelled', 'ended']));
    expect(ca.issued.map(({ state }) => state)).toEqual(['revoked']);
    expect([key.pairs.length, key.certificates.length]).toEqual([1, 1]);
  });

  test('is refused once the certificate may be confirmed', async () => {
    const renewals = client({
      atStep: (phase, when) => void (phase === 'confirming' && when === 'after' && key.crash()),
    });
    const { id } = await ordered(renewals);
    ca.pay();
    expect(await renewals.go(id, pin)).toMatchObject({ state: 'stopped', actions: ['go'] });
    await expect(renewals.end(id, pin)).rejects.toMatchObject({ code: 'renewal.not-possible' });
    expect(await client().go(id, pin)).toMatchObject({ state: 'done' });
  });
});

describe('a first certificate', () => {
  const request = (pkcs10: boolean) => ({
    token: key.token,
    authority: 'http://x/pkix/',
    reference: 'R-77',
    subject: nameOf('合同章'),
    keyType: 'EC-P256' as const,
    label: '合同章',
    pkcs10,
  });
  test.each([false, true])('with the reference and secret of the counter (PKCS#10: %s)', async (pkcs10) => {
    const renewals = client();
    const secret = Buffer.from('counter');
    const done = await renewals.enrol(request(pkcs10), { ...pin, secret });
    expect(done).toMatchObject({ state: 'done', error: null });
    expect(parseCertificate(key.certificates[1]!.der).subject.commonName).toBe('合同章');
    expect(renewals.list()).toEqual([]);
    expect(renewals.enrolments()).toHaveLength(1);
    expect(store.renewals.superseded().size).toBe(0);
  });

  test('goes on with the same pair after it was cut off', async () => {
    ca.down = true;
    const secret = Buffer.from('counter');
    const cut = await client().enrol(request(false), { ...pin, secret });
    expect(cut).toMatchObject({ state: 'stopped', error: { code: 'authority.unreachable' } });
    ca.down = false;
    const done = await client().enrol(request(false), { ...pin, secret });
    expect(done).toMatchObject({ id: cut.id, state: 'done' });
    expect(key.pairs).toHaveLength(2);
    const all = JSON.stringify(store.renewals.list(now()));
    expect(all).not.toContain('counter');
  });
});

describe('orphans', () => {
  test('a pair that no certificate and no journal knows is found and removed', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    key.add('77', 'YinKey renewal N-9', privateKey);
    const renewals = client({
      atStep: (phase, when) => void (phase === 'generated' && when === 'after' && key.crash()),
    });
    const { id } = await ordered(renewals);
    ca.pay();
    await renewals.go(id, pin);
    const found = await renewals.findOrphans(key.token, pin);
    expect(found).toEqual([
      { token: key.token, ckaId: '77', label: 'YinKey renewal N-9', keyType: 'EC-P256', order: 'N-9' },
    ]);
    expect(renewals.orphans()).toEqual(found);
    await expect(renewals.removeOrphan(key.token, '01', pin)).rejects.toMatchObject({
      code: 'renewal.not-possible',
    });
    const mine = key.pairs.find(({ label }) => label === 'YinKey renewal N-1')!;
    await expect(renewals.removeOrphan(key.token, mine.ckaId, pin)).rejects.toMatchObject({
      code: 'renewal.not-possible',
    });
    await renewals.removeOrphan(key.token, '77', pin);
    expect(renewals.orphans()).toEqual([]);
    expect(key.pairs).toHaveLength(2);
  });
});

test('a certificate that no one can read keeps the pair that has its number', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  key.add('88', 'of another program', privateKey);
  const renewals = client();
  expect(await renewals.findOrphans(key.token, pin)).toMatchObject([{ ckaId: '88', order: '' }]);
  key.certificates.push({ ckaId: '88', label: '', der: new Uint8Array([1, 2, 3]) });
  expect(await renewals.findOrphans(key.token, pin)).toEqual([]);
  await expect(renewals.removeOrphan(key.token, '88', pin)).rejects.toMatchObject({
    code: 'renewal.not-possible',
  });
});

describe('a key that is lost', () => {
  test('its renewal is ended here, paid or not, and what was paid is named', async () => {
    const renewals = client({
      atStep: (phase, when) => {
        if (phase === 'requesting' && when === 'before') key.pull();
      },
    });
    const { id } = await ordered(renewals);
    await expect(renewals.abandon(id)).rejects.toMatchObject({
      code: 'renewal.not-possible',
      details: { what: 'abandon' },
    });
    ca.pay();
    const waiting = await renewals.go(id, pin);
    expect(waiting).toMatchObject({ state: 'waiting-key', actions: ['go', 'end', 'abandon'] });
    const asked = key.asked;
    const left = await renewals.abandon(id);
    expect(left).toMatchObject({
      state: 'ended',
      actions: [],
      error: { code: 'renewal.abandoned', details: { order: 'N-1' } },
      order: { number: 'N-1', state: 'approved' },
    });
    expect(events(left).slice(-2)).toEqual(['abandoned', 'ended']);
    expect(key.asked).toBe(asked);
    expect(ca.issued.map(({ state }) => state)).toEqual(['issued']);
    expect(new AuditLog(store.audit).list()[0]).toMatchObject({ act: 'order.abandon', subject: 'N-1' });
    // It stays so, whoever looks at it, and twice is once.
    const later = client();
    await later.resumeAll(key.snapshot());
    expect(await later.abandon(id)).toEqual(left);
    expect(later.list()).toEqual([left]);

    // The key is found after all: the certificate can be renewed, and the first login tells of what was left.
    key.plugged = true;
    const again = await later.start(key.token, oldSha256, { authority });
    expect(again.id).not.toBe(id);
    await later.confirm(again.id, 2);
    expect(later.orphans()).toEqual([]);
    expect(await later.go(again.id, pin)).toMatchObject({ state: 'done', order: { number: 'N-1' } });
    expect(later.orphans()).toMatchObject([{ label: 'YinKey renewal N-1', order: 'N-1' }]);
  });

  test('a key that was made new is as good as lost; a renewal that is confirmed needs none', async () => {
    const renewals = client();
    const { id } = await ordered(renewals);
    ca.pay();
    key.pairs = [];
    const other = await renewals.go(id, pin);
    expect(other).toMatchObject({ state: 'stopped', error: { code: 'renewal.key-other' } });
    expect(other.actions).toContain('abandon');
    expect(await renewals.abandon(id)).toMatchObject({ state: 'ended' });
  });

  test('giving up that was cut off by the key waits for it, or is ended without', async () => {
    const renewals = client({
      atStep: (phase, when) => void (phase === 'ending' && when === 'after' && key.pull()),
    });
    const { id } = await ordered(renewals);
    expect(await renewals.end(id, pin)).toMatchObject({
      state: 'waiting-key',
      actions: ['end', 'abandon'],
    });
    expect(await renewals.abandon(id)).toMatchObject({ state: 'ended', order: { state: 'open' } });
  });
});

describe('broken at any step', () => {
  class Killed extends Error {}
  /** What goes wrong when a step is about to be written down, or has been. */
  const faults: Record<string, (pid: number) => void> = {
    'process killed': (pid) => {
      dead.add(pid);
      throw new Killed();
    },
    'driver crashes': () => key.crash(),
    'key pulled': () => key.pull(),
    'authority down': () => {
      ca.down = true;
    },
    'answer lost': () => {
      ca.lose = 1;
    },
    'second answer lost': () => {
      ca.lose = 2;
    },
    'disk full': () => {
      throw new YinkeyError('store.failed', { reason: 'SQLITE_FULL' });
    },
  };
  const lift = () => {
    key.plugged = true;
    ca.down = false;
    ca.lose = 0;
  };

  /** The client that comes after: finds what there is, and the person does what it offers. */
  async function goOn(): Promise<RenewalView> {
    const renewals = client();
    await renewals.resumeAll(key.snapshot());
    let view = renewals.list()[0]!;
    for (let n = 0; n < 4 && view.state !== 'done'; n += 1) {
      if (view.checks.length === 0) view = await renewals.check(view.id);
      if (view.actions.includes('confirm')) view = await renewals.confirm(view.id, 2);
      else if (view.actions.includes('pay')) {
        ca.pay();
        await renewals.resumeAll(key.snapshot());
        view = renewals.get(view.id);
      } else if (view.actions.includes('go')) view = await renewals.go(view.id, pin);
    }
    return view;
  }

  async function journey(renewals: Renewals): Promise<void> {
    const { id } = await renewals.start(key.token, oldSha256, { authority });
    const { order } = await renewals.confirm(id, 2);
    if (!order) return;
    ca.pay();
    await renewals.resumeAll(key.snapshot());
    await renewals.go(id, pin);
  }

  /** Kills at every step; of the other faults every fifth step, another fifth for each: the rest is for `npm run faults`. */
  const part = (all: string[], name: string) => {
    const fault = Object.keys(faults).indexOf(name);
    return new Map([...all.entries()].filter(([index]) => fault === 0 || (index + fault) % 5 === 0));
  };

  async function steps(): Promise<string[]> {
    const seen: string[] = [];
    await journey(client({ atStep: (phase, when) => void seen.push(`${phase} ${when}`) }));
    return seen;
  }

  function reset(): void {
    lift();
    key.pairs = [];
    key.certificates = [];
    oldSha256 = oldCertificate(new Date(clock.getTime() + 30 * day));
    ca.orders_.clear();
    ca.issued.length = 0;
  }

  test.each(Object.keys(faults))('%s', async (name) => {
    const all = await steps();
    expect(all.length).toBeGreaterThan(30);
    const broken: string[] = [];
    for (const [index, step] of part(all, name).entries()) {
      reset();
      const where = `${step} (${index})`;
      let count = -1;
      const { journal, pid } = newProcess();
      const renewals = client({
        journal,
        atStep: () => {
          count += 1;
          if (count === index) faults[name]!(pid);
        },
      });
      await journey(renewals).catch((error: unknown) => {
        if (!(error instanceof YinkeyError) && !(error instanceof Killed)) throw error;
      });
      lift();
      await renewals.close();
      const view = await goOn();
      const say = (what: string) => broken.push(`${where}: ${what}`);
      if (view.state !== 'done') say(`${view.state} ${view.error?.code}`);
      const paid = [...ca.orders_.values()].filter(({ paidAt }) => paidAt !== null);
      if (paid.length !== 1) say(`${paid.length} orders paid`);
      const confirmed = ca.issued.filter(({ state }) => state === 'confirmed');
      if (confirmed.length !== 1) say(`${confirmed.length} certificates confirmed`);
      if (ca.issued.some(({ state }) => state === 'issued')) say('a certificate hangs in the air');
      if (key.pairs.length !== 2 || key.certificates.length !== 2) say('something else is on the key');
      if (!store.renewals.superseded().has(oldSha256)) say('the old certificate is still offered');
    }
    expect(broken).toEqual([]);
  });

  test.each(Object.keys(faults))('%s, and then given up', async (name) => {
    const all = await steps();
    const broken: string[] = [];
    for (const [index, step] of part(all, name).entries()) {
      reset();
      let count = -1;
      const { journal, pid } = newProcess();
      const renewals = client({
        journal,
        atStep: () => {
          count += 1;
          if (count === index) faults[name]!(pid);
        },
      });
      await journey(renewals).catch((error: unknown) => {
        if (!(error instanceof YinkeyError) && !(error instanceof Killed)) throw error;
      });
      lift();
      await renewals.close();
      const next = client();
      await next.resumeAll(key.snapshot());
      let view = next.list()[0]!;
      if (view.actions.includes('end')) view = await next.end(view.id, pin);
      else if (view.actions.includes('go')) view = await next.go(view.id, pin);
      const say = (what: string) => broken.push(`${step} (${index}): ${what}`);
      const done = view.state === 'done';
      if (!done && view.state !== 'ended') say(`${view.state} ${view.error?.code}`);
      const confirmed = ca.issued.filter(({ state }) => state === 'confirmed');
      if (confirmed.length !== (done ? 1 : 0)) say(`${confirmed.length} certificates confirmed`);
      if (ca.issued.some(({ state }) => state === 'issued')) say('a certificate hangs in the air');
      if (!done && [...ca.orders_.values()].some(({ state }) => state !== 'cancelled')) say('an order hangs');
      const left = done ? 2 : 1;
      if (key.pairs.length !== left || key.certificates.length !== left) say('something else is on the key');
    }
    expect(broken).toEqual([]);
  });
});
