import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type IssuedCertificate,
  issue,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import { type Keysim, makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import type { TokenId } from '../../shared/domain/index.ts';
import { portPair } from '../../shared/hosts/index.ts';
import { readSeal } from '../seals/ses/index.ts';
import type { TokenAct } from './act-api.ts';
import { ckr } from './ckr.ts';
import { attribute } from './cryptoki.ts';
import { dataLimits, digestApplication, sealApplication, type TokenData } from './data-api.ts';
import { hashModule } from './module-file.ts';
import { buildTestDriver, type TestDriver } from './test-driver/build.ts';
import { endHosts, submit, tokenHosts } from './test-driver/host.ts';
import { otherProgram } from './test-driver/other-program.ts';
import { SealWorkshop, sha256Of } from './test-driver/seals.ts';
import { TokenService, type TokenServiceOptions } from './token-service.ts';

/** Seals as data objects: the faulty driver stands on the simulator, which stands on SoftHSM. */
const workshop = new SealWorkshop();
const run = promisify(execFile);
let folder: string;
let world: PracticeWorld;
let keysim: Keysim;
let driver: TestDriver;
let service: TokenService;
let id: TokenId;
let one: IssuedCertificate;
let two: IssuedCertificate;
/** A seal of 20 KB, as they come. */
let seal: TokenData;

async function serve(deadlines: TokenServiceOptions['deadlines'] = {}): Promise<TokenService> {
  const agreed = [{ path: driver.path, sha256: await hashModule(driver.path) }];
  return new TokenService({
    spawn: tokenHosts(world, { ...keysim.env, ...driver.env }),
    ledger: { list: () => agreed, agree: () => {}, forget: () => {} },
    known: [],
    deadlines,
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-data-'));
  world = await practiceUp(join(folder, 'world'));
  one = await issue(world, { keyType: 'EC-P256', label: '一章' });
  two = await issue(world, { keyType: 'EC-P256', label: '二章' });
  keysim = await makeKeysim(world);
  driver = buildTestDriver(folder, keysim.module);
  service = await serve();
  id = { module: driver.path, serial: world.token.serial, label: world.token.label };
  seal = workshop.seal({ certificates: [one.der], pictureBytes: 20_000 });
}, 120_000);
afterAll(async () => {
  await service.stop();
  await endHosts();
  await keysim.close();
  workshop.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = new Set<TokenAct>();
/** Labels of what other programs have put on the token. */
const foreign = new Set<string>();
afterEach(async () => {
  driver.wish();
  for (const act of open) await act.end();
  open.clear();
  await keysim.control('clear');
  await keysim.control('fault clear');
  const left = (await data()).map(({ label }) => label);
  if (left.length + foreign.size > 0)
    await otherProgram(world, world.token, { remove: [...left, ...foreign] });
  foreign.clear();
});

async function login(): Promise<TokenAct> {
  const [mine, pinPort] = portPair();
  mine.onMessage((reply) => {
    if ((reply as { type: string }).type === 'ask') mine.post(submit(world.token.pin));
  });
  const act = await service.act(id, { pinPort });
  open.add(act);
  return act;
}
/** What lies on the token, but for the seal of the practice world. */
const data = async () => (await service.data(id)).filter(({ label }) => label.startsWith('530188'));
const failure = (act: Promise<unknown>) =>
  act.then(
    () => ({ code: 'none', details: {} }),
    (error: unknown) => error as { code: string; details: Record<string, unknown> },
  );
const codeOf = async (act: Promise<unknown>) => (await failure(act)).code;
async function calls(name: string): Promise<number> {
  const line = (await keysim.control('calls')).split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}
const digest = ({ label, value }: TokenData): TokenData => ({
  application: digestApplication,
  label,
  value: Uint8Array.from(Buffer.from(sha256Of(value), 'hex')),
});
const named = ({ application, label, value }: TokenData) => ({ application, label, sha256: sha256Of(value) });

describe('seals on a token', () => {
  it('are written once, read without a PIN, seen by other programs, and removed', async () => {
    const act = await login();
    await keysim.control('calls reset');
    await act.writeData(seal);
    await act.writeData(seal);
    expect(await calls('C_CreateObject')).toBe(1);
    await act.writeData(digest(seal));
    expect((await act.data()).filter(({ label }) => label === seal.label)).toHaveLength(2);
    await act.end();

    await keysim.control('calls reset');
    expect(await data()).toEqual(expect.arrayContaining([seal, digest(seal)]));
    expect(await calls('C_Login')).toBe(0);
    const { stdout } = await run(
      'pkcs11-tool',
      ['--module', world.module, '--token-label', id.label, '--list-objects', '--type', 'data'],
      { env: { ...process.env, ...world.env } },
    );
    expect(stdout).toContain(`label:          '${seal.label}'\n  application:    'YinKey seal'`);

    const again = await login();
    await again.removeData(named(digest(seal)));
    await again.removeData({ ...named(seal), sha256: sha256Of(Buffer.from('another')) });
    expect(await again.data()).toContainEqual(seal);
    await again.removeData(named(seal));
    await again.removeData(named(seal));
    await again.end();
    expect(await data()).toEqual([]);
  });

  it('are one for one certificate, unless the new one takes the place of the old', async () => {
    const act = await login();
    await act.writeData(seal);
    await act.writeData(workshop.seal({ certificates: [two.der] }));
    const next = workshop.seal({ certificates: [one.der], name: '新章' });
    expect(await failure(act.writeData(next))).toMatchObject({
      code: 'seal.certificate-taken',
      details: { id: seal.label, name: '练习公章' },
    });
    // Named by its digest, it is the same certificate.
    const byDigest = workshop.seal({ certificates: [one.der], byDigest: true });
    expect(await codeOf(act.writeData(byDigest))).toBe('seal.certificate-taken');
    const replaces = sha256Of(seal.value);
    await act.writeData({ ...byDigest, replaces });
    expect(
      await codeOf(
        act.writeData({ ...workshop.seal({ certificates: [one.der], byDigest: true }), replaces }),
      ),
    ).toBe('seal.certificate-taken');
    await act.end();
    expect((await data()).map(({ label }) => label)).not.toContain(seal.label);
    expect(await data()).toContainEqual(byDigest);
  });

  it('take the place of a digest, and a digest theirs', async () => {
    const act = await login();
    const replaces = sha256Of(seal.value);
    await act.writeData(digest(seal));
    await act.writeData({ ...seal, replaces });
    expect((await act.data()).filter(({ label }) => label === seal.label)).toEqual([seal]);
    await act.writeData({ ...digest(seal), replaces });
    await act.end();
    expect(await data()).toEqual([digest(seal)]);
  });

  it('are what they are called', async () => {
    const act = await login();
    expect(await codeOf(act.writeData({ ...seal, label: workshop.number() }))).toBe('request.invalid');
    expect(await codeOf(act.writeData({ ...seal, application: 'Other' }))).toBe('request.invalid');
    expect(await codeOf(act.writeData({ ...seal, label: 'no label' }))).toBe('request.invalid');
    expect(await codeOf(act.writeData({ ...digest(seal), value: seal.value }))).toBe('request.invalid');
    expect(await codeOf(act.writeData({ ...seal, value: seal.value.slice(1) }))).toBe('seal.unreadable');
    expect(await codeOf(service.data({ ...id, module: '/other' }))).toBe('driver.not-agreed');
    expect(await codeOf(service.data(id))).toBe('token.busy');
    await act.end();
    expect(await codeOf(service.data({ ...id, serial: 'other' }))).toBe('token.not-found');
    expect(await data()).toEqual([]);
  });
});

describe('a token that holds less', () => {
  /** Leaves so many bytes free. */
  async function room(act: TokenAct, memory: number, bytes: number): Promise<void> {
    await keysim.control(`set memory = ${memory}`);
    await act.data();
    await keysim.control(`set memory = ${memory - act.memory.freePublic! + bytes}`);
  }

  it.each([32_768, 65_536])('of %i bytes that are used up says so, and is as it was', async (memory) => {
    const act = await login();
    const old = workshop.seal({ certificates: [one.der], name: '旧章' });
    await act.writeData(old);
    await room(act, memory, 2000);
    const replaces = sha256Of(old.value);
    expect(await failure(act.writeData({ ...seal, replaces }))).toMatchObject({
      code: 'token.memory',
      details: { freePublic: 2000, needed: seal.value.length, ckr: 'CKR_DEVICE_MEMORY' },
    });
    // The old one is worth more than the room it takes.
    expect(await act.data()).toContainEqual(old);
    await act.writeData(digest(seal));
    await act.end();
    expect(await data()).toHaveLength(2);
  });

  it('takes no object that is longer than its longest', async () => {
    await keysim.control('set max-data = 4096');
    const act = await login();
    expect(await failure(act.writeData(seal))).toMatchObject({
      code: 'token.memory',
      details: { needed: seal.value.length },
    });
    const small = workshop.seal({ certificates: [one.der], byDigest: true, pictureBytes: 2000 });
    await act.writeData(small);
    await act.end();
    expect(await data()).toEqual([small]);
  });

  it.each([
    ['CKR_DATA_LEN_RANGE', 'token.memory', 'token.memory'],
    ['CKR_ATTRIBUTE_VALUE_INVALID', 'token.memory', 'token.not-supported'],
    ['CKR_DEVICE_ERROR', 'token.failed', 'token.failed'],
    ['CKR_TOKEN_WRITE_PROTECTED', 'token.write-protected', 'token.write-protected'],
  ])('and answers %s', async (answer, long, short) => {
    const act = await login();
    await keysim.control(`fault add function=C_CreateObject error=${answer} times=always`);
    expect(await codeOf(act.writeData(seal))).toBe(long);
    expect(await codeOf(act.writeData(digest(seal)))).toBe(short);
  });

  it('gets fewer attributes when it refuses some', async () => {
    const act = await login();
    await keysim.control('fault add function=C_CreateObject error=CKR_TEMPLATE_INCONSISTENT');
    // Without CKA_PRIVATE this one makes private objects: nobody would see it before the login.
    expect(await codeOf(act.writeData(seal))).toBe('token.failed');
    await act.end();
    expect(await data()).toEqual([]);
  });

  it('is enough with one session', async () => {
    await keysim.control('set max-sessions = 1');
    await keysim.control('set without-functions = C_SetAttributeValue C_WaitForSlotEvent C_CopyObject');
    const act = await login();
    await act.writeData(seal);
    expect(await act.data()).toContainEqual(seal);
    await act.end();
    expect(await data()).toEqual([seal]);
  });
});

describe('a write that goes wrong', () => {
  it.each(['cut', 'private'])('is found out when the driver says that all is well (%s)', async (how) => {
    const act = await login();
    const old = workshop.seal({ certificates: [one.der] });
    await act.writeData(old);
    driver.wish(`create ${how}`);
    expect(await failure(act.writeData({ ...seal, replaces: sha256Of(old.value) }))).toMatchObject({
      code: 'token.failed',
      details: { operation: 'write' },
    });
    driver.wish();
    await act.end();
    expect(await data()).toEqual([old]);
    const { stdout } = await run(
      'pkcs11-tool',
      [
        '--module',
        world.module,
        '--token-label',
        id.label,
        '--login',
        '--pin',
        world.token.pin,
        '--list-objects',
        '--type',
        'data',
      ],
      { env: { ...process.env, ...world.env } },
    );
    expect(stdout).not.toContain(seal.label);
  });

  it('with the key pulled out: the next one finds it whole', async () => {
    const act = await login();
    await keysim.control('fault add function=C_CreateObject do=pull when=after');
    expect(await codeOf(act.writeData(seal))).toBe('token.removed');
    await act.over;
    expect(await codeOf(service.data(id))).toBe('token.not-found');
    await keysim.control('fault clear');
    await keysim.control(`plug ${id.serial}`);
    const again = await login();
    await keysim.control('calls reset');
    await again.writeData(seal);
    expect(await calls('C_CreateObject')).toBe(0);
    await again.end();
    expect(await data()).toEqual([seal]);
  });

  it('with the driver crashed in the middle: what is left goes when it is written again, and not before', async () => {
    const act = await login();
    driver.wish('create crash');
    expect(await codeOf(act.writeData(seal))).toBe('driver.crashed');
    driver.wish();
    await act.end();
    const half = { ...seal, value: seal.value.slice(0, seal.value.length >> 1) };
    expect(await data()).toEqual([half]);

    const again = await login();
    await keysim.control('fault add function=C_CreateObject error=CKR_DEVICE_ERROR');
    expect(await codeOf(again.writeData(seal))).toBe('token.failed');
    expect(await again.data()).toContainEqual(half);
    await again.writeData(seal);
    await again.end();
    expect(await data()).toEqual([seal]);
  });

  it('what is left of it does not keep the room that it wants', async () => {
    const act = await login();
    driver.wish('create crash');
    expect(await codeOf(act.writeData(seal))).toBe('driver.crashed');
    driver.wish();
    await act.end();
    const again = await login();
    await keysim.control('set memory = 65536');
    await again.data();
    const used = 65_536 - again.memory.freePublic!;
    await keysim.control(`set memory = ${used + (seal.value.length >> 1) + 500}`);
    await again.writeData(seal);
    await again.end();
    expect(await data()).toEqual([seal]);
  });

  it('with another program’s logout: nothing is written', async () => {
    const act = await login();
    await keysim.control('fault add function=C_CreateObject do=logout');
    expect(await codeOf(act.writeData(seal))).toBe('token.used-by-other');
    await act.end();
    expect(await data()).toEqual([]);
  });

  it('a removal that only says so is told', async () => {
    const act = await login();
    await act.writeData(seal);
    // The token answers as if the object were gone.
    await keysim.control('fault add function=C_DestroyObject error=CKR_OBJECT_HANDLE_INVALID');
    expect(await failure(act.removeData(named(seal)))).toMatchObject({
      code: 'token.failed',
      details: { ckr: 'still there' },
    });
    await act.removeData(named(seal));
  });
});

describe('what tokens show is not trusted', () => {
  it('many, long, private and foreign objects', async () => {
    const junk = { application: sealApplication, label: '53018800000000', value: Buffer.alloc(40, 1) };
    await otherProgram(world, world.token, {
      create: [
        { ...junk, times: dataLimits.objects + 6 },
        { ...junk, label: 'long', value: Buffer.alloc(dataLimits.bytes + 1, 1) },
        { ...junk, label: 'private', private: true },
        { ...junk, label: 'other', application: 'Other' },
      ],
    });
    for (const label of ['long', 'private', 'other', junk.label]) foreign.add(label);
    const shown = await service.data(id);
    expect(shown.length).toBeLessThanOrEqual(dataLimits.objects);
    expect(shown.length).toBeGreaterThan(dataLimits.objects - 3);
    for (const label of ['long', 'private', 'other'])
      expect(shown.map((each) => each.label)).not.toContain(label);
  });

  it('objects that refuse to be read, all at once or at all', async () => {
    await otherProgram(world, world.token, { create: [seal] });
    driver.wish(`template ${ckr.CKR_ATTRIBUTE_TYPE_INVALID}`);
    expect(await data()).toEqual([seal]);
    driver.wish('template first');
    expect(await data()).toEqual([seal]);
    driver.wish(`without ${attribute.private}`);
    expect(await data()).toEqual([seal]);
    driver.wish(`without ${attribute.value}`);
    expect(await data()).toEqual([]);
    driver.wish(`without ${attribute.application}`);
    expect(await data()).toEqual([]);
  });

  it('an object that goes away while it is looked at', async () => {
    await otherProgram(world, world.token, { create: [seal] });
    await keysim.control(
      'fault add name=gone function=C_GetAttributeValue error=CKR_OBJECT_HANDLE_INVALID times=always',
    );
    expect(await service.data(id)).toEqual([]);
    await keysim.control('fault clear gone');
    await keysim.control('fault add function=C_GetAttributeValue error=CKR_DEVICE_ERROR times=always');
    expect(await codeOf(service.data(id))).toBe('token.failed');
  });
});

describe('a slow token', () => {
  it('is not taken for one that hangs by a look that waits until its seals are read', async () => {
    await otherProgram(world, world.token, { create: [seal] });
    const tokens = await serve({ list: 3000 });
    try {
      await keysim.control('fault add function=C_OpenSession do=delay ms=2000');
      await keysim.control('fault add function=C_FindObjectsInit do=delay ms=2000');
      const [read, { keys, modules }] = await Promise.all([tokens.data(id), tokens.refresh()]);
      expect(read.map(({ label }) => label)).toContain(seal.label);
      expect(modules.map(({ error }) => error)).toEqual([null]);
      expect(keys.map(({ serial }) => serial)).toContain(id.serial);
    } finally {
      await tokens.stop();
      await keysim.control('fault clear');
    }
  });
});

describe('a token that stops answering', () => {
  it('is given up by the clock for looking, without a login and right after one', async () => {
    await otherProgram(world, world.token, { create: [seal] });
    const tokens = await serve({ list: 700, login: 600_000, sign: 600_000 });
    const hang = () => keysim.control('fault add function=C_GetAttributeValue do=hang times=always');
    try {
      await hang();
      expect(await codeOf(tokens.data(id))).toBe('driver.hung');
      await keysim.control('fault clear');
      const request = {
        serial: id.serial,
        label: id.label,
        certificateSha256: one.sha256,
        scheme: 'ecdsa',
        hash: 'sha256',
        message: Buffer.from('attributes'),
        seal: workshop.use(seal, readSeal(seal.value).picture.data),
      } as const;
      const [mine, pinPort] = portPair();
      mine.onMessage((reply) => {
        if ((reply as { type: string }).type === 'ask')
          void hang().then(() => mine.post(submit(world.token.pin)));
      });
      const outcome = await failure(tokens.sign(id, request, { pinPort }));
      expect(outcome.code).toBe('driver.hung');
      // The login had succeeded: no PIN is in doubt.
      expect(outcome.details).not.toHaveProperty('context');
    } finally {
      await tokens.stop();
      await keysim.control('fault clear');
    }
  });
});
