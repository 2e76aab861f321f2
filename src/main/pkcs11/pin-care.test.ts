import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import type { PinQuestion, PinReply } from '../../shared/contract/index.ts';
import { ckr } from './ckr.ts';
import { ckf } from './pin-state.ts';
import { buildTestDriver, type TestDriver } from './test-driver/build.ts';
import { endHosts, people, startHost, submit } from './test-driver/host.ts';

let folder: string;
let world: PracticeWorld;
let driver: TestDriver;
/** Each test has a token of its own. */
let token: PracticeToken & { pin: string };
let count = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-care-'));
  world = await practiceUp(join(folder, 'world'));
  driver = buildTestDriver(folder, world.module);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  driver.wish();
  count++;
  token = (await makeToken(world, { label: `密钥盘 ${count}` })) as typeof token;
});
afterEach(endHosts);

const start = () => startHost(world, driver.path, driver.env);
const id = () => ({ serial: token.serial, label: token.label });
const fresh = 'hx27q9pz';
const other = 'k4m8tw1r';
const asks = (replies: PinReply[]) => replies.filter((reply): reply is PinQuestion => reply.type === 'ask');
const fields = (replies: PinReply[]) => asks(replies).map(({ field }) => field);

/** Whether this is the token's PIN now, found out by an act that changes nothing. */
async function opens(host: Awaited<ReturnType<typeof start>>, pin: string, who: 'user' | 'so' = 'user') {
  if (who === 'so') {
    const { error } = await host.care(
      'settle-so-pin',
      { ...id(), candidate: 'old' },
      people({ 'so-pin': [pin] }),
    );
    return error === undefined;
  }
  const { replies } = await host.care('change-pin', id(), people({ pin: [pin] }));
  return fields(replies).includes('new-pin');
}

