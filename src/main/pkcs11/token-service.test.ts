import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issue, type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import type { PinReply } from '../../shared/contract/index.ts';
import type { KeysSnapshot, TokenId } from '../../shared/domain/index.ts';
import { type HostProcess, portPair } from '../../shared/hosts/index.ts';
import { spawnNodeHost } from '../cli/spawn.ts';
import type { SignRequest } from './api.ts';
import { hashModule } from './module-file.ts';
import { buildTestDriver, type TestDriver } from './test-driver/build.ts';
import { hostEntry, submit } from './test-driver/host.ts';
import { type ModuleLedger, TokenService, type TokenServiceOptions } from './token-service.ts';
import type { KnownModule } from './vendors.ts';

let folder: string;
let world: PracticeWorld;
let driver: TestDriver;
let softHsmHash: string;
let driverHash: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-service-'));
  world = await practiceUp(join(folder, 'world'));
  driver = buildTestDriver(folder, world.module);
  softHsmHash = await hashModule(world.module);
  driverHash = await hashModule(driver.path);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => driver.wish());

function ledgerOf(...agreed: { path: string; sha256: string }[]): ModuleLedger & { agreed: typeof agreed } {
  return {
    agreed,
    list: () => agreed,
    agree: (path, sha256) => {
      agreed.push({ path, sha256 });
    },
    forget: (path) => {
      agreed.splice(
        agreed.findIndex((each) => each.path === path),
        1,
      );
    },
  };
}

const services: TokenService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
});

function serviceOf(ledger: ModuleLedger, options: Partial<TokenServiceOptions> = {}) {
  const started: HostProcess[] = [];
  const spawn = spawnNodeHost(hostEntry, { env: { ...process.env, ...world.env, ...driver.env } });
  const service = new TokenService({
    spawn: () => {
      const host = spawn();
      started.push(host);
      return host;
    },
    ledger,
    known: [],
    ...options,
  });
  services.push(service);
  return { service, started };
}

/** Waits for a snapshot of a kind: by the service's own telling, not by the clock. */
function until(service: TokenService, fits: (snapshot: KeysSnapshot) => boolean): Promise<KeysSnapshot> {
  return new Promise((resolve) => {
    const done = service.onChange((snapshot) => {
      if (!fits(snapshot)) return;
      done();
      resolve(snapshot);
    });
    if (fits(service.snapshot())) {
      done();
      resolve(service.snapshot());
    }
  });
}

const softHsm = () => ledgerOf({ path: world.module, sha256: softHsmHash });
const faulty = () => ledgerOf({ path: driver.path, sha256: driverHash });
const tokenOf = (module: string): TokenId => ({
  module,
  serial: world.token.serial,
  label: world.token.label,
});

function request(): SignRequest {
  return {
    serial: world.token.serial,
    label: world.token.label,
    certificateSha256: world.certificates[0]!.sha256,
    scheme: 'rsa-pkcs1',
    hash: 'sha256',
    message: Buffer.from('attributes'),
  };
}

/** A PIN window in memory that types the right PIN; `closed` when its port was closed. */
function pinWindow(onReply: (reply: PinReply) => void = () => {}) {
  const [mine, pinPort] = portPair();
  mine.onMessage((message) => {
    const reply = message as PinReply;
    onReply(reply);
    if (reply.type === 'ask') mine.post(submit(world.token.pin));
  });
  return { pinPort, closed: new Promise<void>((resolve) => mine.onClose(resolve)) };
}

