import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import { makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import { Probe } from '../../../softhsm-fixtures/keysim/probe.ts';
import { runYinkey } from '../../../softhsm-fixtures/yinkey.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-cli-care-'));
let world: PracticeWorld;
let token: PracticeToken & { pin: string };
let count = 0;

beforeAll(async () => {
  world = await practiceUp(path.join(dir, 'world'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(async () => {
  token = (await makeToken(world, { label: `密钥盘 ${++count}` })) as typeof token;
});

const yinkey = (args: string[], fds: Record<number, string> = {}, env: NodeJS.ProcessEnv = {}) =>
  runYinkey(args, { fds, cwd: dir, env: { SOFTHSM2_CONF: world.env.SOFTHSM2_CONF, ...env } });
const on = () => ['--token', token.serial, '--json'];
const fresh = 'hx27q9pz';
const other = 'k4m8tw1r';
const change = (old: string, pin: string) =>
  yinkey(['pin', 'change', '--pin-fd', '3', '--new-pin-fd', '4', ...on()], { 3: `${old}\n`, 4: pin });

describe('yinkey pin change', () => {
  test('takes both PINs from descriptors, one for each or one for both', async () => {
    const first = await change(token.pin, fresh);
    expect(first.code).toBe(0);
    expect(first.json()).toMatchObject({
      act: 'pin.change',
      token: { serial: token.serial },
      before: { user: 'ok' },
      after: { user: 'ok' },
      logins: [{ who: 'user', result: 'ok' }],
    });
    const second = await yinkey(
      ['pin', 'change', '--pin-fd', '0', '--new-pin-fd', '0', '--token', token.serial],
      { 0: `${fresh}\r\n${other}\n` },
    );
    expect(second).toMatchObject({ code: 0, err: '' });
    expect(second.out).toContain(token.label);
    expect((await change(fresh, token.pin)).json()).toMatchObject({ error: { code: 'token.pin-wrong' } });
  });

  test('makes one try: a wrong PIN, and a new one outside the policy, end it', async () => {
    const wrong = await change('wrong999', fresh);
    expect(wrong.code).toBe(3);
    expect(wrong.json()).toMatchObject({ error: { code: 'token.pin-wrong' } });
    const status = await yinkey(['pin', 'status', ...on()]);
    expect(status.json()).toMatchObject({ keys: [{ pin: { state: 'low', soState: 'ok', minLength: 4 } }] });
    for (const [pin, code, reason] of [
      ['12345678', 'token.new-pin-refused', 'default'],
      ['19991231', 'token.new-pin-refused', 'date'],
      [token.pin, 'token.new-pin-refused', 'same-as-old'],
      ['739', 'token.new-pin-length', 'too-short'],
    ] as const) {
      const refused = await change(token.pin, pin);
      expect(refused.code).toBe(1);
      expect(refused.json()).toMatchObject({ error: { code, details: { reason } } });
    }
    expect((await change(token.pin, fresh)).code).toBe(0);
  });

  test('asks for a descriptor where there is no terminal', async () => {
    const { code, json } = await yinkey(['pin', 'change', '--new-pin-fd', '3', ...on()], { 3: fresh });
    expect(code).toBe(2);
    expect(json()).toMatchObject({ error: { code: 'usage', details: { what: '--pin-fd' } } });
    expect((await yinkey(['pin', 'change', '--pin-fd', 'x'])).code).toBe(2);
  });
});

describe('yinkey pin unlock', () => {
  test('is SO PIN and new PIN, with who, why and on what paper', async () => {
    const args = ['--reason', '忘记', '--reference', 'JS-018', '--staff', '0312', ...on()];
    const { code, json } = await yinkey(['pin', 'unlock', '--so-pin-fd', '3', '--new-pin-fd', '3', ...args], {
      3: `${token.soPin}\n${fresh}\n`,
    });
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      act: 'token.unlock',
      case: { reason: '忘记', reference: 'JS-018', staff: '0312' },
      logins: [{ who: 'so', result: 'ok' }],
    });
    expect((await change(fresh, other)).code).toBe(0);
  });

  test('makes one try with the SO PIN', async () => {
    const { code, json } = await yinkey(['pin', 'unlock', '--so-pin-fd', '3', '--new-pin-fd', '4', ...on()], {
      3: 'wrong999',
      4: fresh,
    });
    expect(code).toBe(3);
    expect(json()).toMatchObject({ error: { code: 'token.so-pin-wrong' } });
    expect((await change(token.pin, fresh)).code).toBe(0);
  });

  test('changes the SO PIN, confirmed by a login', async () => {
    const done = await yinkey(['pin', 'change-so', '--so-pin-fd', '3', '--new-so-pin-fd', '3', ...on()], {
      3: `${token.soPin}\n${other}`,
    });
    expect(done.json()).toMatchObject({ act: 'so-pin.change', logins: [{ result: 'ok' }, { result: 'ok' }] });
    const old = await yinkey(['pin', 'unlock', '--so-pin-fd', '3', '--new-pin-fd', '3', ...on()], {
      3: `${token.soPin}\n${fresh}`,
    });
    expect(old.json()).toMatchObject({ error: { code: 'token.so-pin-wrong' } });
  });
});

describe('yinkey token init', () => {
  test('makes the blank key ready', async () => {
    const { code, json } = await yinkey(
      ['token', 'init', '--label', '新盘', '--new-so-pin-fd', '3', '--new-pin-fd', '3', '--json'],
      { 3: `${other}\n${fresh}\n` },
    );
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      act: 'token.initialise',
      token: { label: '新盘' },
      after: { user: 'ok' },
    });
  });

  test('destroys nothing unless the serial number is typed', async () => {
    await issue(world, { token, label: '在里面' });
    const init = (...more: string[]) =>
      yinkey(
        ['token', 'init', '--label', '重来', '--so-pin-fd', '3', '--new-pin-fd', '3', ...more, ...on()],
        {
          3: `${token.soPin}\n${fresh}\n`,
        },
      );
    const refused = await init();
    expect(refused.code).toBe(1);
    expect(refused.json()).toMatchObject({ error: { code: 'token.not-empty' } });
    const mistyped = await init('--erase', '0000');
    expect(mistyped.json()).toMatchObject({ error: { code: 'token.serial-mismatch' } });
    const done = await init('--erase', token.serial);
    expect(done.code).toBe(0);
  });
});

