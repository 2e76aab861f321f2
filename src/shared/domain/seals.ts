import { z } from 'zod';
import { tokenIdSchema } from './keys.ts';

/** Shapes of physical seals. */
const sealShapes = ['circle', 'ellipse', 'square', 'rectangle'] as const;
/** The ink that is looked for. */
export const inkColours = ['red', 'blue', 'black'] as const;
export type InkColour = (typeof inkColours)[number];

/** What an impression is judged by; names of texts (`seals:check.<name>`). */
const sealCheckNames = [
  'ring',
  'ink',
  'sharpness',
  'roundness',
  'skew',
  'doubleStrike',
  'resolution',
  'size',
] as const;

const verdictSchema = z.enum(['good', 'usable', 'refuse']);
export type SealCheckVerdict = z.infer<typeof verdictSchema>;

const sealCheckSchema = z.object({
  name: z.enum(sealCheckNames),
  value: z.number(),
  unit: z.enum(['%', 'mm', 'degrees', 'dpi']),
  /** What a good one has: at least (`min`) or at most (`max`) so much. */
  limit: z.object({ min: z.number().optional(), max: z.number().optional() }),
  verdict: verdictSchema,
  /** Where it is worst, on the upright seal. */
  where: z
    .object({
      /** Clockwise from the top, degrees. */
      angle: z.number(),
      /** The hour hand that points there, 1 to 12. */
      clock: z.number().int().min(1).max(12),
      /** How far it reaches, degrees and millimetres. */
      degrees: z.number(),
      lengthMm: z.number(),
    })
    .optional(),
});
export type SealCheck = z.infer<typeof sealCheckSchema>;

/** One impression on the sheet; `box` in pixels of the picture as it is looked at (turned by its EXIF mark). */
const foundImpressionSchema = z.object({
  pick: z.number().int().min(1),
  box: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
});
export type FoundImpression = z.infer<typeof foundImpressionSchema>;

/** A seal as it was found on a scan, measured and judged. */
export const captureResultSchema = z.object({
  found: z.array(foundImpressionSchema),
  pick: z.number().int().min(1),
  shape: z.enum(sealShapes),
  widthMm: z.number(),
  heightMm: z.number(),
  /** How far the impression was turned clockwise, degrees; the picture is upright. 0 where nothing tells. */
  rotation: z.number(),
  /** What the rotation was read from. */
  rotationBy: z.enum(['star', 'text', 'border', 'nothing']),
  colour: z.enum(inkColours),
  checks: z.array(sealCheckSchema),
  verdict: verdictSchema,
  /** Hints that refuse nothing; texts `seals:note.<name>`. */
  notes: z.array(z.enum(['fileTooLarge', 'notJpeg', 'perspective', 'textOverSeal'])),
  source: z.object({
    format: z.string(),
    bytes: z.number().int(),
    widthPx: z.number().int(),
    heightPx: z.number().int(),
    /** What the file says, or what follows from the typed diameter. */
    dpi: z.number(),
    dpiFrom: z.enum(['file', 'diameter']),
    centre: z.object({ x: z.number(), y: z.number() }),
  }),
  picture: z.object({
    widthPx: z.number().int(),
    heightPx: z.number().int(),
    dpi: z.number(),
    bytes: z.number().int(),
    widthMm: z.number(),
    heightMm: z.number(),
  }),
});
export type CaptureResult = z.infer<typeof captureResultSchema>;

/**
 * What is looked at when the seal object, or a signature made with it, is verified, in this order. 'signature' to
 * 'signing-time' are of a document's signature only, 'timestamp' of those that have one.
 */
const sealStepNameSchema = z.enum([
  'format',
  'signature',
  'digest',
  'signer-certificate',
  'signing-time',
  'maker-signature',
  'maker-certificate',
  'dates',
  'listed',
  'picture',
  'rules',
  'timestamp',
]);
export type SealStepName = z.infer<typeof sealStepNameSchema>;

