import { z } from 'zod';
import { wireErrorSchema } from './errors.ts';
import { certificateSchema, pinStateSchema, tokenIdSchema } from './keys.ts';

/**
 * What an authority says of a certificate. Offline is 'unknown', never 'good'; 'unchecked': nobody has asked yet, or
 * the certificate names no place where one could ask.
 */
const revocationSchema = z.enum(['good', 'revoked', 'unknown', 'unchecked']);

/** Reasons of RFC 5280 5.3.1 by their names there. */
export const revocationReasonSchema = z.enum([
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
]);
export type RevocationReason = z.infer<typeof revocationReasonSchema>;

export const certificateStatusSchema = z.object({
  revocation: revocationSchema,
  /** Who said so; null where nobody did. */
  source: z.enum(['ocsp', 'crl']).nullable(),
  /** ISO 8601. When the answer was made by its signer (thisUpdate); null without an answer. */
  producedAt: z.string().nullable(),
  /** Until when the answer may be used (nextUpdate). */
  validUntil: z.string().nullable(),
  /** When this client last asked, whatever came of it. */
  askedAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
  reason: revocationReasonSchema.nullable(),
  /** Whether the chain ends in the trust list: 'trusted', or the word of `certificates.chain.<word>`. */
  chain: z.string(),
  /** Why nothing newer is known. */
  error: wireErrorSchema.nullable(),
});
export type CertificateStatus = z.infer<typeof certificateStatusSchema>;

/** One certificate of a key, plugged in or seen before. */
export const certificateCardSchema = z.object({
  certificate: certificateSchema,
  token: tokenIdSchema,
  tokenManufacturer: z.string(),
  /** Whether the key is plugged in now. */
  plugged: z.boolean(),
  /** Of the key, as last seen. */
  pinState: pinStateSchema,
  /** ISO 8601: when this certificate was last seen on the key. */
  seenAt: z.string(),
  status: certificateStatusSchema,
  /** What hangs on it: the name of the seal picture or seal that was last used with it; '' for none known. */
  seal: z.string(),
  /** First day (ISO 8601) on which it can be renewed online, and the last. */
  renewalFrom: z.string(),
  renewalUntil: z.string(),
  /** A newer certificate for the same holder has taken its place; it is kept, and not offered for stamps. */
  superseded: z.boolean(),
  /** Id of a renewal of this certificate that has not ended. */
  renewal: z.string().nullable(),
});
export type CertificateCard = z.infer<typeof certificateCardSchema>;

/** Everything else about one certificate. */
export const certificateDetailSchema = z.object({
  sha256: z.string(),
  sha1: z.string(),
  /** Unified social credit code found in the subject, and whether its check digit fits (GB 32100-2015). */
  creditCode: z.object({ value: z.string(), valid: z.boolean() }).nullable(),
  keyUsage: z.array(z.string()).nullable(),
  extendedKeyUsage: z.array(z.string()).nullable(),
  subjectKeyId: z.string().nullable(),
  signatureAlgorithm: z.string(),
  ocsp: z.array(z.string()),
  crl: z.array(z.string()),
  /** From the certificate to the farthest authority found. */
  chain: z.array(
    z.object({
      name: z.string(),
      subject: z.string(),
      notAfter: z.string(),
      sha256: z.string(),
      trusted: z.boolean(),
    }),
  ),
  /** The DER structure, a line each, for people who look that closely; at most a few hundred lines. */
  raw: z.array(z.string()),
});
export type CertificateDetail = z.infer<typeof certificateDetailSchema>;

/** One root of the trust list. */
export const trustAnchorSchema = z.object({
  sha256: z.string(),
  name: z.string(),
  subject: z.string(),
  notBefore: z.string(),
  notAfter: z.string(),
  /** shipped: in the signed list that comes with the client; own: added by the user; practice: of the practice world. */
  source: z.enum(['shipped', 'own', 'system', 'practice']),
});
export type TrustAnchor = z.infer<typeof trustAnchorSchema>;
