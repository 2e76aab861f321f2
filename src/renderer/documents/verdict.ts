import type { SignatureReport, Verification } from '../../shared/domain/index.ts';

/** How a file, or one seal in it, stands. Always told by icon and word, never by colour alone. */
export type Standing = 'valid' | 'limited' | 'invalid' | 'unsigned';

export const standingSigns = {
  valid: { tone: 'ok', icon: 'check-c' },
  limited: { tone: 'warn', icon: 'warn' },
  invalid: { tone: 'bad', icon: 'cross-c' },
  unsigned: { tone: 'warn', icon: 'info' },
} as const;

/** The verdict over the file, as main judged it. */
export function standingOf(verification: Verification): Standing {
  if (verification.verdict === 'unsigned') return 'unsigned';
  if (verification.verdict === 'valid') return 'valid';
  return verification.limited ? 'limited' : 'invalid';
}

/** Nobody tampered: this client can't read that kind of signature. */
const unread = new Set(['unsupported-algorithm', 'unsupported-subfilter']);

/** True for a seal of a kind that can't be judged here: neither found intact nor found broken. */
export function isUnread(signature: SignatureReport): boolean {
  return signature.integrity === 'broken' && unread.has(signature.reason);
}

/**
 * One signature: broken, or protecting only part of the file, or changed in a way that it forbids, or revoked, or with a
 * seal that doesn't hold is invalid; intact and trusted is valid; intact but not proven to be trusted is limited.
 */
export function standingOfSignature(signature: SignatureReport): Standing {
  if (isUnread(signature)) return 'limited';
  const broken = signature.integrity === 'broken' || signature.coverage === 'partial';
  if (broken || !signature.changesAllowed || signature.trust === 'revoked') return 'invalid';
  if (signature.seal?.verdict === 'invalid') return 'invalid';
  return signature.trust === 'trusted' && signature.seal?.verdict !== 'unproven' ? 'valid' : 'limited';
}

/** One line of what was looked at, with its state. `word` is under `verify:mark.<word>`. */
export interface Mark {
  state: 'ok' | 'warn' | 'bad';
  word: string;
}

/** What was checked of one seal, the file's content first: integrity, what came after, and whom one trusts. */
export function marksOf(signature: SignatureReport): Mark[] {
  if (isUnread(signature)) return [{ state: 'warn', word: 'unread' }];
  const marks: Mark[] = [];
  if (signature.integrity === 'broken') marks.push({ state: 'bad', word: 'broken' });
  else marks.push({ state: 'ok', word: 'intact' });
  if (signature.integrity === 'intact') {
    if (!signature.changesAllowed) marks.push({ state: 'bad', word: 'changed' });
    else if (signature.coverage === 'partial') marks.push({ state: 'bad', word: 'partial' });
    else if (signature.changesAfter.length > 0) marks.push({ state: 'ok', word: 'added' });
    else marks.push({ state: 'ok', word: 'unchanged' });
  }
  const trust = signature.trust;
  // Of a broken seal, trust is often not looked at any more; that is no finding of its own.
  if (signature.integrity === 'broken' && trust === 'unknown') return marks;
  marks.push({
    state: trust === 'trusted' ? 'ok' : trust === 'revoked' ? 'bad' : 'warn',
    word: `trust-${trust}`,
  });
  return marks;
}

/** Words of `changesAfter` without doubles, in the order of `verify:change`. */
export function changesOf(signature: SignatureReport): string[] {
  return [...new Set(signature.changesAfter)];
}

/** Numbers (1-based) of the seals with this standing. */
export function numbersWith(verification: Verification, standing: Standing): number[] {
  return verification.signatures.flatMap((signature, index) =>
    standingOfSignature(signature) === standing ? [index + 1] : [],
  );
}

/** The first page on which a seal can be seen; a broken one before the others. 1 where none is visible. */
export function firstPageOf(verification: Verification): number {
  const pageOf = (signature: SignatureReport) => signature.widgets[0]?.page;
  const broken = verification.signatures.find(
    (signature) => standingOfSignature(signature) === 'invalid' && pageOf(signature) !== undefined,
  );
  const any = broken ?? verification.signatures.find((signature) => pageOf(signature) !== undefined);
  return (any && pageOf(any)) ?? 1;
}

/** What a signature shows; a word for texts, `verify:shows.<word>`. */
export function showsOf({ seal, widgets }: SignatureReport): 'seal' | 'unreadable' | 'picture' | 'nothing' {
  if (seal) return seal.facts ? 'seal' : 'unreadable';
  return widgets.length > 0 ? 'picture' : 'nothing';
}
