import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issue, makeToken, type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';

const root = path.join(import.meta.dirname, '../../..');
const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-cli-'));
const file = (...parts: string[]) => path.join(dir, ...parts);
let world: PracticeWorld;

interface Run {
  code: number | null;
  out: string;
  err: string;
  json: () => never;
}

interface RunOptions {
  pin?: string;
  pinFd?: number;
  env?: NodeJS.ProcessEnv;
  /** File permissions hold, also where the tests run as root. */
  mortal?: boolean;
}

/** Root without the rights to pass over file permissions. */
const asMortal = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'];

/** Runs bin/yinkey as a user's shell would. `pin` goes to descriptor `pinFd`. */
function yinkey(args: string[], options: RunOptions = {}): Promise<Run> {
  const { pin, pinFd = 3 } = options;
  return new Promise((resolve, reject) => {
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'pipe'];
    if (pin !== undefined) stdio[pinFd] = 'pipe';
    for (let fd = 3; fd < stdio.length; fd++) stdio[fd] ??= 'ignore';
    const program = path.join(root, 'bin', 'yinkey');
    const [command, ...words] =
      options.mortal && process.getuid?.() === 0 ? [...asMortal, program, ...args] : [program, ...args];
    const child = spawn(command!, words, {
      cwd: dir,
      stdio,
      env: { ...process.env, LANG: 'C.UTF-8', SOFTHSM2_CONF: world.env.SOFTHSM2_CONF, ...options.env },
    });
    let out = '';
    let err = '';
    child.stdout?.on('data', (data: Buffer) => {
      out += data;
    });
    child.stderr?.on('data', (data: Buffer) => {
      err += data;
    });
    if (pin !== undefined) {
      const pipe = child.stdio[pinFd] as NodeJS.WritableStream;
      // The program may refuse before it reads the PIN.
      pipe.on('error', () => {});
      pipe.end(pin);
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err, json: () => JSON.parse(out) as never }));
  });
}

const stampArgs = (output: string, more: Record<string, string> = {}, input = world.documents[0]!) => {
  const options: Record<string, string> = {
    '--out': file(output),
    '--token': world.token.serial,
    '--cert': world.certificates[0]!.id,
    '--image': world.picture,
    '--page': '1',
    '--at': '120,220',
    '--size': '42',
    '--pin-fd': '3',
    ...more,
  };
  return ['stamp', input, ...Object.entries(options).flat(), '--json'];
};

/** The same with the seal on the key in the place of a picture. */
const sealArgs = (output: string, more: Record<string, string> = {}) => {
  const args = stampArgs(output, { '--seal': world.seal.id, ...more });
  for (const option of ['--image', '--size']) {
    if (more[option] === undefined) args.splice(args.indexOf(option), 2);
  }
  return args;
};

