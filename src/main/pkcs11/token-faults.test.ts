import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issue, type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import type { PinRequest } from '../../shared/contract/index.ts';
import { ckr } from './ckr.ts';
import { ckf } from './pin-state.ts';
import { buildTestDriver, type TestDriver } from './test-driver/build.ts';
import { endHosts, startHost, submit, typing } from './test-driver/host.ts';

let folder: string;
let world: PracticeWorld;
let driver: TestDriver;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-faults-'));
  world = await practiceUp(join(folder, 'world'));
  driver = buildTestDriver(folder, world.module);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => driver.wish());
afterEach(endHosts);

const start = () => startHost(world, driver.path, driver.env);
const hex = (value: number) => `0x${value.toString(16)}`;

describe('a PIN that can be lost', () => {
  it('is never tried on a locked token', async () => {
    const { sign, list } = await start();
    const before = driver.logins();
    driver.wish(`flags ${ckf.CKF_USER_PIN_LOCKED}`);
    expect((await list())[0]).toMatchObject({ pinState: 'locked' });
    const { error, replies } = await sign({}, typing(world.token.pin));
    expect(error).toMatchObject({ code: 'token.pin-locked' });
    expect(replies).toMatchObject([{ type: 'failed', canRetry: false, error: { code: 'token.pin-locked' } }]);
    expect(driver.logins()).toBe(before);
  });

  it('is not tried when the token was locked while the person typed', async () => {
    const { sign } = await start();
    const before = driver.logins();
    const { error, said } = await sign({}, (reply) => {
      if (reply.type !== 'ask') return undefined;
      driver.wish(`flags ${ckf.CKF_USER_PIN_LOCKED}`);
      return submit(world.token.pin);
    });
    expect(error).toMatchObject({ code: 'token.pin-locked' });
    expect(said).toEqual(['ask', 'failed']);
    expect(driver.logins()).toBe(before);
  });

  it('takes the last try only when the person agreed to it', async () => {
    const { sign } = await start();
    driver.wish(`flags ${ckf.CKF_USER_PIN_FINAL_TRY}`);
    const before = driver.logins();
    const answers = [submit(world.token.pin), submit(world.token.pin, true)];
    const { value, replies, said } = await sign({}, (reply) =>
      reply.type === 'ask' ? answers.shift() : undefined,
    );
    expect(value).toBeDefined();
    expect(said).toEqual(['ask', 'ask', 'checking', 'accepted']);
    expect(replies[0]).toMatchObject({ state: 'final-try', wrong: false });
    expect(driver.logins()).toBe(before + 1);
  });

  it('ends with "locked" when the last try was wrong', async () => {
    const { sign } = await start();
    const before = driver.logins();
    driver.wish(`flags-after-wrong ${ckf.CKF_USER_PIN_LOCKED}`);
    const { error, said } = await sign({}, typing('999999'));
    expect(error).toMatchObject({ code: 'token.pin-locked' });
    expect(said).toEqual(['ask', 'checking', 'failed']);
    expect(driver.logins()).toBe(before + 1);
  });

  it('calls C_Login once for each submit, and never by itself, whatever the driver answers', async () => {
    const { sign } = await start();
    const over = ['token.pin-locked', 'token.removed', 'token.pin-expired', 'token.pin-not-set'];
    for (const [value, code] of [
      [ckr.CKR_PIN_LOCKED, 'token.pin-locked'],
      [ckr.CKR_DEVICE_REMOVED, 'token.removed'],
      [ckr.CKR_SESSION_HANDLE_INVALID, 'token.removed'],
      [ckr.CKR_PIN_EXPIRED, 'token.pin-expired'],
      [ckr.CKR_USER_PIN_NOT_INITIALIZED, 'token.pin-not-set'],
      [ckr.CKR_FUNCTION_FAILED, 'token.failed'],
      [ckr.CKR_DEVICE_ERROR, 'token.failed'],
      [ckr.CKR_USER_ALREADY_LOGGED_IN, 'token.used-by-other'],
      [ckr.CKR_SESSION_COUNT, 'token.busy'],
      [ckr.CKR_PIN_LEN_RANGE, 'token.pin-length'],
      [0x80000012, 'token.failed'],
    ] as const) {
      driver.wish(`login ${hex(value)}`);
      const before = driver.logins();
      const { error, replies } = await sign({}, (reply) => {
        if (reply.type === 'ask') return submit(world.token.pin);
        return reply.type === 'failed' && reply.canRetry ? { type: 'cancel' } : undefined;
      });
      const final = over.includes(code);
      expect(error).toMatchObject({ code: final ? code : 'token.pin-cancelled' });
      expect(replies.at(-1)).toMatchObject({ type: 'failed', canRetry: !final, error: { code } });
      expect(driver.logins()).toBe(before + 1);
    }
  });

  it('goes back to the field after a failure, when the person wants to', async () => {
    const { sign } = await start();
    driver.wish(`login ${ckr.CKR_FUNCTION_FAILED}`);
    const { value, replies, said } = await sign({}, (reply) => {
      if (reply.type === 'ask') return submit(world.token.pin);
      if (reply.type !== 'failed') return undefined;
      driver.wish();
      return { type: 'again' };
    });
    expect(value).toBeDefined();
    expect(said).toEqual(['ask', 'checking', 'failed', 'ask', 'checking', 'accepted']);
    expect(replies[3]).toMatchObject({ wrong: false });
  });

  it('is typed on the pad where the token has one', async () => {
    const { sign, list } = await start();
    driver.wish(`flags ${ckf.CKF_PROTECTED_AUTHENTICATION_PATH}`, 'login 0xa0');
    expect((await list())[0]).toMatchObject({ protectedPath: true });
    const before = driver.logins();
    const answers: PinRequest[] = [
      submit(world.token.pin),
      { type: 'submit-on-pad', lastTryAgreed: false },
      { type: 'cancel' },
    ];
    const { error, replies } = await sign({}, (reply) =>
      reply.type === 'ask' ? answers.shift() : undefined,
    );
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    expect(replies).toMatchObject([
      { type: 'ask', protectedPath: true, wrong: false },
      { type: 'ask', protectedPath: true, wrong: false },
      { type: 'checking' },
      { type: 'ask', wrong: true },
    ]);
    expect(driver.logins()).toBe(before + 1);
  });

  it('has its lengths from the token; nonsense lengths rule nothing out', async () => {
    const { sign, list } = await start();
    driver.wish('pins 0 4294967295');
    expect((await list())[0]).toMatchObject({ minPin: 0, maxPin: 0 });
    expect((await sign({}, typing(world.token.pin))).value).toBeDefined();
  });
});

