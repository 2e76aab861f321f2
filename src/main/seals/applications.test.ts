import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SealApplicationView, SealForm } from '../../shared/domain/index.ts';
import { type ErrorCode, YinkeyError } from '../../shared/errors/index.ts';
import { der } from '../certificates/index.ts';
import { noPort } from '../renewal/test-driver/fakes.ts';
import { SealApplicationRepository } from '../store/seal-applications.ts';
import { materialOf, sha256Of, unit, World } from './test-driver/fakes.ts';

const pin = { pinPort: noPort };
let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

const onKey = () => world.key.objects.map(({ application, label }) => `${application} ${label}`);
const acts = () =>
  world.audit
    .list()
    .reverse()
    .map(({ act, result }) => `${act} ${result}`);
const code = (view: SealApplicationView) => view.error?.code ?? null;

/** An application that the staff have approved, and the number of its seal. */
async function approved(sealing = world.client().sealing) {
  const { id } = await sealing.send((await sealing.draft(world.draft())).id, pin);
  const sealId = world.maker.approve();
  return { sealing, id, sealId };
}

describe('an application', () => {
  test('goes from the draft to the key, with one PIN each for sending and binding', async () => {
    const { sealing, seals } = world.client();
    const told: string[] = [];
    sealing.onChange(({ phase, progress }) => told.push(`${phase} ${progress}`));
    const draft = await sealing.draft(world.draft());
    expect(draft.checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'impression ok',
      'name ok',
      'unit ok',
      'creditCode ok',
      'size ok',
      'certificate note',
      'room ok',
      'maker ok',
    ]);
    expect(world.key.asked).toBe(0);
    const sent = await sealing.send(draft.id, pin);
    expect(sent).toMatchObject({ phase: 'review', number: 'S-1', progress: null, error: null });
    const sealId = world.maker.approve();
    expect(await sealing.look(draft.id)).toMatchObject({ phase: 'approved', sealId });
    const bound = await sealing.bind(draft.id, pin);
    expect(bound).toMatchObject({
      phase: 'bound',
      bound: { form: 'full', where: 'key', tooSmallFor: [] },
      progress: null,
    });
    expect(world.key.asked).toBe(2);
    expect(onKey()).toEqual([`YinKey seal ${sealId}`]);
    expect(world.maker.applications.get(world.maker.only)?.answer.state).toBe('bound');
    expect(seals.cards()).toMatchObject([{ id: sealId, code: null, verdict: 'valid', present: true }]);
    expect(acts()).toEqual(['seal.request ok', 'seal.bind ok']);
    expect(world.audit.list()[0]?.seal).toEqual({
      id: sealId,
      sha256: sha256Of(world.key.objects[0]!.value),
    });
    for (const step of ['sending sending', 'review null', 'binding writing', 'binding checking']) {
      expect(told).toContain(step);
    }
    // The authority has the scan now.
    const { scan } = new SealApplicationRepository(world.database).material(draft.id);
    expect(scan).toBeNull();
  });

  const stops: [string, Parameters<World['draft']>[0], string, string][] = [
    ['a refused impression', { material: materialOf('refuse') }, 'impression', 'seal.judged-unfit'],
    ['no name', { name: ' ' }, 'name', 'seal.name-missing'],
    [
      'an invoice seal that is round',
      { kind: 'invoice', name: `${unit}发票专用章` },
      'size',
      'seal.oversize',
    ],
  ];
  test.each(stops)('with %s is not sent', async (_, change, name, wanted) => {
    const { sealing } = world.client();
    const draft = await sealing.draft(world.draft(change));
    expect(draft.checks.find((check) => check.state === 'stop')).toMatchObject({ name, code: wanted });
    await expect(sealing.send(draft.id, pin)).rejects.toMatchObject({ code: wanted });
    expect([world.key.asked, world.maker.applications.size]).toEqual([0, 0]);
  });

  test('says what is known of room and maker before anything is sent', async () => {
    const { sealing } = world.client();
    const finding = async (name: string) =>
      (await sealing.draft(world.draft())).checks.find((check) => check.name === name);
    world.key.freePublic = 5_000;
    expect(await finding('room')).toMatchObject({ state: 'note', code: 'token.memory' });
    world.key.freePublic = 10;
    expect(await finding('room')).toMatchObject({ state: 'stop', code: 'token.memory' });
    world.key.freePublic = null;
    expect(await finding('room')).toMatchObject({ state: 'unknown', code: null });
    world.maker.down = true;
    expect(await finding('maker')).toMatchObject({ state: 'unknown', code: 'authority.unreachable' });
    // Each draft took the place of the one before.
    expect(sealing.list()).toHaveLength(1);
  });

  test('for a certificate that has a seal is stopped, unless it takes that seal’s place', async () => {
    const { sealing, id, sealId } = await approved();
    await sealing.bind(id, pin);
    const again = await sealing.draft(world.draft());
    expect(again.checks.find(({ name }) => name === 'certificate')).toMatchObject({
      state: 'stop',
      code: 'seal.certificate-taken',
    });
    const instead = await sealing.draft(world.draft({ replaces: sealId }));
    expect(instead.checks.some(({ state }) => state === 'stop')).toBe(false);
  });

  test.each([
    ['nobody who handles it', { handler: ' ' }, 'handler'],
    ['an administrator’s name that is too long', { administrator: '张'.repeat(61) }, 'administrator'],
  ])('with %s is not even made', async (_, change, where) => {
    const { sealing } = world.client();
    await expect(sealing.draft(world.draft(change))).rejects.toMatchObject({
      code: 'request.invalid',
      details: { where },
    });
    expect(sealing.list()).toEqual([]);
  });

  test('of a certificate that names no unit is not sent', async () => {
    const spki = world.key.add('09', '', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey);
    const certificate = world.issuer.issue(spki, {
      subject: der.seq(der.setOf(der.seq(der.oid('2.5.4.3'), der.utf8('张三')))),
      notBefore: new Date(world.clock.getTime() - 86_400_000),
      notAfter: new Date(world.clock.getTime() + 300 * 86_400_000),
    });
    world.key.certificates.push({ ckaId: '09', label: '', der: certificate });
    const draft = await world.client().sealing.draft(world.draft({ certificate: sha256Of(certificate) }));
    expect(draft.checks.find(({ name }) => name === 'unit')).toMatchObject({
      state: 'stop',
      code: 'seal.unit-missing',
    });
  });

  test('with a scan over 5 MB is not even made', async () => {
    const material = { ...materialOf(), scanJpeg: new Uint8Array((5 << 20) + 1) };
    await expect(world.client().sealing.draft(world.draft({ material }))).rejects.toMatchObject({
      code: 'seal.scan-too-large',
    });
  });

  test('whose answer was lost is sent again as the same one', async () => {
    const { sealing } = world.client();
    const { id } = await sealing.draft(world.draft());
    world.maker.lose = 1;
    expect(await sealing.send(id, pin)).toMatchObject({
      phase: 'sending',
      error: { code: 'authority.timeout' },
    });
    await expect(sealing.draft(world.draft())).rejects.toMatchObject({ code: 'seal.application-state' });
    expect(await sealing.send(id, pin)).toMatchObject({ phase: 'review', error: null });
    expect(world.maker.applications.size).toBe(1);
  });

  test('whose answer was lost stays sent when the next attempt is turned away before anybody looks for it', async () => {
    const { sealing } = world.client();
    const { id } = await sealing.draft(world.draft());
    world.maker.lose = 1;
    await sealing.send(id, pin);
    world.maker.refuse = 'authority.clock-off';
    expect(await sealing.send(id, pin)).toMatchObject({
      phase: 'sending',
      error: { code: 'authority.clock-off' },
    });
    world.maker.refuse = null;
    expect(await sealing.send(id, pin)).toMatchObject({ phase: 'review', error: null });
    expect(world.maker.applications.size).toBe(1);
  });

  test('that the authority refuses to take is a draft again, with the reason', async () => {
    const { sealing } = world.client();
    const { id } = await sealing.draft(world.draft());
    world.maker.refuse = 'seal.refused-by-maker';
    expect(await sealing.send(id, pin)).toMatchObject({
      phase: 'draft',
      error: { code: 'seal.refused-by-maker' },
    });
    world.maker.refuse = null;
    expect(await sealing.send(id, pin)).toMatchObject({ phase: 'review' });
    expect(acts()).toEqual(['seal.request seal.refused-by-maker', 'seal.request ok']);
  });

  test('that the staff refuse ends with their words, and another one can follow', async () => {
    const { sealing } = world.client();
    const { id } = await sealing.send((await sealing.draft(world.draft())).id, pin);
    world.maker.refuseApplication('不清晰');
    await sealing.resume();
    expect(sealing.get(id)).toMatchObject({
      phase: 'refused',
      reason: '不清晰',
      error: { code: 'seal.refused-by-maker', details: { reason: '不清晰' } },
    });
    await expect(sealing.bind(id, pin)).rejects.toMatchObject({ code: 'seal.application-state' });
    expect(await sealing.draft(world.draft())).toMatchObject({ phase: 'draft' });
  });

  test('is withdrawn: a draft without the key, a sent one with it', async () => {
    const { sealing } = world.client();
    const draft = await sealing.draft(world.draft());
    expect(await sealing.withdraw(draft.id, pin)).toMatchObject({ phase: 'withdrawn' });
    expect(world.key.asked).toBe(0);
    // Nobody needs its scan any longer.
    expect(new SealApplicationRepository(world.database).material(draft.id).scan).toBeNull();
    const { id } = await sealing.send((await sealing.draft(world.draft())).id, pin);
    expect(await sealing.withdraw(id, pin)).toMatchObject({ phase: 'withdrawn', error: null });
    expect(world.maker.applications.get(world.maker.only)?.answer.state).toBe('withdrawn');
    expect(acts()).toEqual(['seal.request ok', 'seal.withdraw ok']);
  });

  test('is worked on by one process at a time', async () => {
    const { sealing, id } = await approved();
    let held: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      held = resolve;
    });
    let reached: () => void = () => {};
    const atWork = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const atStep = () => {
      reached();
      return gate;
    };
    const binding = world.client({ atStep }).sealing.bind(id, pin);
    await atWork;
    await expect(sealing.bind(id, pin)).rejects.toMatchObject({ code: 'seal.application-state' });
    held();
    expect(await binding).toMatchObject({ phase: 'bound' });
  });
});