describe('changing the PIN', () => {
  it('takes the old one and a new one, once each, and logs out', async () => {
    const host = await start();
    const before = driver.logins();
    const { value, error, said, replies, progress } = await host.care(
      'change-pin',
      id(),
      people({ pin: [token.pin], 'new-pin': [fresh] }),
    );
    expect(error).toBeUndefined();
    expect(said).toEqual(['ask', 'checking', 'ask', 'checking', 'accepted']);
    expect(asks(replies)).toMatchObject([
      { field: 'pin', state: 'ok', handOver: false, minLength: 4, maxLength: 255 },
      { field: 'new-pin', state: 'ok', refused: null, handOver: false, expiresIn: null },
    ]);
    expect(value).toMatchObject({
      token: { serial: token.serial, label: token.label, model: 'SoftHSM v2' },
      before: { user: 'ok', so: 'ok' },
      after: { user: 'ok', so: 'ok' },
      logins: [{ who: 'user', result: 'ok' }],
    });
    expect(progress).toEqual([{ checking: true }, { login: value?.logins[0] }, { writing: true }]);
    expect(driver.logins()).toBe(before + 1);
    expect(await opens(host, token.pin)).toBe(false);
    expect(await opens(host, fresh)).toBe(true);
  });

  it('asks again for a new PIN outside the policy, and tries none of them', async () => {
    const host = await start();
    const { value, replies } = await host.care(
      'change-pin',
      id(),
      people({
        pin: [token.pin],
        'new-pin': ['1', '12345678', 'abcdef', '19991231', token.pin, '印章印章', fresh],
      }),
    );
    expect(value).toBeDefined();
    expect(asks(replies).map(({ refused }) => refused)).toEqual([
      null,
      null,
      'too-short',
      'default',
      'sequence',
      'date',
      'same-as-old',
      'characters',
    ]);
  });

  it('tells a wrong old PIN with the flags before and after, and goes on with the right one', async () => {
    const host = await start();
    const { value, replies } = await host.care(
      'change-pin',
      id(),
      people({ pin: ['wrong999', token.pin], 'new-pin': [fresh] }),
    );
    expect(asks(replies)).toMatchObject([
      { field: 'pin', wrong: false, state: 'ok' },
      { field: 'pin', wrong: true, state: 'low', triesLeft: null },
      { field: 'new-pin' },
    ]);
    expect(value).toMatchObject({
      after: { user: 'ok' },
      logins: [
        { result: 'token.pin-wrong', before: { user: 'ok' }, after: { user: 'low' } },
        { result: 'ok', before: { user: 'low' }, after: { user: 'ok' } },
      ],
    });
  });

  it('changes nothing when the person gives up at the new PIN or closes the window', async () => {
    const host = await start();
    for (const last of [{ type: 'cancel' } as const, 'close' as const]) {
      const { error } = await host.care('change-pin', id(), (reply) => {
        if (reply.type !== 'ask') return undefined;
        return reply.field === 'pin' ? submit(token.pin) : last;
      });
      expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    }
    expect(await opens(host, token.pin)).toBe(true);
  });

  it('is where a key that wants another PIN goes: it signs nothing before', async () => {
    const host = await start();
    driver.wish(`flags ${ckf.CKF_USER_PIN_TO_BE_CHANGED}`);
    const before = driver.logins();
    const { error, replies } = await host.sign({}, people({ pin: [world.token.pin] }));
    expect(error).toMatchObject({ code: 'token.pin-expired' });
    expect(replies).toMatchObject([
      { type: 'failed', canRetry: false, error: { code: 'token.pin-expired' } },
    ]);
    expect(driver.logins()).toBe(before);
    const changed = await host.care('change-pin', id(), people({ pin: [token.pin], 'new-pin': [fresh] }));
    expect(asks(changed.replies)[0]).toMatchObject({ field: 'pin', state: 'to-be-changed' });
    expect(changed.value).toBeDefined();
  });

  it('is not done while another act has the key', async () => {
    const host = await start();
    let second: Promise<{ error: unknown }> | undefined;
    const { error } = await host.care('change-pin', id(), (reply) => {
      if (reply.type !== 'ask') return undefined;
      if (reply.field === 'pin') return submit(token.pin);
      second = host.sign({}, people({}));
      return { type: 'cancel' };
    });
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    expect((await second!).error).toMatchObject({ code: 'token.busy' });
  });

  it('tells that nobody knows, when the driver fails over the change', async () => {
    const host = await start();
    for (const value of [ckr.CKR_DEVICE_REMOVED, ckr.CKR_FUNCTION_FAILED]) {
      const { error, progress } = await host.care('change-pin', id(), (reply) => {
        if (reply.type !== 'ask') return undefined;
        if (reply.field === 'new-pin') driver.wish(`set-pin ${value}`);
        return submit(reply.field === 'pin' ? token.pin : fresh);
      });
      expect(error).toMatchObject({ code: 'token.act-unknown' });
      expect(progress.at(-1)).toEqual({ writing: true });
      driver.wish();
    }
    expect(await opens(host, token.pin)).toBe(true);
  });

  it('asks for another new PIN where the key does not like this one', async () => {
    const host = await start();
    driver.wish(`set-pin ${ckr.CKR_PIN_TOO_WEAK}`);
    const { value, replies } = await host.care('change-pin', id(), (reply) => {
      if (reply.type !== 'ask') return undefined;
      if (reply.field === 'pin') return submit(token.pin);
      if (reply.refused === 'by-key') driver.wish();
      return submit(reply.refused === 'by-key' ? other : fresh);
    });
    expect(value).toBeDefined();
    expect(asks(replies).map(({ refused }) => refused)).toEqual([null, null, 'by-key']);
    expect(await opens(host, other)).toBe(true);
  });
});

