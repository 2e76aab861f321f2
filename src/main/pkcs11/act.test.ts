import { execFile } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issue, type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import { type Keysim, makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import type { PinReply, PinRequest } from '../../shared/contract/index.ts';
import type { TokenId } from '../../shared/domain/index.ts';
import { portPair } from '../../shared/hosts/index.ts';
import type { TokenAct, TokenPair } from './act-api.ts';
import { hashModule } from './module-file.ts';
import { endHosts, type Person, startHost, submit, tokenHosts, typing } from './test-driver/host.ts';
import { type ActOptions, TokenService, type TokenServiceOptions } from './token-service.ts';
import { nothingKnown } from './tries.ts';

const run = promisify(execFile);
const message = Buffer.from('certification request');

/** One world and one service: a key that nothing is wrong with, until a test says so. */
let folder: string;
let world: PracticeWorld;
let keysim: Keysim;
let service: TokenService;
let id: TokenId;
/** The practice key's own pairs. */
const old = new Map<string, TokenPair>();

async function serve(deadlines: TokenServiceOptions['deadlines'] = {}): Promise<TokenService> {
  const agreed = [{ path: keysim.module, sha256: await hashModule(keysim.module) }];
  return new TokenService({
    spawn: tokenHosts(world, keysim.env),
    ledger: { list: () => agreed, agree: () => {}, forget: () => {} },
    known: [],
    deadlines,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-act-'));
  world = await practiceUp(join(folder, 'world'));
  keysim = await makeKeysim(world);
  service = await serve();
  id = { module: keysim.module, serial: world.token.serial, label: world.token.label };
  const act = await login();
  for (const pair of await act.pairs()) old.set(pair.keyType, pair);
  await act.end();
}, 60_000);
afterEach(async () => {
  for (const act of open) await act.end();
  open.clear();
  await keysim.control('clear');
  await keysim.control('fault clear');
});
afterAll(async () => {
  await service.stop();
  await endHosts();
  await keysim.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Somebody at the PIN window, and all that the window was told. */
function window(person: Person) {
  const [mine, pinPort] = portPair();
  const replies: PinReply[] = [];
  mine.onMessage((raw) => {
    const reply = raw as PinReply;
    replies.push(reply);
    const answer = person(reply);
    if (answer === 'close') mine.close();
    else if (answer) mine.post(answer);
  });
  return { pinPort, replies };
}
/** Acts that a failed test has left. */
const open = new Set<TokenAct>();
async function login(
  person = typing(world.token.pin),
  more: Omit<ActOptions, 'pinPort'> = {},
  tokens = service,
): Promise<TokenAct> {
  const act = await tokens.act(id, { pinPort: window(person).pinPort, ...more });
  open.add(act);
  return act;
}
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code,
  );
/** How often the functions were called since `calls reset`. */
async function calls(): Promise<Record<string, number>> {
  const lines = (await keysim.control('calls')).trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0]!, Number(line.split(' ')[1])]));
}
/** pkcs11-tool makes what this client doesn't. */
const tool = (...args: string[]) =>
  run(
    'pkcs11-tool',
    ['--module', world.module, '--token-label', id.label, '--login', '--pin', world.token.pin, ...args],
    {
      env: { ...process.env, ...world.env },
    },
  );
const certified = async (spki: Uint8Array) => {
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return Uint8Array.from((await issue(world, { publicKey, onToken: false })).der);
};
const holds = (spki: Uint8Array, signature: Uint8Array) =>
  verify('sha256', message, { key: Buffer.from(spki), format: 'der', type: 'spki' }, signature);
/** What is on the token, in words that can be compared. */
async function content(act: TokenAct) {
  const pairs = (await act.pairs()).map(
    ({ ckaId, keyType, hasPrivate }) => `${ckaId} ${keyType} ${hasPrivate}`,
  );
  const certificates = (await act.certificates()).map(({ ckaId }) => ckaId);
  return [...pairs.sort(), ...certificates.sort()];
}

