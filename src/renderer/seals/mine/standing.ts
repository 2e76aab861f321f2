import type { SealApplicationView, SealCard, SealStep, SealStepName } from '../../../shared/domain/index.ts';
import type { IconName, Tone } from '../../look/index.ts';

/** How a seal stands, in one word; texts `seals:mine.sign.<word>`. */
export type SealStanding =
  | 'normal'
  | 'stale'
  | 'unknown'
  | 'suspended'
  | 'cancelled'
  | 'not-issued'
  | 'expired'
  | 'not-yet-valid'
  | 'no-certificate'
  | 'invalid'
  | 'unproven';

/**
 * The one word for a seal, the weightiest first: what its maker says against it, its dates, its verification, and last how
 * old the maker's word is.
 */
export function standingOfSeal(card: SealCard): SealStanding {
  const { state, stale } = card.status;
  if (state === 'cancelled' || state === 'suspended' || state === 'not-issued') return state;
  if (card.code === 'seal.expired') return 'expired';
  if (card.code === 'seal.not-yet-valid') return 'not-yet-valid';
  if (card.code === 'seal.not-listed' || card.certificate === null) return 'no-certificate';
  if (card.verdict === 'invalid') return 'invalid';
  if (card.verdict === 'unproven') return 'unproven';
  if (state === 'unknown') return 'unknown';
  return stale ? 'stale' : 'normal';
}

interface Sign {
  tone: Tone;
  icon: IconName;
}

export const sealSigns: Record<SealStanding, Sign> = {
  normal: { tone: 'ok', icon: 'check-c' },
  stale: { tone: 'grey', icon: 'wait' },
  unknown: { tone: 'grey', icon: 'info' },
  suspended: { tone: 'warn', icon: 'warn' },
  cancelled: { tone: 'bad', icon: 'cross-c' },
  'not-issued': { tone: 'bad', icon: 'cross-c' },
  expired: { tone: 'grey', icon: 'cross-c' },
  'not-yet-valid': { tone: 'warn', icon: 'wait' },
  'no-certificate': { tone: 'warn', icon: 'warn' },
  invalid: { tone: 'bad', icon: 'cross-c' },
  unproven: { tone: 'warn', icon: 'warn' },
};

export const stepSigns: Record<SealStep['state'], Sign> = {
  ok: { tone: 'ok', icon: 'check' },
  failed: { tone: 'bad', icon: 'cross' },
  unknown: { tone: 'grey', icon: 'info' },
};

/** Words that several steps can say. */
const ofAny = new Set(['not-reached', 'algorithm-unsupported', 'algorithm-weak']);
const ofCertificates = new Set<SealStepName>(['maker-certificate', 'signer-certificate']);

/** The key of the text that tells why a step has its state, under `seals:`. */
export function reasonKey({ step, reason }: Pick<SealStep, 'step' | 'reason'>): string {
  const place = ofAny.has(reason) ? 'any' : ofCertificates.has(step) ? 'certificate' : step;
  return `mine.reason.${place}.${reason}`;
}

/** It can stamp now, as far as is known here. */
export const isUsable = (card: SealCard): boolean =>
  card.present && card.certificate !== null && card.code === null;

/** Which seal on which key: a copy may lie on two. */
export const sealKey = ({ id, token }: Pick<SealCard, 'id' | 'token'>): string =>
  [id, token.module, token.serial, token.label].join('\n');

const weight: Record<SealStanding, number> = {
  normal: 0,
  stale: 0,
  unknown: 0,
  'not-yet-valid': 1,
  'no-certificate': 1,
  unproven: 1,
  invalid: 1,
  suspended: 1,
  expired: 2,
  'not-issued': 2,
  cancelled: 3,
};

const byName = new Intl.Collator('zh-CN', { numeric: true });

/** Seals of plugged keys first, those that are over last; by name among equals. */
export function sealsInOrder(cards: readonly SealCard[]): SealCard[] {
  const rank = (card: SealCard) => weight[standingOfSeal(card)] * 2 + (card.present ? 0 : 1);
  return [...cards].sort((one, other) => rank(one) - rank(other) || byName.compare(one.name, other.name));
}

/** Applications that are not over; a seal that is bound is in the list of seals. */
export function underWay(views: readonly SealApplicationView[]): SealApplicationView[] {
  return views.filter(({ phase }) => phase !== 'bound' && phase !== 'withdrawn');
}