const sealStepSchema = z.object({
  step: sealStepNameSchema,
  state: z.enum(['ok', 'failed', 'unknown']),
  /** A stable word for why it has this state; 'right' where there is nothing to tell. */
  reason: z.string(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type SealStep = z.infer<typeof sealStepSchema>;

/** `valid`: every step is ok. `invalid`: one failed. `unproven`: none failed, and one could not be decided. */
export const sealVerificationSchema = z.object({
  verdict: z.enum(['valid', 'unproven', 'invalid']),
  steps: z.array(sealStepSchema),
});
export type SealVerification = z.infer<typeof sealVerificationSchema>;

/** What a seal says of itself; nothing in it is proven but by its verification. Times are ISO 8601. */
export const sealFactsSchema = z.object({
  /** 'V1' GM/T 0031-2014, 'V4' GB/T 38540-2020, 'V5' GM/T 0031-2025. */
  standard: z.enum(['V1', 'V4', 'V5']),
  id: z.string(),
  name: z.string(),
  type: z.number().int(),
  vendor: z.string(),
  createdAt: z.string(),
  validFrom: z.string(),
  validUntil: z.string(),
  /** SHA-256 of the whole SESeal. */
  sha256: z.string(),
  bytes: z.number().int(),
  algorithm: z.string(),
  /** Subject of the maker's certificate; null where that can't be read. */
  maker: z.string().nullable(),
  picture: z.object({
    type: z.string(),
    bytes: z.number().int(),
    sha256: z.string(),
    widthMm: z.number(),
    heightMm: z.number(),
  }),
  /** How many certificates may use it, and the first of them; `subject` is null for a digest. */
  listType: z.enum(['certificates', 'digests']),
  listed: z.number().int(),
  list: z.array(z.object({ subject: z.string().nullable(), digest: z.string(), algorithm: z.string() })),
  extensions: z.array(z.object({ oid: z.string(), critical: z.boolean(), bytes: z.number().int() })),
});
export type SealFacts = z.infer<typeof sealFactsSchema>;

/** What a file with a seal in it is, and what its verification brought. */
export const sealInspectionSchema = z.object({
  kind: z.enum(['seal', 'signature', 'picture']),
  /** null and no steps for a picture: there is nothing in one that could be verified. */
  verdict: sealVerificationSchema.shape.verdict.nullable(),
  steps: sealVerificationSchema.shape.steps,
  /** The code of the failure that forbids its use; null for a valid one, and for a picture. */
  code: z.string().nullable(),
  seal: sealFactsSchema.nullable(),
  signature: z
    .object({
      signer: z.string().nullable(),
      signedAt: z.string().nullable(),
      digest: z.string(),
      property: z.string(),
      algorithm: z.string(),
    })
    .nullable(),
  picture: z
    .object({ widthPx: z.number(), heightPx: z.number(), widthMm: z.number(), heightMm: z.number() })
    .nullable(),
});
export type SealInspection = z.infer<typeof sealInspectionSchema>;

/** What a seal is for; texts `seals:kind.<kind>`. */
export const sealKinds = ['official', 'contract', 'finance', 'invoice', 'representative'] as const;
export const sealKindSchema = z.enum(sealKinds);

/** What the maker says of a seal, and how old that word is. */
export const sealStatusSchema = z.object({
  state: z.enum(['normal', 'suspended', 'cancelled', 'not-issued', 'unknown']),
  since: z.string().nullable(),
  /** When the maker's list was written; null: there is none. */
  asOf: z.string().nullable(),
  /** The list should have been replaced by now. */
  stale: z.boolean(),
});
export type SealStatusInfo = z.infer<typeof sealStatusSchema>;

/** A seal of "my seals": bound to a key, or once seen on one. Known by its esID. */
export const sealCardSchema = z.object({
  id: z.string(),
  sha256: z.string(),
  name: z.string(),
  kind: sealKindSchema.nullable(),
  /** From the certificate that may use it; '' where it is not known. */
  unit: z.string(),
  creditCode: z.string(),
  administrator: z.string(),
  vendor: z.string(),
  maker: z.string(),
  standard: z.enum(['V1', 'V4', 'V5']),
  /** The key that it is bound to. */
  token: tokenIdSchema,
  /** That key is plugged in now. */
  present: z.boolean(),
  /** 'store': the key has no room; it holds the digest, and the seal lies in this computer's store. */
  where: z.enum(['key', 'store']),
  /** The certificate on that key which it may be used with; null: none of them. */
  certificate: z
    .object({ sha256: z.string(), id: z.string(), holder: z.string(), notAfter: z.string() })
    .nullable(),
  createdAt: z.string(),
  validFrom: z.string(),
  validUntil: z.string(),
  widthMm: z.number(),
  heightMm: z.number(),
  status: sealStatusSchema,
  /** Its verification as of now, with the certificate above. */
  verdict: sealVerificationSchema.shape.verdict,
  steps: sealVerificationSchema.shape.steps,
  /** Why it can't stamp today; null: it can. */
  code: z.string().nullable(),
  /** Stamps made with it on this computer, by the audit log. */
  uses: z.object({ count: z.number().int(), last: z.string().nullable() }),
});
export type SealCard = z.infer<typeof sealCardSchema>;

/** One stamp of the audit log that was made with a seal. */
export const sealUseSchema = z.object({
  at: z.string(),
  document: z.string(),
  result: z.string(),
  certificateSha256: z.string().nullable(),
});
export type SealUseEntry = z.infer<typeof sealUseSchema>;