describe('one login', () => {
  it('makes a pair, signs with the old and the new key, writes the certificate, and takes it all back', async () => {
    const before = await login();
    const untouched = await content(before);
    await before.end();
    await keysim.control('calls reset');

    const act = await login();
    expect(act).toMatchObject({
      token: { serial: id.serial, label: id.label },
      defaultPin: false,
      logins: [{ who: 'user', result: 'ok', before: { user: 'ok' } }],
    });
    const { spki } = await act.generate({ keyType: 'EC-P256', ckaId: 'a1', label: '续期 第一单' });
    const [rsa, ec] = ['RSA-2048', 'EC-P256'].map((keyType) => old.get(keyType)!);
    expect(holds(spki, await act.sign({ ckaId: 'a1', spki }, 'ecdsa', 'sha256', message))).toBe(true);
    expect(holds(ec!.spki, await act.sign(ec!, 'ecdsa', 'sha256', message))).toBe(true);
    expect(holds(rsa!.spki, await act.sign(rsa!, 'rsa-pkcs1', 'sha256', message))).toBe(true);
    expect(await act.pairs()).toContainEqual({
      ckaId: 'a1',
      label: '续期 第一单',
      keyType: 'EC-P256',
      spki,
      hasPrivate: true,
      alwaysAuthenticate: false,
    });

    const der = await certified(spki);
    await act.writeCertificate({ ckaId: 'a1', label: '新证书', der });
    await act.writeCertificate({ ckaId: 'a1', label: '新证书', der });
    const written = (await act.certificates()).filter(({ ckaId }) => ckaId === 'a1');
    expect(written).toEqual([{ ckaId: 'a1', label: '新证书', der }]);
    expect(act.tokenMillis).toBeGreaterThan(0);

    // The key itself says how it is kept.
    const { stdout } = await tool('--list-objects', '--type', 'privkey', '--id', 'a1');
    expect(stdout).toMatch(/Usage:\s+sign\n/);
    expect(stdout).toMatch(/Access:\s+sensitive, always sensitive, never extractable, local/);
    const object = await tool('--list-objects', '--type', 'cert', '--id', 'a1');
    expect(object.stdout).toMatch(/subject:.*\n.*serial:\s+[0-9A-F]{4}/);

    await act.removeCertificate(der);
    await act.removePair('a1', spki);
    await act.removeCertificate(der);
    await act.removePair('a1', spki);
    expect(await content(act)).toEqual(untouched);
    await act.end();
    await act.end();
    expect(await codeOf(act.pairs())).toBe('token.act-over');
    expect(await calls()).toMatchObject({ C_Login: 1, C_Logout: 1, C_GenerateKeyPair: 1, C_OpenSession: 1 });
  });

  it('is enough for a key with one session, raw RSA only and nothing that can be changed', async () => {
    await keysim.control('set max-sessions = 1');
    await keysim.control('set without-mechanisms = hashed-rsa');
    await keysim.control('set without-functions = C_SetAttributeValue C_WaitForSlotEvent');
    expect(await service.canGenerate(id)).toMatchObject({ sessions: 1 });
    const act = await login();
    const { spki } = await act.generate({ keyType: 'RSA-2048', ckaId: 'a2', label: 'RSA' });
    expect(holds(spki, await act.sign({ ckaId: 'a2', spki }, 'rsa-pkcs1', 'sha256', message))).toBe(true);
    const der = await certified(spki);
    await act.writeCertificate({ ckaId: 'a2', label: 'RSA', der });
    expect(await codeOf(act.sign({ ckaId: 'a2', spki }, 'ecdsa', 'sha256', message))).toBe(
      'certificate.key-unsupported',
    );
    expect(await codeOf(act.sign({ ckaId: 'a2', spki: spki.slice(3) }, 'ecdsa', 'sha256', message))).toBe(
      'certificate.key-unsupported',
    );
    await act.removeCertificate(der);
    await act.removePair('a2', spki);
    expect(await codeOf(act.sign({ ckaId: 'a2', spki }, 'rsa-pkcs1', 'sha256', message))).toBe(
      'token.key-missing',
    );
    await act.end();
  });

  it('is alone with the key: whoever else wants a PIN is told so, and nobody looks in between', async () => {
    const act = await login();
    const request = {
      serial: id.serial,
      label: id.label,
      certificateSha256: world.certificates[0]!.sha256,
      scheme: 'rsa-pkcs1' as const,
      hash: 'sha256' as const,
      message,
    };
    const port = () => ({ pinPort: window(typing(world.token.pin)).pinPort });
    expect(await codeOf(login())).toBe('token.busy');
    expect(await codeOf(service.sign(id, request, port()))).toBe('token.busy');
    expect(await codeOf(service.care(id, { method: 'change-pin' }, port()))).toBe('token.busy');
    expect(await codeOf(service.canGenerate(id))).toBe('token.busy');
    await keysim.control('calls reset');
    await service.refresh();
    expect(await calls()).not.toHaveProperty('C_GetSlotList');
    expect((await act.pairs()).length).toBeGreaterThan(1);
    await act.end();
    expect(await codeOf(service.sign(id, request, port()))).toBe('none');
  });

  it('is asked for as for a signature: wrong, right, cancelled, locked', async () => {
    await keysim.control('set user-tries = 4');
    const pins = ['wrong991', world.token.pin];
    const heard: string[] = [];
    const act = await login((reply) => (reply.type === 'ask' ? submit(pins.shift()!) : undefined), {
      onLogin: ({ result }) => heard.push(result),
    });
    expect(heard).toEqual(['token.pin-wrong', 'ok']);
    expect(act.logins.map(({ result }) => result)).toEqual(heard);
    await act.end();
    expect(await codeOf(login((reply) => (reply.type === 'ask' ? 'close' : undefined)))).toBe(
      'token.pin-cancelled',
    );

    await keysim.control(`tries ${id.serial} user 1`);
    const { pinPort, replies } = window((reply) =>
      reply.type === 'ask' ? submit('wrong992', true) : undefined,
    );
    expect(await codeOf(service.act(id, { pinPort }))).toBe('token.pin-locked');
    expect(replies.map(({ type }) => type)).toEqual(['ask', 'checking', 'failed']);
    expect(replies[0]).toMatchObject({ state: 'final-try', triesLeft: 1 });
    await keysim.control(`reset ${id.serial}`);
  });

  it('ends by itself when nothing is asked of it', async () => {
    const tokens = await serve({ idle: 50 });
    try {
      const act = await login(undefined, {}, tokens);
      await act.over;
      expect(await codeOf(act.pairs())).toBe('token.act-over');
      await act.end();
    } finally {
      await tokens.stop();
    }
  });
});

