import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAuthority, startAuthority } from '../../../softhsm-fixtures/authority/index.ts';
import { issue, makeToken, type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import { runYinkey } from '../../../softhsm-fixtures/yinkey.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-cli-lost-'));
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

test('yinkey seal lost: signed by another key of the unit; the certificate and its seal end', async () => {
  const token = await makeToken(world, { label: '备用盘' });
  const other = await issue(world, { token, keyType: 'EC-P256', label: '公章' });
  const env = { SOFTHSM2_CONF: world.env.SOFTHSM2_CONF };
  // The practice key is the lost one: it has a seal.
  const lost = authority.seals().find(({ id }) => id === world.seal.id)!;
  const args = ['seal', 'lost', '--cert', lost.certificateSha256, '--reason', 'stolen', '--reporter', '李'];
  const nothing = await runYinkey([...args, '--json'], { env });
  expect([nothing.code, nothing.json()]).toMatchObject([1, { error: { code: 'loss.no-proof' } }]);
  const signed = ['--signer-cert', other.sha256.slice(0, 16), '--pin-fd', '3', '--json'];
  const done = await runYinkey([...args, ...signed], { env, fds: { 3: token.pin! } });
  expect([done.code, done.json()]).toMatchObject([
    0,
    { certificate: { sha256: lost.certificateSha256 }, reason: 'stolen', seals: [{ id: lost.id }] },
  ]);
  expect(authority.seals().find(({ id }) => id === lost.id)?.state).toBe('cancelled');
  // The same client refuses to stamp with it, and knows the seal's state.
  const shown = await runYinkey(['seal', 'show', lost.id, '--json'], { env });
  expect(shown.json()).toMatchObject({ card: { code: 'seal.cancelled', status: { state: 'cancelled' } } });
}, 120_000);