describe('binding', () => {
  test.each<[string, SealForm | null, SealForm, 'key' | 'store', SealForm[]]>([
    ['all of it', 'full', 'full', 'key', []],
    ['digests of certificates', 'digests', 'digests', 'key', ['full']],
    ['a small picture', 'small', 'small', 'key', ['full', 'digests']],
    ['its digest alone', null, 'full', 'store', ['full', 'digests', 'small']],
  ])('on a key with room for %s', async (_, fits, form, where, tooSmallFor) => {
    world.key.room = fits ? world.maker.make(world.certificate.der, fits).length + 5 : 100;
    const { sealing, id, sealId } = await approved();
    const bound = await sealing.bind(id, pin);
    expect(bound).toMatchObject({ phase: 'bound', bound: { form, where, tooSmallFor } });
    expect(onKey()).toEqual([`YinKey seal${where === 'store' ? ' digest' : ''} ${sealId}`]);
    const { seals } = world.client();
    await seals.refresh();
    expect(seals.cards()).toMatchObject([{ id: sealId, where, verdict: 'valid', code: null }]);
    const stamp = await seals.forStamp(sealId, world.key.token);
    expect(sha256Of(stamp.bytes)).toBe(seals.cards()[0]!.sha256);
  });

  test('to a certificate that was replaced meanwhile is not begun, and can be taken back', async () => {
    const { sealing, id } = await approved();
    const asked = world.key.asked;
    const snapshot = world.key.snapshot.bind(world.key);
    const keys = snapshot().keys.map((key) => ({
      ...key,
      certificates: key.certificates.map((info) => ({ ...info, superseded: true as const })),
    }));
    world.key.snapshot = () => ({ ...snapshot(), keys });
    expect(code(await sealing.bind(id, pin))).toBe('certificate.superseded');
    expect([world.key.asked, onKey()]).toEqual([asked, []]);
    expect(await sealing.withdraw(id, pin)).toMatchObject({ phase: 'withdrawn' });
  });

  test('on a key without any room at all leaves nothing behind, and goes on when there is some', async () => {
    world.key.room = 10;
    const { sealing, id } = await approved();
    expect(code(await sealing.bind(id, pin))).toBe('token.memory');
    expect(onKey()).toEqual([]);
    await sealing.resume();
    expect(sealing.get(id)).toMatchObject({ phase: 'approved', error: null });
    world.key.room = 20_000;
    expect(await sealing.bind(id, pin)).toMatchObject({ phase: 'bound', bound: { form: 'full' } });
  });

  test.each<[string, Partial<World['maker']['surprise']>, string]>([
    ['another name', { name: `${unit}财务专用章` }, 'name'],
    ['another kind', { kind: 'official' }, 'kind'],
    ['another picture', { picture: Buffer.from(materialOf().png).fill(9, 40) }, 'picture'],
    ['another size', { widthMm: 38, heightMm: 38 }, 'size'],
    ['another number', { id: '53019900000099' }, 'number'],
    ['another unit', { creditCode: '12530102MB0W345670' }, 'credit-code'],
  ])('refuses a seal with %s before the key is touched', async (_, surprise, what) => {
    const { sealing, id } = await approved();
    world.maker.surprise = surprise;
    const view = await sealing.bind(id, pin);
    expect(view).toMatchObject({
      phase: 'approved',
      error: { code: 'seal.bound-other', details: { what, number: 'S-1' } },
    });
    expect(onKey()).toEqual([]);
  });

  test('refuses a seal for another certificate, and one of a maker that nobody trusts', async () => {
    const { sealing, id } = await approved();
    world.maker.surprise = { certificate: world.certify('02', '公章').der };
    expect((await sealing.bind(id, pin)).error).toMatchObject({
      code: 'seal.bound-other',
      details: { what: 'certificate' },
    });
    world.maker.surprise = {};
    const roots = async () => [new World().issuer.root];
    expect(code(await world.client({ roots }).sealing.bind(id, pin))).toBe('seal.maker-unknown');
    expect(onKey()).toEqual([]);
    expect(await sealing.bind(id, pin)).toMatchObject({ phase: 'bound' });
  });

  test('without the authority ends where it was and goes on later', async () => {
    const { sealing, id } = await approved();
    await sealing.look(id);
    world.maker.down = true;
    expect(await sealing.bind(id, pin)).toMatchObject({
      phase: 'approved',
      error: { code: 'authority.unreachable' },
    });
    world.maker.down = false;
    expect(await sealing.bind(id, pin)).toMatchObject({ phase: 'bound', error: null });
  });

  test('whose word to the authority got no answer is bound when the authority says so', async () => {
    const { sealing, id } = await approved();
    await sealing.look(id);
    // The seal is fetched once; the next answer is the one to "bound".
    world.maker.lose = 2;
    expect(await sealing.bind(id, pin)).toMatchObject({
      phase: 'binding',
      error: { code: 'authority.timeout' },
    });
    const asked = world.key.asked;
    await world.client().sealing.resume();
    expect(sealing.get(id)).toMatchObject({ phase: 'bound', error: null });
    expect(world.key.asked).toBe(asked);
  });

  test('that was cut off before the word to the authority goes on with the key’s seal, not written twice', async () => {
    world.key.room = 4_500;
    const { sealing, id, sealId } = await approved();
    const peer = world.maker.peer;
    const cut = world.client({
      maker: (api) => ({
        ...peer(api),
        bound: async () => {
          throw new YinkeyError('authority.unreachable', { host: 'x', reason: 'down' });
        },
      }),
    }).sealing;
    expect(await cut.bind(id, pin)).toMatchObject({ phase: 'binding' });
    world.key.room = 100_000;
    await sealing.resume();
    expect(sealing.get(id)).toMatchObject({ phase: 'binding', bound: { form: 'small', where: 'key' } });
    expect(await sealing.bind(id, pin)).toMatchObject({ phase: 'bound', bound: { form: 'small' } });
    expect(onKey()).toEqual([`YinKey seal ${sealId}`]);
  });

  test('with the key pulled finds out from the key what is true', async () => {
    const { sealing, id } = await approved();
    const pulled = world.client({ atStep: (phase) => (phase === 'binding' ? world.key.pull() : undefined) });
    expect(code(await pulled.sealing.bind(id, pin))).toBe('token.removed');
    await sealing.resume();
    expect(sealing.get(id)).toMatchObject({ phase: 'binding' });
    world.key.plugged = true;
    await sealing.resume();
    expect(sealing.get(id)).toMatchObject({ phase: 'approved' });
    expect(await sealing.bind(id, pin)).toMatchObject({ phase: 'bound' });
  });
});

