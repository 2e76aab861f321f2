import { describe, expect, it } from 'vitest';
import type { CareEntry } from '../../shared/domain/care.ts';
import type { BlankKey, KeyInfo, KeysSnapshot } from '../../shared/domain/keys.ts';
import {
  actsFor,
  type Chosen,
  chosenOf,
  cutOff,
  missing,
  needsSerial,
  proposed,
  usualReason,
} from './journey.ts';

const key = (name: string, pin: Partial<KeyInfo['pin']> = {}, more: Partial<KeyInfo> = {}): KeyInfo => ({
  key: name,
  module: '/m.so',
  moduleName: 'M',
  slot: 0,
  label: name,
  serial: '6610 A8D4',
  manufacturer: '',
  model: '',
  firmware: '',
  pin: { state: 'ok', soState: 'ok', minLength: 6, maxLength: 16, protectedPath: false, ...pin },
  certificates: [],
  error: null,
  ...more,
});
const blank: BlankKey = {
  key: 'blank',
  module: '/m.so',
  moduleName: 'M',
  slot: 1,
  serial: '',
  manufacturer: '',
  model: '',
  minLength: 0,
  maxLength: 0,
  protectedPath: false,
};
const snapshot = (...keys: KeyInfo[]): KeysSnapshot => ({
  revision: 1,
  loading: false,
  keys,
  blanks: [blank],
  modules: [],
});
const of = (info: KeyInfo): Chosen => ({ kind: 'key', info });
const empty: Chosen = { kind: 'blank', info: blank };
const form = { reason: 'x', reference: '', staff: '0312', label: 'New', serial: '' };

describe('what is proposed', () => {
  it('is the key that needs the counter most', () => {
    expect(proposed(snapshot(key('a'), key('b', { state: 'locked' })))).toBe('b');
    expect(proposed(snapshot(key('a'), key('b', { state: 'not-set' })))).toBe('b');
    expect(proposed(snapshot(key('a')))).toBe('a');
    expect(proposed(snapshot())).toBe('blank');
    expect(proposed(null)).toBe(null);
  });
  it('is found again while it is plugged', () => {
    expect(chosenOf(snapshot(key('a')), 'a')?.kind).toBe('key');
    expect(chosenOf(snapshot(), 'blank')?.kind).toBe('blank');
    expect(chosenOf(snapshot(), 'a')).toBe(null);
  });
});

describe('actsFor', () => {
  it('offers all on a key, only making new on a blank one, nothing where the SO PIN is locked', () => {
    expect(actsFor(of(key('a')))).toHaveLength(3);
    expect(actsFor(empty)).toEqual(['token.initialise']);
    expect(actsFor(of(key('a', { soState: 'locked' })))).toEqual([]);
  });
  it('knows why one usually comes', () => {
    expect(usualReason('token.unlock', of(key('a', { state: 'locked' })))).toBe('locked');
    expect(usualReason('token.unlock', of(key('a', { state: 'not-set' })))).toBe('first');
    expect(usualReason('token.unlock', of(key('a')))).toBe('forgotten');
    expect(usualReason('so-pin.change', of(key('a')))).toBe('so');
    expect(usualReason('token.initialise', empty)).toBe('new');
  });
});

describe('missing', () => {
  it('wants a reason and a name of the staff, but no reference', () => {
    expect(missing('token.unlock', of(key('a')), { ...form, reason: ' ', staff: '' })).toEqual([
      'reason',
      'staff',
    ]);
    expect(missing('token.unlock', of(key('a')), form)).toEqual([]);
  });
  it('wants the serial number before anything is erased, however it is spaced', () => {
    expect(needsSerial(of(key('a')))).toBe(true);
    expect(needsSerial(of(key('a', { state: 'not-set' })))).toBe(false);
    expect(missing('token.initialise', of(key('a')), form)).toEqual(['serial']);
    expect(missing('token.initialise', of(key('a')), { ...form, serial: '6610-a8d4' })).toEqual([]);
    expect(missing('token.initialise', empty, form)).toEqual([]);
  });
  it('counts a name in bytes, as the key does', () => {
    expect(missing('token.initialise', empty, { ...form, label: '住房保障中心零一二三' })).toEqual([]);
    expect(missing('token.initialise', empty, { ...form, label: '住房保障中心零一二三四' })).toEqual([
      'label',
    ]);
  });
});

describe('cutOff', () => {
  const entry = (state: CareEntry['state'], serial: string) =>
    ({ state, token: { module: '/m.so', serial, label: 'old name' } }) as CareEntry;
  it('finds what was not finished on this very key, whatever it was called then', () => {
    const journal = [entry('unknown', '6610 A8D4'), entry('done', '6610 A8D4'), entry('unknown', 'FF')];
    expect(cutOff(journal, of(key('a')))).toHaveLength(1);
    expect(cutOff(journal, empty)).toEqual([]);
    expect(cutOff(journal, null)).toEqual([]);
  });
});
