export const languages = ['zh-CN', 'en'] as const;
export type Language = (typeof languages)[number];

/** The language that fits a system locale: Chinese of any kind -> zh-CN, all others -> en. */
export function languageFor(locale: string): Language {
  return /^zh(?![a-z])/i.test(locale) ? 'zh-CN' : 'en';
}
