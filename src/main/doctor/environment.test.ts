import { describe, expect, it } from 'vitest';
import type { KeyInfo, KeysSnapshot } from '../../shared/domain/index.ts';
import { environmentFactSchema } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { texts as en } from '../../shared/i18n/en/index.ts';
import { environmentLine } from '../../shared/i18n/environment.ts';
import { createTexts } from '../../shared/i18n/index.ts';
import type { AuditEntry } from '../audit/index.ts';
import type { SlotsReport } from '../pkcs11/index.ts';
import { checkEnvironment, type EnvironmentSources } from './environment.ts';
import { chineseFont } from './fonts.ts';

const key = (more: Partial<KeyInfo['pin']> = {}): KeyInfo => ({
  key: 'k',
  module: '/home/wang/driver.so',
  moduleName: 'Driver',
  slot: 3,
  label: '王守印的密钥盘',
  serial: '6610A8D402B79C3E',
  manufacturer: '恒盾 <HD>',
  model: 'HK-2',
  firmware: '1.0',
  pin: { state: 'ok', soState: 'ok', minLength: 6, maxLength: 16, protectedPath: false, ...more },
  certificates: [],
  error: null,
});
const module: KeysSnapshot['modules'][number] = {
  path: '/home/wang/driver.so',
  name: 'Driver',
  vendor: '',
  sha256: 'a'.repeat(64),
  state: 'ready',
  description: 'for 王守印',
  version: '2.6',
  error: null,
};
const abilities = ['rsa-raw', 'rsa-sha256', 'generate-rsa'] as const;
const slots = (can: SlotsReport['filled'][number]['can'], error: string | null = null): SlotsReport => ({
  slots: 2,
  filled: [{ slot: 3, serial: '6610A8D402B79C3E', can, loginRequired: true, writeProtected: false, error }],
});
const never = () => new Promise<never>(() => {});
const at = (now: string) => ({ at: now }) as AuditEntry;

function sources(more: Partial<EnvironmentSources> = {}): EnvironmentSources {
  return {
    snapshot: { revision: 1, loading: false, keys: [key()], blanks: [], modules: [module] },
    storeNotice: null,
    audit: { verify: () => ({ ok: true, entries: 2 }), list: () => [at('2026-11-22T10:00:00.000Z')] },
    journal: [],
    roots: { count: 1, unreadable: 0 },
    folder: process.cwd(),
    practice: true,
    now: new Date('2026-11-22T11:00:00.000Z'),
    font: async () => true,
    slots: async () => slots([...abilities]),
    ...more,
  };
}
const find = async (check: string, more: Partial<EnvironmentSources> = {}) =>
  (await checkEnvironment(sources(more))).findings.find((one) => one.check === check);
const withKey = (pin: Partial<KeyInfo['pin']>): Partial<EnvironmentSources> => ({
  snapshot: { revision: 1, loading: false, keys: [key(pin)], blanks: [], modules: [module] },
});

