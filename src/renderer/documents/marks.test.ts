import { expect, test } from 'vitest';
import type { SignaturePicture } from '../../shared/domain/index.ts';
import { seal } from '../seals/sample.ts';
import { marksOf, proposedMark, signerFor, sizeOf } from './marks.ts';
import type { Signer } from './signers.ts';

const picture = (id: string, name = '公章'): SignaturePicture => ({
  id,
  name,
  sha256: `hash ${id}`,
  widthPx: 500,
  heightPx: 250,
  widthMm: 42.04,
  heightMm: 21.02,
});
const signer = (id: string, sha256: string, serial = '0B217C9055E14F7A'): Signer =>
  ({
    id,
    token: { module: 'm', serial, label: 'Key 01' },
    certificate: { sha256, holder: '公章', unit: '', validity: 'valid', daysLeft: 300 },
    revoked: false,
  }) as unknown as Signer;

test('seals of plugged keys come first, pictures after them; a key that is away has none to offer', () => {
  const marks = marksOf([seal({ id: '1' }), seal({ id: '2', present: false })], [picture('p')]);
  expect(marks.map(({ kind, id }) => [kind, id])).toEqual([
    ['seal', '1'],
    ['picture', 'p'],
  ]);
});

test('the only seal that can stamp is proposed before any picture; with several one has to choose', () => {
  const bad = seal({ id: 'bad', code: 'seal.suspended', status: { state: 'suspended' } });
  expect(proposedMark(marksOf([seal(), bad], [picture('p')]))?.kind).toBe('seal');
  expect(proposedMark(marksOf([seal({ id: '1' }), seal({ id: '2' })], []))).toBeNull();
  expect(proposedMark(marksOf([], [picture('p')]))?.kind).toBe('picture');
  expect(proposedMark(marksOf([], [picture('p'), picture('q')]))).toBeNull();
  // A seal that is suspended is not quietly replaced by a picture of one.
  expect(proposedMark(marksOf([bad], [picture('p')]))).toBeNull();
});

test('a seal is stamped by its own certificate on its own key, or not at all', () => {
  const [mark] = marksOf([seal()], []);
  const own = signer('own', 'c'.repeat(64));
  expect(signerFor(mark ?? null, [signer('other', 'd'.repeat(64)), own], 'other')?.id).toBe('own');
  expect(signerFor(mark ?? null, [signer('other', 'd'.repeat(64))], 'other')).toBeNull();
  // The same certificate on another key doesn't count: the seal is bound to this one.
  expect(signerFor(mark ?? null, [signer('copy', 'c'.repeat(64), '99')], null)).toBeNull();
});

test('with a picture the user chooses who signs', () => {
  const [mark] = marksOf([], [picture('p')]);
  const two = [signer('a', 'a'), signer('b', 'b')];
  expect(signerFor(mark ?? null, two, 'b')?.id).toBe('b');
  expect(signerFor(mark ?? null, two, null)?.id).toBe('a');
});

test('a picture may be resized, a seal keeps its own size', () => {
  const [own] = marksOf([seal({ widthMm: 41.87, heightMm: 41.93 })], []);
  expect(sizeOf(own ?? null, { x: 20 })).toEqual({ width: 41.87, height: 41.93 });
  const [plain] = marksOf([], [picture('p')]);
  expect(sizeOf(plain ?? null, {})).toEqual({ width: 42, height: 21 });
  expect(sizeOf(plain ?? null, { 'hash p': 30 })).toEqual({ width: 30, height: 15 });
});
