import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAuthority, startAuthority } from '../../../softhsm-fixtures/authority/index.ts';
import { goodImpression } from '../../../softhsm-fixtures/impressions/index.ts';
import {
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import { runYinkey } from '../../../softhsm-fixtures/yinkey.ts';
import type { SealApplicationView, SealCard } from '../../shared/domain/index.ts';

// From the scan of an impression to a seal on a key, over the real programs: SoftHSM, the practice authority, both hosts.

const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-cli-seal-'));
let world: PracticeWorld;
let token: PracticeToken & { pin: string };
let authority: RunningAuthority;
const scan = path.join(dir, 'scan.jpg');

beforeAll(async () => {
  world = await practiceUp(path.join(dir, 'world'));
  token = (await makeToken(world, { label: '印章盘' })) as typeof token;
  authority = await startAuthority({ dir: world.dir });
  writeFileSync(scan, (await goodImpression(7)).bytes);
});
afterAll(async () => {
  await authority?.close();
  rmSync(dir, { recursive: true, force: true });
});

async function yinkey<T>(args: string[], fds: Record<number, string> = {}) {
  const run = await runYinkey([...args, '--json'], { fds, env: { SOFTHSM2_CONF: world.env.SOFTHSM2_CONF } });
  return { ...run, json: () => run.json() as T };
}
const pin = () => ({ 3: token.pin });
const request = (name: string, ...more: string[]) => {
  const people = ['--administrator', '张三', '--handler', '李四', '--kind', 'contract'];
  return [
    'seal',
    'request',
    scan,
    '--name',
    name,
    ...people,
    '--token',
    token.serial,
    '--pin-fd',
    '3',
    ...more,
  ];
};

describe('yinkey seal request, bind, list, show, export', () => {
  test('applies, waits for the staff, binds, and tells the seal with its status', async () => {
    const certificate = await issue(world, { token, keyType: 'EC-P256', label: '合同专用章' });
    const sent = await yinkey<SealApplicationView>(request('合同专用章'), pin());
    expect([sent.code, sent.json()]).toMatchObject([
      0,
      { phase: 'review', certificate: { sha256: certificate.sha256 }, error: null },
    ]);
    const { id, number } = sent.json();
    const early = await yinkey(['seal', 'bind', '--application', number, '--pin-fd', '3'], pin());
    expect([early.code, early.json()]).toMatchObject([4, { phase: 'review' }]);
    const twice = await yinkey(request('合同专用章'), pin());
    expect([twice.code, twice.json()]).toMatchObject([1, { error: { code: 'seal.application-state' } }]);

    authority.approveSeal(authority.sealApplications()[0]!.id);
    const wrong = await yinkey(['seal', 'bind', '--pin-fd', '3'], { 3: 'wrong999' });
    expect([wrong.code, wrong.json()]).toMatchObject([3, { error: { code: 'token.pin-wrong' } }]);
    const done = await yinkey<SealApplicationView>(['seal', 'bind', '--pin-fd', '3'], pin());
    expect([done.code, done.json()]).toMatchObject([
      0,
      { id, phase: 'bound', bound: { form: 'full', where: 'key', tooSmallFor: [] } },
    ]);
    const { sealId } = done.json();
    expect(authority.sealApplications()[0]).toMatchObject({ state: 'bound', sealId });

    const listed = await yinkey<SealCard[]>(['seal', 'list']);
    const card = listed.json().find((one) => one.id === sealId);
    expect(card).toMatchObject({
      name: '合同专用章',
      kind: 'contract',
      administrator: '张三',
      present: true,
      where: 'key',
      certificate: { sha256: certificate.sha256 },
      verdict: 'valid',
      code: null,
      status: { state: 'normal', stale: false },
    });
    // The practice key's own seal is there, too.
    expect(listed.json().some(({ id: other }) => other === world.seal.id)).toBe(true);

    const out = path.join(dir, 'seal.esl');
    const exported = await yinkey(['seal', 'export', sealId!, '--out', out]);
    expect(exported.code).toBe(0);
    const inspected = await yinkey(['seal', 'inspect', out]);
    expect([inspected.code, inspected.json()]).toMatchObject([0, { verdict: 'valid', seal: { id: sealId } }]);
    const again = await yinkey(['seal', 'export', sealId!, '--out', out]);
    expect([again.code, again.json()]).toMatchObject([1, { error: { code: 'document.output-exists' } }]);
    expect(readFileSync(out).length).toBeGreaterThan(1000);

    authority.suspendSeal(sealId!);
    const shown = await yinkey(['seal', 'show', sealId!]);
    expect([shown.code, shown.json()]).toMatchObject([
      1,
      { card: { status: { state: 'suspended' }, code: 'seal.suspended' }, facts: { id: sealId } },
    ]);
    const nobody = await yinkey(['seal', 'show', '00000000000000']);
    expect([nobody.code, nobody.json()]).toMatchObject([1, { error: { code: 'seal.unknown' } }]);
    const { out: lines } = await runYinkey(['seal', 'list', '--applications'], {
      env: { SOFTHSM2_CONF: world.env.SOFTHSM2_CONF },
    });
    expect(lines).toContain(`${number}  bound  合同专用章`);
    expect(lines).not.toContain('{{');
    // Ten programs one after the other.
  }, 120_000);

  test('tells what the staff wrote, and what no staff has to look at', async () => {
    const certificate = await issue(world, { token, keyType: 'RSA-2048', label: '财务专用章' });
    const on = ['--cert', certificate.id];
    const sent = await yinkey<SealApplicationView>(request('财务专用章', ...on), pin());
    expect(sent.json()).toMatchObject({ phase: 'review' });
    authority.refuseSeal(authority.sealApplications()[0]!.id, '印模不清晰');
    const refused = await yinkey(['seal', 'bind', '--application', sent.json().id, '--pin-fd', '3'], pin());
    expect([refused.code, refused.json()]).toMatchObject([
      1,
      { error: { code: 'seal.refused-by-maker', details: { reason: '印模不清晰' } } },
    ]);
    const off = await yinkey(request('财务专用章', ...on, '--authority', 'http://127.0.0.1:9/'), pin());
    expect([off.code, off.json()]).toMatchObject([4, { error: { code: 'authority.unreachable' } }]);
    const nothing = path.join(dir, 'nothing.esl');
    const unknown = await yinkey(['seal', 'export', '1', '--out', nothing]);
    expect([unknown.code, existsSync(nothing)]).toEqual([1, false]);
  });
});
