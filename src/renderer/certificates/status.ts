import type { CertificateStatus } from '../../shared/domain/certificates.ts';
import type { Language } from '../../shared/i18n/index.ts';
import {
  describeError,
  formatDateLong,
  formatDateTime,
  type IconName,
  type Tone,
  type Translate,
} from '../look/index.ts';

export interface StatusWords {
  tone: Tone;
  icon: IconName;
  word: string;
  lines: string[];
}

/**
 * What is known of a certificate's revocation, in words; nothing is called good that nobody has said.
 * `over`: it has expired, and not being revoked does not make it valid.
 */
export function statusWords(
  t: Translate,
  language: Language,
  status: CertificateStatus,
  over = false,
): StatusWords {
  const by = status.source ? t(`certificates:status.source.${status.source}`) : '';
  switch (status.revocation) {
    case 'good':
      return {
        tone: over ? 'grey' : 'ok',
        icon: over ? 'info' : 'check-c',
        word: t(over ? 'certificates:status.notRevoked' : 'certificates:status.good'),
        lines: [
          status.validUntil
            ? t('certificates:status.goodUntil', {
                by,
                since: formatDateTime(status.producedAt),
                until: formatDateTime(status.validUntil),
              })
            : t('certificates:status.goodSince', { by, since: formatDateTime(status.producedAt) }),
        ],
      };
    case 'revoked':
      return {
        tone: 'bad',
        icon: 'cross-c',
        word: t('certificates:status.revoked', { date: formatDateLong(status.revokedAt, language) }),
        lines: [
          t('certificates:status.reason', {
            reason: t(`certificates:reason.${status.reason ?? 'unspecified'}`),
          }),
          t('certificates:status.revokedNext'),
        ],
      };
    case 'unknown': {
      // Since the end of what was known; where nothing ever was, since the question that nobody answered.
      const since = status.validUntil ?? status.askedAt;
      return {
        tone: 'warn',
        icon: 'info',
        word: since
          ? t('certificates:status.unknownSince', { since: formatDateTime(since) })
          : t('certificates:status.unknown'),
        lines: [
          status.error ? describeError(t, status.error).heading : t('certificates:status.noAnswer'),
          ...(status.producedAt
            ? [t('certificates:status.lastGood', { by, since: formatDateTime(status.producedAt) })]
            : []),
          t('certificates:status.unknownNext'),
        ],
      };
    }
    case 'unchecked':
      return {
        tone: 'grey',
        icon: 'info',
        word: t('certificates:status.unchecked'),
        lines: [t('certificates:status.uncheckedText')],
      };
  }
}
