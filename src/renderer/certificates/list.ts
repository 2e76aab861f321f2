import type { CertificateCard } from '../../shared/domain/certificates.ts';
import type { RenewalView } from '../../shared/domain/renewal.ts';
import type { Language } from '../../shared/i18n/index.ts';
import { daysWords, holderName, type IconName, type Tone, type Translate } from '../look/index.ts';

/** Renewal opens 90 days before the end. */
const SOON_DAYS = 90;

/** Which certificate on which key: the same one may lie on two. */
export function cardId({ certificate, token }: CertificateCard): string {
  return [certificate.sha256, token.module, token.serial, token.label].join('\n');
}

/** What people call it: the holder without the unit; where that is the unit itself, the seal that hangs on it. */
export function cardName({ certificate, seal }: Pick<CertificateCard, 'certificate' | 'seal'>): string {
  const short = holderName(certificate);
  if (seal && (short === '' || short === certificate.unit)) return seal;
  return short || certificate.subject;
}

export const isRevoked = ({ status }: CertificateCard): boolean => status.revocation === 'revoked';

export const isOver = ({ certificate }: CertificateCard): boolean =>
  certificate.validity === 'expired' || certificate.daysLeft < 0;

/**
 * The list in the order of what needs care: being renewed, then the first to expire, expired ones at the end (the
 * latest first); superseded ones apart. Authorities' own certificates are left out.
 */
export function inOrder(cards: readonly CertificateCard[]): {
  current: CertificateCard[];
  superseded: CertificateCard[];
} {
  const held = cards.filter(({ certificate }) => !certificate.isCa);
  const rank = (card: CertificateCard) => (card.renewal !== null ? 0 : isOver(card) ? 2 : 1);
  const current = held
    .filter((card) => !card.superseded)
    .sort((one, other) => {
      const left = one.certificate.daysLeft - other.certificate.daysLeft;
      return rank(one) - rank(other) || (isOver(one) ? -left : left);
    });
  const superseded = held
    .filter((card) => card.superseded)
    .sort((one, other) => other.certificate.daysLeft - one.certificate.daysLeft);
  return { current, superseded };
}

/** How many there are, are being renewed, expire within 90 days, and have expired; without superseded ones. */
export function tally(current: readonly CertificateCard[]): {
  all: number;
  renewing: number;
  soon: number;
  over: number;
} {
  const count = (which: (card: CertificateCard) => boolean) => current.filter(which).length;
  return {
    all: current.length,
    renewing: count(({ renewal }) => renewal !== null),
    soon: count((card) => !isOver(card) && card.certificate.daysLeft <= SOON_DAYS),
    over: count(isOver),
  };
}

export interface CardSign {
  tone: Tone;
  icon: IconName;
  word: string;
}

/**
 * The state at a card's right: only what needs care has one, and of several the weightiest. `view`: the renewal that
 * the card names, where it is known.
 */
export function cardSign(
  t: Translate,
  language: Language,
  card: CertificateCard,
  view: RenewalView | null,
): CardSign | null {
  const { certificate, status } = card;
  if (status.revocation === 'revoked') {
    return { tone: 'bad', icon: 'cross-c', word: t('certificates:sign.revoked') };
  }
  if (card.renewal !== null) return renewalSign(t, view);
  // They stand together under a heading that says so.
  if (card.superseded) return null;
  const days = daysWords(t, language, certificate);
  if (days.over) return { tone: 'grey', icon: 'cross-c', word: days.left };
  if (days.urgent) return { tone: 'warn', icon: 'warn', word: days.left };
  if (certificate.hasPrivateKey === false) {
    return { tone: 'warn', icon: 'warn', word: t('certificates:sign.noKey') };
  }
  if (!certificate.canSign) return { tone: 'warn', icon: 'warn', word: t('certificates:sign.cannotSign') };
  if (status.revocation === 'unknown') {
    return { tone: 'grey', icon: 'info', word: t('certificates:sign.unknown') };
  }
  return null;
}

function renewalSign(t: Translate, view: RenewalView | null): CardSign {
  const state = view?.state ?? 'working';
  const word = t(`certificates:sign.renewal.${state}`);
  if (state === 'stopped') return { tone: 'warn', icon: 'warn', word };
  if (state === 'waiting-key') return { tone: 'warn', icon: 'unplug', word };
  if (state === 'waiting-payment' || state === 'waiting-review') return { tone: 'ink', icon: 'wait', word };
  return { tone: 'ink', icon: 'renew', word };
}

/** Whether and how a certificate can be renewed. */
export type Offer =
  /** One is under way: its id. */
  | { kind: 'running'; id: string }
  | { kind: 'superseded' }
  | { kind: 'revoked' }
  /** Not online any more: by mail or at the counter. */
  | { kind: 'expired' }
  | { kind: 'no-private-key' }
  /** ISO 8601: the day from which on it can be. */
  | { kind: 'not-yet'; from: string }
  /** It could be, were the key here. */
  | { kind: 'unplugged' }
  | { kind: 'locked' }
  | { kind: 'open' };

/** What stands between a certificate and its renewal, the weightiest first. */
export function offerOf(card: CertificateCard, now: Date): Offer {
  if (card.renewal !== null) return { kind: 'running', id: card.renewal };
  if (card.superseded) return { kind: 'superseded' };
  if (card.status.revocation === 'revoked') return { kind: 'revoked' };
  if (isOver(card) || now.getTime() > Date.parse(card.renewalUntil)) return { kind: 'expired' };
  if (card.certificate.hasPrivateKey === false) return { kind: 'no-private-key' };
  if (now.getTime() < Date.parse(card.renewalFrom)) return { kind: 'not-yet', from: card.renewalFrom };
  if (!card.plugged) return { kind: 'unplugged' };
  if (card.pinState === 'locked') return { kind: 'locked' };
  return { kind: 'open' };
}

/** A certificate's life as shares 0..1 of the whole: today, and the day from which it can be renewed. */
export function lifeOf(
  { notBefore, notAfter }: { notBefore: string; notAfter: string },
  renewalFrom: string,
  now: Date,
): { today: number; opens: number } {
  const from = Date.parse(notBefore);
  const length = Date.parse(notAfter) - from;
  const share = (time: number) => (length > 0 ? Math.min(1, Math.max(0, (time - from) / length)) : 1);
  return { today: share(now.getTime()), opens: share(Date.parse(renewalFrom)) };
}

/** The step of an arrow key in a list, or null where the key is none: the place to go to. */
export function arrowTo(key: string, at: number, length: number): number | null {
  if (length === 0) return null;
  if (key === 'ArrowDown') return Math.min(length - 1, at + 1);
  if (key === 'ArrowUp') return Math.max(0, at - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  return null;
}