describe('a key that can do less', () => {
  /** Leaves so many bytes free, as the key counts them when its holder is logged in. */
  async function room(act: TokenAct, bytes: number): Promise<void> {
    await keysim.control('set memory = 32768');
    await act.pairs();
    await keysim.control(`set memory = ${32768 - act.memory.freePrivate! + bytes}`);
  }

  it('says so before anyone is asked for a PIN', async () => {
    expect(await service.canGenerate(id)).toEqual({
      keyTypes: ['RSA-2048', 'RSA-3072', 'RSA-4096', 'EC-P256', 'EC-P384'],
      freePublic: null,
      freePrivate: null,
      sessions: null,
    });
    await keysim.control('set memory = 32768');
    await keysim.control('set without-curves = P-256');
    const poor = await service.canGenerate(id);
    expect(poor.keyTypes).toEqual(['RSA-2048', 'RSA-3072', 'RSA-4096', 'EC-P384']);
    expect(poor.freePrivate).toBeGreaterThan(1000);
    expect(poor.freePrivate).toBeLessThan(32768);
    await keysim.control('set without-mechanisms = ec');
    expect((await service.canGenerate(id)).keyTypes).toEqual(['RSA-2048', 'RSA-3072', 'RSA-4096']);
    expect(await codeOf(service.canGenerate({ ...id, serial: 'other' }))).toBe('token.not-found');
    expect(await codeOf(service.canGenerate({ ...id, module: '/other' }))).toBe('driver.not-agreed');
  });

  it('tells what it can sign and make, slot by slot, without a session', async () => {
    const before = await calls();
    const [key] = (await service.slots(id.module)).filled.filter(({ serial }) => serial === id.serial);
    expect(key).toMatchObject({
      can: ['rsa-raw', 'rsa-sha256', 'rsa-pss', 'ecdsa', 'generate-rsa', 'generate-ec'],
      loginRequired: true,
      writeProtected: false,
      error: null,
    });
    const after = await calls();
    for (const name of ['C_OpenSession', 'C_Login']) expect(after[name]).toBe(before[name]);
    await keysim.control('set without-mechanisms = ec, CKM_SHA256_RSA_PKCS');
    const poor = await service.slots(id.module);
    expect(poor.filled.find(({ serial }) => serial === id.serial)?.can).toEqual([
      'rsa-raw',
      'rsa-pss',
      'generate-rsa',
    ]);
    expect(poor.slots).toBeGreaterThanOrEqual(poor.filled.length);
    expect(await codeOf(service.slots('/other'))).toBe('driver.not-agreed');
  });

  it('has nothing left over when its memory is full', async () => {
    const act = await login();
    const untouched = await content(act);
    await room(act, 300);
    expect(await codeOf(act.generate({ keyType: 'RSA-2048', ckaId: 'b1', label: 'full' }))).toBe(
      'token.memory',
    );
    expect(await content(act)).toEqual(untouched);
    await room(act, 1000);
    const { spki } = await act.generate({ keyType: 'EC-P256', ckaId: 'b1', label: 'fits' });
    const der = await certified(spki);
    await room(act, 200);
    expect(await codeOf(act.writeCertificate({ ckaId: 'b1', label: 'full', der }))).toBe('token.memory');
    await act.pairs();
    expect(act.memory.freePrivate).toBe(200);
    await act.removePair('b1', spki);
    expect(await content(act)).toEqual(untouched);
  });

  it('that lacks a curve is told apart from one that is full, and is as it was', async () => {
    await keysim.control('set without-curves = P-256');
    const act = await login();
    const untouched = await content(act);
    const spec = { keyType: 'EC-P256', ckaId: 'b2', label: 'curve' } as const;
    expect(await codeOf(act.generate(spec))).toBe('token.mechanism-missing');
    expect(await content(act)).toEqual(untouched);
  });

  it('gets fewer attributes when it refuses some, and never a second key pair', async () => {
    const act = await login();
    const untouched = await content(act);
    const spec = { keyType: 'EC-P256', ckaId: 'b3', label: 'plain' } as const;
    for (const [fault, code, tries] of [
      ['error=CKR_TEMPLATE_INCONSISTENT', 'none', 2],
      ['error=CKR_ATTRIBUTE_TYPE_INVALID times=2', 'token.not-supported', 2],
      // Made, and then refused: what was made is found and removed.
      ['error=CKR_TEMPLATE_INCONSISTENT when=after', 'token.not-supported', 1],
      ['error=CKR_FUNCTION_FAILED', 'token.failed', 1],
    ] as const) {
      await keysim.control('calls reset');
      await keysim.control(`fault add function=C_GenerateKeyPair ${fault}`);
      const made = act.generate(spec);
      expect([fault, await codeOf(made)]).toEqual([fault, code]);
      expect(await calls()).toMatchObject({ C_GenerateKeyPair: tries });
      await keysim.control('fault clear');
      if (code === 'none') {
        const { stdout } = await tool('--list-objects', '--type', 'privkey', '--id', 'b3');
        expect(stdout).toMatch(/never extractable/);
        expect(await codeOf(act.generate(spec))).toBe('request.invalid');
        await act.removePair('b3', (await made).spki);
      }
      expect(await content(act)).toEqual(untouched);
    }
  });
});

