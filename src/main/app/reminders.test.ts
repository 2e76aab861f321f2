import { afterEach, describe, expect, it, vi } from 'vitest';

vi.mock('electron', () => ({ Notification: { isSupported: () => false } }));

import type { CertificateCard } from '../../shared/domain/index.ts';
import type { Store } from '../store/index.ts';
import { Reminders } from './reminders.ts';

const day = 86_400_000;
const end = Date.parse('2026-12-10T12:00:00Z');
let now = new Date();
const card = (holder: string, seal = '') =>
  ({
    certificate: {
      sha256: holder,
      holder,
      isCa: false,
      hasPrivateKey: true,
      get daysLeft() {
        return Math.floor((end - now.getTime()) / day);
      },
    },
    seal,
    superseded: false,
    renewal: null,
    renewalFrom: new Date(end - 90 * day).toISOString(),
    status: { revocation: 'good' },
  }) as unknown as CertificateCard;

function set(cards: CertificateCard[]) {
  const kept = new Map<string, unknown>();
  const said: { title: string; body: string }[] = [];
  const reminders = new Reminders({
    store: {
      settings: {
        get: (name: string) => kept.get(name),
        set: (name: string, _: unknown, value: unknown) => void kept.set(name, value),
      },
    } as unknown as Store,
    cards: () => cards,
    language: () => 'en',
    show: () => {},
    now: () => now,
    notify: (text) => said.push(text),
  });
  return { reminders, said };
}
const made: Reminders[] = [];
afterEach(() => {
  for (const each of made.splice(0)) each.stop();
});

describe('the reminder of the system', () => {
  it('comes once a day, however often it is looked, and names the seal', () => {
    const { reminders, said } = set([card('王芳', '公章'), card('李强')]);
    made.push(reminders);
    now = new Date(end - 20 * day);
    expect([reminders.look(), reminders.look(), reminders.look()]).toEqual([true, false, false]);
    now = new Date(now.getTime() + day);
    expect(reminders.look()).toBe(true);
    expect(said).toHaveLength(2);
    expect(said[0]).toEqual({
      title: 'The certificate of 公章 ends within a month',
      body: '20 days are left. Renew it online soon: without it this seal cannot stamp. 1 more ends soon.',
    });
  });

  it('is plain on the last day and afterwards, and silent while nothing is due', () => {
    const { reminders, said } = set([card('公章')]);
    made.push(reminders);
    now = new Date(end - 91 * day);
    expect(reminders.look()).toBe(false);
    now = new Date(end - day / 2);
    reminders.look();
    now = new Date(end + day);
    reminders.look();
    expect(said.map(({ title }) => title)).toEqual([
      'Last day: the certificate of 公章 ends today',
      'The certificate of 公章 has expired',
    ]);
  });
});
