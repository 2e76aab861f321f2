import { createHash, generateKeyPairSync } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RenewalView, renewalViewSchema } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { AuditLog } from '../audit/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import { readSeal, sealLists } from '../seals/ses/index.ts';
import { migrations } from '../store/migrations/index.ts';
import { RenewalRepository } from '../store/renewals.ts';
import { AuditRowsRepository } from '../store/repositories.ts';
import { Renewals } from './renewals.ts';
import { FakeAuthority, FakeKey, FakeMaker, noPort } from './test-driver/fakes.ts';
import type { RenewalTools } from './tools.ts';
import { workSchema } from './work.ts';

const day = 86_400_000;
const authority = 'http://authority.example/api';
const pin = { pinPort: noPort };

let database: Sqlite;
let audit: AuditRowsRepository;
let clock: Date;
let key: FakeKey;
let ca: FakeAuthority;
let maker: FakeMaker;
let oldSha256: string;
let oldSeal: string;
let processes = 0;
const dead = new Set<number>();
const made: Renewals[] = [];
const now = () => new Date(clock);
const sha256Of = (der: Uint8Array) => parseCertificate(der).sha256;

beforeEach(() => {
  database = new Sqlite(':memory:');
  for (const step of migrations) database.exec(step);
  audit = new AuditRowsRepository(database);
  clock = new Date('2026-11-22T08:00:00.000Z');
  ca = new FakeAuthority(now);
  ca.makesSeals = true;
  begin();
});
afterEach(async () => {
  for (const one of made.splice(0)) await one.close();
  database.close();
});

/** A key with a certificate that runs out, and its seal. */
function begin(): void {
  key = new FakeKey();
  const all = () => [
    ...key.certificates.map(({ der }) => der),
    ...ca.issued.map(({ certificate }) => certificate),
  ];
  maker = new FakeMaker(ca.issuer, now, (wanted) => all().find((der) => sha256Of(der) === wanted));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = key.add('01', '公章', privateKey);
  const notBefore = new Date(clock.getTime() - 400 * day);
  const notAfter = new Date(clock.getTime() + 30 * day);
  const der = ca.issuer.issue(spki, { notBefore, notAfter });
  key.certificates.push({ ckaId: '01', label: '公章', der });
  oldSha256 = sha256Of(der);
  oldSeal = maker.make(der);
  bindOld(maker.bytes(oldSeal, 'full'));
}

function bindOld(value: Uint8Array): void {
  key.objects = [{ application: 'YinKey seal', label: oldSeal, value }];
}