describe('snapshot', () => {
  it('begins with loading, and then holds every key with its certificates', async () => {
    const { service, started } = serviceOf(softHsm());
    expect(service.snapshot()).toMatchObject({ loading: true, keys: [], modules: [{ state: 'starting' }] });
    expect(started).toEqual([]);
    const snapshot = await service.refresh();
    expect(snapshot).toMatchObject({
      loading: false,
      modules: [{ path: world.module, name: 'SoftHSM', state: 'ready', sha256: softHsmHash, error: null }],
    });
    const [key] = snapshot.keys;
    expect(key).toMatchObject({
      ...tokenOf(world.module),
      moduleName: 'SoftHSM',
      pin: { state: 'ok', minLength: 4, maxLength: 255, protectedPath: false },
      error: null,
    });
    for (const expected of world.certificates) {
      const found = key!.certificates.find(({ id }) => id === expected.id);
      expect(found).toMatchObject({
        subject: expected.subject,
        issuer: expected.issuer,
        serialNumber: expected.serialNumber,
        notAfter: expected.notAfter,
        keyType: expected.keyType,
        sha256: expected.sha256,
        hasPrivateKey: true,
        isCa: false,
        canSign: true,
        validity: 'valid',
      });
      expect(found!.daysLeft).toBeGreaterThan(360);
    }
    expect(key!.certificates.find(({ isCa }) => isCa)).toMatchObject({
      hasPrivateKey: false,
      canSign: false,
    });
  });

  it('judges the dates by the clock it is given', async () => {
    const at = (days: number) => new Date(Date.parse(world.certificates[0]!.notAfter) - days * 86_400_000);
    const validityAt = async (now: Date) => {
      const { service } = serviceOf(softHsm(), { now: () => now });
      const { keys } = await service.refresh();
      return keys[0]!.certificates.find(({ id }) => id === world.certificates[0]!.id);
    };
    expect(await validityAt(at(91.5))).toMatchObject({ validity: 'valid', daysLeft: 91 });
    expect(await validityAt(at(90))).toMatchObject({ validity: 'soon', daysLeft: 90 });
    expect(await validityAt(at(-1))).toMatchObject({ validity: 'expired', daysLeft: -1 });
    expect(await validityAt(at(4000))).toMatchObject({ validity: 'not-yet-valid' });
  });

  it('keeps its revision while nothing changes', async () => {
    const { service } = serviceOf(softHsm());
    const first = await service.refresh();
    const second = await service.refresh();
    expect(second).toBe(first);
    expect(service.snapshot().revision).toBe(first.revision);
  });

  it('keeps a token apart that two modules show', async () => {
    const { service } = serviceOf(
      ledgerOf({ path: world.module, sha256: softHsmHash }, { path: driver.path, sha256: driverHash }),
    );
    const { keys } = await service.refresh();
    expect(keys.map(({ module }) => module)).toEqual([world.module, driver.path]);
    expect(new Set(keys.map(({ serial }) => serial)).size).toBe(1);
    expect(new Set(keys.map(({ key }) => key)).size).toBe(2);
  });

  it('gives the chain that lies on the token, the signer first', async () => {
    const { service } = serviceOf(softHsm());
    await service.refresh();
    const [own, issuing, ...more] = service.chain(tokenOf(world.module), world.certificates[0]!.id);
    expect(more).toEqual([]);
    expect(own!.length).toBeGreaterThan(500);
    const pem = readFileSync(world.issuing, 'utf8').replace(/-----[^-]+-----|\s/g, '');
    expect(Buffer.from(issuing!).toString('base64')).toBe(pem);
    expect(() => service.chain(tokenOf(world.module), '0000')).toThrow('certificate.not-found');
    expect(() => service.chain(tokenOf('/nowhere'), '0000')).toThrow('token.not-found');
  });
});

describe('polling', () => {
  it('tells a key that is pulled and plugged, and new certificates on it', async () => {
    const { service } = serviceOf(softHsm());
    await until(service, ({ keys }) => keys.length === 1);
    const tokens = join(world.dir, 'tokens');
    const [home] = readdirSync(tokens).filter((name) => !name.endsWith('.lock'));
    const away = join(folder, 'pulled');
    renameSync(join(tokens, home!), away);
    const without = await until(service, ({ keys }) => keys.length === 0);
    expect(without.modules[0]).toMatchObject({ state: 'ready', error: null });
    renameSync(away, join(tokens, home!));
    await until(service, ({ keys }) => keys.length === 1);
    const late = await issue(world, { label: '后来的' });
    const told = await until(
      service,
      ({ keys }) => keys[0]?.certificates.some(({ id }) => id === late.id) ?? false,
    );
    expect(told.keys[0]?.certificates.find(({ id }) => id === late.id)).toMatchObject({ label: '后来的' });
  });

  it('starts a host that died between two looks again, and nothing on the screen changes', async () => {
    const { service, started } = serviceOf(softHsm());
    const first = await service.refresh();
    process.kill(service.pidOf(world.module)!, 'SIGKILL');
    await started[0]!.exited;
    expect(service.pidOf(world.module)).toBeUndefined();
    expect(await service.refresh()).toBe(first);
    expect(started.length).toBe(2);
  });

  it('shows the trouble of a driver that crashes, and gets it back by itself', async () => {
    const { service } = serviceOf(faulty());
    await until(service, ({ keys }) => keys.length === 1);
    driver.wish('slots crash');
    const trouble = await until(service, ({ modules }) => modules[0]?.state === 'trouble');
    expect(trouble.keys).toEqual([]);
    expect(trouble.modules[0]?.error).toMatchObject({ code: 'driver.crashed' });
    driver.wish();
    const again = await until(service, ({ keys }) => keys.length === 1);
    expect(again.modules[0]).toMatchObject({ state: 'ready', error: null });
  });
});

