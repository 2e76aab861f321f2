import { expect, it } from 'vitest';
import type { CertificateInfo, KeyInfo } from '../../shared/domain/keys.ts';
import { sorted, tally } from './list.ts';

const one = (id: string, daysLeft: number, more: Partial<CertificateInfo> = {}) =>
  ({
    id,
    daysLeft,
    validity: daysLeft < 0 ? 'expired' : daysLeft <= 90 ? 'soon' : 'valid',
    isCa: false,
    canSign: true,
    hasPrivateKey: true,
    ...more,
  }) as CertificateInfo;
const key = (name: string, certificates: CertificateInfo[]) => ({ key: name, certificates }) as KeyInfo;

it('the first to expire stands on top, what is over at the end, authorities are left out', () => {
  const held = sorted([
    key('k1', [one('late', 900), one('over', -41), one('ca', 5, { isCa: true })]),
    key('k2', [one('soon', 63), one('just over', -1)]),
  ]);
  expect(held.map(({ certificate }) => certificate.id)).toEqual(['soon', 'late', 'just over', 'over']);
  expect(tally(held)).toEqual({ soon: 1, over: 2, unable: 0 });
});

it('counts what lacks its key or its use', () => {
  const held = sorted([
    key('k', [one('a', 900, { hasPrivateKey: false }), one('b', 900, { canSign: false }), one('c', 900)]),
  ]);
  expect(tally(held).unable).toBe(2);
});