describe('checkEnvironment', () => {
  it('is content with a computer in order', async () => {
    const { findings } = await checkEnvironment(sources());
    expect(findings.filter(({ check }) => check !== 'disk').every(({ state }) => state === 'ok')).toBe(true);
    expect(findings.map(({ check }) => check)).toEqual([
      'program',
      'drivers',
      'keys',
      'mechanisms',
      'store',
      'audit',
      'acts',
      'trust',
      'disk',
      'fonts',
      'clock',
    ]);
  });

  it('holds nothing of people: no label, no whole serial number, no folder, no description', async () => {
    const text = JSON.stringify(await checkEnvironment(sources()));
    for (const word of ['王守印', 'wang', '6610A8D402B79C3E', '/home']) expect(text).not.toContain(word);
    expect(text).toContain('9C3E');
    expect(text).toContain('driver.so');
  });

  it.each([
    [{ state: 'locked' }, 'trouble', 'key-locked'],
    [{ soState: 'locked' }, 'note', 'key-so-locked'],
    [{ state: 'to-be-changed' }, 'trouble', 'key-first-pin'],
    [{ state: 'low' }, 'note', 'key-tries'],
  ] as const)('a key with %o: %s, %s', async (pin, state, next) => {
    expect(await find('keys', withKey(pin))).toMatchObject({ state, next });
  });

  it.each([
    ['changed', 'driver-changed'],
    ['missing', 'driver-missing'],
    ['trouble', 'driver-trouble'],
  ] as const)('a driver that is %s: %s', async (state, next) => {
    const bad = { ...module, state, error: { code: 'driver.changed', details: {} } };
    const snapshot = { ...sources().snapshot, modules: [bad] };
    expect(await find('drivers', { snapshot })).toMatchObject({ state: 'trouble', next });
  });

  it('names the first broken entry, and an act that was cut off', async () => {
    const audit = {
      verify: () => ({ ok: false, firstBroken: 7, reason: 'changed' }) as const,
      list: () => [],
    };
    expect(await find('audit', { audit })).toMatchObject({
      state: 'trouble',
      facts: [{ what: 'broken', entry: 7, reason: 'changed' }],
    });
    const journal = [{ state: 'unknown' }, { state: 'done' }] as unknown as EnvironmentSources['journal'];
    expect(await find('acts', { journal })).toMatchObject({ next: 'acts-settle', facts: [{ count: 1 }] });
  });

  it('tells a clock that stands before the log', async () => {
    expect(await find('clock', { now: new Date('2026-11-22T09:55:00.000Z') })).toMatchObject({ state: 'ok' });
    expect(await find('clock', { now: new Date('2026-11-21T10:00:00.000Z') })).toMatchObject({
      state: 'trouble',
      next: 'clock-set',
    });
  });

  it('tells the slots of each running driver and what its keys can do', async () => {
    expect(await find('mechanisms')).toEqual({
      check: 'mechanisms',
      state: 'ok',
      next: null,
      facts: [
        { what: 'slots', file: 'driver.so', count: 2, filled: 1 },
        {
          what: 'slot',
          file: 'driver.so',
          slot: 3,
          serialEnd: '9C3E',
          can: [...abilities],
          loginRequired: true,
          writeProtected: false,
          error: null,
        },
      ],
    });
    expect(await find('mechanisms', { slots: async () => slots(null) })).toMatchObject({ state: 'ok' });
    expect(await find('mechanisms', { slots: async () => slots(['generate-rsa']) })).toMatchObject({
      state: 'note',
      next: 'mechanism-none',
    });
  });

  it.each([
    ['hangs', never, null],
    [
      'is busy',
      async () => {
        throw new YinkeyError('token.busy');
      },
      'token.busy',
    ],
  ])('does not wait for a driver that %s', async (_how, asked, error) => {
    expect(await find('mechanisms', { slots: asked, patience: 1 })).toEqual({
      check: 'mechanisms',
      state: 'note',
      next: 'mechanism-unread',
      facts: [{ what: 'silent', file: 'driver.so', error }],
    });
  });

  it.each([
    [20_000, 'ok', null, 0],
    [5 * 60_000, 'ok', null, 5],
    [-6 * 60_000, 'trouble', 'clock-off', -6],
    [-29_000_000 * 60_000, 'trouble', 'clock-off', -29_000_000],
  ] as const)('a clock %i ms ahead of the authority: %s', async (aheadMillis, state, next, ahead) => {
    const time = async () => ({ source: 'catalogue', aheadMillis }) as const;
    expect(await find('clock', { time })).toMatchObject({
      state,
      next,
      facts: [{ what: 'clock' }, { what: 'time', source: 'catalogue', ahead }],
    });
  });

  it.each([
    ['does not answer', never],
    ['tells none', async () => null],
    ['tells none that there is', async () => ({ source: 'http-date', aheadMillis: 1e300 }) as const],
  ])('only notes an authority that %s the time', async (_how, time) => {
    expect(await find('clock', { time, patience: 1 })).toMatchObject({
      state: 'note',
      next: 'time-unreachable',
      facts: [{ what: 'clock' }, { what: 'time', source: 'unreachable', ahead: null }],
    });
  });

  it.each(['zh-CN', 'en'] as const)('has a line for every fact, in %s', async (language) => {
    const { t } = createTexts(language);
    const line = (found: Awaited<ReturnType<typeof find>>) =>
      found?.facts.map((each) => environmentLine((key, values) => t(key, values ?? {}), each)).join('\n');
    const lines = [
      line(await find('mechanisms')),
      line(await find('mechanisms', { slots: async () => slots([], 'token.failed') })),
      line(await find('mechanisms', { slots: async () => slots(null) })),
      line(await find('mechanisms', { slots: never, patience: 1 })),
      line(await find('clock')),
      line(await find('clock', { time: async () => null })),
      ...(await Promise.all(
        [-1e6, 0, 1e6].map(async (aheadMillis) =>
          line(await find('clock', { time: async () => ({ source: 'http-date', aheadMillis }) })),
        ),
      )),
    ];
    for (const each of lines) expect(each).not.toMatch(/\{\{|care:|errors:|environment\./);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('says so where a disk or a font cannot be told', async () => {
    expect(await find('disk', { folder: '/no/such/folder' })).toMatchObject({ next: 'disk-unknown' });
    expect(await find('fonts', { font: async () => false })).toMatchObject({ next: 'font-install' });
    expect(typeof (await chineseFont())).toBe('boolean');
  });

  it('has words for every next step', async () => {
    const words: Record<string, string> = en.care.environment.next;
    const found = await Promise.all([
      checkEnvironment(
        sources({ roots: { count: 0, unreadable: 0 }, storeNotice: { code: 'store.damaged' } }),
      ),
      checkEnvironment(sources({ snapshot: { ...sources().snapshot, keys: [], modules: [] } })),
      checkEnvironment(sources({ roots: { count: 1, unreadable: 1 } })),
      checkEnvironment(sources({ slots: async () => slots([]), time: async () => null })),
      checkEnvironment(
        sources({
          slots: never,
          patience: 1,
          time: async () => ({ source: 'catalogue', aheadMillis: 1e7 }),
        }),
      ),
    ]);
    const nexts = found.flatMap(({ findings }) => findings.flatMap(({ next }) => next ?? []));
    expect(nexts).toContain('store-kept');
    expect(nexts.filter((next) => !words[next])).toEqual([]);
  });
});

describe('a fact', () => {
  it.each([
    [{ what: 'driver', file: '/home/wang/driver.so', sha256: '', version: '', state: 'ready', error: null }],
    [{ what: 'code', code: '王守印' }],
    [{ what: 'time', source: 'ca.example.com', ahead: 0 }],
    [{ what: 'silent', file: 'https://ca.example.com/', error: null }],
    [{ what: 'code', code: 'k7m2q9' }],
    [{ what: 'blank', maker: 'x'.repeat(33), model: '', slot: 0 }],
  ])('has no room for %o', (value) => expect(environmentFactSchema.safeParse(value).success).toBe(false));
});
