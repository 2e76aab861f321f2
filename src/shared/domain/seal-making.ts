import { z } from 'zod';
import { wireErrorSchema } from './errors.ts';
import { tokenIdSchema } from './keys.ts';
import { captureResultSchema, sealKindSchema } from './seals.ts';

// What client and seal maker say to each other in JSON, and what the client shows of it. The practice authority's OpenAPI
// file is made of the first part.

const timeSchema = z.iso.datetime();
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
/** Bytes in base64. */
const base64Schema = (bytes: number) => z.base64().max(Math.ceil(bytes / 3) * 4);

export const sealMakingLimits = {
  /** JPEG of the scan (the authorities' rule for uploads). */
  scanBytes: 5 << 20,
  /** PNG of the seal. */
  pictureBytes: 24 << 10,
  /** PNG of the seal for keys with little room. */
  smallPictureBytes: 8 << 10,
} as const;

/** Forms of one seal, by the room that they need: whole certificate; its digest; its digest and the small picture. */
export const sealFormSchema = z.enum(['full', 'digests', 'small']);
export type SealForm = z.infer<typeof sealFormSchema>;

/**
 * POST {authority}/seals/applications, signed (RFC 9421) with the key of the certificate that is to use the seal; sent
 * again with the same Idempotency-Key it answers the same application.
 */
export const sealRequestSchema = z.object({
  certificateSha256: sha256Schema,
  /** The full name of the physical seal. */
  name: z.string().trim().min(1).max(100),
  kind: sealKindSchema,
  unit: z.string().trim().min(1).max(200),
  creditCode: z.string().regex(/^[0-9A-HJ-NPQRTUWXY]{18}$/),
  /** The one employee who stamps with it. */
  administrator: z.string().trim().min(1).max(60),
  handler: z.string().trim().min(1).max(60),
  contact: z.string().trim().max(100),
  widthMm: z.number().positive().max(100),
  heightMm: z.number().positive().max(100),
  picture: base64Schema(sealMakingLimits.pictureBytes),
  smallPicture: base64Schema(sealMakingLimits.smallPictureBytes),
  /** JPEG. */
  scan: base64Schema(sealMakingLimits.scanBytes),
  /** What the capture measured; '' fields of it are nothing's proof, for the staff to see. */
  measured: captureResultSchema.pick({
    shape: true,
    widthMm: true,
    heightMm: true,
    rotation: true,
    verdict: true,
    checks: true,
  }),
  /** The seal that this one takes the place of, after a change of the unit's data; null: a new one. */
  replaces: z.string().max(64).nullable(),
});
export type SealRequest = z.infer<typeof sealRequestSchema>;

/**
 * - review     the authority's staff look at picture and scan
 * - approved   the seal can be fetched
 * - bound      the client has told that it lies on the key
 * - refused    with a reason
 * - withdrawn  by the holder
 */
const sealApplicationStateSchema = z.enum(['review', 'approved', 'bound', 'refused', 'withdrawn']);

/** GET {authority}/seals/applications/{id}; also the answer to the request. */
export const sealApplicationSchema = z.object({
  /** Cannot be guessed. */
  id: z.string().regex(/^[\w-]{16,64}$/),
  /** For people. */
  number: z.string().max(40),
  state: sealApplicationStateSchema,
  reason: z.string().max(500),
  certificateSha256: sha256Schema,
  name: z.string().max(100),
  kind: sealKindSchema,
  /** esID of the seal; null before it is approved. */
  sealId: z.string().max(64).nullable(),
  /** Page on which the staff decide; the practice authority's only. */
  reviewUrl: z.string().max(500).nullable(),
  history: z.array(z.object({ at: timeSchema, what: sealApplicationStateSchema })).max(100),
});
export type SealApplicationAnswer = z.infer<typeof sealApplicationSchema>;

/** GET {authority}/seals/applications/{id}/seal?form=: the SESeal. */
export const issuedSealSchema = z.object({ form: sealFormSchema, seal: base64Schema(1 << 20) });

/** POST {authority}/seals/applications/{id}/bound, signed: the key holds it (or its digest). */
export const sealBoundSchema = z.object({ form: sealFormSchema, sealSha256: sha256Schema });

/**
 * POST {authority}/seals/reissues, signed with the new certificate's key: the seal of the old certificate, made anew for
 * the one that took its place. Answers a sealApplication in state 'approved'. The old seal is cancelled when the new one
 * is told to be bound, and at the latest when the old certificate ends.
 */
export const sealReissueSchema = z.object({
  sealId: z.string().max(64),
  oldCertificateSha256: sha256Schema,
  certificateSha256: sha256Schema,
});

/**
 * POST {authority}/losses: a key is lost. Signed with another certificate of the same unit, or with the account's data
 * (`account`) unsigned. The certificate is revoked and its seal cancelled, both at once.
 */