describe('unlocking on site', () => {
  it('is the SO PIN by the staff, then the new PIN by the holder', async () => {
    const host = await start();
    const { value, replies, progress } = await host.care(
      'unlock',
      id(),
      people({ 'so-pin': [token.soPin], 'new-pin': [fresh] }),
    );
    expect(asks(replies)).toMatchObject([
      { field: 'so-pin', state: 'ok', handOver: false, expiresIn: null },
      { field: 'new-pin', handOver: true, expiresIn: 600_000 },
    ]);
    expect(value).toMatchObject({ after: { user: 'ok' }, logins: [{ who: 'so', result: 'ok' }] });
    expect(progress).toContainEqual({ reset: true });
    expect(await opens(host, fresh)).toBe(true);
  });

  it('gives a key without PIN its first one', async () => {
    const bare = await makeToken(world, { label: `空 ${count}`, pin: null });
    const host = await start();
    const { value } = await host.care(
      'unlock',
      { serial: bare.serial, label: bare.label },
      people({ 'so-pin': [bare.soPin], 'new-pin': [fresh] }),
    );
    expect(value).toMatchObject({ before: { user: 'not-set' }, after: { user: 'ok' } });
  });

  it('hands over once only, and takes neither the SO PIN nor a default one', async () => {
    const host = await start();
    const { value, replies } = await host.care(
      'unlock',
      id(),
      people({ 'so-pin': [token.soPin], 'new-pin': [token.soPin, '88888888', fresh] }),
    );
    expect(value).toBeDefined();
    expect(asks(replies).map(({ refused, handOver }) => [refused, handOver])).toEqual([
      [null, false],
      [null, true],
      ['same-as-so', false],
      ['default', false],
    ]);
    const left = asks(replies).map(({ expiresIn }) => expiresIn);
    expect(left[3]!).toBeLessThanOrEqual(left[1]!);
  });

  it('asks before the last SO try, and says before that a locked SO PIN is the end', async () => {
    const host = await start();
    driver.wish(`flags ${ckf.CKF_SO_PIN_FINAL_TRY}`);
    const before = driver.logins();
    const tries = [submit(token.soPin), submit(token.soPin, true)];
    const { value, replies } = await host.care('unlock', id(), (reply) => {
      if (reply.type !== 'ask') return undefined;
      return reply.field === 'so-pin' ? tries.shift() : submit(fresh);
    });
    expect(value).toBeDefined();
    expect(asks(replies).slice(0, 2)).toMatchObject([
      { field: 'so-pin', state: 'final-try', triesLeft: 1, wrong: false },
      { field: 'so-pin', state: 'final-try', triesLeft: 1, wrong: false },
    ]);
    expect(driver.logins()).toBe(before + 1);

    driver.wish(`flags ${ckf.CKF_SO_PIN_LOCKED}`);
    const locked = await host.care('unlock', id(), people({ 'so-pin': [token.soPin] }));
    expect(locked.error).toMatchObject({ code: 'token.so-pin-locked' });
    expect(locked.replies).toMatchObject([{ type: 'failed', canRetry: false }]);
    expect(driver.logins()).toBe(before + 1);
  });

  it('counts a wrong SO PIN as that, never as the user’s', async () => {
    const host = await start();
    const { error, replies, progress } = await host.care('unlock', id(), people({ 'so-pin': ['nonsense'] }));
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    expect(asks(replies)).toMatchObject([{ wrong: false }, { field: 'so-pin', wrong: true, state: 'low' }]);
    expect(progress).toMatchObject([
      { checking: true },
      { login: { who: 'so', result: 'token.so-pin-wrong', after: { user: 'ok', so: 'low' } } },
    ]);
  });

  it('tells when the key stays locked all the same', async () => {
    const host = await start();
    driver.wish(`flags ${ckf.CKF_USER_PIN_LOCKED}`);
    const { error } = await host.care(
      'unlock',
      id(),
      people({ 'so-pin': [token.soPin], 'new-pin': [fresh] }),
    );
    expect(error).toMatchObject({ code: 'token.still-locked' });
  });

  it('ends when the key is pulled while the holder comes to the keyboard', async () => {
    const host = await start();
    const { error, replies } = await host.care('unlock', id(), (reply) => {
      if (reply.type !== 'ask') return undefined;
      if (reply.field === 'so-pin') return submit(token.soPin);
      driver.wish(`info ${ckr.CKR_TOKEN_NOT_PRESENT}`);
      return undefined;
    });
    expect(error).toMatchObject({ code: 'token.removed' });
    expect(replies.at(-1)).toMatchObject({ type: 'failed', error: { code: 'token.removed' } });
  });
});

