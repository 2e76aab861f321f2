import { describe, expect, it } from 'vitest';
import {
  type RenewalAction,
  type RenewalView,
  renewalStateSchema,
  renewalViewSchema,
} from '../../shared/domain/renewal.ts';
import { canStop, isSealPending, meanwhile, pageOf, scaleOf, secondsSince, stepShown } from './page.ts';

const view = (more: Partial<RenewalView>): RenewalView => ({
  id: 'r',
  token: { module: 'm', serial: '0B217C9055E14F7A', label: 'Key 01' },
  old: {
    sha256: 'a',
    id: 'a',
    serialNumber: '0a',
    holder: 'h',
    unit: 'u',
    keyType: 'EC-P256',
    notAfter: '2027-01-24T00:00:00Z',
  },
  authority: 'http://127.0.0.1:1/api',
  step: 'check',
  state: 'ready',
  checks: [],
  quote: null,
  order: null,
  progress: null,
  nextLookAt: null,
  fresh: null,
  seal: { state: 'none', oldId: null, newId: null, name: '', where: null, code: null },
  error: null,
  actions: [],
  history: [],
  ...more,
});
it('a renewal whose seal alone is missing is told apart', () => {
  const seal = { state: 'pending', oldId: '1', newId: null, name: '公章', where: null, code: null } as const;
  const retired = { at: '2026-11-22T04:00:00Z', what: 'retired' } as const;
  expect(isSealPending(view({ seal, state: 'ready' }))).toBe(false);
  const stopped = view({ seal, state: 'stopped', history: [retired] });
  expect(isSealPending(stopped)).toBe(true);
  // The new certificate stamps by then, and the old one no more.
  expect(meanwhile(stopped, new Date('2026-11-22T04:00:00Z')).may).toEqual(['new', 'close']);
  expect(isSealPending(view({ seal, state: 'done', history: [retired] }))).toBe(false);
});

const progress = (what: NonNullable<RenewalView['progress']>['what'], holdKey = false) => ({
  what,
  startedAt: '2026-11-22T04:00:00Z',
  usualSeconds: null,
  holdKey,
});
const order = (state: NonNullable<RenewalView['order']>['state']) =>
  ({ state, paidAt: null }) as NonNullable<RenewalView['order']>;

describe('the page of a renewal', () => {
  it('is by what waits for the user', () => {
    const ready = (...actions: RenewalAction[]) => pageOf(view({ actions }));
    expect(ready('check')).toBe('checks');
    expect(ready('confirm', 'end', 'check')).toBe('confirm');
    expect(ready('go', 'end')).toBe('ready');
  });
  it('is by what is going on', () => {
    for (const what of renewalViewSchema.shape.progress.unwrap().shape.what.options) {
      expect(pageOf(view({ state: 'working', progress: progress(what) })), what).toBeTruthy();
    }
    expect(pageOf(view({ state: 'working', progress: progress('polling') }))).toBe('issuing');
    expect(pageOf(view({ state: 'working' }))).toBe('checking');
  });
  it('tells refused, given up and impossible apart', () => {
    const error = { code: 'driver.hung', details: {} };
    expect(pageOf(view({ state: 'ended', order: order('refused'), error }))).toBe('refused');
    expect(pageOf(view({ state: 'ended', order: order('cancelled') }))).toBe('cancelled');
    expect(pageOf(view({ state: 'ended', error }))).toBe('ended');
  });
  it('is there for every state', () => {
    for (const state of renewalStateSchema.options) expect(pageOf(view({ state }))).toBeTruthy();
  });
});

describe('what may be done meanwhile', () => {
  const now = new Date('2026-11-22T04:00:00Z');
  it('never lets the key be pulled while it is at work', () => {
    const found = meanwhile(view({ state: 'working', progress: progress('generating', true) }), now);
    expect(found).toEqual({ may: ['view', 'other'], not: ['pull', 'off'] });
  });
  it('lets the old certificate stamp while one waits, as long as it is valid', () => {
    expect(meanwhile(view({ state: 'waiting-review' }), now).may).toContain('old');
    expect(meanwhile(view({ state: 'waiting-review' }), new Date('2027-02-01')).may).not.toContain('old');
  });
});

it('once all is checked, the second step is the one that is marked', () => {
  expect(stepShown(view({ actions: ['confirm', 'check', 'end'] }))).toBe('confirm');
  expect(stepShown(view({ actions: ['check', 'end'] }))).toBe('check');
  expect(stepShown(view({ step: 'write', actions: ['go'] }))).toBe('write');
});

it('a renewal that was ended without its key offers nothing, and looks like no refusal', () => {
  const lost = view({ state: 'ended', error: { code: 'renewal.abandoned', details: { order: 'N-1' } } });
  expect(pageOf(lost)).toBe('ended');
  expect(meanwhile(lost, new Date('2026-11-22T04:00:00Z'))).toEqual({ may: [], not: [] });
});

it('what was given up and cut off is at rest, not a list of checks', () => {
  expect(pageOf(view({ actions: ['end'] }))).toBe('stopped');
});

it('what confirms, checks or tidies up is not to be stopped', () => {
  const at = (what: Parameters<typeof progress>[0]) =>
    canStop(view({ state: 'working', progress: progress(what, true) }));
  expect([at('pin'), at('generating'), at('polling'), at('writing')]).toEqual([true, true, true, true]);
  expect([at('confirming'), at('checking'), at('removing')]).toEqual([false, false, false]);
});

describe('the scale of elapsed time', () => {
  it('ends where the usual ends', () => {
    expect(scaleOf(18, [20, 60])).toMatchObject({ share: 0.3, to: 1, late: false });
    expect(scaleOf(18, [20, 60])?.ticks.map(({ seconds }) => seconds)).toEqual([20, 40, 60]);
  });
  it('grows with what takes longer, and never comes to its end', () => {
    const scale = scaleOf(120, [20, 60]);
    expect(scale?.late).toBe(true);
    expect(scale?.share).toBeLessThan(1);
    expect(scale?.to).toBeLessThan(scale?.share ?? 0);
  });
  it('promises nothing where nothing is known, or what is known makes no sense', () => {
    expect([scaleOf(5, null), scaleOf(5, [0, 0]), scaleOf(5, [9, 3])]).toEqual([null, null, null]);
    expect(scaleOf(1, [1, 2])?.ticks.map(({ seconds }) => seconds)).toEqual([1, 2]);
  });
});

it('a clock that was set back does not count backwards', () => {
  expect(secondsSince('2026-11-22T04:00:10Z', Date.parse('2026-11-22T04:00:00Z'))).toBe(0);
  expect(secondsSince('2026-11-22T04:00:00Z', Date.parse('2026-11-22T04:00:18.900Z'))).toBe(18);
});