function newProcess(): { journal: RenewalRepository; pid: number } {
  processes += 1;
  const pid = processes;
  const journal = new RenewalRepository(database, { pid, alive: (one) => !dead.has(one) });
  const { save, release } = journal;
  const alive = () => {
    if (dead.has(pid)) throw new YinkeyError('store.failed', { reason: 'killed' });
  };
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

function client(more: Partial<RenewalTools> = {}): Renewals {
  const renewals = new Renewals({
    tokens: key,
    http: ca.http,
    journal: newProcess().journal,
    audit: new AuditLog(audit),
    roots: async () => [ca.issuer.root],
    now,
    orders: ca.orders,
    cmp: ca.cmp,
    seals: maker,
    wait: async () => {},
    ...more,
  });
  made.push(renewals);
  return renewals;
}

async function renew(renewals: Renewals): Promise<RenewalView> {
  const { id } = await renewals.start(key.token, oldSha256, { authority });
  await renewals.confirm(id, 2);
  ca.pay();
  await renewals.resumeAll(key.snapshot());
  return renewals.go(id, pin);
}

const events = (view: RenewalView) => view.history.map(({ what }) => what);
const acts = () => new AuditLog(audit).list().map(({ act, result, seal }) => [act, result, seal?.id]);
/** The certificate that the renewal brought, and what lies on the key for it. */
const fresh = () => ca.issued.find(({ state }) => state === 'confirmed')!.certificate;
const held = () => key.objects.map(({ application, label }) => [application, label]);

describe('the seal of a certificate that is renewed', () => {
  test('is told before anything is ordered', async () => {
    const renewals = client();
    const { seal } = await renewals.start(key.token, oldSha256, { authority });
    expect(seal).toEqual({
      state: 'pending',
      oldId: oldSeal,
      newId: null,
      name: '中心公章',
      where: null,
      code: null,
    });
    expect(key.asked).toBe(0);
  });

  test('comes along in the same go, with one PIN: made anew, bound, told, the old one removed', async () => {
    const done = await renew(client());
    const newId = [...maker.applications.values()][0]!.fresh;
    expect(done).toMatchObject({
      state: 'done',
      error: null,
      seal: { state: 'carried', oldId: oldSeal, newId, name: '中心公章', where: 'key', code: null },
    });
    expect(key.asked).toBe(1);
    expect(events(done).slice(-6)).toEqual([
      'confirmed',
      'retired',
      'seal-issued',
      'seal-bound',
      'seal-carried',
      'done',
    ]);
    expect(held()).toEqual([['YinKey seal', newId]]);
    const seal = readSeal(key.objects[0]!.value);
    expect(await sealLists(seal, fresh())).toBe(true);
    expect(maker.seals.get(oldSeal)!.state).toBe('cancelled');
    expect(acts().filter(([act]) => String(act).startsWith('seal'))).toEqual([
      ['seal.remove', 'ok', oldSeal],
      ['seal.bind', 'ok', newId],
      ['seal.reissue', 'ok', oldSeal],
    ]);
    expect(maker.changes).toBe(1);
  });

  test('a key with room for one of both: the old one leaves it when the new one is in the journal', async () => {
    key.room = maker.bytes(oldSeal, 'full').length + 100;
    const seen: string[] = [];
    const renewals = client({
      atStep: (phase, when, id) => {
        if (phase !== 'binding-seal' || when !== 'after') return;
        const row = database.prepare('SELECT work FROM renewals WHERE id = ?').get(id) as { work: string };
        const { seal } = workSchema.parse(JSON.parse(row.work));
        seen.push(`${seal?.freed} ${seal?.forms.full !== undefined} ${held().length}`);
      },
    });
    const done = await renew(renewals);
    expect(done.seal).toMatchObject({ state: 'carried', where: 'key' });
    expect(seen).toEqual(['false true 1', 'true true 1']);
    expect(held()).toEqual([['YinKey seal', done.seal.newId]]);
    expect(readSeal(key.objects[0]!.value).list.type).toBe(1);
  });

  test('a key with hardly any room: the digest stays on it, the seal goes to the store', async () => {
    key.room = maker.bytes(oldSeal, 'small').length - 1;
    const bytes = maker.bytes(oldSeal, 'full');
    const digest = createHash('sha256').update(bytes).digest();
    maker.store.set(digest.toString('hex'), bytes);
    key.objects = [{ application: 'YinKey seal digest', label: oldSeal, value: digest }];
    const done = await renew(client());
    expect(done.seal).toMatchObject({ state: 'carried', where: 'store' });
    expect(held()).toEqual([['YinKey seal digest', done.seal.newId]]);
    const stored = maker.store.get(Buffer.from(key.objects[0]!.value).toString('hex'))!;
    expect(await sealLists(readSeal(stored), fresh())).toBe(true);
  });

  test('bound in its small form before, it is known by the small picture', async () => {
    bindOld(maker.bytes(oldSeal, 'small'));
    const done = await renew(client());
    expect(done.seal.state).toBe('carried');
    expect(readSeal(key.objects[0]!.value).picture.data.length).toBe(maker.pictures.picture.length);
  });

  test('none on the key: nothing is asked of the maker', async () => {
    key.objects = [];
    const done = await renew(client());
    expect(done).toMatchObject({ state: 'done', seal: { state: 'none', oldId: null, code: null } });
    expect(maker.applications.size).toBe(0);
  });

  test('a seal of another certificate stays where it is', async () => {
    const other = ca.issuer.issue(
      key.add('77', 'x', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey),
      {
        notBefore: clock,
        notAfter: new Date(clock.getTime() + day),
      },
    );
    const id = maker.make(other);
    key.objects = [{ application: 'YinKey seal', label: id, value: maker.bytes(id, 'full') }];
    const done = await renew(client());
    expect(done.seal.state).toBe('none');
    expect(held()).toEqual([['YinKey seal', id]]);
  });

  test('an authority that makes no seals: renewed without, and told', async () => {
    ca.makesSeals = false;
    const done = await renew(client());
    expect(done).toMatchObject({
      state: 'done',
      seal: { state: 'none', oldId: oldSeal, code: 'seal.maker-missing' },
    });
    expect(held()).toEqual([['YinKey seal', oldSeal]]);
  });

  test('a row of a client before seals is read: no seal', async () => {
    const renewals = client();
    const { id } = await renewals.start(key.token, oldSha256, { authority });
    const row = database.prepare('SELECT view, work FROM renewals WHERE id = ?').get(id) as {
      view: string;
      work: string;
    };
    const { seal: _, ...view } = JSON.parse(row.view);
    const { seal: __, makesSeals: ___, ...work } = JSON.parse(row.work);
    database
      .prepare('UPDATE renewals SET view = ?, work = ? WHERE id = ?')
      .run(JSON.stringify(view), JSON.stringify(work), id);
    expect(renewalViewSchema.parse(view).seal.state).toBe('none');
    expect(client().list()[0]).toMatchObject({ id, seal: { state: 'none', oldId: null } });
    expect(workSchema.parse(work)).toMatchObject({ seal: null, makesSeals: false });
  });
});

describe('a seal that does not come along', () => {
  test.each([
    ['another name', 'name', 'renewal.seal-mismatch', 'name'],
    ['another picture', 'picture', 'renewal.seal-mismatch', 'picture'],
    ['another certificate', 'certificate', 'seal.not-listed', undefined],
  ] as const)('%s: refused before it goes to the key', async (_what, surprise, code, reason) => {
    maker.bytes(oldSeal, 'full');
    maker.surprise = surprise;
    const view = await renew(client());
    expect(view).toMatchObject({
      state: 'stopped',
      error: { code },
      step: 'write',
      seal: { state: 'pending' },
    });
    if (reason) expect(view.error?.details.reason).toBe(reason);
    expect(view.actions).toEqual(['go', 'end']);
    expect(held()).toEqual([['YinKey seal', oldSeal]]);
    // The certificate is renewed all the same.
    expect(ca.issued.filter(({ state }) => state === 'confirmed')).toHaveLength(1);
    expect(new RenewalRepository(database).superseded().has(oldSha256)).toBe(true);
  });

  test('made by a maker that is known to be revoked: refused before it goes to the key', async () => {
    const { maker: bytes } = readSeal(maker.bytes(oldSeal, 'full'));
    maker.revoked.set(parseCertificate(bytes).sha256, { at: new Date(0) });
    expect(await renew(client())).toMatchObject({ state: 'stopped', error: { code: 'seal.maker-revoked' } });
    expect(held()).toEqual([['YinKey seal', oldSeal]]);
  });

  test('refused by the maker: told, and finished without it on request, with no PIN', async () => {
    maker.refuse = 'seal.refused-by-maker';
    const renewals = client();
    const stopped = await renew(renewals);
    expect(stopped).toMatchObject({ state: 'stopped', error: { code: 'seal.refused-by-maker' } });
    const done = await renewals.end(stopped.id, pin);
    expect(done).toMatchObject({
      state: 'done',
      seal: { state: 'failed', oldId: oldSeal, code: 'seal.refused-by-maker' },
    });
    expect(events(done).slice(-2)).toEqual(['seal-left', 'done']);
    expect(key.asked).toBe(1);
    expect(held()).toEqual([['YinKey seal', oldSeal]]);
  });

  test('the maker is away: it goes on another day, also in another process', async () => {
    const first = client({
      atStep: (phase, when) => {
        if (phase === 'sealing' && when === 'after') maker.down = true;
      },
    });
    const stopped = await renew(first);
    expect(stopped).toMatchObject({ state: 'stopped', error: { code: 'authority.unreachable' } });
    await first.close();
    maker.down = false;
    const second = client();
    await second.resumeAll(key.snapshot());
    const [told] = second.list();
    // A look does not wipe away what was told.
    expect(told).toMatchObject({ state: 'stopped', seal: { state: 'pending' } });
    const done = await second.go(told!.id, pin);
    expect(done).toMatchObject({ state: 'done', seal: { state: 'carried' } });
    expect(key.asked).toBe(2);
  });

  test('is not left behind while the old one is off the key and the new one is not on it', async () => {
    key.room = maker.bytes(oldSeal, 'full').length + 100;
    const renewals = client({
      atStep: (phase, when) => {
        if (phase === 'binding-seal' && when === 'after' && key.asked === 1) {
          const row = database.prepare('SELECT work FROM renewals').get() as { work: string };
          if (workSchema.parse(JSON.parse(row.work)).seal?.freed) key.crash();
        }
      },
    });
    const stopped = await renew(renewals);
    expect(stopped).toMatchObject({ state: 'stopped', error: { code: 'driver.crashed' }, actions: ['go'] });
    await expect(renewals.end(stopped.id, pin)).rejects.toMatchObject({ code: 'renewal.not-possible' });
    const done = await renewals.go(stopped.id, pin);
    expect(done.seal).toMatchObject({ state: 'carried', where: 'key' });
    expect(key.objects).toHaveLength(1);
  });

  test('with the key lost it is finished without', async () => {
    const renewals = client({
      atStep: (phase, when) => {
        if (phase === 'sealing' && when === 'after') key.pull();
      },
    });
    const waiting = await renew(renewals);
    expect(waiting).toMatchObject({ state: 'waiting-key', actions: ['go', 'end'], error: null });
    const done = await renewals.end(waiting.id, pin);
    expect(done).toMatchObject({ state: 'done', seal: { state: 'failed', code: null } });
  });
});

describe('broken at any step of the seal', () => {
  class Killed extends Error {}
  const faults: Record<string, (pid: number) => void> = {
    'process killed': (pid) => {
      dead.add(pid);
      throw new Killed();
    },
    'driver crashes': () => key.crash(),
    'key pulled': () => key.pull(),
    'authority down': () => {
      maker.down = true;
    },
    'answer lost': () => {
      maker.lose = 1;
    },
    'second answer lost': () => {
      maker.lose = 2;
    },
    'disk full': () => {
      throw new YinkeyError('store.failed', { reason: 'SQLITE_FULL' });
    },
  };

  async function steps(): Promise<string[]> {
    const seen: string[] = [];
    await renew(client({ atStep: (phase, when) => void seen.push(`${phase} ${when}`) }));
    return seen;
  }

  test.each(
    Object.keys(faults).flatMap((name) => [
      [name, 'room for both'],
      [name, 'room for one'],
    ]),
  )('%s, %s', async (name, room) => {
    const narrow = () => {
      if (room === 'room for one') key.room = maker.bytes(oldSeal, 'full').length + 100;
    };
    narrow();
    const all = await steps();
    const first = all.indexOf('sealing before');
    expect(all.length - first).toBeGreaterThanOrEqual(12);
    const broken: string[] = [];
    for (let index = first; index < all.length; index += 1) {
      ca.orders_.clear();
      ca.issued.length = 0;
      begin();
      narrow();
      let count = -1;
      const { journal, pid } = newProcess();
      const renewals = client({
        journal,
        atStep: () => {
          count += 1;
          if (count === index) faults[name]!(pid);
        },
      });
      await renew(renewals).catch((error: unknown) => {
        if (!(error instanceof YinkeyError) && !(error instanceof Killed)) throw error;
      });
      Object.assign(key, { plugged: true });
      Object.assign(maker, { down: false, lose: 0 });
      await renewals.close();
      const next = client();
      await next.resumeAll(key.snapshot());
      let view = next.list()[0]!;
      for (let n = 0; n < 4 && view.state !== 'done'; n += 1) view = await next.go(view.id, pin);
      const say = (what: string) => broken.push(`${all[index]} (${index}): ${what}`);
      if (view.state !== 'done') say(`${view.state} ${view.error?.code}`);
      if (view.seal.state !== 'carried') say(`the seal is ${view.seal.state} ${view.seal.code}`);
      if (held().length !== 1 || held()[0]?.[1] !== view.seal.newId) say(`on the key: ${held().join('; ')}`);
      else if (!(await sealLists(readSeal(key.objects[0]!.value), fresh())))
        say('it lists another certificate');
      if (maker.applications.size !== 1) say(`${maker.applications.size} seals made`);
      if (maker.seals.get(oldSeal)?.state !== 'cancelled') say('the old seal still counts');
      const confirmed = ca.issued.filter(({ state }) => state === 'confirmed');
      if (confirmed.length !== 1) say(`${confirmed.length} certificates confirmed`);
      await next.close();
    }
    expect(broken).toEqual([]);
  });
});