describe('a driver in trouble', () => {
  it('that crashes is told as crashed, and works again on refresh', async () => {
    const { service, started } = serviceOf(faulty());
    driver.wish('slots crash');
    const snapshot = await service.refresh();
    expect(snapshot).toMatchObject({
      loading: false,
      keys: [],
      modules: [
        { state: 'trouble', error: { code: 'driver.crashed', details: { module: 'test-driver.so' } } },
      ],
    });
    driver.wish();
    expect((await service.refresh()).keys.length).toBe(1);
    expect(started.length).toBe(2);
  });

  it('that hangs is ended at its deadline, told as hung, and works again on refresh', async () => {
    const { service, started } = serviceOf(faulty(), { deadlines: { list: 300 } });
    driver.wish('slots hang');
    const snapshot = await service.refresh();
    expect(snapshot.modules[0]).toMatchObject({
      state: 'trouble',
      error: { code: 'driver.hung', details: { call: 'list' } },
    });
    await started[0]!.exited;
    await service.stop();
    driver.wish();
    const { service: patient } = serviceOf(faulty());
    expect((await patient.refresh()).keys.length).toBe(1);
  });

  it('that breaks down again and again is set aside, and started again on refresh only', async () => {
    const { service, started } = serviceOf(faulty());
    driver.wish('slots crash');
    for (let n = 1; n <= 4; n++) {
      expect((await service.refresh()).modules[0]?.error?.code).toBe('driver.crashed');
    }
    const { modules } = await service.refresh();
    expect(modules[0]).toMatchObject({
      state: 'trouble',
      error: { code: 'driver.set-aside', details: { was: 'driver.crashed', module: 'test-driver.so' } },
    });
    const starts = started.length;
    const { pinPort, closed } = pinWindow();
    await expect(service.sign(tokenOf(driver.path), request(), { pinPort })).rejects.toMatchObject({
      code: 'driver.set-aside',
    });
    await closed;
    expect(started.length).toBe(starts);
    driver.wish();
    const again = await service.refresh();
    expect(again.modules[0]).toMatchObject({ state: 'ready', error: null });
    expect(again.keys.length).toBe(1);
  });

  it('that hangs in C_Initialize holds nobody up: other keys show while it is waited for', async () => {
    const { service } = serviceOf(
      ledgerOf({ path: driver.path, sha256: driverHash }, { path: world.module, sha256: softHsmHash }),
      { deadlines: { load: 8000 } },
    );
    driver.wish('initialize hang');
    const first = await until(service, ({ keys }) => keys.length === 1);
    expect(first.modules.map(({ state }) => state)).toEqual(['starting', 'ready']);
    const later = await until(service, ({ modules }) => modules[0]?.state === 'trouble');
    expect(later.modules[0]?.error).toMatchObject({ code: 'driver.hung' });
    expect(later.keys.length).toBe(1);
  });

  it('does not hold up the others', async () => {
    const { service } = serviceOf(
      ledgerOf({ path: driver.path, sha256: driverHash }, { path: world.module, sha256: softHsmHash }),
    );
    driver.wish('slots crash');
    const { keys, modules } = await service.refresh();
    expect(keys.map(({ module }) => module)).toEqual([world.module]);
    expect(modules.map(({ state }) => state)).toEqual(['trouble', 'ready']);
  });

  it('that is gone, changed or no module is told so, and never loaded', async () => {
    const copy = join(folder, 'copy.so');
    copyFileSync(world.module, copy);
    const text = join(folder, 'text.so');
    writeFileSync(text, 'no module');
    const { service, started } = serviceOf(
      ledgerOf(
        { path: join(folder, 'gone.so'), sha256: '0'.repeat(64) },
        { path: copy, sha256: '0'.repeat(64) },
      ),
    );
    const { modules } = await service.refresh();
    expect(modules).toMatchObject([
      { state: 'missing', sha256: '', error: { code: 'driver.not-found' } },
      { state: 'changed', error: { code: 'driver.changed' } },
    ]);
    expect(started).toEqual([]);

    // Agreed, and yet nothing that the system can load: the host says so.
    const { service: second } = serviceOf(ledgerOf({ path: text, sha256: await hashModule(text) }));
    expect((await second.refresh()).modules[0]).toMatchObject({
      state: 'trouble',
      error: { code: 'driver.load-failed' },
    });
  });
});

