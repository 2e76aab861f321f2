import type { SignatureReport, Verification } from '../../../shared/domain/index.ts';

type Judgement = Pick<Verification, 'verdict' | 'limited' | 'sentence'>;
type Judged = Pick<
  SignatureReport,
  'integrity' | 'coverage' | 'changesAllowed' | 'trust' | 'reason' | 'seal'
>;

/** Nobody tampered: this client can't read that kind of signature. */
const unsupported = new Set(['unsupported-algorithm', 'unsupported-subfilter']);

/**
 * One verdict over all signatures of a file. `valid` needs every signature intact, its changes allowed, its certificate
 * trusted, and the seal that it carries genuine. Where only trust can't be proven, the file is `limited`: not valid, but
 * nobody tampered.
 */
export function judge(signatures: readonly Judged[]): Judgement {
  if (signatures.length === 0) return { verdict: 'unsigned', limited: false, sentence: 'none' };
  const invalid = (sentence: string, limited = false) => ({ verdict: 'invalid' as const, limited, sentence });
  const broken = signatures.filter((one) => one.integrity === 'broken' || one.coverage === 'partial');
  if (broken.length > 0) {
    return broken.every((one) => unsupported.has(one.reason))
      ? invalid('unsupported', true)
      : invalid('broken');
  }
  if (signatures.some((one) => !one.changesAllowed)) return invalid('changed-after');
  if (signatures.some((one) => one.trust === 'revoked')) return invalid('trust-unproven');
  const seals = signatures.flatMap(({ seal }) => seal ?? []);
  const bad = seals.filter(({ verdict }) => verdict === 'invalid');
  if (bad.length > 0) {
    return invalid(bad.every(({ pictureDrawn }) => pictureDrawn === false) ? 'seal-picture' : 'seal-invalid');
  }
  if (signatures.some((one) => one.trust !== 'trusted')) {
    const expired = signatures.some((one) => one.trust === 'expired');
    return invalid(expired ? 'expired-unproven' : 'trust-unproven', true);
  }
  if (seals.some(({ verdict }) => verdict === 'unproven')) return invalid('seal-unproven', true);
  const word = signatures.length === 1 ? 'one-valid' : 'all-valid';
  // A signature that shows a picture is told as that; the word seal is for those that carry one.
  const sentence = seals.length === signatures.length ? word : `${word}-signature`;
  return { verdict: 'valid', limited: false, sentence };
}
