import { useTranslation } from 'react-i18next';
import type { Language } from '../../shared/i18n/index.ts';
import type { Translate } from './describe-error.ts';

/** Texts and language of the moment: `t('keys:empty.title')`. Re-renders when the language is switched. */
export function useTexts(): { t: Translate; language: Language } {
  const { t, i18n } = useTranslation();
  return { t: t as Translate, language: i18n.language as Language };
}
