import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type IssuedCertificate,
  issue,
  makeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import type { PinRequest } from '../../shared/contract/index.ts';
import { portPair } from '../../shared/hosts/index.ts';
import type { TokenReport } from './api.ts';
import { endHosts, startHost, submit, typing } from './test-driver/host.ts';
import { sha256Hex } from './token-list.ts';

let world: PracticeWorld;
let folder: string;
let p384: IssuedCertificate;
let keyless: IssuedCertificate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-host-'));
  world = await practiceUp(join(folder, 'world'));
  p384 = await issue(world, { label: '三八四', keyType: 'EC-P384' });
  keyless = await issue(world, { label: '无私钥', withKey: false });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(endHosts);
const start = () => startHost(world);

/** What openssl says to a signature over `message`. */
function opensslVerifies(der: Uint8Array, hash: string, signature: Uint8Array, message: string, pss = false) {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('certificate.der'), der);
  writeFileSync(at('signature'), signature);
  writeFileSync(at('message'), message);
  const publicKey = execFileSync('openssl', [
    'x509',
    '-inform',
    'DER',
    '-in',
    at('certificate.der'),
    '-pubkey',
    '-noout',
  ]);
  writeFileSync(at('public.pem'), publicKey);
  const padding = pss ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'] : [];
  const said = execFileSync('openssl', [
    'dgst',
    `-${hash}`,
    ...padding,
    '-verify',
    at('public.pem'),
    '-signature',
    at('signature'),
    at('message'),
  ]);
  expect(said.toString()).toContain('Verified OK');
}

describe('token host: list', () => {
  it('tells the module, and each token with its certificates', async () => {
    const { facts, list } = await start();
    expect(facts).toMatchObject({ manufacturer: 'SoftHSM', cryptokiVersion: '2.40' });
    const [token, ...others] = await list();
    expect(others).toEqual([]);
    expect(token).toMatchObject({
      label: world.token.label,
      serial: world.token.serial,
      pinState: 'ok',
      protectedPath: false,
      minPin: 4,
      maxPin: 255,
      error: null,
    });
    const found = new Map(token!.certificates.map((each) => [sha256Hex(each.der), each]));
    for (const { sha256, label } of [...world.certificates, p384]) {
      expect(found.get(sha256)).toMatchObject({ label, hasPrivateKey: true });
    }
    expect(found.get(keyless.sha256)).toMatchObject({ label: '无私钥', hasPrivateKey: false });
  });

  it('sees a PIN that was never set, and leaves spare slots out', async () => {
    const unset = await makeToken(world, { label: '未设', pin: null });
    const { list } = await start();
    const tokens = await list();
    expect(tokens.map(({ label }) => label).sort()).toEqual([world.token.label, '未设'].sort());
    const token = tokens.find(({ serial }) => serial === unset.serial);
    expect(token).toMatchObject({ pinState: 'not-set', certificates: [] });
  });

  it('begins a clock of its own for each token, so that many slow ones are not taken for a hang', async () => {
    const { list, sent } = await start();
    const before = sent.length;
    const tokens = await list();
    const clocks = sent.slice(before).filter((message) => (message as { kind: string }).kind === 'phase');
    expect(tokens.length).toBeGreaterThan(1);
    // None while it waits its turn, one from then on, and one for each token.
    expect(clocks.map((message) => (message as { phase: unknown }).phase)).toEqual([
      null,
      'find',
      ...tokens.map(() => 'find'),
    ]);
  });

  it('sees a token that is pulled and plugged, and new certificates', async () => {
    const { list } = await start();
    const tokens = join(world.dir, 'tokens');
    const away = join(folder, 'pulled');
    const [home] = readdirSync(tokens).filter((name) =>
      readFileSync(join(tokens, name, 'token.object')).includes(world.token.serial),
    );
    const serials = async () => (await list()).map(({ serial }) => serial);
    expect(await serials()).toContain(world.token.serial);
    renameSync(join(tokens, home!), away);
    expect(await serials()).not.toContain(world.token.serial);
    renameSync(away, join(tokens, home!));
    expect(await serials()).toContain(world.token.serial);

    const late = await issue(world, { label: '后来的' });
    const mine = (await list()).find(({ serial }) => serial === world.token.serial);
    expect(mine?.certificates.map(({ der }) => sha256Hex(der))).toContain(late.sha256);
  });
});

