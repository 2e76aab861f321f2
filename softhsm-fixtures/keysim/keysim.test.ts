import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endHosts, startHost, typing } from '../../src/main/pkcs11/test-driver/host.ts';
import { issue, makeToken, type PracticeToken, type PracticeWorld, practiceUp } from '../index.ts';
import { type Keysim, type KeysimConfig, makeKeysim } from './index.ts';
import { type Probe, startProbe } from './probe.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'keysim-'));

let world: PracticeWorld;
let spare: PracticeToken;
let keysim: Keysim;
const probes: Probe[] = [];

beforeAll(async () => {
  world = await practiceUp(join(scratch, 'world'));
  spare = await makeToken(world, { label: '备用盘' });
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
afterEach(async () => {
  for (const probe of probes.splice(0)) await probe.end();
  await keysim?.close();
});

const setUp = async (config: KeysimConfig = {}) => {
  keysim = await makeKeysim(world, config);
  return keysim;
};
const start = async () => {
  const probe = await startProbe(keysim);
  probes.push(probe);
  return probe;
};
/** Sends commands to the control socket and waits for their answers; tries again until somebody serves it. */
async function ask(...commands: string[]): Promise<string> {
  for (;;) {
    const answer = await new Promise<string>((resolve) => {
      let got = '';
      const socket = createConnection(keysim.socket, () => socket.write(`${commands.join('\n')}\n`));
      socket.on('data', (part) => {
        got += part;
        if (got.match(/^(ok|error .*)\n/gm)?.length === commands.length) socket.end();
      });
      socket.on('error', () => undefined); // 'close' follows: nobody there yet
      socket.on('close', () => resolve(got));
    });
    if (answer !== '') return answer;
    await setImmediate();
  }
}
const user = 1;
const so = 0;
const flag = { low: 0x10000, final: 0x20000, locked: 0x40000, soLocked: 0x400000 };
const pinFlags = async (probe: Probe, slot: Buffer) =>
  (await probe.call<{ flags: number }>('C_GetTokenInfo', slot)).flags & 0xff0000;

describe('the simulator itself', () => {
  it('passes its own tests under the sanitizers, and its fuzz corpus', async () => {
    const build = join(root, '.cache', 'keysim-tests');
    const { stdout } = await run('make', [
      '-s',
      '-C',
      join(root, 'native', 'keysim'),
      `BUILD=${build}`,
      'test',
    ]);
    expect(stdout.match(/\d+ checks, 0 failed/g)).toHaveLength(4);
    expect(stdout.match(/replay: \d+ files/g)).toHaveLength(2);
  }, 300_000);

  it('lets pkcs11-tool print the same as SoftHSM does', async () => {
    // A token of its own: its PIN becomes an argument, where none of the practice world's may be seen.
    const token = await makeToken(world, { label: 'compared', pin: '246813' });
    await issue(world, { token });
    await setUp();
    const tool = async (module: string, ...args: string[]) => {
      const outcome = await run('pkcs11-tool', ['--module', module, ...args], {
        env: { ...process.env, ...keysim.env },
      }).catch((error: { code: number; stdout: string; stderr: string }) => error);
      return { code: 'code' in outcome ? outcome.code : 0, text: outcome.stdout + outcome.stderr };
    };
    for (const args of [
      ['--list-slots'],
      ['--list-mechanisms'],
      ['--list-objects', '--login', '--token-label', 'compared', '--pin', '246813'],
      ['--test', '--login', '--token-label', 'compared', '--pin', '246813'],
    ]) {
      const bare = await tool(world.module, ...args);
      expect(bare.text.length).toBeGreaterThan(100);
      expect(await tool(keysim.module, ...args)).toEqual(bare);
    }
  }, 60_000);
});

describe('PINs', () => {
  it('run out across processes, and the SO gives them back', async () => {
    await setUp({ settings: { 'user-tries': 3, 'so-tries': 2 } });
    const first = await start();
    const slot = await first.slot(spare.serial);
    const session = await first.open(slot);
    expect(await pinFlags(first, slot)).toBe(0);
    expect(await first.rv('C_Login', session, user, '000000')).toBe('CKR_PIN_INCORRECT');
    expect(await pinFlags(first, slot)).toBe(flag.low);
    const second = await start();
    const other = await second.open(slot);
    expect(await second.rv('C_Login', other, user, '000000')).toBe('CKR_PIN_INCORRECT');
    expect(await pinFlags(first, slot)).toBe(flag.low | flag.final);
    await second.end();
    expect(await first.rv('C_Login', session, user, '000000')).toBe('CKR_PIN_INCORRECT');
    expect(await pinFlags(first, slot)).toBe(flag.locked);
    expect(await first.rv('C_Login', session, user, spare.pin)).toBe('CKR_PIN_LOCKED');
    expect(await keysim.control('status')).toContain(`key ${spare.serial} present=yes user-tries=0/3`);
    expect(await first.rv('C_Login', session, so, spare.soPin)).toBe('CKR_OK');
    expect(await first.rv('C_InitPIN', session, spare.pin)).toBe('CKR_OK');
    expect(await first.rv('C_Logout', session)).toBe('CKR_OK');
    expect(await first.rv('C_Login', session, user, spare.pin)).toBe('CKR_OK');
    expect(await pinFlags(first, slot)).toBe(0);
  });

  it('of the SO are final', async () => {
    await setUp({ settings: { 'so-tries': 1 } });
    const probe = await start();
    const slot = await probe.slot(spare.serial);
    const session = await probe.open(slot);
    expect(await probe.rv('C_Login', session, so, '99999999')).toBe('CKR_PIN_INCORRECT');
    expect(await pinFlags(probe, slot)).toBe(flag.soLocked);
    expect(await probe.rv('C_Login', session, so, spare.soPin)).toBe('CKR_PIN_LOCKED');
    await keysim.control(`tries ${spare.serial} so 1`);
    expect(await probe.rv('C_Login', session, so, spare.soPin)).toBe('CKR_OK');
  });

  it('are typed on the pad', async () => {
    await setUp({ settings: { 'pin-pad': true } });
    const probe = await start();
    const session = await probe.open(await probe.slot(spare.serial));
    expect(await probe.rv('C_Login', session, user, '')).toBe('CKR_FUNCTION_CANCELED');
    await keysim.control(`set key ${spare.serial} pad-pin = ${spare.pin}`);
    expect(await probe.rv('C_Login', session, user, '')).toBe('CKR_OK');
  });
});

describe('presence', () => {
  it('is one for all processes: sessions die everywhere, and the login with them', async () => {
    await setUp({ keys: { first: { token: `serial:${spare.serial}`, slot: 4 }, '*': {} } });
    const probesHere = [await start(), await start()];
    const sessions: Buffer[] = [];
    for (const probe of probesHere) sessions.push(await probe.open(await probe.slot(spare.serial)));
    expect(await probesHere[0]!.rv('C_Login', sessions[0], user, spare.pin)).toBe('CKR_OK');
    await keysim.control('pull first');
    for (const [at, probe] of probesHere.entries()) {
      expect(await probe.rv('C_GetSessionInfo', sessions[at])).toBe('CKR_DEVICE_REMOVED');
      await expect(probe.slot(spare.serial)).rejects.toThrow('no token');
      expect(await probe.slot(world.token.serial)).toBeDefined();
    }
    await keysim.control('plug first 9');
    const probe = probesHere[0]!;
    const slot = await probe.slot(spare.serial);
    expect(slot.readUInt32LE()).toBe(9);
    expect(await probe.rv('C_GetSessionInfo', sessions[0])).toBe('CKR_SESSION_HANDLE_INVALID');
    expect(await probe.rv('C_Login', await probe.open(slot), user, spare.pin)).toBe('CKR_OK');
  });

  it('changes by the control file and by the control socket', async () => {
    await setUp();
    const probe = await start();
    const session = await probe.open(await probe.slot(spare.serial));
    const file = join(world.dir, 'keysim.control');
    writeFileSync(`${file}.new`, `[key ${spare.serial}]\npresent = no\npulled-session = CKR_DEVICE_ERROR\n`);
    renameSync(`${file}.new`, file);
    expect(await probe.rv('C_GetSessionInfo', session)).toBe('CKR_DEVICE_ERROR');
    const answers = await ask(`plug ${spare.serial}`, 'status', 'nonsense');
    expect(answers).toMatch(/^ok\n(key .*\n)+ok\nerror not a command: nonsense\n$/);
    expect(answers).toContain(`key ${spare.serial} present=yes visible=yes`);
    expect(await probe.slot(spare.serial)).toBeDefined();
  });
});

describe('two programs with one key', () => {
  it('are told so by a key that only one may use', async () => {
    await setUp({
      settings: { preset: 'one-session', speed: 'instant', 'exclusive-error': 'CKR_FUNCTION_FAILED' },
    });
    const [first, second] = [await start(), await start()];
    const slot = await first.slot(spare.serial);
    const session = await first.open(slot);
    expect(await first.rv('C_OpenSession', slot, 6)).toBe('CKR_SESSION_COUNT');
    expect(await second.rv('C_OpenSession', slot, 6)).toBe('CKR_FUNCTION_FAILED');
    await first.call('C_CloseSession', session);
    expect(await second.rv('C_OpenSession', slot, 6)).toBe('CKR_OK');
    expect(await first.rv('C_OpenSession', slot, 6)).toBe('CKR_FUNCTION_FAILED');
    await second.end();
    expect(await first.rv('C_OpenSession', slot, 6)).toBe('CKR_OK');
  });

  it('serve one control socket: when one of them dies, the other takes over', async () => {
    await setUp();
    const first = await start();
    await ask('status');
    const second = await start();
    await first.end();
    expect(await ask(`pull ${spare.serial}`)).toBe('ok\n');
    await expect(second.slot(spare.serial)).rejects.toThrow('no token');
  });
});

describe('faults', () => {
  it('strike at a position in the whole flow, in whichever process it falls', async () => {
    await setUp({ settings: { trace: 'keysim.trace' } });
    await keysim.control('calls reset');
    await keysim.control('fault add call=5 do=abort');
    const first = await start(); // C_GetFunctionList, C_Initialize
    const slots = await first.call<Uint8Array[]>('C_GetSlotList', true); // asks twice
    expect(await first.rv('C_GetTokenInfo', Buffer.from(slots[0]!))).toBe('ended: SIGABRT');
    const second = await start();
    expect(await second.rv('C_GetTokenInfo', Buffer.from(slots[0]!))).toBe('CKR_OK');
    const trace = readFileSync(join(world.dir, 'keysim.trace'), 'utf8').split('\n');
    expect(trace.filter((line) => line.startsWith('5 '))).toEqual([
      expect.stringMatching(/^5 > C_GetTokenInfo \d+$/),
    ]);
    expect(await keysim.control('calls')).toContain('C_Initialize 2\n');
  });

  it('hang one call only, until they are lifted', async () => {
    await setUp();
    const probe = await start();
    const session = await probe.open(await probe.slot(spare.serial));
    await probe.call('C_DigestInit', session, { mechanism: 0x250 });
    await keysim.control('fault add name=stuck function=C_Digest do=hang');
    const digest = probe.call<Uint8Array>('C_DigestAsync', session, Buffer.from('abc'), Buffer.alloc(32));
    expect(await probe.rv('C_GetSessionInfo', session)).toBe('CKR_OK');
    await keysim.control('fault clear stuck');
    expect(Buffer.from(await digest).toString('hex')).toMatch(/^ba7816bf/);
  });

  it('end the flow of a key that is pulled while it signs, and nothing else', async () => {
    await setUp();
    const probe = await start();
    const session = await probe.open(await probe.slot(world.token.serial));
    await probe.call('C_Login', session, user, world.token.pin);
    await probe.call('C_FindObjectsInit', session, [
      { type: 0, value: 3 },
      { type: 0x100, value: 0 },
    ]);
    const [key] = await probe.call<Uint8Array[]>('C_FindObjects', session, 1);
    await probe.call('C_FindObjectsFinal', session);
    await probe.call('C_SignInit', session, { mechanism: 0x40 }, Buffer.from(key!));
    await keysim.control('fault add function=C_Sign do=pull when=after');
    expect(await probe.rv('C_SignAsync', session, Buffer.from('x'), Buffer.alloc(256))).toBe(
      'CKR_DEVICE_REMOVED',
    );
    expect(await keysim.control('status')).toContain(`key ${world.token.serial} present=no user-tries=10/10`);
    expect(await probe.slot(spare.serial)).toBeDefined();
  });
});

describe('a token host over the simulator', () => {
  afterEach(endHosts);

  it('signs, and tells a locked PIN from a pulled key', async () => {
    await setUp({ settings: { 'user-tries': 3, manufacturer: 'Longxin Micro' } });
    const { sign, list } = await startHost(keysim.world, keysim.module, keysim.env);
    expect(await list()).toContainEqual(
      expect.objectContaining({ serial: world.token.serial, pinState: 'ok' }),
    );
    expect((await sign({}, typing(world.token.pin))).error).toBeUndefined();
    await keysim.control('fault add function=C_Sign do=pull when=after');
    expect((await sign({}, typing(world.token.pin))).error).toMatchObject({ code: 'token.removed' });
    await keysim.control(`plug ${world.token.serial}`);
    expect((await sign({}, typing(world.token.pin))).error).toBeUndefined();
    await keysim.control(`tries ${world.token.serial} user 0`);
    expect((await sign({}, typing(world.token.pin))).error).toMatchObject({ code: 'token.pin-locked' });
    expect(await list()).toContainEqual(
      expect.objectContaining({ serial: world.token.serial, pinState: 'locked' }),
    );
  });
});

describe('a simulator that cannot work', () => {
  it('says why: no backing module, a configuration with a mistake, none at all', async () => {
    await setUp({ settings: { 'user-tries': 'many' } });
    await expect(startProbe(keysim)).rejects.toThrow('CKR_GENERAL_ERROR');
    const reason = () => readFileSync(`${keysim.configuration}.error`, 'utf8');
    expect(reason()).toContain('line 2: user-tries can\'t be "many"');
    writeFileSync(keysim.configuration, 'module = /nowhere/at-all.so\n');
    await expect(startProbe(keysim)).rejects.toThrow('CKR_LIBRARY_LOAD_FAILED');
    expect(reason()).toContain('/nowhere/at-all.so');
    await keysim.close();
    expect(existsSync(keysim.configuration)).toBe(false);
    await expect(startProbe(keysim)).rejects.toThrow('CKR_GENERAL_ERROR');
  });
});