describe('a key that wants its PIN for each signature', () => {
  let certificateSha256: string;

  beforeAll(async () => {
    // pkcs11-tool makes what the practice world can't: a key with CKA_ALWAYS_AUTHENTICATE.
    const tool = (...args: string[]) =>
      execFileSync('pkcs11-tool', ['--module', world.module, '--token-label', world.token.label, ...args], {
        env: { ...process.env, ...world.env },
      });
    const { pin } = world.token;
    const key = ['--key-type', 'rsa:2048', '--id', '7a', '--label', 'each', '--always-auth'];
    tool('--login', '--pin', pin, '--keypairgen', ...key);
    const publicKey = tool('--read-object', '--type', 'pubkey', '--id', '7a');
    const certified = await issue(world, {
      label: '每次都问',
      publicKey: createPublicKey({ key: publicKey, format: 'der', type: 'spki' }),
    });
    certificateSha256 = certified.sha256;
  }, 60_000);

  it('is asked for twice, and each submit is one login', async () => {
    const { sign } = await start();
    const before = driver.logins();
    const { value, error, said, waits } = await sign({ certificateSha256 }, typing(world.token.pin));
    expect(error).toBeUndefined();
    expect(value?.signature.length).toBe(256);
    expect(said).toEqual(['ask', 'checking', 'ask', 'checking', 'accepted']);
    expect(waits).toEqual(['waiting', 'resumed', 'waiting', 'resumed']);
    expect(driver.logins()).toBe(before + 2);
  });

  it('begins anew after a wrong PIN, and ends when the person cancels', async () => {
    const { sign } = await start();
    const pins = [world.token.pin, '000000', world.token.pin];
    const { error, replies } = await sign({ certificateSha256 }, (reply) => {
      if (reply.type !== 'ask') return undefined;
      const pin = pins.shift();
      return pin === undefined ? { type: 'cancel' } : submit(pin);
    });
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    expect(replies).toMatchObject([
      { type: 'ask', wrong: false },
      { type: 'checking' },
      { type: 'ask', wrong: false },
      { type: 'checking' },
      { type: 'ask', wrong: true },
      { type: 'checking' },
      { type: 'ask', wrong: false },
    ]);
    const { value } = await sign({}, typing(world.token.pin));
    expect(value).toBeDefined();
  });
});

