import type { CertificateInfo } from '../../shared/domain/keys.ts';
import type { Language } from '../../shared/i18n/index.ts';
import type { Translate } from './describe-error.ts';
import { formatDate, formatNumber } from './format.ts';

export interface DaysWords {
  /** '2027-01-24 expires', struck through where `over`. */
  date: string;
  /** 'left 63 days', 'expired 41 days ago', 'not valid yet'. */
  left: string;
  over: boolean;
  /** 30 days and fewer: the words are amber too. */
  urgent: boolean;
}

/** How long a certificate still lasts, in words; judged by its dates alone. */
export function daysWords(
  t: Translate,
  language: Language,
  certificate: Pick<CertificateInfo, 'daysLeft' | 'validity' | 'notAfter' | 'notBefore'>,
): DaysWords {
  const { daysLeft, validity } = certificate;
  if (validity === 'not-yet-valid') {
    const date = t('common:begins', { date: formatDate(certificate.notBefore) });
    return { date, left: t('common:daysNotYet'), over: false, urgent: true };
  }
  const date = t('common:expires', { date: formatDate(certificate.notAfter) });
  if (validity === 'expired' || daysLeft < 0) {
    // A certificate that ended within the last 24 hours is over since "1 day", never since "0 days".
    const days = Math.max(1, -daysLeft);
    return {
      date,
      left: t('common:daysOver', { count: days, days: formatNumber(days, language) }),
      over: true,
      urgent: false,
    };
  }
  if (daysLeft === 0) return { date, left: t('common:lastDay'), over: false, urgent: true };
  const left = t('common:daysLeft', { count: daysLeft, days: formatNumber(daysLeft, language) });
  return { date, left, over: false, urgent: daysLeft <= 30 };
}