describe('changing the SO PIN', () => {
  it('confirms the new one by a login', async () => {
    const host = await start();
    const before = driver.logins();
    const { value, replies } = await host.care(
      'change-so-pin',
      id(),
      people({ 'so-pin': [token.soPin], 'new-so-pin': [token.soPin, fresh] }),
    );
    expect(asks(replies)).toMatchObject([
      { field: 'so-pin' },
      { field: 'new-so-pin', refused: null },
      { field: 'new-so-pin', refused: 'same-as-old' },
    ]);
    expect(value?.logins).toMatchObject([
      { who: 'so', result: 'ok' },
      { who: 'so', result: 'ok' },
    ]);
    expect(driver.logins()).toBe(before + 2);
    expect(await opens(host, token.soPin, 'so')).toBe(false);
    expect(await opens(host, fresh, 'so')).toBe(true);
  });

  it('says so when the new one does not open the key, after one try', async () => {
    const host = await start();
    const before = driver.logins();
    const { error } = await host.care('change-so-pin', id(), (reply) => {
      if (reply.type !== 'ask') return undefined;
      if (reply.field === 'so-pin') return submit(token.soPin);
      driver.wish(`login ${ckr.CKR_PIN_INCORRECT}`);
      return submit(fresh);
    });
    expect(error).toMatchObject({
      code: 'token.so-pin-unconfirmed',
      details: { cause: 'token.so-pin-wrong' },
    });
    expect(driver.logins()).toBe(before + 2);
  });

  it('tries a candidate once, and does not ask for it again', async () => {
    const host = await start();
    const before = driver.logins();
    const wrong = await host.care(
      'settle-so-pin',
      { ...id(), candidate: 'old' },
      people({ 'so-pin': [fresh, token.soPin] }),
    );
    expect(wrong.error).toMatchObject({ code: 'token.so-pin-wrong' });
    expect(asks(wrong.replies)).toMatchObject([{ field: 'so-pin', candidate: 'old' }]);
    expect(driver.logins()).toBe(before + 1);
    const right = await host.care(
      'settle-so-pin',
      { ...id(), candidate: 'new' },
      people({ 'so-pin': [token.soPin] }),
    );
    expect(right.value).toBeDefined();
  });
});

