import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAuthority, startAuthority } from '../../../softhsm-fixtures/authority/index.ts';
import { type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import { seedKeys } from '../../../softhsm-fixtures/seed.ts';
import { runYinkey } from '../../../softhsm-fixtures/yinkey.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-cli-certs-'));
let world: PracticeWorld;
let authority: RunningAuthority;
beforeAll(async () => {
  world = await practiceUp(path.join(dir, 'world'));
  authority = await startAuthority({ dir: world.dir });
});
afterAll(async () => {
  await authority?.close();
  rmSync(dir, { recursive: true, force: true });
});
const yinkey = (args: string[], fds: Record<number, string> = {}) =>
  runYinkey(args, { fds, cwd: dir, env: { SOFTHSM2_CONF: world.env.SOFTHSM2_CONF } });

describe('yinkey certs', () => {
  test('status asks the authority, and says unknown, not good, when it is away', async () => {
    const good = await yinkey(['certs', 'status', '--json']);
    expect(good.code).toBe(0);
    const listed = good.json() as { status: { revocation: string; source: string; chain: string } }[];
    expect(listed).toHaveLength(world.certificates.length);
    for (const { status } of listed)
      expect(status).toMatchObject({ revocation: 'good', source: 'ocsp', chain: 'trusted' });
    await authority.close();
    rmSync(path.join(world.dir, 'client'), { recursive: true, force: true });
    const away = await yinkey(['certs', 'status', '--json']);
    expect(away.code).toBe(4);
    expect(away.json()).toMatchObject(
      [{ status: { revocation: 'unknown', error: { code: 'authority.unreachable' } } }].concat(
        listed.slice(1).map(() => expect.anything()),
      ),
    );
  });

  test('export writes what others can read, over no file that is there', async () => {
    const [one] = world.certificates;
    const out = path.join(dir, 'chain.pem');
    const args = ['certs', 'export', '--cert', one!.id, '--out', out, '--format', 'chain', '--json'];
    expect((await yinkey(args)).json()).toMatchObject({ sha256: one!.sha256, certificates: 3 });
    const said = execFileSync('openssl', ['verify', '-CAfile', world.trust, '-untrusted', out, out]);
    expect(said.toString()).toContain('OK');
    const again = await yinkey(args);
    expect(again.code).toBe(1);
    expect(again.json()).toMatchObject({ error: { code: 'document.output-exists' } });
    const unknown = await yinkey([
      'certs',
      'export',
      '--cert',
      'ffff',
      '--out',
      path.join(dir, 'x'),
      '--json',
    ]);
    expect(unknown.json()).toMatchObject({ error: { code: 'certificate.not-found' } });
  });

  test('import takes a certificate whose key is on the token, and no other file', async () => {
    const file = path.join(dir, 'own.cer');
    const { id } = world.certificates[0]!;
    await yinkey(['certs', 'export', '--cert', id, '--out', file, '--format', 'der']);
    const done = await yinkey(['certs', 'import', file, '--pin-fd', '3', '--json'], { 3: world.token.pin });
    expect(done.code).toBe(0);
    const foreign = path.join(dir, 'root.pem');
    writeFileSync(foreign, readFileSync(world.trust));
    const refused = await yinkey(['certs', 'import', foreign, '--pin-fd', '3', '--json'], {
      3: world.token.pin,
    });
    expect(refused.json()).toMatchObject({ error: { code: 'certificate.no-key-on-token' } });
    const nonsense = await yinkey(['certs', 'import', path.join(world.dir, 'practice.json'), '--json']);
    expect(nonsense.json()).toMatchObject({ error: { code: 'certificate.not-a-certificate' } });
    const wrong = await yinkey(['certs', 'import', file, '--pin-fd', '3', '--json'], { 3: 'wrong999' });
    expect(wrong.code).toBe(3);
    expect(wrong.json()).toMatchObject({ error: { code: 'token.pin-wrong' } });
  });
});

test('a certificate that was heard to be revoked stamps nothing, and no PIN is taken for it', async () => {
  const [seed] = await seedKeys(world, ['revoked']);
  authority = await startAuthority({ dir: world.dir });
  await yinkey(['certs', 'status', '--json']);
  const { certificate, token } = seed!;
  const out = path.join(dir, 'stamped.pdf');
  const options = {
    '--image': world.picture,
    '--page': '1',
    '--at': '100,100',
    '--out': out,
    '--token': token.serial,
    '--cert': certificate.id,
    '--pin-fd': '3',
  };
  const args = ['stamp', world.documents[0]!, ...Object.entries(options).flat(), '--json'];
  const refused = await yinkey(args, { 3: token.pin! });
  expect(refused.json()).toMatchObject({ error: { code: 'certificate.revoked' } });
  expect(refused.code).toBe(1);
  expect(existsSync(out)).toBe(false);
});
