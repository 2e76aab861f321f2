import { describe, expect, it } from 'vitest';
import type { KeyInfo, KeysSnapshot } from '../../shared/domain/keys.ts';
import { createTexts } from '../../shared/i18n/index.ts';
import type { Translate } from '../look/index.ts';
import { chipWords } from './KeyChip.tsx';

const t = createTexts('en').t as unknown as Translate;
const key = (label: string, state: KeyInfo['pin']['state'] = 'ok', more: Partial<KeyInfo> = {}) =>
  ({ label, serial: '0B217C9055E14F7A', pin: { state }, error: null, ...more }) as KeyInfo;
const snapshot = (keys: KeyInfo[], loading = false): KeysSnapshot => ({
  revision: 1,
  loading,
  keys,
  blanks: [],
  modules: [],
});
const said = (keys: KeyInfo[] | null, loading = false) => {
  const words = chipWords(t, keys && snapshot(keys, loading));
  return [words.label, words.serial, words.state?.word ?? ''].filter(Boolean).join(' | ');
};

describe('chipWords', () => {
  it('says that a key is in use, whatever else there is to say', () => {
    const words = chipWords(t, snapshot([key('A', 'low'), key('B')]), ({ label }) => label === 'B');
    expect(words.state?.word).toBe('In use');
    expect(chipWords(t, snapshot([key('B')]), () => true).state?.word).toBe('In use');
  });

  it.each<[string, KeyInfo[] | null, boolean]>([
    ['Looking for keys', null, false],
    ['Looking for keys', [], true],
    ['No key', [], false],
    ['A | 4F7A | Ready', [key('A')], false],
    ['A | 4F7A | Ready', [key('A')], true],
    ['A | 4F7A | Locked', [key('A', 'locked')], false],
    [
      'A | 4F7A | Not read in full',
      [key('A', 'ok', { error: { code: 'token.failed', details: {} } })],
      false,
    ],
    ['Key without a name | 4F7A | Ready', [key('')], false],
    ['2 keys | Ready', [key('A'), key('B')], false],
    ['2 keys | 1 locked', [key('A'), key('B', 'locked')], false],
    ['3 keys | Last try', [key('A'), key('B', 'final-try'), key('C')], false],
  ])('%s', (words, keys, loading) => expect(said(keys, loading)).toBe(words));
});