describe('token host: sign', () => {
  it.each(['sha256', 'sha384', 'sha512'] as const)('RSA PKCS#1 v1.5 and PSS with %s', async (hash) => {
    const { sign, list } = await start();
    const der = (await list())
      .flatMap(({ certificates }) => certificates)
      .find((each) => sha256Hex(each.der) === world.certificates[0]!.sha256)!.der;
    for (const scheme of ['rsa-pkcs1', 'rsa-pss'] as const) {
      const { value, error, replies, waits } = await sign({ scheme, hash }, typing(world.token.pin));
      expect(error).toBeUndefined();
      opensslVerifies(der, hash, value!.signature, 'attributes', scheme === 'rsa-pss');
      expect(value!.tokenMillis).toBeGreaterThan(0);
      expect(replies.map(({ type }) => type)).toEqual(['ask', 'checking', 'accepted']);
      expect(waits).toEqual(['waiting', 'resumed']);
    }
  });

  it('ECDSA on P-256 and P-384, in DER', async () => {
    const { sign, list } = await start();
    const certificates = (await list()).flatMap((token) => token.certificates);
    for (const [sha256, hash] of [
      [world.certificates[1]!.sha256, 'sha256'],
      [p384.sha256, 'sha384'],
    ] as const) {
      const der = certificates.find((each) => sha256Hex(each.der) === sha256)!.der;
      const request = { certificateSha256: sha256, scheme: 'ecdsa', hash } as const;
      const { value, error } = await sign(request, typing(world.token.pin));
      expect(error).toBeUndefined();
      opensslVerifies(der, hash, value!.signature, 'attributes');
    }
  });

  it('asks again after a wrong PIN, and then takes the right one', async () => {
    const { sign, list } = await start();
    const pins = ['000000', world.token.pin];
    const { value, replies, waits } = await sign({}, (reply) =>
      reply.type === 'ask' ? submit(pins.shift()!) : undefined,
    );
    expect(value?.signature.length).toBe(256);
    expect(replies.map(({ type }) => type)).toEqual(['ask', 'checking', 'ask', 'checking', 'accepted']);
    expect(replies[0]).toMatchObject({ wrong: false, state: 'ok' });
    expect(replies[2]).toMatchObject({ wrong: true, state: 'low' });
    expect(waits).toEqual(['waiting', 'resumed', 'waiting', 'resumed']);
    expect((await list()).find(({ serial }) => serial === world.token.serial)?.pinState).toBe('ok');
  });

  it('never tries a PIN whose length the token rules out', async () => {
    const { sign } = await start();
    const { error, replies } = await sign({}, (reply) =>
      reply.type === 'ask' ? submit('123') : { type: 'cancel' },
    );
    expect(replies.map(({ type }) => type)).toEqual(['ask', 'failed']);
    expect(replies[1]).toMatchObject({
      canRetry: true,
      error: { code: 'token.pin-length', details: { min: 4, max: 255 } },
    });
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
  });

  it('ends when the person cancels or the window goes away', async () => {
    const { sign } = await start();
    for (const answer of [{ type: 'cancel' } as const, 'close' as const]) {
      const { error, replies } = await sign({}, () => answer);
      expect(error).toMatchObject({ code: 'token.pin-cancelled' });
      expect(replies.map(({ type }) => type)).toEqual(['ask']);
    }
  });

  it('asks again, and tries nothing, when the window talks nonsense', async () => {
    const { sign } = await start();
    const nonsense = [
      { type: 'submit' },
      { type: 'submit', pin: '', lastTryAgreed: true },
      7,
    ] as unknown as PinRequest[];
    const { value, replies } = await sign({}, (reply) =>
      reply.type === 'ask' ? (nonsense.shift() ?? submit(world.token.pin)) : undefined,
    );
    expect(replies.map(({ type }) => type)).toEqual(['ask', 'ask', 'ask', 'ask', 'checking', 'accepted']);
    expect(value).toBeDefined();
  });

  it('knows before any PIN what can not be signed', async () => {
    const { sign } = await start();
    const cases = [
      [{ serial: 'ffff' }, 'token.not-found'],
      [{ label: '另一把' }, 'token.not-found'],
      [{ certificateSha256: '0'.repeat(64) }, 'certificate.not-found'],
      [{ scheme: 'ecdsa' }, 'certificate.key-unsupported'],
      [{ certificateSha256: p384.sha256 }, 'certificate.key-unsupported'],
    ] as const;
    for (const [request, code] of cases) {
      const { error, replies } = await sign(request, () => ({ type: 'cancel' }));
      expect(error).toMatchObject({ code });
      expect(replies).toMatchObject([{ type: 'failed', canRetry: false, error: { code } }]);
    }
  });

  it('tells a certificate whose key is not there', async () => {
    const { sign } = await start();
    const { error } = await sign({ certificateSha256: keyless.sha256 }, typing(world.token.pin));
    expect(error).toMatchObject({ code: 'token.key-missing' });
  });

  it('tells a key that was pulled while the PIN was typed, and spends no try', async () => {
    const pulled = await makeToken(world, { label: '会被拔掉', pin: '246810' });
    const certificate = await issue(world, { token: pulled, label: '在会被拔掉的印钥里' });
    const tokens = join(world.dir, 'tokens');
    const home = readdirSync(tokens).find((name) =>
      readFileSync(join(tokens, name, 'token.object')).includes(pulled.serial),
    )!;
    const { sign } = await start();
    const { error, replies } = await sign(
      { serial: pulled.serial, label: pulled.label, certificateSha256: certificate.sha256 },
      (reply) => {
        if (reply.type !== 'ask') return undefined;
        renameSync(join(tokens, home), join(folder, 'gone'));
        return submit('246810');
      },
    );
    expect(error).toMatchObject({ code: 'token.removed' });
    expect(replies.map(({ type }) => type)).toEqual(['ask', 'failed']);
  });

  it('lists the tokens while a person is asked', async () => {
    const { sign, list } = await start();
    const [mine, given] = portPair();
    let seen: TokenReport[] | undefined;
    const { value } = await sign(
      {},
      (reply) => {
        if (reply.type !== 'ask') return undefined;
        // The answer comes only after the list did: a list that waited for the signature would never end.
        void list().then((tokens) => {
          seen = tokens;
          given.post('listed');
        });
        return undefined;
      },
      (answer) => mine.onMessage(() => answer(submit(world.token.pin))),
    );
    expect(value).toBeDefined();
    expect(seen?.map(({ serial }) => serial)).toContain(world.token.serial);
  });

  it('sends a PIN to nobody: neither what was typed wrong nor what was right', async () => {
    const canary = 'C4n4ry-771';
    const token = await makeToken(world, { label: '金丝雀', pin: canary });
    const certificate = await issue(world, { token, label: '金丝雀' });
    const { sign, sent } = await start();
    const wrong = 'Wr0ng-993';
    const pins = [wrong, 'abc', canary];
    const { value, replies } = await sign(
      { serial: token.serial, label: token.label, certificateSha256: certificate.sha256 },
      (reply) => (reply.type === 'ask' || reply.type === 'failed' ? submit(pins.shift()!) : undefined),
    );
    expect(value).toBeDefined();
    const heard = JSON.stringify([sent, replies]);
    for (const pin of [canary, wrong]) {
      expect(heard).not.toContain(pin);
      expect(heard).not.toContain(Buffer.from(pin).toString('base64'));
    }
  });
});