describe('keys that look alike', () => {
  const pair = (...more: string[]) =>
    tool('--keypairgen', '--key-type', 'EC:prime256v1', '--id', 'e1', '--label', 'twin', ...more);

  it('with one CKA_ID are told apart by a signature: each signs for itself and goes by itself', async () => {
    await pair();
    await pair();
    const act = await login();
    const untouched = await content(act);
    const twins = (await act.pairs()).filter(({ ckaId }) => ckaId === 'e1');
    expect(twins).toHaveLength(2);
    for (const { spki } of twins)
      expect(holds(spki, await act.sign({ ckaId: 'e1', spki }, 'ecdsa', 'sha256', message))).toBe(true);
    const [first, second] = twins;
    await act.removePair('e1', second!.spki);
    expect((await act.pairs()).filter(({ ckaId }) => ckaId === 'e1')).toEqual([first]);
    const { spki } = first!;
    expect(holds(spki, await act.sign({ ckaId: 'e1', spki }, 'ecdsa', 'sha256', message))).toBe(true);
    expect(await codeOf(act.sign({ ckaId: 'e1', spki: second!.spki }, 'ecdsa', 'sha256', message))).toBe(
      'token.signature-wrong',
    );
    // Another public key removes nothing, whatever the CKA_ID says.
    await act.removePair('e1', second!.spki);
    await act.removePair('e1', old.get('EC-P256')!.spki);
    expect((await act.pairs()).filter(({ ckaId }) => ckaId === 'e1')).toEqual([first]);
    await act.removePair('e1', spki);
    expect(await content(act)).toEqual(untouched.filter((each) => !each.startsWith('e1')));
  });

  it('are found by halves, and half a pair can go', async () => {
    await pair();
    await tool('--delete-object', '--type', 'pubkey', '--id', 'e1');
    const act = await login();
    const half = (await act.pairs()).find(({ ckaId }) => ckaId === 'e1');
    expect(half).toMatchObject({ keyType: '', hasPrivate: true });
    expect(half?.spki).toHaveLength(0);
    await act.removePair('e1', half!.spki);
    expect((await act.pairs()).find(({ ckaId }) => ckaId === 'e1')).toBeUndefined();
  });

  it('that want their PIN for each signature have it asked in a window of its own', async () => {
    await pair('--always-auth');
    const asked: PinReply[][] = [];
    const answers = [['wrong991', world.token.pin], [world.token.pin], []].map((pins) => [...pins]);
    const act = await login(undefined, {
      pinPortAgain: () => {
        const pins = answers.shift() ?? [];
        const { pinPort, replies } = window((reply): PinRequest | undefined => {
          if (reply.type !== 'ask') return undefined;
          const pin = pins.shift();
          return pin === undefined ? { type: 'cancel' } : submit(pin);
        });
        asked.push(replies);
        return pinPort;
      },
    });
    const twin = (await act.pairs()).find(({ ckaId }) => ckaId === 'e1')!;
    expect(twin.alwaysAuthenticate).toBe(true);
    const sign = () => act.sign(twin, 'ecdsa', 'sha256', message);
    expect(holds(twin.spki, await sign())).toBe(true);
    expect(holds(twin.spki, await sign())).toBe(true);
    expect(await codeOf(sign())).toBe('token.pin-cancelled');
    expect(asked.map((replies) => replies.map(({ type }) => type))).toEqual([
      ['ask', 'checking', 'ask', 'checking', 'accepted'],
      ['ask', 'checking', 'accepted'],
      ['ask'],
    ]);
    expect(asked[0]![2]).toMatchObject({ wrong: true, signatureAgain: true });
    expect(act.logins.map(({ result }) => result)).toEqual(['ok', 'token.pin-wrong', 'ok', 'ok']);
    // What was begun and given up doesn't hold up another key.
    const ec = old.get('EC-P256')!;
    expect(holds(ec.spki, await act.sign(ec, 'ecdsa', 'sha256', message))).toBe(true);
    await act.removePair('e1', twin.spki);
    expect((await act.pairs()).find(({ ckaId }) => ckaId === 'e1')).toBeUndefined();
  });
});

