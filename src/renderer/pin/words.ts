import { errors as enErrors } from '../../shared/i18n/en/errors.ts';
import { pin as enPin } from '../../shared/i18n/en/pin.ts';
import type { Language } from '../../shared/i18n/index.ts';
import { errors as zhErrors } from '../../shared/i18n/zh-CN/errors.ts';
import { pin as zhPin } from '../../shared/i18n/zh-CN/pin.ts';
import type { Translate } from '../look/describe-error.ts';

const languages: Record<Language, Record<string, unknown>> = {
  'zh-CN': { pin: zhPin, errors: zhErrors },
  en: { pin: enPin, errors: enErrors },
};

/** The few texts of this window, found as i18next finds them (`pin:last.agree`) but without the library. */
export function wordsOf(language: Language): Translate {
  return (key, values = {}) => {
    let node: unknown = languages[language];
    for (const part of key.split(/[:.]/)) {
      node = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[part] : undefined;
    }
    if (typeof node !== 'string') return key;
    return node.replace(/\{\{\s*([\w-]+)\s*\}\}/g, (_, name: string) => String(values[name] ?? ''));
  };
}
