import { describe, expect, it } from 'vitest';
import { readDismissed, reminderOf } from './reminders.ts';
import { card } from './sample.ts';

const now = new Date('2026-11-22T04:00:00Z');
const opened = { renewalFrom: '2026-10-26T00:00:00Z' };
const later = { renewalFrom: '2026-11-25T00:00:00Z' };
const of = (...cards: Parameters<typeof reminderOf>[0]) => reminderOf(cards, [], now);

describe('reminders', () => {
  it('begin with the authority’s window, not with a number of days of our own', () => {
    expect(of(card('a', { daysLeft: 93 }, later))).toBeNull();
    expect(of(card('a', { daysLeft: 63 }, opened))?.level).toBe('open');
  });
  it('get weightier: 30 days, the last day, over; the weightiest is named, the others counted', () => {
    const found = of(
      card('open', { daysLeft: 63 }, opened),
      card('soon', { daysLeft: 30 }, opened),
      card('over', { daysLeft: -1 }, opened),
      card('today', { daysLeft: 0 }, opened),
    );
    expect(found).toMatchObject({ level: 'today', card: { certificate: { id: 'today' } }, others: 3 });
    expect(of(card('a', { daysLeft: -1 }), card('b', { daysLeft: 30 }))?.level).toBe('over');
  });
  it('leave out what is being renewed, replaced, revoked, or over for long', () => {
    expect(
      of(
        card('a', { daysLeft: 5 }, { renewal: 'r' }),
        card('b', { daysLeft: 5 }, { superseded: true }),
        card('c', { daysLeft: 5 }, { status: { revocation: 'revoked' } }),
        card('d', { daysLeft: -91 }),
        card('e', { daysLeft: 5, isCa: true }),
      ),
    ).toBeNull();
  });
  it('are quiet once put off, until a certificate comes to a weightier level', () => {
    const marks = of(card('a', { daysLeft: 31 }, opened))?.marks ?? [];
    expect(reminderOf([card('a', { daysLeft: 31 }, opened)], marks, now)).toBeNull();
    expect(reminderOf([card('a', { daysLeft: 30 }, opened)], marks, now)?.level).toBe('soon');
  });
});

describe('what was put off', () => {
  it('counts on its own day only', () => {
    const kept = JSON.stringify({ day: '2026-11-22', marks: ['soon a'] });
    expect(readDismissed(kept, '2026-11-22').marks).toEqual(['soon a']);
    expect(readDismissed(kept, '2026-11-23')).toEqual({ day: '2026-11-23', marks: [] });
  });
  it.each([null, '', '{', '[]', 'null', '{"day":"2026-11-22","marks":7}'])(
    '%s is as good as nothing',
    (kept) => {
      expect(readDismissed(kept, '2026-11-22').marks).toEqual([]);
    },
  );
});