beforeAll(async () => {
  world = await practiceUp(file('world'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the main job', () => {
  test('practice up finds what is there', async () => {
    const run = await yinkey(['practice', 'up', '--dir', world.dir, '--no-authority', '--json']);
    expect(run.code).toBe(0);
    expect(run.json()).toMatchObject({
      token: { serial: world.token.serial, pin: world.token.pin },
      certificates: [{ id: world.certificates[0]!.id }, { id: world.certificates[1]!.id }],
    });
  });

  test('keys and certs', async () => {
    const keys = await yinkey(['keys', '--module', world.module, '--json']);
    expect(keys.code).toBe(0);
    expect(keys.json()).toMatchObject([
      {
        module: world.module,
        label: world.token.label,
        serial: world.token.serial,
        manufacturer: 'SoftHSM project',
        pin: { state: 'ok' },
        certificates: expect.arrayContaining([
          expect.objectContaining({
            id: world.certificates[0]!.id,
            keyType: 'RSA-2048',
            hasPrivateKey: true,
          }),
          expect.objectContaining({ id: world.certificates[1]!.id, keyType: 'EC-P256', hasPrivateKey: true }),
        ]),
      },
    ]);
    const certs = await yinkey(['certs', '--json']);
    expect((certs.json() as { daysLeft: number }[]).map(({ daysLeft }) => daysLeft)).toEqual(
      (certs.json() as { daysLeft: number }[]).map(({ daysLeft }) => daysLeft).sort((a, b) => a - b),
    );
  });

  test.each([
    ['RSA-2048', 0, 3],
    ['EC-P256', 1, 0],
    ['RSA-2048', 0, 7],
  ])('stamp with %s, verify, tamper; PIN on descriptor %#', async (keyType, which, pinFd) => {
    const name = `stamped-${which}-${pinFd}.pdf`;
    const args = stampArgs(name, { '--cert': world.certificates[which]!.id, '--pin-fd': String(pinFd) });
    const run = await yinkey(args, { pin: world.token.pin, pinFd });
    expect(run).toMatchObject({ code: 0 });
    expect(run.json()).toMatchObject({ output: file(name), field: 'Picture1', pages: [1], level: 'B-B' });
    const report = await yinkey(['verify', file(name), '--trust', world.trust, '--json']);
    expect(report.code).toBe(0);
    expect(report.json()).toMatchObject({
      verdict: 'valid',
      signatures: [{ integrity: 'intact', coverage: 'whole-file', trust: 'trusted', keyType }],
    });
    const bytes = readFileSync(file(name));
    bytes[5000]! ^= 1;
    writeFileSync(file('tampered.pdf'), bytes);
    const broken = await yinkey(['verify', file('tampered.pdf'), '--trust', world.trust, '--json']);
    expect(broken.code).toBe(1);
    expect(broken.json()).toMatchObject({ verdict: 'invalid', signatures: [{ integrity: 'broken' }] });
  });

  test('a signature picture is told as that, in words and for scripts', async () => {
    const run = await yinkey(stampArgs('picture.pdf'), { pin: world.token.pin });
    expect(run.json()).toMatchObject({ mark: { kind: 'picture' }, field: 'Picture1' });
    const report = await yinkey(['verify', file('picture.pdf'), '--trust', world.trust, '--json']);
    expect(report.json()).toMatchObject({
      sentence: 'one-valid-signature',
      signatures: [{ mark: 'picture', seal: null }],
    });
    const words = await yinkey(['verify', file('picture.pdf'), '--trust', world.trust]);
    expect(words.out).toContain('signature picture, no electronic seal');
  });

  test('stamp with the seal on the key, verify it', async () => {
    const { id, name } = world.seal;
    const run = await yinkey(sealArgs('sealed.pdf'), { pin: world.token.pin });
    expect(run).toMatchObject({ code: 0 });
    expect(run.json()).toMatchObject({
      field: 'Seal1',
      mark: { kind: 'seal', id, name, status: { state: expect.any(String) } },
    });
    const report = await yinkey(['verify', file('sealed.pdf'), '--trust', world.trust, '--json']);
    expect(report.code).toBe(0);
    expect(report.json()).toMatchObject({
      verdict: 'valid',
      sentence: 'one-valid',
      signatures: [
        { mark: 'seal', seal: { verdict: 'valid', pictureDrawn: true, facts: { id, name }, code: null } },
      ],
    });
    const words = await yinkey(['verify', file('sealed.pdf'), '--trust', world.trust]);
    expect(words.out).toContain(`electronic seal ${name} (${id}): genuine`);
    const audit = await yinkey(['audit', 'export']);
    expect(audit.out).toMatch(new RegExp(`"seal":\\{"id":"${id}","sha256":"[0-9a-f]{64}"\\}`));
  });

  test('an unsigned file is told so', async () => {
    const run = await yinkey(['verify', world.documents[0]!, '--trust', world.trust, '--json']);
    expect(run.code).toBe(1);
    expect(run.json()).toMatchObject({ verdict: 'unsigned', signatures: [] });
  });

  test('the audit log tells what was done, and breaks when it is changed', async () => {
    const run = await yinkey(['audit', 'verify', '--json']);
    expect(run.code).toBe(0);
    expect((run.json() as { entries: number }).entries).toBeGreaterThan(0);
  });

  test('doctor shows no holder, no whole serial number, no path', async () => {
    const run = await yinkey(['doctor', '--module', world.module, '--json']);
    expect(run.code).toBe(0);
    for (const secret of [world.token.serial, world.token.pin, '云南省', dir])
      expect(run.out).not.toContain(secret);
  });

  test('words for people in both languages', async () => {
    const chinese = await yinkey(['verify', world.documents[0]!], {
      env: { LANG: 'zh_CN.UTF-8', LC_ALL: '' },
    });
    const english = await yinkey(['verify', world.documents[0]!]);
    expect(chinese.out).toMatch(/\p{Script=Han}/u);
    expect(english.out.replace(path.basename(world.documents[0]!), '')).not.toMatch(/\p{Script=Han}/u);
  });
});

describe('bad input, each with its code', () => {
  const codeOf = (run: Run) =>
    (run.json() as { error: { code: string; heading: string; next: string } }).error;

  /** A stamp that must be refused: the code, words for people, and nothing left behind. */
  async function refused(args: string[], code: string, exit: number, pin = world.token.pin): Promise<void> {
    const before = readdirSync(dir).sort();
    const run = await yinkey(args, { pin });
    const error = codeOf(run);
    expect(error.code).toBe(code);
    expect(run.code).toBe(exit);
    expect(error.heading).not.toContain('errors:');
    expect(error.heading.length).toBeGreaterThan(3);
    expect(error.next.length).toBeGreaterThan(3);
    expect(run.err).toContain(error.heading);
    expect(readdirSync(dir).sort()).toEqual(before);
  }

  test('files that are no PDF to stamp', async () => {
    writeFileSync(file('text.pdf'), 'This is a letter, not a PDF.');
    writeFileSync(file('empty.pdf'), '');
    const letter = readFileSync(world.documents[0]!);
    writeFileSync(file('truncated.pdf'), letter.subarray(0, 600));
    mkdirSync(file('folder.pdf'));
    await refused(stampArgs('x.pdf', {}, file('text.pdf')), 'document.not-pdf', 1);
    await refused(stampArgs('x.pdf', {}, file('empty.pdf')), 'document.empty', 1);
    await refused(stampArgs('x.pdf', {}, file('folder.pdf')), 'document.is-folder', 1);
    await refused(stampArgs('x.pdf', {}, file('nothing.pdf')), 'document.not-found', 1);
    const truncated = await yinkey(stampArgs('x.pdf', {}, file('truncated.pdf')), { pin: world.token.pin });
    expect(['document.truncated', 'document.damaged']).toContain(codeOf(truncated).code);
  });

  test('a file that may not be read', async () => {
    writeFileSync(file('secret.pdf'), readFileSync(world.documents[0]!));
    chmodSync(file('secret.pdf'), 0o000);
    const run = await yinkey(stampArgs('x.pdf', {}, file('secret.pdf')), {
      pin: world.token.pin,
      mortal: true,
    });
    expect(codeOf(run).code).toBe('document.no-permission');
    expect(run.code).toBe(1);
    expect(existsSync(file('x.pdf'))).toBe(false);
  });

  test('an output that exists is kept, unless --force says otherwise', async () => {
    writeFileSync(file('exists.pdf'), 'mine');
    await refused(stampArgs('exists.pdf'), 'document.output-exists', 1);
    expect(readFileSync(file('exists.pdf'), 'utf8')).toBe('mine');
    const forced = await yinkey([...stampArgs('exists.pdf'), '--force'], { pin: world.token.pin });
    expect(forced.code).toBe(0);
    expect(readFileSync(file('exists.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
    await refused(stampArgs(path.join('no', 'such', 'x.pdf')), 'document.output-folder-missing', 1);
  });

  test('keys and certificates that are not there', async () => {
    await refused(stampArgs('x.pdf', { '--token': '0000' }), 'token.not-found', 3);
    await refused(stampArgs('x.pdf', { '--cert': 'ffff' }), 'certificate.not-found', 1);
    const bare = await makeToken(world, { label: 'bare' });
    await issue(world, { token: bare as never, withCertificate: false, label: 'no certificate' });
    await refused(stampArgs('x.pdf', { '--token': bare.serial }), 'certificate.none', 1, bare.pin!);
    const lonely = await issue(world, { withKey: false, label: 'no key' });
    await refused(stampArgs('x.pdf', { '--cert': lonely.id }), 'certificate.no-private-key', 1);
  });

  test('certificates that can not stamp today', async () => {
    const day = 86_400_000;
    const expired = await issue(world, {
      label: 'expired',
      notBefore: new Date(Date.now() - 30 * day),
      notAfter: new Date(Date.now() - day),
    });
    await refused(stampArgs('x.pdf', { '--cert': expired.id }), 'certificate.expired', 1);
    const early = await issue(world, {
      label: 'early',
      notBefore: new Date(Date.now() + day),
      notAfter: new Date(Date.now() + 9 * day),
    });
    await refused(stampArgs('x.pdf', { '--cert': early.id }), 'certificate.not-yet-valid', 1);
    const server = await issue(world, { label: 'server', keyUsage: ['keyEncipherment'] });
    await refused(stampArgs('x.pdf', { '--cert': server.id }), 'certificate.no-signing-usage', 1);
  });

  test('pictures and places', async () => {
    writeFileSync(file('picture.png'), 'no picture');
    writeFileSync(file('large.png'), Buffer.alloc(21 * 1024 * 1024));
    await refused(stampArgs('x.pdf', { '--image': file('picture.png') }), 'seal.not-a-picture', 1);
    await refused(stampArgs('x.pdf', { '--image': file('large.png') }), 'seal.too-large', 1);
    await refused(stampArgs('x.pdf', { '--image': file('none.png') }), 'seal.not-found', 1);
    await refused(stampArgs('x.pdf', { '--at': '190,220' }), 'document.place-off-page', 1);
    await refused(stampArgs('x.pdf', { '--page': '99' }), 'document.page-missing', 1);
    await refused(stampArgs('x.pdf', { '--page': 'one' }), 'usage', 2);
    await refused(stampArgs('x.pdf', { '--at': 'here' }), 'usage', 2);
    await refused(stampArgs('x.pdf', { '--size': '0' }), 'usage', 2);
  });

  test('a seal and how it is used', async () => {
    await refused(sealArgs('x.pdf', { '--image': world.picture }), 'usage', 2);
    await refused(sealArgs('x.pdf', { '--size': '42' }), 'usage', 2);
    await refused(sealArgs('x.pdf', { '--seal': '99999999999999' }), 'seal.not-on-key', 1);
    await refused(sealArgs('x.pdf', { '--cert': world.certificates[1]!.id }), 'seal.not-listed', 1);
    const neither = stampArgs('x.pdf');
    neither.splice(neither.indexOf('--image'), 2);
    await refused(neither, 'usage', 2);
  });

  test('a wrong PIN is used once, and called by its name', async () => {
    await refused(stampArgs('x.pdf'), 'token.pin-wrong', 3, '99999999');
    await refused(stampArgs('x.pdf'), 'token.pin-length', 3, '1');
    await refused(stampArgs('x.pdf', { '--pin-fd': '9' }), 'usage', 2);
    // The right one still works: nothing was tried twice.
    const run = await yinkey(stampArgs('after-wrong.pdf'), { pin: world.token.pin });
    expect(run.code).toBe(0);
  });

  test('modules that are none', async () => {
    writeFileSync(file('module.so'), 'no module');
    const text = await yinkey(['keys', '--module', file('module.so'), '--json']);
    expect(codeOf(text).code).toBe('driver.not-a-module');
    expect(text.code).toBe(3);
    const missing = await yinkey(['keys', '--module', file('missing.so'), '--json']);
    expect(codeOf(missing).code).toBe('driver.not-found');
    const library = ['/lib/x86_64-linux-gnu/libc.so.6', '/lib/aarch64-linux-gnu/libc.so.6'].find((one) =>
      existsSync(one),
    );
    if (library) {
      const other = await yinkey(['keys', '--module', library, '--json']);
      expect(codeOf(other).code).toBe('driver.not-a-module');
    }
  });

  test('usage', async () => {
    for (const args of [
      [],
      ['stamp'],
      ['stamp', 'a.pdf'],
      ['no-such-command'],
      ['keys', '--no-such-option'],
    ]) {
      expect((await yinkey(args)).code, args.join(' ')).toBe(2);
    }
    expect((await yinkey(['--help'])).code).toBe(0);
  });

  test('roots that can not be read', async () => {
    writeFileSync(file('roots.pem'), 'nothing');
    const run = await yinkey(['verify', world.documents[0]!, '--trust', file('roots.pem'), '--json']);
    expect(codeOf(run).code).toBe('trust.unreadable');
    expect(run.code).toBe(1);
  });
});
