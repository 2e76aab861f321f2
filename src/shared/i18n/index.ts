import { createInstance, type i18n } from 'i18next';
import { texts as en } from './en/index.ts';
import { type Language, languageFor, languages } from './language.ts';
import { texts as zhCN } from './zh-CN/index.ts';

export { type Language, languageFor, languages };

/**
 * A ready i18next instance with both languages; namespaces are the files of a language folder
 * (`t('keys:empty.title')`). Values are inserted as they are: windows show them as text, never as HTML.
 */
export function createTexts(language: Language): i18n {
  const instance = createInstance();
  void instance.init({
    lng: language,
    fallbackLng: false,
    initAsync: false,
    defaultNS: 'common',
    keySeparator: '.',
    nsSeparator: ':',
    interpolation: { escapeValue: false },
    resources: { 'zh-CN': zhCN, en },
  });
  return instance;
}