describe('signing', () => {
  it('signs, tells when the person is waited for, and reads the flags again', async () => {
    const { service } = serviceOf(softHsm());
    await service.refresh();
    const { pinPort } = pinWindow();
    const told: string[] = [];
    const answer = await service.sign(tokenOf(world.module), request(), {
      pinPort,
      onWaiting: () => told.push('waiting'),
      onResumed: () => told.push('resumed'),
    });
    expect(answer.signature.length).toBe(256);
    expect(told).toEqual(['waiting', 'resumed']);
  });

  it('tells a driver that dies over the signature, closes the window, and goes on', async () => {
    const { service } = serviceOf(faulty());
    await service.refresh();
    driver.wish('sign crash');
    const window = pinWindow();
    await expect(service.sign(tokenOf(driver.path), request(), window)).rejects.toMatchObject({
      code: 'driver.crashed',
    });
    await window.closed;
    expect(service.snapshot()).toMatchObject({ keys: [], modules: [{ state: 'trouble' }] });
    driver.wish();
    expect((await service.sign(tokenOf(driver.path), request(), pinWindow())).signature.length).toBe(256);
    expect((await service.refresh()).keys.length).toBe(1);
  });

  it('tells a host that is killed while the person types', async () => {
    const { service } = serviceOf(softHsm());
    await service.refresh();
    const [mine, pinPort] = portPair();
    mine.onMessage(() => process.kill(service.pidOf(world.module)!, 'SIGKILL'));
    await expect(service.sign(tokenOf(world.module), request(), { pinPort })).rejects.toMatchObject({
      code: 'driver.crashed',
    });
    expect((await service.refresh()).keys.length).toBe(1);
  });

  it('ends a driver that hangs over the signature', async () => {
    const { service } = serviceOf(faulty(), { deadlines: { sign: 2000 } });
    await service.refresh();
    driver.wish('sign hang');
    await expect(service.sign(tokenOf(driver.path), request(), pinWindow())).rejects.toMatchObject({
      code: 'driver.hung',
      details: { call: 'sign' },
    });
  });

  it('has a deadline for each kind of work: a login that hangs is not given a signature’s time', async () => {
    const { service } = serviceOf(faulty(), { deadlines: { login: 300, sign: 600_000 } });
    await service.refresh();
    driver.wish('login hang');
    const { pinPort } = pinWindow();
    await expect(service.sign(tokenOf(driver.path), request(), { pinPort })).rejects.toMatchObject({
      code: 'driver.hung',
    });
  });

  it('signs with agreed and unchanged drivers only', async () => {
    const copy = join(folder, 'changing.so');
    copyFileSync(world.module, copy);
    const { service, started } = serviceOf(ledgerOf({ path: copy, sha256: '1'.repeat(64) }));
    for (const [module, code] of [
      [world.module, 'driver.not-agreed'],
      [copy, 'driver.changed'],
    ] as const) {
      const window = pinWindow();
      await expect(service.sign(tokenOf(module), request(), window)).rejects.toMatchObject({ code });
      await window.closed;
    }
    expect(started).toEqual([]);
  });
});

describe('modules', () => {
  const known = (paths: string[]): KnownModule[] => [
    { id: 'x', name: 'Practice', vendor: 'Nobody', paths: { linux: paths, darwin: paths, win32: paths } },
  ];

  it('offers known drivers that are there, each file once, and loads none unasked', async () => {
    const link = join(folder, 'link.so');
    symlinkSync(world.module, link);
    const broken = join(folder, 'broken.so');
    writeFileSync(broken, 'not a driver at all');
    const { service, started } = serviceOf(ledgerOf(), {
      known: known([world.module, link, broken, join(folder, 'absent.so')]),
    });
    const { modules, loading, keys } = await service.refresh();
    expect({ loading, keys }).toEqual({ loading: false, keys: [] });
    expect(modules).toMatchObject([
      { path: world.module, name: 'Practice', vendor: 'Nobody', state: 'not-agreed', sha256: softHsmHash },
      { path: broken, state: 'trouble', error: { code: 'driver.not-a-module' } },
    ]);
    expect(started).toEqual([]);
  });

  it('loads a driver once the user agreed to this very file, and no more after "forget"', async () => {
    const ledger = ledgerOf();
    const { service, started } = serviceOf(ledger, { known: known([world.module]) });
    await expect(service.agree(world.module, '2'.repeat(64))).rejects.toMatchObject({
      code: 'driver.changed',
    });
    expect(ledger.agreed).toEqual([]);
    const facts = await service.examine(world.module);
    expect(facts).toEqual({ path: world.module, name: 'SoftHSM', sha256: softHsmHash, known: true });
    expect(started).toEqual([]);
    const agreed = await service.agree(facts.path, facts.sha256);
    expect(agreed).toMatchObject({ modules: [{ path: world.module, state: 'ready' }], keys: [{}] });
    const forgotten = await service.forget(world.module);
    expect(forgotten).toMatchObject({ modules: [{ path: world.module, state: 'not-agreed' }], keys: [] });
    await started[0]!.exited;
  });

  it('names what can not be a driver', async () => {
    const { service } = serviceOf(ledgerOf());
    await expect(service.examine('libsofthsm2.so')).rejects.toMatchObject({ code: 'driver.not-found' });
    await expect(service.examine(folder)).rejects.toMatchObject({ code: 'driver.not-a-module' });
    await expect(service.agree(join(folder, 'none.so'), '')).rejects.toMatchObject({
      code: 'driver.not-found',
    });
  });
});
