import type { CertificateCard } from '../../shared/domain/index.ts';

/** How near the end is: the window of the authority is open; a month; the last day; over. */
type Urgency = 'due' | 'soon' | 'last-day' | 'expired';

export interface Reminder {
  sha256: string;
  urgency: Urgency;
  holder: string;
  /** The seal that hangs on it; '' for none known. */
  seal: string;
  daysLeft: number;
}

/** Days after the end for which somebody is still reminded: after that the card alone says it. */
const forgottenAfter = 30;

/**
 * Of which certificates the user is to be reminded, most urgent first: those of people and units (no authorities) that
 * have a key, have not been renewed and are not being renewed.
 */
export function dueReminders(cards: readonly CertificateCard[], now: Date): Reminder[] {
  return cards
    .filter(
      ({ certificate, superseded, renewal, renewalFrom, status }) =>
        !certificate.isCa &&
        certificate.hasPrivateKey !== false &&
        !superseded &&
        renewal === null &&
        status.revocation !== 'revoked' &&
        now.toISOString() >= renewalFrom &&
        certificate.daysLeft >= -forgottenAfter,
    )
    .map(({ certificate, seal }) => ({
      sha256: certificate.sha256,
      urgency: urgencyOf(certificate.daysLeft),
      holder: certificate.holder,
      seal,
      daysLeft: certificate.daysLeft,
    }))
    .sort((a, b) => a.daysLeft - b.daysLeft);
}

function urgencyOf(daysLeft: number): Urgency {
  if (daysLeft < 0) return 'expired';
  if (daysLeft === 0) return 'last-day';
  return daysLeft <= 30 ? 'soon' : 'due';
}