describe('yinkey audit export', () => {
  test('is one JSON a line, with the hashes of the chain, and no PIN', async () => {
    await change('wrong999', fresh);
    await yinkey(['pin', 'unlock', '--so-pin-fd', '3', '--new-pin-fd', '3', ...on()], {
      3: `${token.soPin}\n${other}\n`,
    });
    const { code, out } = await yinkey(['audit', 'export']);
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ entry }) => entry.seq)).toEqual(lines.map((_, index) => index + 1));
    expect(lines.at(-2)).toMatchObject({
      entry: { act: 'pin.change', result: 'token.pin-wrong', tries: { user: 1 } },
    });
    expect(lines.at(-1)).toMatchObject({
      entry: { act: 'token.unlock', result: 'ok', token: { serial: token.serial } },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const kept = readdirSync(path.join(world.dir, 'client'), { withFileTypes: true })
      .filter((file) => file.isFile())
      .map(({ name }) => readFileSync(path.join(world.dir, 'client', name), 'latin1'))
      .join();
    for (const secret of ['wrong999', token.pin, token.soPin, fresh, other]) {
      expect(out + kept).not.toContain(secret);
    }
  });
});

describe('yinkey sim', () => {
  test('tells and changes the simulated key, and the last try is asked about', async () => {
    const keysim = await makeKeysim(world, { settings: { 'user-tries': 3 } });
    try {
      const module = ['--module', keysim.module];
      const unlock = ['pin', 'unlock', '--so-pin-fd', '3', '--new-pin-fd', '3', ...module, ...on()];
      await yinkey(['pin', 'change', '--pin-fd', '3', '--new-pin-fd', '3', ...module, ...on()], {
        3: 'wrong999\n',
      });
      await yinkey(['sim', 'tries', token.serial, 'user', '1']);
      const status = await yinkey(['sim', 'status', '--json']);
      expect(status.json()).toMatchObject({
        answer: expect.arrayContaining([expect.stringContaining(`key ${token.serial} present=yes`)]),
      });
      expect(status.out).toContain('user-tries=1/3');
      const held = await yinkey(['pin', 'change', '--pin-fd', '3', '--new-pin-fd', '3', ...module, ...on()], {
        3: `${token.pin}\n${fresh}\n`,
      });
      expect(held.json()).toMatchObject({ error: { code: 'token.pin-last-try' } });
      await yinkey(['sim', 'tries', token.serial, 'user', '0']);
      const locked = await yinkey(['pin', 'status', ...module, ...on()]);
      expect(locked.json()).toMatchObject({ keys: [{ pin: { state: 'locked' } }] });
      const unlocked = await yinkey(unlock, { 3: `${token.soPin}\n${fresh}\n` });
      expect(unlocked.json()).toMatchObject({ before: { user: 'locked' }, after: { user: 'ok' } });
      const nonsense = await yinkey(['sim', 'explode', '--json']);
      expect(nonsense).toMatchObject({ code: 3 });
      expect(nonsense.json()).toMatchObject({ error: { code: 'practice.failed' } });
    } finally {
      await keysim.close();
    }
  });

  test('says so where there is no simulated key', async () => {
    expect((await yinkey(['sim', 'status', '--json'])).json()).toMatchObject({
      error: { code: 'practice.missing' },
    });
  });
});

