import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { LossRequest } from '../../src/shared/domain/seal-making.ts';
import { openAuthorityDatabase } from './database.ts';
import { type SealHolder, sealTestbed } from './seals-testbed.ts';

// Reports of lost keys: who may make them, and that certificate and seal end together or not at all.

let bed: Awaited<ReturnType<typeof sealTestbed>>;
beforeAll(async () => {
  bed = await sealTestbed();
});
afterEach(() => bed.calm());
afterAll(() => bed.close());

const loss = (who: SealHolder, given: Partial<LossRequest> = {}): LossRequest => ({
  ...{ certificateSha256: who.sha256, reason: 'lost', reporter: '王小兰', account: null },
  ...given,
});
const account = (who: SealHolder, given: Partial<NonNullable<LossRequest['account']>> = {}) => ({
  account: { creditCode: who.creditCode, handler: '王小兰', reference: '', ...given },
});
const stateOf = (who: SealHolder) => ({
  certificate: bed.authority.certificates().find(({ sha256 }) => sha256 === who.sha256)?.state,
  seals: bed.authority
    .seals()
    .filter(({ certificateSha256 }) => certificateSha256 === who.sha256)
    .map(({ state }) => state),
});
const good = { certificate: 'good', seals: ['normal'] };
const gone = { certificate: 'revoked', seals: ['cancelled'] };

it('with another certificate of the unit: both end at once, and the receipt stays the same', async () => {
  const who = await bed.holder();
  const { sealId } = await bed.bound(who);
  const other = await bed.holder({ of: who, seal: '合同专用章' });
  const receipts = [];
  for (let times = 0; times < 2; times += 1) {
    bed.authority.knobs.loseSealAnswer = 1;
    await expect(bed.client.reportLoss(loss(who), other)).rejects.toMatchObject({
      code: 'authority.unreachable',
    });
    expect(stateOf(who)).toEqual(gone);
    receipts.push(await bed.client.reportLoss(loss(who), other));
  }
  expect(receipts[0]).toEqual(receipts[1]);
  expect(receipts[0]).toMatchObject({
    number: expect.stringMatching(/^L\d{8}-\d{4}$/),
    certificate: {
      sha256: who.sha256,
      serialNumber: who.facts.serialNumber,
      holder: `${who.unit} 公章`,
    },
    ...{ unit: who.unit, reason: 'lost', reporter: '王小兰', seals: [{ id: sealId, name: '公章' }] },
  });
  const { entries } = await bed.statusList();
  expect(entries.find(({ id }) => id === sealId)?.state).toBe('cancelled');
  expect(stateOf(other).certificate).toBe('good');
});

it('an application of the lost certificate is over, too', async () => {
  const who = await bed.holder();
  const { id } = await bed.apply(who);
  await bed.client.reportLoss(loss(who, { reason: 'stolen' }), await bed.holder({ of: who, seal: '财务章' }));
  expect(await bed.client.read(id)).toMatchObject({ state: 'refused' });
});

it('with the account’s data: number of an application, of an order, of the seal', async () => {
  const who = await bed.holder({ begins: -300, ends: 30 });
  const { number, sealId } = await bed.bound(who);
  const body = { certificateSha256: who.sha256, years: 1 };
  const order = await bed.raw('orders', body, null, { 'idempotency-key': bed.newKey() });
  const { number: ordered } = order.body as { number: string };
  const receipts = [];
  for (const reference of [` ${number.toLowerCase()} `, ordered, sealId!])
    receipts.push(await bed.client.reportLoss(loss(who, account(who, { reference })), null));
  expect(stateOf(who)).toEqual(gone);
  expect(new Set(receipts.map((receipt) => receipt.number)).size).toBe(1);
});

it('nobody else, and nothing half known', async () => {
  const who = await bed.holder();
  const { number } = await bed.bound(who);
  const stranger = await bed.holder();
  const strangers = await bed.bound(stranger);
  const expired = await bed.holder({ of: who, seal: '旧章', begins: -90, ends: -1 });
  const revoked = await bed.holder({ of: who, seal: '废章' });
  bed.authority.certificates();
  bed.authority.revoke(revoked.facts.serialNumber);
  const told = (request: LossRequest, signer: SealHolder | null) =>
    expect(bed.client.reportLoss(request, signer)).rejects;
  const signature = { code: 'authority.signature-refused' };
  await told(loss(who), null).toMatchObject(signature);
  for (const signer of [stranger, who, expired]) await told(loss(who), signer).toMatchObject(signature);
  await told(loss(who), revoked).toMatchObject({ code: 'authority.certificate-revoked' });
  const wrong = [
    { reference: strangers.number },
    { reference: 'S20200101-0001' },
    { reference: number, handler: '别人' },
    { reference: number, creditCode: stranger.creditCode },
  ];
  for (const one of wrong)
    await told(loss(who, account(who, one)), null).toMatchObject({ code: 'seal.refused-by-maker' });
  await told(loss({ ...who, sha256: 'ab'.repeat(32) }), null).toMatchObject({
    code: 'authority.certificate-unknown',
  });
  expect(stateOf(who)).toEqual(good);
  // Right data and a wrong signature: the signature counts.
  await told(loss(who, account(who, { reference: number })), stranger).toMatchObject(signature);
  expect(stateOf(who)).toEqual(good);
});

it('guessing is stopped for a while', async () => {
  const who = await bed.holder();
  const { number } = await bed.bound(who);
  const guess = (reference: string) =>
    bed.client.reportLoss(loss(who, account(who, { reference })), null).catch((error) => error.code);
  const answers = [];
  for (let tries = 0; tries < 11; tries += 1) answers.push(await guess(`S20261122-${tries + 500}`));
  expect(answers.slice(0, 10)).toEqual(Array(10).fill('seal.refused-by-maker'));
  expect(answers[10]).toBe('authority.unreachable');
  expect(await guess(number)).toBe('authority.unreachable');
  expect(stateOf(who)).toEqual(good);
  bed.clock.ahead = 3_700_000;
  expect(await guess(number)).toMatchObject({ reason: 'lost' });
});

it('a certificate that was revoked before has no loss to report', async () => {
  const who = await bed.holder();
  const { number } = await bed.bound(who);
  await bed.cmp(who).revoke(who.certificate, 'cessationOfOperation');
  await expect(
    bed.client.reportLoss(loss(who, account(who, { reference: number })), null),
  ).rejects.toMatchObject({ code: 'authority.certificate-revoked' });
});

it.each(['losses', 'seals', 'seal_application_history'])(
  'both or neither: %s can’t be written, and nothing has changed',
  async (table) => {
    const who = await bed.holder();
    const { number, id } = await bed.apply(who);
    bed.authority.approveSeal(id);
    const request = loss(who, account(who, { reference: number }));
    const { sql } = await openAuthorityDatabase(join(bed.folder, 'authority.db'));
    const list = await bed.statusList();
    try {
      const act = table === 'seals' ? 'update' : 'insert';
      sql.exec(`create trigger trouble before ${act} on ${table} begin select raise(abort, 'trouble'); end`);
      await expect(bed.client.reportLoss(request, null)).rejects.toMatchObject({
        code: 'authority.unreachable',
      });
      expect(stateOf(who)).toEqual(good);
      expect((await bed.client.read(id)).state).toBe('approved');
      expect((await bed.statusList()).number).toBe(list.number);
    } finally {
      sql.exec('drop trigger trouble');
      sql.close();
    }
    await bed.client.reportLoss(request, null);
    expect(stateOf(who)).toEqual(gone);
    expect((await bed.client.read(id)).state).toBe('refused');
  },
);
