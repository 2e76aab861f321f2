import { describe, expect, it } from 'vitest';
import type { CertificateCard } from '../../shared/domain/certificates.ts';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import { createTexts } from '../../shared/i18n/index.ts';
import type { Translate } from '../look/index.ts';
import { arrowTo, cardId, cardName, cardSign, inOrder, lifeOf, offerOf, tally } from './list.ts';
import { card } from './sample.ts';

const t = createTexts('en').t as unknown as Translate;
const names = (cards: readonly CertificateCard[]) => cards.map(({ certificate }) => certificate.id);

describe('the list', () => {
  const cards = [
    card('late', { daysLeft: 900 }),
    card('over', { daysLeft: -41 }),
    card('authority', { daysLeft: 5, isCa: true }),
    card('soon', { daysLeft: 24 }),
    card('renewing', { daysLeft: 63 }, { renewal: 'r1' }),
    card('just over', { daysLeft: -1 }),
    card('replaced', { daysLeft: 10 }, { superseded: true }),
  ];
  it('has what is being renewed on top, then the first to expire, what is over at the end', () => {
    const { current, superseded } = inOrder(cards);
    expect(names(current)).toEqual(['renewing', 'soon', 'late', 'just over', 'over']);
    expect(names(superseded)).toEqual(['replaced']);
  });
  it('is counted without what was replaced', () => {
    expect(tally(inOrder(cards).current)).toEqual({ all: 5, renewing: 1, soon: 2, over: 2 });
  });
  it('tells the same certificate on two keys apart', () => {
    const one = card('a', {});
    const other = { ...one, token: { ...one.token, serial: 'another' } };
    expect(cardId(one)).not.toBe(cardId(other));
  });
});

describe('the name of a card', () => {
  it.each([
    ['Unit X, public seal', 'Unit X', '', 'public seal'],
    ['Unit X', 'Unit X', 'Finance seal', 'Finance seal'],
    ['Unit X', 'Unit X', '', 'Unit X'],
    ['Zhang San', 'Unit X', 'Finance seal', 'Zhang San'],
    ['', '', '', 'CN=a'],
  ])('%s of %s with %s', (holder, unit, seal, name) => {
    expect(cardName(card('a', { holder, unit, subject: 'CN=a' }, { seal }))).toBe(name);
  });
});

describe('the state of a card', () => {
  const word = (one: CertificateCard, state?: RenewalView['state']) =>
    cardSign(t, 'en', one, state ? ({ state } as RenewalView) : null)?.word ?? null;
  it('is silent where nothing needs care', () => {
    expect(word(card('a', { daysLeft: 400 }))).toBeNull();
    expect(word(card('a', { daysLeft: 63 }))).toBeNull();
  });
  it('is that of the weightiest trouble', () => {
    const revoked = { status: { revocation: 'revoked' as const } };
    expect(word(card('a', { daysLeft: 3 }, { ...revoked, renewal: 'r' }))).toBe('Revoked');
    expect(word(card('a', { daysLeft: 3 }, { renewal: 'r' }))).toBe('Renewing');
    expect(word(card('a', { daysLeft: 3 }))).toBe('3 days left');
    expect(word(card('a', { daysLeft: 0 }))).toBe('expires today');
    expect(word(card('a', { daysLeft: -41 }))).toBe('expired 41 days ago');
    expect(word(card('a', { daysLeft: 3 }, { superseded: true }))).toBeNull();
    expect(word(card('a', { daysLeft: 400, hasPrivateKey: false }))).toBe('No private key');
  });
  it('never takes an unknown status for a good one', () => {
    expect(word(card('a', { daysLeft: 400 }, { status: { revocation: 'unknown' } }))).toBe('Status unknown');
  });
  it('tells how far a renewal is', () => {
    const renewing = card('a', { daysLeft: 63 }, { renewal: 'r' });
    expect(word(renewing, 'waiting-payment')).toBe('To be paid');
    expect(word(renewing, 'waiting-review')).toBe('In review');
    expect(word(renewing, 'stopped')).toBe('Renewal stopped');
  });
});

describe('whether it can be renewed', () => {
  const now = new Date('2026-11-22T04:00:00Z');
  const window = { renewalFrom: '2026-10-26T00:00:00Z', renewalUntil: '2027-01-24T00:00:00Z' };
  const kind = (facts: Parameters<typeof card>[1], more: Parameters<typeof card>[2] = {}) =>
    offerOf(card('a', { daysLeft: 63, ...facts }, { ...window, ...more }), now).kind;
  it.each([
    ['open', kind({})],
    ['running', kind({}, { renewal: 'r' })],
    ['superseded', kind({}, { superseded: true })],
    ['revoked', kind({}, { status: { revocation: 'revoked' } })],
    ['expired', kind({ daysLeft: -1 })],
    ['expired', kind({}, { renewalUntil: '2026-11-21T00:00:00Z' })],
    ['not-yet', kind({}, { renewalFrom: '2026-11-23T00:00:00Z' })],
    ['unplugged', kind({}, { plugged: false })],
    ['locked', kind({}, { pinState: 'locked' })],
    ['no-private-key', kind({ hasPrivateKey: false })],
    // Some keys show their private keys after login only: that is no reason to refuse.
    ['open', kind({ hasPrivateKey: null })],
  ])('%s', (wanted, found) => expect(found).toBe(wanted));
});

it('a life is measured from its beginning to its end, whatever today is', () => {
  const life = { notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-12-31T00:00:00Z' };
  const at = (now: string) => lifeOf(life, '2026-10-02T00:00:00Z', new Date(now));
  expect(at('2026-07-02T00:00:00Z').today).toBeCloseTo(0.5, 2);
  expect(at('2026-07-02T00:00:00Z').opens).toBeCloseTo(0.7527, 3);
  expect(at('2020-01-01T00:00:00Z').today).toBe(0);
  expect(at('2030-01-01T00:00:00Z').today).toBe(1);
});

it('arrow keys stay within the list', () => {
  expect([arrowTo('ArrowDown', 0, 3), arrowTo('ArrowDown', 2, 3), arrowTo('ArrowUp', 0, 3)]).toEqual([
    1, 2, 0,
  ]);
  expect([arrowTo('Home', 2, 3), arrowTo('End', 0, 3), arrowTo('a', 0, 3), arrowTo('End', 0, 0)]).toEqual([
    0,
    2,
    null,
    null,
  ]);
});