describe('a login that breaks', () => {
  const spec = { keyType: 'EC-P256', ckaId: 'c1', label: 'broken' } as const;
  /** Whatever was made is found, and goes. */
  async function cleared(tokens = service) {
    const act = await login(undefined, {}, tokens);
    for (const { ckaId, spki } of await act.pairs()) if (ckaId === 'c1') await act.removePair(ckaId, spki);
    const left = await content(act);
    await act.end();
    return left.filter((each) => each.startsWith('c1'));
  }

  it('when the key is pulled while it makes a pair; the next one finds the pair', async () => {
    const act = await login();
    await keysim.control('fault add function=C_GenerateKeyPair do=pull when=after');
    expect(await codeOf(act.generate(spec))).toBe('token.removed');
    await act.over;
    expect(await codeOf(act.pairs())).toBe('token.act-over');
    await act.end();
    expect(await codeOf(login())).toBe('token.not-found');
    await keysim.control('fault clear');
    await keysim.control(`plug ${id.serial}`);
    const again = await login();
    expect(await content(again)).toContain('c1 EC-P256 true');
    await again.end();
    expect(await cleared()).toEqual([]);
  });

  it('when the key was pulled meanwhile', async () => {
    const act = await login();
    await keysim.control(`pull ${id.serial}`);
    expect(await codeOf(act.pairs())).toBe('token.removed');
    await act.end();
    await keysim.control(`plug ${id.serial}`);
    expect(await cleared()).toEqual([]);
  });

  it('when the driver hangs over a pair: ended after its own deadline, not sooner', async () => {
    const tokens = await serve({ generate: 300, list: 60_000 });
    try {
      const act = await login(undefined, {}, tokens);
      await keysim.control('fault add function=C_GenerateKeyPair do=hang');
      const pairs = act.generate(spec);
      const queued = act.pairs();
      expect(await codeOf(pairs)).toBe('driver.hung');
      expect(['driver.hung', 'token.act-over']).toContain(await codeOf(queued));
      await act.end();
      await keysim.control('fault clear');
      expect(await cleared(tokens)).toEqual([]);
    } finally {
      await tokens.stop();
    }
  });

  it('when the driver crashes over a certificate', async () => {
    const act = await login();
    const { spki } = await act.generate(spec);
    await keysim.control('fault add function=C_CreateObject do=abort');
    const der = await certified(spki);
    expect(await codeOf(act.writeCertificate({ ckaId: 'c1', label: 'broken', der }))).toBe('driver.crashed');
    await act.end();
    await keysim.control('fault clear');
    expect(await cleared()).toEqual([]);
  });

  it('when the driver crashes over the PIN: nobody says that nothing was counted', async () => {
    const failure = async (act: Promise<unknown>) => {
      const [result] = await Promise.allSettled([act]);
      return result.status === 'rejected' ? result.reason : undefined;
    };
    const crash = () => keysim.control('fault add function=C_Login do=abort');
    await crash();
    const told = { code: 'driver.crashed', details: { context: 'login' } };
    expect(await failure(login())).toMatchObject(told);
    const sign = () =>
      service.sign(
        id,
        {
          ...id,
          certificateSha256: world.certificates[0]!.sha256,
          scheme: 'rsa-pkcs1',
          hash: 'sha256',
          message,
        },
        { pinPort: window(typing(world.token.pin)).pinPort },
      );
    await crash();
    expect(await failure(sign())).toMatchObject(told);
    await crash();
    const { pinPort } = window(typing(world.token.pin));
    expect(await failure(service.care(id, { method: 'change-pin' }, { pinPort }))).toMatchObject(told);

    // Behind the login no PIN is in doubt.
    await keysim.control('fault clear');
    await keysim.control('fault add function=C_SignInit do=abort');
    const later = await failure(sign());
    expect(later).toMatchObject({ code: 'driver.crashed' });
    expect(later).not.toHaveProperty('details.context');

    await keysim.control('fault clear');
    const tokens = await serve({ login: 300 });
    try {
      await keysim.control('fault add function=C_Login do=hang');
      expect(await failure(login(undefined, {}, tokens))).toMatchObject({
        code: 'driver.hung',
        details: { context: 'login' },
      });
    } finally {
      await tokens.stop();
      // A driver that crashed so often in a row is set aside until somebody looks again.
      await keysim.control('fault clear');
      await service.refresh();
    }
  });

  it('when another program logs out', async () => {
    const act = await login();
    await keysim.control('fault add function=C_GenerateKeyPair do=logout');
    expect(await codeOf(act.generate(spec))).toBe('token.used-by-other');
    await act.end();
    await keysim.control('fault clear');
    expect(await cleared()).toEqual([]);
  });

  it('when nobody is left to want it: the process ends, whatever the driver does', async () => {
    const { host, client } = await startHost(
      { ...world, ...keysim, token: world.token },
      keysim.module,
      keysim.env,
    );
    const opened = new Promise<void>((resolve) => {
      const [mine, given] = portPair();
      mine.onMessage((raw) => {
        if ((raw as PinReply).type === 'ask') mine.post(submit(world.token.pin));
      });
      const request = {
        act: 'one',
        serial: id.serial,
        label: id.label,
        tries: nothingKnown,
        idleMillis: 60_000,
      };
      client
        .call('act', request, {
          deadline: 60_000,
          ports: [given],
          onProgress: (each) => 'opened' in (each as object) && resolve(),
        })
        .catch(() => {});
    });
    await opened;
    await keysim.control('fault add function=C_GenerateKeyPair do=hang');
    const hanging = client.call(
      'act-work',
      { act: 'one', work: { do: 'generate', ...spec } },
      { deadline: 60_000, onProgress: () => {} },
    );
    hanging.catch(() => {});
    for (;;) if ((await calls()).C_GenerateKeyPair) break;
    host.port.close();
    await host.exited;
    await keysim.control('fault clear');
  });
});