describe('making a key new', () => {
  const blankOf = async (host: Awaited<ReturnType<typeof start>>) => {
    const blank = (await host.listAll()).find(({ initialized }) => !initialized)!;
    return { serial: blank.serial, label: '', blank: { slot: blank.slot }, serialTyped: null };
  };

  it('takes a blank one: label and SO PIN by the staff, first PIN by the holder', async () => {
    const host = await start();
    const { value, error, replies } = await host.care(
      'initialise',
      { ...(await blankOf(host)), newLabel: '云南住房保障中心' },
      people({ 'new-so-pin': ['admin', other], 'new-pin': [other, fresh] }),
    );
    expect(error).toBeUndefined();
    expect(asks(replies).map(({ field, refused, handOver }) => [field, refused, handOver])).toEqual([
      ['new-so-pin', null, false],
      ['new-so-pin', 'default', false],
      ['new-pin', null, true],
      ['new-pin', 'same-as-so', false],
    ]);
    expect(value).toMatchObject({
      token: { label: '云南住房保障中心' },
      before: { user: 'not-set', so: 'not-set' },
      after: { user: 'ok', so: 'ok' },
    });
    const made = (await host.list()).find(({ serial }) => serial === value?.token.serial);
    expect(made).toMatchObject({ label: '云南住房保障中心', pinState: 'ok', soPinState: 'ok' });
  });

  it('changes nothing before the holder has typed', async () => {
    const host = await start();
    const blank = await blankOf(host);
    const serials = (await host.list()).map(({ serial }) => serial);
    const { error, progress } = await host.care(
      'initialise',
      { ...blank, newLabel: '新' },
      people({ 'new-so-pin': [other] }),
    );
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    expect(progress).toEqual([{ handOver: true }]);
    expect((await host.list()).map(({ serial }) => serial)).toEqual(serials);
  });

  it('refuses a key that holds something, unless its serial number was typed', async () => {
    await issue(world, { token, label: '在里面' });
    const host = await start();
    const request = { ...id(), blank: null, newLabel: '重来' };
    const pins = () => people({ 'so-pin': [token.soPin], 'new-pin': [fresh] });
    const before = driver.logins();
    for (const [serialTyped, code] of [
      [null, 'token.not-empty'],
      ['', 'token.serial-mismatch'],
      [`${token.serial}0`, 'token.serial-mismatch'],
    ] as const) {
      const { error, replies } = await host.care('initialise', { ...request, serialTyped }, pins());
      expect(error).toMatchObject({ code });
      expect(replies).toMatchObject([{ type: 'failed', canRetry: false }]);
    }
    expect(driver.logins()).toBe(before);
    const spaced = `${token.serial.slice(0, 4)} ${token.serial.slice(4).toUpperCase()}`;
    const { value, replies } = await host.care('initialise', { ...request, serialTyped: spaced }, pins());
    expect(fields(replies)).toEqual(['so-pin', 'new-pin']);
    expect(value).toMatchObject({ token: { label: '重来' }, after: { user: 'ok' } });
    const now = (await host.list()).find(({ serial }) => serial === value?.token.serial);
    expect(now?.certificates).toEqual([]);
  });

  it('takes an initialised key that holds nothing and has no PIN', async () => {
    const bare = await makeToken(world, { label: `备用 ${count}`, pin: null });
    const host = await start();
    const { value } = await host.care(
      'initialise',
      { serial: bare.serial, label: bare.label, blank: null, newLabel: '备用新', serialTyped: null },
      people({ 'so-pin': [bare.soPin], 'new-pin': [fresh] }),
    );
    expect(value).toMatchObject({ token: { label: '备用新' } });
  });

  it('has room for 32 bytes of label', async () => {
    const host = await start();
    const { error } = await host.care(
      'initialise',
      { ...(await blankOf(host)), newLabel: '十一个汉字放不进密钥盘' },
      people({}),
    );
    expect(error).toMatchObject({ code: 'token.label-too-long', details: { bytes: 33 } });
  });
});

describe('a PIN that was typed', () => {
  it('is in nothing that the host sends', async () => {
    const host = await start();
    await host.care('change-pin', id(), people({ pin: ['wrong999', token.pin], 'new-pin': [fresh] }));
    await host.care('unlock', id(), people({ 'so-pin': [token.soPin], 'new-pin': ['12345678', other] }));
    await host.care('change-so-pin', id(), people({ 'so-pin': [token.soPin], 'new-so-pin': [fresh] }));
    const sent = JSON.stringify(host.sent);
    for (const secret of ['wrong999', token.pin, token.soPin, fresh, other]) {
      expect(sent).not.toContain(secret);
    }
  });

  it('is told when it is one that keys are delivered with', async () => {
    const plain = (await makeToken(world, { label: `出厂 ${count}`, pin: '12345678' })) as typeof token;
    const certified = await issue(world, { token: plain, label: '出厂' });
    const host = await start();
    const request = { serial: plain.serial, label: plain.label, certificateSha256: certified.sha256 };
    const { value } = await host.sign(request, people({ pin: ['12345678'] }));
    expect(value).toMatchObject({ defaultPin: true, before: { user: 'ok' }, after: { user: 'ok' } });
    const ours = await host.sign({}, people({ pin: [world.token.pin] }));
    expect(ours.value).toMatchObject({ defaultPin: false });
  });
});