describe('a signature that goes wrong', () => {
  it('is not taken from a key that signs something else', async () => {
    const { sign } = await start();
    driver.wish('sign garbage');
    for (const index of [0, 1]) {
      const { error, said } = await sign(
        {
          certificateSha256: world.certificates[index]!.sha256,
          scheme: index === 0 ? 'rsa-pkcs1' : 'ecdsa',
        },
        typing(world.token.pin),
      );
      expect(error).toMatchObject({ code: 'token.signature-wrong' });
      expect(said).toEqual(['ask', 'checking', 'accepted']);
    }
  });

  it('has the cause that the driver gives', async () => {
    const { sign } = await start();
    for (const [value, code] of [
      [ckr.CKR_DEVICE_REMOVED, 'token.removed'],
      [ckr.CKR_USER_NOT_LOGGED_IN, 'token.used-by-other'],
      [ckr.CKR_GENERAL_ERROR, 'token.failed'],
      [ckr.CKR_FUNCTION_REJECTED, 'token.pin-cancelled'],
    ] as const) {
      driver.wish(`sign ${hex(value)}`);
      const { error } = await sign({}, typing(world.token.pin));
      expect(error).toMatchObject({ code });
    }
  });

  it('is made over the whole message where the token has no raw mechanisms', async () => {
    const { sign } = await start();
    driver.wish('mechanisms hashing');
    for (const [index, scheme] of [
      [0, 'rsa-pkcs1'],
      [0, 'rsa-pss'],
    ] as const) {
      const { value, error } = await sign(
        { certificateSha256: world.certificates[index]!.sha256, scheme },
        typing(world.token.pin),
      );
      expect(error).toBeUndefined();
      expect(value?.signature.length).toBe(256);
    }
    // SoftHSM 2.6 has ECDSA in its raw form only.
    const { error, said } = await sign(
      { certificateSha256: world.certificates[1]!.sha256, scheme: 'ecdsa' },
      typing(world.token.pin),
    );
    expect(error).toMatchObject({ code: 'token.mechanism-missing' });
    expect(said).toEqual(['failed']);
  });
});

describe('a token that can not be read', () => {
  it('is shown with its error, the others as they are', async () => {
    const { list } = await start();
    driver.wish(`info ${ckr.CKR_FUNCTION_FAILED}`);
    const reports = await list();
    expect(reports[0]).toMatchObject({
      error: { code: 'token.not-opened', details: { ckr: 'CKR_FUNCTION_FAILED' } },
    });
    driver.wish(`info ${ckr.CKR_TOKEN_NOT_PRESENT}`);
    expect(await list()).toEqual([]);
  });
});
