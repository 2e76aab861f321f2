import type { KeyObject } from 'node:crypto';
import { type CertificateFacts, der } from '../../src/main/certificates/index.ts';
import type { RevocationReason } from '../../src/shared/domain/certificates.ts';
import { authorityKeyExtension, extension, ids, signed, signingAlgorithm, time } from './certificate.ts';

/** CRLReason (RFC 5280 5.3.1); 7 is not used. */
export const reasonNumbers: Record<RevocationReason, number> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

/** The name of a CRLReason, or null for a number that means nothing. */
export function reasonName(number: number): RevocationReason | null {
  const found = Object.entries(reasonNumbers).find(([, value]) => value === number);
  return (found?.[0] as RevocationReason | undefined) ?? null;
}

export interface CrlContent {
  issuer: CertificateFacts;
  key: KeyObject;
  number: number;
  thisUpdate: Date;
  nextUpdate: Date;
  entries: readonly { serialNumberDer: Uint8Array; at: Date; reason: RevocationReason }[];
}

/** A full CRL, version 2 (RFC 5280 5). */
export function writeCrl(content: CrlContent): Buffer {
  const entries = content.entries.map(({ serialNumberDer, at, reason }) => {
    const code = der.element(der.tags.enumerated, Buffer.of(reasonNumbers[reason]));
    // 'unspecified' is said by saying nothing (5.3.1).
    const more = reason === 'unspecified' ? [] : [der.seq(extension(ids.reasonCode, false, code))];
    return der.seq(serialNumberDer, time(at), ...more);
  });
  const list = der.seq(
    der.int(1),
    signingAlgorithm(content.key).identifier,
    content.issuer.subject.raw,
    time(content.thisUpdate),
    time(content.nextUpdate),
    // An empty list is left out (5.1.2.6).
    ...(entries.length > 0 ? [der.seq(...entries)] : []),
    der.explicit(
      0,
      der.seq(
        authorityKeyExtension(content.issuer.spki),
        extension(ids.crlNumber, false, der.int(content.number)),
      ),
    ),
  );
  return signed(list, content.key);
}
