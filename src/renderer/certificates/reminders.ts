import type { CertificateCard } from '../../shared/domain/certificates.ts';
import { isOver } from './list.ts';

/** over: expired; today: the last day; soon: 30 days and fewer; open: the authority's window has opened. */
export type ReminderLevel = 'over' | 'today' | 'soon' | 'open';
const weights: Record<ReminderLevel, number> = { today: 0, over: 1, soon: 2, open: 3 };

export interface Reminder {
  level: ReminderLevel;
  /** The weightiest. */
  card: CertificateCard;
  /** How many more there are. */
  others: number;
  /** What `dismissed` takes for all of them. */
  marks: string[];
}

/** A certificate that expired longer ago is seen in the list, and needs no daily word any more. */
const OVER_FOR_DAYS = 90;

function levelOf(card: CertificateCard, now: Date): ReminderLevel | null {
  const { certificate } = card;
  if (certificate.isCa || card.superseded || card.renewal !== null) return null;
  if (card.status.revocation === 'revoked' || certificate.hasPrivateKey === false) return null;
  if (isOver(card)) return certificate.daysLeft >= -OVER_FOR_DAYS ? 'over' : null;
  if (certificate.daysLeft === 0) return 'today';
  if (certificate.daysLeft <= 30) return 'soon';
  return now.getTime() >= Date.parse(card.renewalFrom) ? 'open' : null;
}

/**
 * What is to be said at the top of a screen today, or null. `dismissed`: marks that the user has put off; a
 * certificate that has come to a weightier level since then is told again.
 */
export function reminderOf(
  cards: readonly CertificateCard[],
  dismissed: readonly string[],
  now: Date,
): Reminder | null {
  const found = cards
    .flatMap((card) => {
      const level = levelOf(card, now);
      return level ? [{ card, level, mark: `${level} ${card.certificate.sha256}` }] : [];
    })
    .filter(({ mark }) => !dismissed.includes(mark))
    .sort(
      (one, other) =>
        weights[one.level] - weights[other.level] ||
        Math.abs(one.card.certificate.daysLeft) - Math.abs(other.card.certificate.daysLeft),
    );
  const [first] = found;
  if (!first) return null;
  return {
    level: first.level,
    card: first.card,
    others: found.length - 1,
    marks: found.map(({ mark }) => mark),
  };
}

/** What was put off on one day; on another day it is worth nothing. */
export interface Dismissed {
  day: string;
  marks: string[];
}

/** Reads what was kept; anything else than that is as good as nothing. */
export function readDismissed(kept: string | null, day: string): Dismissed {
  if (kept !== null) {
    try {
      const found: unknown = JSON.parse(kept);
      if (
        typeof found === 'object' &&
        found !== null &&
        'day' in found &&
        found.day === day &&
        'marks' in found &&
        Array.isArray(found.marks)
      ) {
        return { day, marks: found.marks.filter((mark) => typeof mark === 'string') };
      }
    } catch {
      // not JSON: not ours
    }
  }
  return { day, marks: [] };
}