export const lossRequestSchema = z.object({
  certificateSha256: sha256Schema,
  reason: z.enum(['lost', 'stolen', 'broken']),
  reporter: z.string().trim().min(1).max(60),
  account: z
    .object({
      creditCode: z.string().max(30),
      handler: z.string().trim().min(1).max(60),
      /** Number of the unit's last order or application. */
      reference: z.string().trim().min(1).max(40),
    })
    .nullable(),
});
export type LossRequest = z.infer<typeof lossRequestSchema>;

export const lossReceiptSchema = z.object({
  number: z.string().max(40),
  at: timeSchema,
  authority: z.string().max(200),
  certificate: z.object({
    sha256: sha256Schema,
    serialNumber: z.string().max(80),
    holder: z.string().max(200),
  }),
  unit: z.string().max(200),
  reason: lossRequestSchema.shape.reason,
  reporter: z.string().max(60),
  seals: z.array(z.object({ id: z.string().max(64), name: z.string().max(100) })).max(10),
});
export type LossReceipt = z.infer<typeof lossReceiptSchema>;

// What the client shows of its applications.

/**
 * draft     made here, not sent
 * sending   it is not known whether the authority has it
 * review    the staff look at it
 * approved  can be bound: the key is needed
 * binding   being written; found after a crash: the key is asked
 * bound     done
 * refused, withdrawn  over
 */
export const sealApplicationPhaseSchema = z.enum([
  'draft',
  'sending',
  'review',
  'approved',
  'binding',
  'bound',
  'refused',
  'withdrawn',
]);

/** One line of what is checked before an application is sent; texts `seals:application.check.<name>`. */
const sealApplicationCheckSchema = z.object({
  name: z.enum(['impression', 'name', 'unit', 'creditCode', 'size', 'certificate', 'room', 'maker']),
  state: z.enum(['ok', 'note', 'stop', 'unknown']),
  code: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

export const sealApplicationViewSchema = z.object({
  id: z.string(),
  number: z.string(),
  phase: sealApplicationPhaseSchema,
  token: tokenIdSchema,
  certificate: z.object({ sha256: z.string(), holder: z.string(), unit: z.string() }),
  name: z.string(),
  kind: sealKindSchema,
  administrator: z.string(),
  widthMm: z.number(),
  heightMm: z.number(),
  checks: z.array(sealApplicationCheckSchema),
  sealId: z.string().nullable(),
  reviewUrl: z.string().nullable(),
  reason: z.string(),
  /** How it lies on the key, once it is bound; null before. */
  bound: z
    .object({
      form: sealFormSchema,
      where: z.enum(['key', 'store']),
      bytes: z.number().int(),
      /** The key had not enough room for the form before. */
      tooSmallFor: z.array(sealFormSchema),
    })
    .nullable(),
  progress: z.enum(['sending', 'asking', 'pin', 'fetching', 'writing', 'checking']).nullable(),
  error: wireErrorSchema.nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type SealApplicationView = z.infer<typeof sealApplicationViewSchema>;

/** Ink beside the seal that its picture leaves out: millimetres from the seal's middle, on the upright seal. */
export const speckSchema = z.object({ x: z.number(), y: z.number(), size: z.number() });

/** A scan that was opened for capture. */
export const captureSessionSchema = z.object({
  id: z.string(),
  name: z.string(),
  bytes: z.number().int(),
  /** A look at the whole sheet, for choosing among several impressions: pixels of the preview, and of the scan. */
  preview: z
    .object({
      widthPx: z.number().int(),
      heightPx: z.number().int(),
      source: z.object({ widthPx: z.number().int(), heightPx: z.number().int() }),
    })
    .nullable(),
  /** Impressions on the sheet, also where none was chosen yet. */
  found: captureResultSchema.shape.found,
  /** The part of the scan around the seal: millimetres that its picture is wide and high. */
  views: z.object({ scanSideMm: z.number(), specks: z.array(speckSchema) }).nullable(),
  /**
   * What the authority will be given as the scan: the file itself, a JPEG made of it when it is sent, or one that was
   * made smaller; 'too-large': it has to be made smaller first. null: nothing was found yet.
   */
  scan: z.enum(['file', 'converted', 'shrunk', 'too-large']).nullable(),
  /** Bytes of the one that was made smaller. */
  shrunkBytes: z.number().int().nullable(),
  /** Changes with every new result: what pictures of this session are kept under. */
  revision: z.number().int(),
  /** null while it has not been judged, and where that failed. */
  result: captureResultSchema.nullable(),
  error: wireErrorSchema.nullable(),
});
export type CaptureSession = z.infer<typeof captureSessionSchema>;

export const captureAdjustSchema = z.object({
  /** Degrees clockwise on top of what was found. */
  rotate: z.number().min(-180).max(180),
  dx: z.number().min(-5).max(5),
  dy: z.number().min(-5).max(5),
  /** -1..1: less or more ink. */
  threshold: z.number().min(-1).max(1),
});
export type CaptureAdjust = z.infer<typeof captureAdjustSchema>;
