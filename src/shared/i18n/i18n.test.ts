import { describe, expect, it } from 'vitest';
import { pinPurposeSchema } from '../contract/index.ts';
import { errorCodes } from '../errors/codes.ts';
import { texts as en } from './en/index.ts';
import { createTexts, languageFor, languages } from './index.ts';
import { texts as zhCN } from './zh-CN/index.ts';

/** 'keys.pin.ok.word' -> text, for every text of a language. */
function flat(node: unknown, path = ''): [string, string][] {
  if (typeof node === 'string') return [[path, node]];
  if (typeof node !== 'object' || node === null) throw new Error(`${path} is no text`);
  return Object.entries(node).flatMap(([name, child]) => flat(child, path ? `${path}.${name}` : name));
}
const placeholders = (text: string) => [...text.matchAll(/\{\{\s*([\w-]+)/g)].map((match) => match[1]).sort();

const english = new Map(flat(en));
const chinese = new Map(flat(zhCN));
/** Chinese has one plural form only (CLDR: other), so `x_one` may be left out there. */
const counterpart = (key: string) => (chinese.has(key) ? key : key.replace(/_one$/, '_other'));
/** A key that is all right has nothing more to tell; Chinese sentences stand side by side without a gap. */
const mayBeEmpty = new Set(['keys.pin.ok.told', 'pin.gap']);

describe('texts', () => {
  it('are the same keys in both languages', () => {
    expect([...english.keys()].filter((key) => !chinese.has(counterpart(key)))).toEqual([]);
    expect([...chinese.keys()].filter((key) => !english.has(key))).toEqual([]);
  });

  it('have the same placeholders in both languages', () => {
    const differing = [...english].filter(
      ([key, text]) => placeholders(text).join() !== placeholders(chinese.get(counterpart(key)) ?? '').join(),
    );
    expect(differing).toEqual([]);
  });

  it('are never empty', () => {
    const empty = [...english, ...chinese].filter(
      ([key, text]) => text.trim() === '' && !mayBeEmpty.has(key),
    );
    expect(empty).toEqual([]);
  });

  it('exist for every error code, three parts each, and for no other', () => {
    const expected = errorCodes.flatMap((code) =>
      ['heading', 'meaning', 'next'].map((part) => `${code}.${part}`),
    );
    for (const language of [en, zhCN]) {
      expect(
        flat(language.errors)
          .map(([key]) => key)
          // Words of their own for a driver that went away over a PIN.
          .filter((key) => !/^driver\.(crashed|hung)\.(meaning|next)_login$/.test(key))
          .sort(),
      ).toEqual([...expected].sort());
    }
  });

  it('end error sentences with a full stop, and headings without one', () => {
    for (const [language, stop] of [
      [en, '.'],
      [zhCN, '。'],
    ] as const) {
      const off = flat(language.errors).filter(
        ([key, text]) => text.endsWith(stop) === key.endsWith('.heading'),
      );
      expect(off).toEqual([]);
    }
  });

  it('have plural forms in pairs', () => {
    for (const key of english.keys()) {
      if (key.endsWith('_one')) expect(english.has(key.replace(/_one$/, '_other')), key).toBe(true);
    }
  });

  it('use one word for one thing', () => {
    const strangers = /U盾|UKey|USBKey|令牌|加密狗|签章|用印(?!钥)|验签|CA 机构|认证机构|口令|解除锁定/;
    // A key has a PIN 码; 密码 is what opens a document.
    const ofDocuments = /^(documents|errors\.document|cli)\./;
    const wrong = [...chinese].filter(
      ([key, text]) => strangers.test(text) || (text.includes('密码') && !ofDocuments.test(key)),
    );
    expect(wrong).toEqual([]);
    const englishStrangers = /\b(dongle|token|passcode|CA)\b/;
    expect(
      [...english].filter(([key, text]) => !key.startsWith('cli.') && englishStrangers.test(text)),
    ).toEqual([]);
  });
});

describe('the PIN window', () => {
  it('has words for every purpose', () => {
    for (const purpose of pinPurposeSchema.shape.purpose.options) {
      expect(english.has(`pin.purpose.${purpose}`), purpose).toBe(true);
      if (purpose !== 'stamp') expect(english.has(`pin.follows.${purpose}.three`), purpose).toBe(true);
    }
  });
});

describe('createTexts', () => {
  it('finds every text in both languages', () => {
    for (const language of languages) {
      const t = createTexts(language).t;
      for (const key of english.keys()) {
        const [namespace, ...rest] = key.split('.');
        const plain = rest.join('.').replace(/_(one|other)$/, '');
        const found = t(`${namespace}:${plain}`, { count: 2, defaultValue: '(missing)' });
        expect(found, key).not.toBe('(missing)');
      }
    }
  });

  it('puts values in as they are', () => {
    expect(createTexts('en').t('pin:purpose.stamp', { document: '<a&b>', seal: 'x' })).toContain('<a&b>');
  });
});

describe('languageFor', () => {
  it.each([
    ['zh', 'zh-CN'],
    ['zh-Hant-TW', 'zh-CN'],
    ['zh_CN', 'zh-CN'],
    ['en-GB', 'en'],
    ['de', 'en'],
    ['', 'en'],
  ])('%s -> %s', (locale, language) => {
    expect(languageFor(locale)).toBe(language);
  });
});
