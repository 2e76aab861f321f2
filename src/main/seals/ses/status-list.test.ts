import { sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sealWorkshop } from '../../../../softhsm-fixtures/sealing.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { der } from '../../certificates/index.ts';
import {
  chainExtension,
  makerChain,
  readSealExtensions,
  sealExtension,
  sealExtensionOids,
} from './extensions.ts';
import {
  assembleStatusList,
  lookUpSeal,
  readStatusList,
  type SealStatusFacts,
  statusListInfo,
  statusListLimits,
  verifyStatusList,
} from './status-list.ts';

const dir = mkdtempSync(join(tmpdir(), 'seal-status-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const workshop = await sealWorkshop(dir);
const { maker, roots, pool } = workshop;
const question = { sealMaker: maker.certificate.der, roots, pool };
const entries = [
  { id: '53019900000001', state: 'normal', since: new Date('2026-01-05T00:00:00Z') },
  { id: '53019900000002', state: 'suspended', since: new Date('2026-02-06T01:02:03Z') },
  { id: '53019900000003', state: 'cancelled', since: new Date('2026-03-07T00:00:00Z') },
] as const;
const list = maker.statusList(entries, 7);

async function codeOf(work: () => unknown) {
  try {
    await work();
  } catch (error) {
    if (error instanceof YinkeyError) return [error.code, error.details.reason];
    throw error;
  }
  return ['believed'];
}

/** A list that says what it should, signed by somebody. */
function signedBy(by: Awaited<ReturnType<typeof workshop.holder>>, facts: Partial<SealStatusFacts> = {}) {
  const info = statusListInfo({ ...readStatusList(list), ...facts });
  return assembleStatusList(info, {
    certificate: by.certificate.der,
    algorithm: '1.2.840.10045.4.3.2',
    signature: sign('sha256', info, by.key),
  });
}

describe('a status list', () => {
  it('says again what was written', async () => {
    const { number, vendor, entries: read, nextUpdate, thisUpdate } = await verifyStatusList(list, question);
    expect(read).toEqual(entries);
    expect({ number, vendor }).toEqual({ number: 7, vendor: 'YINKEY-PRACTICE' });
    expect(nextUpdate.getTime() - thisUpdate.getTime()).toBe(86_400_000);
  });

  it('is proven by the root alone: it brings the certificates between along', async () => {
    const { chain } = await verifyStatusList(list, { sealMaker: maker.certificate.der, roots });
    expect(chain.map((one) => Buffer.from(one).equals(pool[0]!.der))).toEqual([true]);
    const info = statusListInfo({ ...readStatusList(list), chain: [] });
    const key = { certificate: maker.certificate.der, algorithm: '1.2.3', signature: Buffer.of(1) };
    const alone = assembleStatusList(info, key);
    expect(await codeOf(() => verifyStatusList(alone, { sealMaker: maker.certificate.der, roots }))).toEqual([
      'seal.status-unproven',
      'issuer-missing',
    ]);
  });

  it('is never believed with any byte changed', async () => {
    for (let position = 0; position < list.length; position++) {
      const changed = Buffer.from(list);
      changed[position]! ^= 1 << (position % 8);
      const [code] = await codeOf(() => verifyStatusList(changed, question));
      expect(code, `byte ${position}`).toMatch(/^seal\.status-(unreadable|unproven)$/);
    }
  });

  it('is not believed from another maker, or signed by another key', async () => {
    const stranger = await workshop.holder();
    expect(await codeOf(() => verifyStatusList(signedBy(stranger), question))).toEqual([
      'seal.status-unproven',
      'other-maker',
    ]);
    const { commonName } = maker.certificate.subject;
    const alone = await workshop.holder({ alone: true, commonName: commonName! });
    expect(await codeOf(() => verifyStatusList(signedBy(alone), question))).toEqual([
      'seal.status-unproven',
      'other-maker',
    ]);
    // The maker's certificate, and a signature of somebody else's key.
    const info = statusListInfo(readStatusList(list));
    const signature = sign('sha256', info, stranger.key);
    for (const algorithm of ['1.2.840.10045.4.3.2', '1.2.840.113549.1.1.11']) {
      const false_ = assembleStatusList(info, { certificate: maker.certificate.der, algorithm, signature });
      expect(await codeOf(() => verifyStatusList(false_, question))).toEqual([
        'seal.status-unproven',
        'signature-wrong',
      ]);
    }
  });

  it('is not believed without a root, from a maker who was revoked before, or with bytes after its certificate', async () => {
    const [code, reason] = await codeOf(() => verifyStatusList(list, { ...question, roots: [] }));
    expect([code, reason]).toEqual(['seal.status-unproven', 'no-roots']);
    const revoked = (since: Date | null) => () =>
      codeOf(() =>
        verifyStatusList(list, {
          ...question,
          revocation: ({ sha256 }) => (sha256 === maker.certificate.sha256 ? { since } : null),
        }),
      );
    expect(await revoked(null)()).toEqual(['seal.status-unproven', 'revoked']);
    expect(await revoked(new Date(Date.now() - 60_000))()).toEqual(['seal.status-unproven', 'revoked']);
    expect(await revoked(new Date(Date.now() + 60_000))()).toEqual(['believed']);
    const { signed, algorithm, signature } = readStatusList(list);
    const certificate = Buffer.concat([maker.certificate.der, Buffer.of(0)]);
    const padded = assembleStatusList(signed, { certificate, algorithm, signature });
    expect(await codeOf(() => verifyStatusList(padded, question))).toEqual([
      'seal.status-unproven',
      'maker-unreadable',
    ]);
  });

  it('tells the last that it says of a seal, and how old it is', () => {
    const facts = readStatusList(list);
    const seal = (id: string, createdAt: Date) => ({ id, createdAt });
    const before = new Date('2026-01-01T00:00:00Z');
    const at = new Date(facts.thisUpdate.getTime() + 1000);
    const state = (id: string, createdAt = before, now = at) => lookUpSeal(facts, seal(id, createdAt), now);
    expect(state('53019900000001')).toMatchObject({ state: 'normal', stale: false });
    expect(state('53019900000002')).toMatchObject({ state: 'suspended', since: entries[1].since });
    expect(state('53019900000003')).toMatchObject({ state: 'cancelled' });
    expect(state('53019900000004')).toMatchObject({ state: 'not-issued', since: null });
    expect(state('53019900000004', at)).toMatchObject({ state: 'unknown', asOf: facts.thisUpdate });
    expect(state('53019900000001', before, facts.nextUpdate).stale).toBe(false);
    expect(state('53019900000001', before, new Date(facts.nextUpdate.getTime() + 1)).stale).toBe(true);
    expect(lookUpSeal(null, seal('x', before), at)).toEqual({
      ...{ state: 'unknown', since: null, asOf: null, stale: false },
    });
  });
});

describe('is no status list', () => {
  const facts = readStatusList(list);
  const signer = { certificate: Buffer.from('3000', 'hex'), algorithm: '1.2.3', signature: Buffer.of(1) };
  const whole = (info: Uint8Array) => assembleStatusList(info, signer);
  const members = der.readDer(statusListInfo(facts)).children.map(({ raw }) => raw);
  const withMember = (index: number, value: Uint8Array) =>
    whole(der.seq(...members.map((raw, at) => (at === index ? value : raw))));
  const ascii = (text: string) => der.element(der.tags.ia5String, Buffer.from(text));
  const entry = (...parts: Uint8Array[]) => withMember(4, der.seq(der.seq(...parts)));
  const date = der.generalizedTime(new Date());
  const nested = () => {
    let bytes: Buffer = der.seq();
    for (let depth = 0; depth < 100; depth++) bytes = der.seq(bytes);
    return bytes;
  };
  it.each<[string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array()],
    ['a text', () => Buffer.from('status')],
    ['bytes after it', () => Buffer.concat([list, Buffer.of(0)])],
    ['the first half', () => list.subarray(0, list.length / 2)],
    ['one member more', () => der.seq(...der.readDer(list).children.map(({ raw }) => raw), der.nul())],
    ['one member more in what is signed', () => whole(der.seq(...members, der.nul()))],
    [
      'one member more in its header',
      () => withMember(0, der.seq(ascii('ESL'), der.int(1), ascii('x'), der.nul())),
    ],
    ['a seal’s header', () => withMember(0, der.seq(ascii('ES'), der.int(1), ascii('x')))],
    ['another version', () => withMember(0, der.seq(ascii('ESL'), der.int(2), ascii('x')))],
    ['a number that is no number', () => withMember(1, der.int(2n ** 70n))],
    ['a state that is not known', () => entry(ascii('1'), der.int(3), date)],
    ['a negative state', () => entry(ascii('1'), der.int(-1), date)],
    ['an entry without a date', () => entry(ascii('1'), der.int(0))],
    ['an entry of four', () => entry(ascii('1'), der.int(0), date, date)],
    ['a number in UTF-8', () => entry(der.utf8('一'), der.int(0), date)],
    [
      'a chain that is too long',
      () => withMember(5, der.seq(...Array<Buffer>(11).fill(der.octets(Buffer.of(0))))),
    ],
    ['a chain of other things', () => withMember(5, der.seq(der.nul()))],
    ['nested a hundred times', () => withMember(4, nested())],
    ['five megabytes', () => Buffer.alloc(5 << 20, 0x30)],
    ['a bomb of elements', () => withMember(4, der.seq(Buffer.alloc(3_900_000)))],
    [
      'more entries than allowed',
      () =>
        withMember(
          4,
          der.seq(...Array<Buffer>(statusListLimits.entries + 1).fill(der.seq(ascii('1'), der.int(0), date))),
        ),
    ],
  ])('%s', async (_name, make) => {
    expect((await codeOf(() => readStatusList(make())))[0]).toBe('seal.status-unreadable');
  });

  it('fifty thousand entries are one', () => {
    const many = Array.from({ length: statusListLimits.entries }, (_, at) => ({
      ...entries[0],
      id: String(at).padStart(14, '0'),
    }));
    const read = readStatusList(maker.statusList(many, 8));
    expect(read.entries).toHaveLength(statusListLimits.entries);
    expect(lookUpSeal(read, { id: many.at(-1)!.id, createdAt: new Date(0) }, new Date()).state).toBe(
      'normal',
    );
  });
});

