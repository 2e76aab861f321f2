import { z } from 'zod';
import { wireErrorSchema } from './errors.ts';
import { sealFactsSchema, sealStatusSchema, sealVerificationSchema } from './seals.ts';

/** One page as a viewer shows it: visible box after Rotate, CropBox and UserUnit, in millimetres. */
const pageSizeSchema = z.object({ widthMm: z.number(), heightMm: z.number() });
export type PageSize = z.infer<typeof pageSizeSchema>;

/** A rectangle on a page: millimetres from the visible page's top left corner, y down. */
export const rectMmSchema = z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() });
export type RectMm = z.infer<typeof rectMmSchema>;

/** A signature field that is already in the file, with its widgets where they can be seen. */
const existingSealSchema = z.object({
  field: z.string(),
  signed: z.boolean(),
  widgets: z.array(z.object({ page: z.number().int(), rect: rectMmSchema })),
});
export type ExistingSeal = z.infer<typeof existingSealSchema>;

export const documentInfoSchema = z.object({
  /** Handle of the opened document in the windows; a path never reaches them. */
  id: z.string(),
  name: z.string(),
  /** Folder for people, e.g. shortened home. */
  folder: z.string(),
  size: z.number().int(),
  /** SHA-256 of the bytes, hex: what is previewed is what is stamped. */
  sha256: z.string(),
  pdfVersion: z.string(),
  /** 1-based pages are counted from this list. */
  pages: z.array(pageSizeSchema),
  encrypted: z.boolean(),
  seals: z.array(existingSealSchema),
  /** Reasons of the file itself that forbid stamping; empty: it may be stamped. */
  obstacles: z.array(wireErrorSchema),
});
export type DocumentInfo = z.infer<typeof documentInfoSchema>;

/**
 * Where a seal goes. `pages` is '1', 'all' or a list like '1-3,5' (1-based). `x`, `y` are the millimetres of the
 * seal's top left corner from the visible page's top left corner; `width` and `height` its size.
 */
export const placementSchema = z.object({
  pages: z.string().max(2000),
  x: z.number().finite(),
  y: z.number().finite(),
  width: z.number().positive().max(1000),
  height: z.number().positive().max(1000),
});
export type Placement = z.infer<typeof placementSchema>;

/** A plain picture that a signature can show. It is no seal, whatever it shows. */
export const signaturePictureSchema = z.object({
  id: z.string(),
  name: z.string(),
  sha256: z.string(),
  widthPx: z.number().int(),
  heightPx: z.number().int(),
  /** From the picture's resolution; the usual 42 mm where it has none. */
  widthMm: z.number(),
  heightMm: z.number(),
});
export type SignaturePicture = z.infer<typeof signaturePictureSchema>;

/** One line of the panel's list of checks. `stop`: the stamp button is shut until this is mended. */
export const checkSchema = z.object({
  name: z.enum(['document', 'place', 'certificate', 'key', 'seal']),
  state: z.enum(['ok', 'note', 'stop', 'unknown']),
  /** An error code where state is stop or note. */
  code: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type Check = z.infer<typeof checkSchema>;

/** What a stamp shows: an electronic seal by its esID, or a signature picture, which is never called a seal. */
export const markSchema = z.object({ kind: z.enum(['seal', 'picture']), id: z.string() });
export type Mark = z.infer<typeof markSchema>;

export const stampRequestSchema = z.object({
  document: z.string(),
  sha256: z.string(),
  token: z.object({ module: z.string(), serial: z.string(), label: z.string() }),
  certificate: z.string(),
  mark: markSchema,
  placement: placementSchema,
});
export type StampRequest = z.infer<typeof stampRequestSchema>;

export const stampResultSchema = z.object({
  /** Handle of the stamped document, ready to open and verify. */
  document: z.string(),
  name: z.string(),
  folder: z.string(),
  sha256: z.string(),
  field: z.string(),
  pages: z.array(z.number().int()),
  level: z.literal('B-B'),
  bytesAppended: z.number().int(),
  millis: z.object({ total: z.number(), token: z.number() }),
});
export type StampResult = z.infer<typeof stampResultSchema>;

const integritySchema = z.enum(['intact', 'broken']);
export const coverageSchema = z.enum(['whole-file', 'whole-revision', 'partial']);
export const trustSchema = z.enum(['trusted', 'untrusted', 'expired', 'revoked', 'unknown']);
/** 'none': nobody states a time; 'claimed': the signer's own clock (/M or signing-time); 'timestamp': RFC 3161. */
const timeSourceSchema = z.enum(['none', 'claimed', 'timestamp']);

export const signatureReportSchema = z.object({
  field: z.string(),
  /** Common name of the signer, and the unit. */
  signer: z.string(),
  unit: z.string(),
  issuer: z.string(),
  certificateSha256: z.string(),
  certificateSerial: z.string(),
  notBefore: z.string().nullable(),
  notAfter: z.string().nullable(),
  /** ISO 8601 or null. */
  signedAt: z.string().nullable(),
  timeSource: timeSourceSchema,
  integrity: integritySchema,
  coverage: coverageSchema,
  /** What came into the file after this signature; empty when nothing did. */
  changesAfter: z.array(
    z.enum(['signature', 'form-filled', 'annotation', 'validation-data', 'content', 'other']),
  ),
  /** Whether the changes after are of a kind that the signature (DocMDP, FieldMDP) allows. */
  changesAllowed: z.boolean(),
  trust: trustSchema,
  /** A stable word, for texts: `verify.reason.<reason>`. */
  reason: z.string(),
  subFilter: z.string(),
  level: z.string(),
  digestAlgorithm: z.string(),
  signatureAlgorithm: z.string(),
  keyType: z.string(),
  byteRange: z.array(z.number().int()),
  widgets: z.array(z.object({ page: z.number().int(), rect: rectMmSchema })),
  /** Subjects from the signer's certificate up to the root. */
  chain: z.array(z.string()),
  /** The electronic seal that this signature carries; null: it shows a signature picture, or nothing. */
  seal: z
    .object({
      /** What it says of itself; null: it can't be read. */
      facts: sealFactsSchema.nullable(),
      verdict: sealVerificationSchema.shape.verdict,
      steps: sealVerificationSchema.shape.steps,
      /** Why it doesn't hold; null: it does. */
      code: z.string().nullable(),
      /** Whether the page shows the seal's own picture; null: it can't be told. */
      pictureDrawn: z.boolean().nullable(),
      /** What its maker's list said of it, where this client has one. */
      status: sealStatusSchema,
    })
    .nullable(),
});
export type SignatureReport = z.infer<typeof signatureReportSchema>;

const verdictSchema = z.enum(['valid', 'invalid', 'unsigned']);

/**
 * The verdict over a file. `valid`: every signature intact, trusted, and nothing forbidden came after.
 * `limited` marks a file whose signatures are intact but whose trust or time could not be proven (then `verdict`
 * is 'invalid' on the command line's terms, and the window says what is missing).
 */
export const verificationSchema = z.object({
  verdict: verdictSchema,
  /** Intact and unchanged, but trust is not proven: told as amber, not as forged. */
  limited: z.boolean(),
  /** A stable word for the one sentence on top: `verify.sentence.<word>`. */
  sentence: z.string(),
  file: z.object({ name: z.string(), size: z.number().int(), sha256: z.string(), pages: z.number().int() }),
  signatures: z.array(signatureReportSchema),
});
export type Verification = z.infer<typeof verificationSchema>;
