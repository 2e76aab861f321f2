import type { RevocationReason, SignatureReport, Verification } from '../../../shared/domain/index.ts';
import { judge } from './verdict.ts';

/** Since when a certificate is revoked, and why, where that is known. */
export type RevocationOf = (
  certificateSha256: string,
) => { at: Date; reason: RevocationReason | null } | undefined;

/**
 * What a revocation does to one signature (EN 319 102-1 5.2.8.4): a timestamp from before it keeps the signature as it
 * was; a time that the signer merely claims proves nothing, so the signature is no longer proven; and what was signed
 * later, or at a time that nobody tells, is revoked.
 */
function revoke(report: SignatureReport, at: Date): SignatureReport {
  const before = report.signedAt !== null && Date.parse(report.signedAt) < at.getTime();
  if (before && report.timeSource === 'timestamp') return report;
  const [trust, word] = before
    ? (['unknown', 'certificate-revoked-later'] as const)
    : (['revoked', 'certificate-revoked'] as const);
  // A change after signing stays the first thing to be told.
  return { ...report, trust, reason: report.changesAllowed ? word : report.reason };
}

/**
 * A verification in the light of what is known of revocations. Only adds to what speaks against a file; a signature that
 * is broken is left as it is.
 */
export function withRevocations<V extends Verification>(verification: V, revocationOf: RevocationOf): V {
  const signatures = verification.signatures.map((report) => {
    const revocation =
      report.integrity === 'intact' && report.certificateSha256 !== ''
        ? revocationOf(report.certificateSha256)
        : undefined;
    return revocation ? revoke(report, revocation.at) : report;
  });
  return { ...verification, ...judge(signatures), signatures };
}