describe('extensions of a seal', () => {
  it('say again what was written, and are not critical', () => {
    const texts = {
      creditCode: '12530199MB1A27343Y',
      statusList: 'http://127.0.0.1:20000/seals/status.der',
      administrator: '李明华',
      kind: 'official',
    };
    const names = Object.keys(texts) as (keyof typeof texts)[];
    const written = names.map((name) => sealExtension(name, texts[name]));
    expect(readSealExtensions(written)).toEqual(texts);
    expect(written.every(({ critical }) => !critical)).toBe(true);
    const tags = written.map(({ value }) => value[0]);
    expect(tags).toEqual([0x0c, 0x16, 0x0c, 0x16]);
    expect(new Set(written.map(({ oid }) => oid)).size).toBe(4);
  });

  it('bring the maker’s chain along, what can be read of it', () => {
    const [issuing] = pool;
    const chain = [issuing!.der, Buffer.from('3000', 'hex')];
    expect(makerChain([chainExtension(chain)]).map(({ sha256 }) => sha256)).toEqual([issuing!.sha256]);
    expect(makerChain([])).toEqual([]);
    const { oid } = chainExtension([]);
    for (const value of [
      new Uint8Array(),
      der.nul(),
      der.seq(...Array<Buffer>(11).fill(der.octets(issuing!.der))),
    ])
      expect(makerChain([{ oid, critical: false, value }])).toEqual([]);
  });

  it('that are not there, or can’t be read, say nothing', () => {
    const of = (value: Uint8Array) => [{ oid: sealExtensionOids.creditCode, critical: false, value }];
    const nothing = { creditCode: null, statusList: null, administrator: null, kind: null };
    expect(readSealExtensions([])).toEqual(nothing);
    for (const value of [
      new Uint8Array(),
      Buffer.from('12530199MB1A27343Y'),
      der.utf8('x'.repeat(501)),
      Buffer.concat([der.utf8('a'), Buffer.of(0)]),
      der.octets(Buffer.from('a')),
      der.element(der.tags.utf8String, Buffer.of(0xff)),
    ])
      expect(readSealExtensions(of(value))).toEqual(nothing);
  });
});