describe('bad input, each with a word of its own', () => {
  const keys = (module: string) => yinkey(['keys', '--module', module, '--json']);

  test('a driver without the files it needs, and one whose settings cannot be read', async () => {
    const keysim = await makeKeysim(world, { settings: { module: '/nowhere/libsofthsm2.so' } });
    try {
      const incomplete = await keys(keysim.module);
      expect(incomplete.code).toBe(3);
      expect(incomplete.json()).toMatchObject({
        error: { code: 'driver.load-failed', details: { ckr: 'CKR_LIBRARY_LOAD_FAILED' } },
      });
      writeFileSync(keysim.configuration, '[key\nuser-tries = many\n');
      const unreadable = await keys(keysim.module);
      expect(unreadable.code).toBe(3);
      expect(unreadable.json()).toMatchObject({ error: { code: 'driver.init-failed' } });
      const told = await yinkey(['sim', 'status', '--json']);
      expect(told.json()).toMatchObject({
        error: { code: 'practice.failed', details: { reason: expect.stringContaining('keysim.conf') } },
      });
    } finally {
      await keysim.close();
    }
  });

  test('a key that another client holds: told as held, with no PIN asked for or counted', async () => {
    const keysim = await makeKeysim(world, { settings: { exclusive: true } });
    const holder = new Probe(keysim.env);
    try {
      await holder.call('load', keysim.module);
      await holder.call('C_Initialize');
      const session = await holder.open(await holder.slot(token.serial));
      const held = await yinkey(
        ['pin', 'change', '--pin-fd', '3', '--new-pin-fd', '3', '--module', keysim.module, ...on()],
        { 3: `${token.pin}\n${fresh}\n` },
      );
      expect(held.code).toBe(3);
      expect(held.json()).toMatchObject({ error: { code: 'token.not-opened' } });
      await holder.call('C_CloseSession', session);
      await holder.end();
      const free = await yinkey(
        ['pin', 'change', '--pin-fd', '3', '--new-pin-fd', '3', '--module', keysim.module, ...on()],
        { 3: `${token.pin}\n${fresh}\n` },
      );
      expect(free.code).toBe(0);
      expect(free.json()).toMatchObject({ before: { user: 'ok' } });
    } finally {
      await holder.end();
      await keysim.close();
    }
  });

  test('the SO PIN where the holder’s is asked: a wrong PIN, with the hint which one is meant', async () => {
    const mixed = await yinkey(
      ['pin', 'change', '--pin-fd', '3', '--new-pin-fd', '4', '--token', token.serial],
      {
        3: `${token.soPin}\n`,
        4: fresh,
      },
    );
    expect(mixed.code).toBe(3);
    expect(mixed.err).toMatch(/not the SO PIN|不是管理员 PIN 码/);
  });
});
