import type { SignatureReport, Verification } from '../../../shared/domain/index.ts';

type Judgement = Pick<Verification, 'verdict' | 'limited' | 'sentence'>;
type Judged = Pick<SignatureReport, 'integrity' | 'coverage' | 'changesAllowed' | 'trust' | 'reason'>;

/** Nobody tampered: this client can't read that kind of signature. */
const unsupported = new Set(['unsupported-algorithm', 'unsupported-subfilter']);

/**
 * One verdict over all signatures of a file. `valid` needs every signature intact, its changes allowed and its
 * certificate trusted. Where only trust can't be proven, the file is `limited`: not valid, but nobody tampered.
 */
export function judge(signatures: readonly Judged[]): Judgement {
  if (signatures.length === 0) return { verdict: 'unsigned', limited: false, sentence: 'none' };
  const broken = signatures.filter((one) => one.integrity === 'broken' || one.coverage === 'partial');
  if (broken.length > 0 && broken.every((one) => unsupported.has(one.reason))) {
    return { verdict: 'invalid', limited: true, sentence: 'unsupported' };
  }
  if (broken.length > 0) {
    return { verdict: 'invalid', limited: false, sentence: 'broken' };
  }
  if (signatures.some((one) => !one.changesAllowed)) {
    return { verdict: 'invalid', limited: false, sentence: 'changed-after' };
  }
  if (signatures.every((one) => one.trust === 'trusted')) {
    return {
      verdict: 'valid',
      limited: false,
      sentence: signatures.length === 1 ? 'one-valid' : 'all-valid',
    };
  }
  if (signatures.some((one) => one.trust === 'revoked')) {
    return { verdict: 'invalid', limited: false, sentence: 'trust-unproven' };
  }
  const expired = signatures.some((one) => one.trust === 'expired');
  return { verdict: 'invalid', limited: true, sentence: expired ? 'expired-unproven' : 'trust-unproven' };
}
