import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore, type Store } from './index.ts';
import type { KeptAnswer } from './status-cache.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-status-'));
let store: Store;
beforeAll(async () => {
  ({ store } = await openStore({ file: path.join(folder, 'store.db') }));
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const asked = new Date('2026-03-04T05:06:07.000Z');
const answer = (revocation: KeptAnswer['revocation'], revokedAt: string | null): KeptAnswer => ({
  revocation,
  source: 'ocsp',
  producedAt: '2026-03-04T05:00:00.000Z',
  validUntil: '2026-03-05T05:00:00.000Z',
  revokedAt,
  reason: null,
  ocsp: null,
  crl: null,
});

it('tells every certificate that was heard to be revoked, once, and since when', () => {
  const [first, second, good, again] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64)) as [
    string,
    string,
    string,
    string,
  ];
  const issuer = 'f'.repeat(64);
  expect(store.status.revoked()).toEqual([]);
  store.status.keep(first, issuer, asked, answer('revoked', '2026-02-01T00:00:00.000Z'));
  // Nobody says since when: since the answer at the latest.
  store.status.keep(second, issuer, asked, answer('revoked', null));
  store.status.keep(good, issuer, asked, answer('good', null));
  // On hold, and taken back: what was heard last counts.
  store.status.keep(again, issuer, asked, answer('revoked', '2026-01-01T00:00:00.000Z'));
  store.status.keep(again, issuer, asked, answer('good', null));
  const told = store.status.revoked().sort((one, other) => one.sha256.localeCompare(other.sha256));
  expect(told).toEqual([
    { sha256: first, since: '2026-02-01T00:00:00.000Z' },
    { sha256: second, since: '2026-03-04T05:00:00.000Z' },
  ]);
});

it('gives the status lists of all seal makers, those that were asked for last first', () => {
  const put = (maker: string, number: number, day: number) =>
    store.sealStatus.put(
      maker,
      { number, thisUpdate: asked, nextUpdate: asked, der: Uint8Array.of(number) },
      new Date(asked.getTime() + day * 86_400_000),
    );
  expect(store.sealStatus.all()).toEqual([]);
  const [one, two] = ['1', '2'].map((digit) => digit.repeat(64)) as [string, string];
  put(one, 1, 0);
  put(two, 2, 1);
  put(one, 3, 2);
  expect(store.sealStatus.all().map((der) => [...der])).toEqual([[3], [2]]);
});
