import { z } from 'zod';

/**
 * Data objects (CKO_DATA) by which seals lie on tokens, and the seal that a signature is a stamp of. Applications and
 * labels are a convention of this client: CKA_LABEL is the seal's number (esID), CKA_PRIVATE is false, so that a seal can
 * be looked at without a PIN.
 */

/** CKA_APPLICATION of a SESeal. */
export const sealApplication = 'YinKey seal';
/** CKA_APPLICATION where only the SHA-256 of a SESeal lies on the token, which has no room for all of it. */
export const digestApplication = 'YinKey seal digest';

/** What is taken over from one token. A seal has some 20 KB, and keys hold 32 to 64 KB in all. */
export const dataLimits = {
  objects: 64,
  /** Bytes of one value. */
  bytes: 64 * 1024,
};

const hexDigest = z.string().regex(/^[0-9a-f]{64}$/);
const bytesUpTo = (most: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length > 0 && value.length <= most);

/** A data object as a token shows it. */
export const tokenDataSchema = z.object({
  application: z.string().max(256),
  label: z.string().max(256),
  value: bytesUpTo(dataLimits.bytes),
});
export type TokenData = z.infer<typeof tokenDataSchema>;
export const tokenDataListSchema = z.array(tokenDataSchema).max(dataLimits.objects);

const labelSchema = z.string().regex(/^[\x21-\x7e]{1,64}$/);

/** A data object that is to be written. */
export const writtenDataSchema = z.union([
  z.object({
    application: z.literal(sealApplication),
    label: labelSchema,
    value: bytesUpTo(dataLimits.bytes),
    /** SHA-256 (hex) of the SESeal whose place it takes. */
    replaces: hexDigest.optional(),
  }),
  z.object({
    application: z.literal(digestApplication),
    label: labelSchema,
    value: bytesUpTo(32).refine(({ length }) => length === 32),
    replaces: hexDigest.optional(),
  }),
]);
export const removedDataSchema = z.object({
  application: z.enum([sealApplication, digestApplication]),
  label: z.string().max(256),
  sha256: hexDigest,
});

const certificatesSchema = z.array(bytesUpTo(64 * 1024)).max(1000);

export const sealOfUseSchema = z.object({
  /** The SESeal that travels in the document. */
  bytes: bytesUpTo(4 << 20),
  /** SHA-256 (hex) of the SESeal that was put into the document. */
  embeddedSha256: hexDigest,
  /** SHA-256 (hex) of the picture that was drawn into it. */
  drawnSha256: hexDigest,
  /** The maker's newest status list that is known, DER; null: none. */
  statusList: bytesUpTo(8 << 20).nullable(),
  /** DER of the certificates that are trusted. */
  roots: certificatesSchema,
  /** DER of certificates that may stand between. */
  pool: certificatesSchema,
  /** Certificates that are known to be revoked, by their SHA-256 (hex); `since`: ISO 8601, null where nobody says. */
  revoked: z.array(z.object({ sha256: hexDigest, since: z.string().nullable() })).max(10_000),
});
/** The seal that a signature is a stamp of, and what is known of it. The token host asks its own clock and the key itself. */
export type SealOfUse = z.infer<typeof sealOfUseSchema>;
