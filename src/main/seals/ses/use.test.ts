import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sealWorkshop } from '../../../../softhsm-fixtures/sealing.ts';
import type { CertificateFacts } from '../../certificates/index.ts';
import { readStatusList, type SealState, type SealStatusEntry } from './status-list.ts';
import { readSeal } from './structure.ts';
import { judgeSealUse, type SealUse } from './use.ts';

const dir = mkdtempSync(join(tmpdir(), 'seal-use-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const day = 86_400_000;
const now = new Date();
const later = (days: number) => new Date(now.getTime() + days * day);

const workshop = await sealWorkshop(dir);
const { maker, roots, pool } = workshop;
const holder = await workshop.holder();
const sibling = await workshop.holder({ seal: '财务专用章' });
const stranger = await workshop.holder({ alone: true, commonName: '印钥练习电子印章制作系统' });
const record = workshop.record(holder.certificate);
const seal = maker.issue(record, 'full');

function listOf(...entries: [id: string, state: SealState][]) {
  const since = new Date('2026-03-01T08:00:00Z');
  return maker.statusList(
    entries.map(([id, state]): SealStatusEntry => ({ id, state, since })),
    entries.length + 1,
  );
}
const normal = listOf([record.id, 'normal']);

/** A stamp of this seal in which nothing is wrong, but for what is `given`. */
function stampOf(bytes: Uint8Array, given: Partial<SealUse> = {}): SealUse {
  const embedded = given.seal ?? bytes;
  return {
    seal: bytes,
    onKey: { seals: [bytes], digests: [] },
    certificate: holder.certificate,
    hasPrivateKey: true,
    drawnSha256: sha256(readSeal(embedded).picture.data),
    embeddedSha256: sha256(embedded),
    statusList: null,
    ...{ roots, pool, at: now },
    ...given,
  };
}

/** Judges; what is refused answers with its code. */
async function judged(use: SealUse) {
  try {
    const { status } = await judgeSealUse(use);
    return { code: null, ...status };
  } catch (error) {
    const { code, details } = error as { code?: string; details?: Record<string, unknown> };
    if (code === undefined) throw error;
    return { code, ...details };
  }
}

describe('a stamp in which nothing is wrong', () => {
  it.each(['full', 'digests', 'small'] as const)('is allowed with a seal in the form "%s"', async (form) => {
    const bytes = maker.issue(record, form);
    expect(await judged(stampOf(bytes, { statusList: normal }))).toMatchObject({
      code: null,
      state: 'normal',
      stale: false,
    });
  });

  it('is allowed when the key holds only the digest, and before the login shows its private keys', async () => {
    const onKey = { seals: [], digests: [sha256(seal)] };
    expect(await judged(stampOf(seal, { onKey, hasPrivateKey: null }))).toMatchObject({ code: null });
  });

  it('is allowed by the root alone: seal and list bring the certificates between along', async () => {
    const use = { ...stampOf(seal, { statusList: normal }), pool: [] };
    expect(await judged(use)).toMatchObject({ code: null, state: 'normal' });
    const without = workshop.forge(readSeal(seal), sibling, { extensions: [] });
    expect(await judged({ ...stampOf(without), pool: [] })).toMatchObject({ reason: 'issuer-missing' });
    expect(await judged(stampOf(without))).toMatchObject({ reason: 'self-made' });
  });

  it('tells what is not known: no list, a list from before the seal, a list that should have been replaced', async () => {
    expect(await judged(stampOf(seal))).toMatchObject({ code: null, state: 'unknown', asOf: null });
    const early = await sealWorkshop(dir, { now: () => new Date(record.createdAt.getTime() - 3_600_000) });
    const before = early.maker.statusList([], 1);
    expect(await judged(stampOf(seal, { statusList: before }))).toMatchObject({
      code: null,
      state: 'unknown',
    });
    const old = await judged(stampOf(seal, { statusList: normal, at: later(2) }));
    expect(old).toMatchObject({ code: null, state: 'normal', stale: true });
    expect(old).toMatchObject({ asOf: readStatusList(normal).thisUpdate });
  });
});

describe('misuse is refused, each with its own code', () => {
  const other = workshop.record(holder.certificate, { picture: record.smallPicture });
  const readable = readSeal(seal);
  const swappedIn = maker.issue({ ...record, administrator: '王某' }, 'full');
  const enterprise = { unit: '深圳市腾讯计算机系统有限公司', creditCode: '91440300708461136T' };
  type Row = [
    string,
    string,
    () => (Partial<SealUse> & { of?: Uint8Array }) | Promise<Partial<SealUse> & { of?: Uint8Array }>,
  ];

  it.each<Row>([
    ['a seal of another certificate', 'seal.not-listed', () => ({ certificate: sibling.certificate })],
    [
      'the same, by digest',
      'seal.not-listed',
      () => ({
        of: maker.issue(record, 'digests'),
        certificate: sibling.certificate,
      }),
    ],
    [
      'a renewed certificate of the same unit',
      'seal.not-listed',
      async () => ({
        certificate: (await workshop.holder()).certificate,
      }),
    ],
    ['a seal whose certificate has its key elsewhere', 'seal.other-key', () => ({ hasPrivateKey: false })],
    ['an expired seal', 'seal.expired', () => ({ at: later(366) })],
    [
      'an expired seal, by a clock that was set back',
      'seal.expired',
      async () => {
        const { maker: afterwards } = await sealWorkshop(dir, { now: () => later(366) });
        const state = { state: 'normal' as const, since: now };
        return { statusList: afterwards.statusList([{ ...state, id: record.id }], 99) };
      },
    ],
    [
      'a seal that is not valid yet',
      'seal.not-yet-valid',
      async () => {
        const { certificate } = await workshop.holder({ notBefore: later(1) });
        return { of: maker.issue(workshop.record(certificate), 'full'), certificate };
      },
    ],
    ['a suspended seal', 'seal.suspended', () => ({ statusList: listOf([record.id, 'suspended']) })],
    ['a cancelled seal', 'seal.cancelled', () => ({ statusList: listOf([record.id, 'cancelled']) })],
    [
      'a seal cancelled after it was suspended',
      'seal.cancelled',
      () => ({
        statusList: listOf([record.id, 'suspended'], [record.id, 'cancelled']),
      }),
    ],
    [
      'a suspended seal by a list that has run out',
      'seal.suspended',
      () => ({
        statusList: listOf([record.id, 'suspended']),
        at: later(30),
      }),
    ],
    [
      'a seal that its maker does not know',
      'seal.not-issued',
      async () => {
        const { maker: tomorrow } = await sealWorkshop(dir, { now: () => later(1) });
        return { statusList: tomorrow.statusList([], 9), at: later(1) };
      },
    ],
    [
      'a seal by a maker whom nobody stands behind, with the maker’s name',
      'seal.maker-unknown',
      () => ({
        of: workshop.forge(readable, stranger),
      }),
    ],
    ['a seal that its user made', 'seal.maker-unknown', () => ({ of: workshop.forge(readable, holder) })],
    [
      'a seal that the unit made with another of its certificates',
      'seal.maker-unknown',
      () => ({
        of: workshop.forge(readable, sibling),
      }),
    ],
    [
      'a seal of a maker who was revoked',
      'seal.maker-revoked',
      () => ({
        revocation: ({ sha256: id }: CertificateFacts) =>
          id === maker.certificate.sha256 ? { since: later(-0.5) } : null,
      }),
    ],
    [
      'a seal of a maker who was revoked nobody knows when',
      'seal.maker-revoked',
      () => ({
        revocation: ({ sha256: id }: CertificateFacts) =>
          id === maker.certificate.sha256 ? { since: null } : null,
      }),
    ],
    [
      'another picture in the seal',
      'seal.signature-wrong',
      () => {
        const changed = Buffer.from(seal);
        changed[seal.indexOf(Buffer.from('IDAT')) + 20]! ^= 1;
        return { of: changed };
      },
    ],
    [
      'another picture in the document',
      'seal.picture-differs',
      () => ({
        drawnSha256: sha256(record.smallPicture),
      }),
    ],
    [
      'another seal in the document',
      'seal.swapped',
      () => ({
        embeddedSha256: sha256(maker.issue(other, 'full')),
      }),
    ],
    [
      'another seal of the same number on the key',
      'seal.swapped',
      () => ({
        onKey: { seals: [swappedIn], digests: [] },
      }),
    ],
    ['a seal that is not on the key', 'seal.not-on-key', () => ({ onKey: { seals: [], digests: [] } })],
    [
      'a seal that is not on the key, which holds another',
      'seal.not-on-key',
      () => ({
        onKey: {
          seals: [maker.issue(other, 'full'), Buffer.from('3003020100', 'hex')],
          digests: [sha256(swappedIn)],
        },
      }),
    ],
    [
      'the credit code of another unit in the seal',
      'seal.credit-code',
      () => ({
        of: maker.issue({ ...record, creditCode: enterprise.creditCode }, 'full'),
      }),
    ],
    [
      'a credit code that is none in the certificate',
      'seal.credit-code',
      async () => {
        const creditCode = '12530199MB1A27343X';
        const { certificate } = await workshop.holder({ creditCode });
        return { of: maker.issue(workshop.record(certificate, { creditCode }), 'full'), certificate };
      },
    ],
    [
      'a credit code in the seal, none in the certificate',
      'seal.credit-code',
      async () => {
        const { certificate } = await workshop.holder({ creditCode: null });
        return { of: maker.issue(workshop.record(certificate), 'full'), certificate };
      },
    ],
    [
      'an enterprise’s seal of 50 mm',
      'seal.oversize',
      async () => {
        const { certificate } = await workshop.holder(enterprise);
        const wide = workshop.record(certificate, { ...enterprise, widthMm: 50, heightMm: 50 });
        return { of: maker.issue(wide, 'full'), certificate };
      },
    ],
    [
      'an invoice seal that is round',
      'seal.oversize',
      async () => {
        const { certificate } = await workshop.holder({ ...enterprise, seal: '发票专用章' });
        const round = workshop.record(certificate, { ...enterprise, name: '发票专用章', kind: 'invoice' });
        return { of: maker.issue(round, 'full'), certificate };
      },
    ],
    [
      'a picture that can’t be looked at',
      'seal.unproven',
      () => ({
        of: maker.issue({ ...record, picture: Buffer.from('PK a whole OFD') }, 'full'),
      }),
    ],
    [
      'what is no seal',
      'seal.unreadable',
      () => ({
        seal: Buffer.from('3003020100', 'hex'),
        ...{ drawnSha256: '', embeddedSha256: '' },
      }),
    ],
    [
      'what is too large for one',
      'seal.unreadable',
      () => ({
        seal: new Uint8Array(5 << 20),
        ...{ drawnSha256: '', embeddedSha256: '' },
      }),
    ],
    ['a list that can’t be read', 'seal.status-unreadable', () => ({ statusList: Buffer.from('no list') })],
    [
      'a list that was changed',
      'seal.status-unproven',
      () => {
        const changed = Buffer.from(listOf([record.id, 'suspended']));
        // The state of the only entry: from 1 to 0.
        const at = changed.indexOf(Buffer.from(`160e${Buffer.from(record.id).toString('hex')}020101`, 'hex'));
        changed[at + 18] = 0;
        return { statusList: changed };
      },
    ],
  ])('%s: %s', async (_name, code, given) => {
    const { of = seal, ...more } = await given();
    const use = 'seal' in more ? { ...stampOf(seal), ...more } : stampOf(of, more);
    expect(await judged(use)).toMatchObject({ code });
  });

  it('what was revoked later leaves the seal as it is until then', async () => {
    const revocation = ({ sha256: id }: CertificateFacts) =>
      id === maker.certificate.sha256 ? { since: later(1) } : null;
    expect(await judged(stampOf(seal, { revocation }))).toMatchObject({ code: null });
    expect(await judged(stampOf(seal, { revocation, at: later(2) }))).toMatchObject({
      code: 'seal.maker-revoked',
    });
  });

  it('the reason says since when', async () => {
    expect(await judged(stampOf(seal, { statusList: listOf([record.id, 'suspended']) }))).toMatchObject({
      id: record.id,
      since: '2026-03-01T08:00:00.000Z',
    });
  });
});
