import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAuthority, startAuthority } from '../../../softhsm-fixtures/authority/index.ts';
import { enrolmentSubject } from '../../../softhsm-fixtures/authority/orders-enrolment.ts';
import {
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import { withUsccCheck } from '../../../softhsm-fixtures/uscc.ts';
import { runYinkey } from '../../../softhsm-fixtures/yinkey.ts';
import type { RenewalView } from '../../shared/domain/index.ts';
import { der, readName } from '../certificates/index.ts';

const day = 86_400_000;
const dir = mkdtempSync(path.join(tmpdir(), 'yinkey-cli-renew-'));
let world: PracticeWorld;
let token: PracticeToken & { pin: string };
let authority: RunningAuthority;

beforeAll(async () => {
  world = await practiceUp(path.join(dir, 'world'));
  token = (await makeToken(world, { label: '续期盘' })) as typeof token;
  authority = await startAuthority({ dir: world.dir });
});
afterAll(async () => {
  await authority?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What it says on standard error is heard while it runs. */
async function yinkey(args: string[], fds: Record<number, string> = {}, hear?: (text: string) => void) {
  const env = { SOFTHSM2_CONF: world.env.SOFTHSM2_CONF };
  const run = await runYinkey(args, { fds, env, ...(hear && { hear }) });
  return { ...run, json: () => run.json() as RenewalView };
}
const on = (...more: string[]) => ['--token', token.serial, '--json', ...more];

describe('yinkey renew', () => {
  test('orders, says where to pay, waits, and renews with one PIN; then removes the old pair', async () => {
    const notAfter = new Date(Date.now() + 30 * day);
    const old = await issue(world, { token, keyType: 'EC-P256', label: '合同章', notAfter });
    const stop = await yinkey(['renew', ...on('--years', '1', '--wait', '0', '--pin-fd', '3')], {
      3: token.pin,
    });
    expect(stop.code).toBe(4);
    expect(stop.json()).toMatchObject({ state: 'waiting-payment', order: { state: 'open', years: 1 } });
    const { id, order } = stop.json();
    expect(stop.err).toContain(order!.payUrl);
    const listed = await yinkey(['renew', '--list']);
    expect(listed.out).toContain(id);
    expect(listed.out).toContain('waits for the payment');

    let paid = false;
    const pay = (said: string) => {
      if (paid || !said.includes(order!.payUrl)) return;
      paid = true;
      authority.pay(order!.payUrl.split('/').at(-1)!);
    };
    const wrong = await yinkey(['renew', ...on('--wait', '60', '--pin-fd', '3')], { 3: 'wrong999' }, pay);
    expect([wrong.code, wrong.json()]).toMatchObject([3, { error: { code: 'token.pin-wrong' } }]);
    const done = await yinkey(['renew', '--resume', '--json', '--pin-fd', '3'], { 3: token.pin });
    expect(done.code).toBe(0);
    expect(done.json()).toMatchObject([
      { id, state: 'done', order: { state: 'done' }, old: { sha256: old.sha256 } },
    ]);

    const without = await yinkey(['renew', ...on('--cert', old.id, '--years', '1', '--pin-fd', '3')], {
      3: token.pin,
    });
    expect([without.code, without.json()]).toMatchObject([1, { error: { code: 'renewal.superseded' } }]);
    const removal = ['renew', '--remove-old', id, '--json', '--pin-fd', '3', '--serial'];
    const refused = await yinkey([...removal, '00'], { 3: token.pin });
    expect(refused.json()).toMatchObject({ error: { code: 'certificate.serial-mismatch' } });
    const removed = await yinkey([...removal, old.serialNumber], { 3: token.pin });
    expect([removed.code, removed.json()]).toMatchObject([0, { actions: ['receipt'] }]);
    const { out } = await yinkey(['certs', '--json']);
    expect(out).not.toContain(old.sha256);
  });

  test('says what stands in the way before anything is ordered', async () => {
    const fresh = await issue(world, { token, keyType: 'EC-P256', label: '新章' });
    const { code, json } = await yinkey(['renew', ...on('--cert', fresh.id, '--years', '1')]);
    expect([code, json()]).toMatchObject([4, { error: { code: 'authority.window-not-open' } }]);
    const nobody = await yinkey(['renew', '--authority', 'http://127.0.0.1:9/', ...on('--cert', fresh.id)]);
    expect(nobody.code).toBe(4);
  });
});

describe('yinkey enrol', () => {
  test('takes reference and secret of the counter, and tells a wrong one', async () => {
    const form = {
      unit: '云南省示范区住房保障中心',
      creditCode: withUsccCheck('12530199MB1A27343'),
      seal: '法人章',
      years: 1,
    };
    const { reference, secret } = authority.enrol(form);
    const args = [
      'enrol',
      '--authority',
      authority.cmp,
      '--reference',
      reference,
      '--secret-fd',
      '4',
      '--pin-fd',
      '3',
    ];
    const subject = ['--subject', readName(der.readDer(enrolmentSubject(form))).text];
    const wrong = await yinkey([...args, ...subject, ...on()], { 3: token.pin, 4: 'AAAA-BBBB-CCCC-DDDD' });
    expect([wrong.code, wrong.json()]).toMatchObject([4, { error: { code: 'authority.secret-wrong' } }]);
    const done = await yinkey([...args, ...subject, ...on()], { 3: token.pin, 4: secret });
    expect([done.code, done.json()]).toMatchObject([0, { state: 'done' }]);
    const { out } = await yinkey(['certs', '--json']);
    expect(out).toContain(done.json().fresh!.sha256);
    expect(
      (await yinkey([...args, '--subject', 'nonsense', ...on()], { 3: token.pin, 4: secret })).code,
    ).toBe(2);
  });
});