/** A client that ends at the n-th step of its journal, right after it was written. */
class Died extends Error {}

describe('a client that is ended', () => {
  test('at any step is followed by one that finds the true state, and no seal twice', async () => {
    let ends = 0;
    for (let at = 1; at < 30; at += 1) {
      await world.close();
      world = new World();
      let steps = 0;
      const dying = world.client({
        atStep: () => {
          steps += 1;
          if (steps < at) return;
          dying.die();
          throw new Died();
        },
      });
      const { id } = await dying.sealing.draft(world.draft());
      const went = await journey(dying.sealing, id).catch((error: unknown) => error);
      if (steps < at) break;
      ends += 1;
      expect([at, code(went as SealApplicationView)]).toEqual([at, 'unexpected']);
      const { sealing } = world.client();
      await sealing.resume();
      const done = await journey(sealing, id);
      expect([at, done.phase]).toEqual([at, 'bound']);
      expect([at, onKey()]).toEqual([at, [`YinKey seal ${done.sealId}`]]);
      expect(world.maker.applications.size).toBe(1);
      const answer = world.maker.applications.get(world.maker.only)!.answer;
      expect(answer.state).toBe('bound');
    }
    // Sending, in review, approved, binding before and after the key was written to, bound.
    expect(ends).toBeGreaterThanOrEqual(6);
  });

  /** Everything that is left to do, as a person would do it; ends where something goes wrong. */
  async function journey(sealing: ReturnType<World['client']>['sealing'], id: string) {
    let view = sealing.get(id);
    for (let step = 0; step < 6 && view.phase !== 'bound'; step += 1) {
      if (view.phase === 'draft' || view.phase === 'sending') view = await sealing.send(id, pin);
      else if (view.phase === 'review') {
        if (world.maker.states.size === 0) world.maker.approve();
        view = await sealing.look(id);
      } else view = await sealing.bind(id, pin);
      if (view.error) return view;
    }
    return view;
  }

  test.each<ErrorCode>(['token.removed', 'driver.crashed', 'driver.hung'])(
    'sees a key that fails with %s while it signs as nothing sent',
    async (failure) => {
      const { sealing } = world.client();
      const { id } = await sealing.draft(world.draft());
      const act = world.key.act.bind(world.key);
      world.key.act = async () => ({
        ...(await act()),
        sign: async () => {
          throw new YinkeyError(failure);
        },
      });
      expect(await sealing.send(id, pin)).toMatchObject({ phase: 'draft', error: { code: failure } });
      world.key.act = act;
      expect(await sealing.send(id, pin)).toMatchObject({ phase: 'review', error: null });
    },
  );
});
