import { z } from 'zod';
import {
  captureResultSchema,
  documentInfoSchema,
  type Placement,
  speckSchema,
  verificationSchema,
} from '../../shared/domain/index.ts';

/**
 * What the document host answers; main checks it, because the documents inside it are not trusted. Main adds the
 * names under which windows know a document.
 */
export const inspectionSchema = documentInfoSchema.omit({ id: true, name: true, folder: true });
export type Inspection = z.infer<typeof inspectionSchema>;

export const pictureFactsSchema = z.object({
  sha256: z.string(),
  widthPx: z.number().int(),
  heightPx: z.number().int(),
  widthMm: z.number(),
  heightMm: z.number(),
  hasAlpha: z.boolean(),
});
export type PictureFacts = z.infer<typeof pictureFactsSchema>;

export const capturedSchema = z.object({
  result: captureResultSchema,
  /** The seal's picture. */
  png: z.instanceof(Uint8Array),
  views: z
    .object({
      scan: z.object({ bytes: z.instanceof(Uint8Array), sideMm: z.number() }),
      specks: z.array(speckSchema).max(50),
      smallPng: z.instanceof(Uint8Array),
    })
    .optional(),
});

/** What a person is shown of a whole scan. */
export const sheetSchema = z.object({
  /** JPEG. */
  bytes: z.instanceof(Uint8Array),
  widthPx: z.number().int(),
  heightPx: z.number().int(),
  source: z.object({ widthPx: z.number().int(), heightPx: z.number().int() }),
});
export type Sheet = z.infer<typeof sheetSchema>;

/** JPEG. */
export const shrunkSchema = z.instanceof(Uint8Array);
/** A scan as a JPEG of at most `limit` bytes; `keep`: the part that keeps its pixels, in those of the scan. */
export interface ShrinkRequest {
  input: string;
  keep: { x: number; y: number; width: number; height: number };
  limit: number;
}

export interface PrepareRequest {
  input: string;
  /** Written beside the target; the host opens it exclusively (it must not exist). */
  partial: string;
  /** Refuses with document.changed when the input's bytes are other ones; '' on the command line: not compared. */
  expectedSha256: string;
  password?: string | undefined;
  /** PNG bytes of the picture that is drawn, at most 20 MB; with a seal, that seal's own picture. */
  picture: Uint8Array;
  /** The SESeal that travels in the document; without one, the picture is a signature picture and no seal. */
  seal?: Uint8Array | undefined;
  placement: Placement;
  /** DER, signer first. */
  certificates: Uint8Array[];
  /** ISO 8601 with offset: the client's clock, goes to /M. */
  now: string;
  /** Minutes east of UTC, for the offset in /M. */
  utcOffset: number;
  scheme?: 'rsa-pkcs1' | 'rsa-pss' | undefined;
}

export const preparedSchema = z.object({
  /** The DER of the signed attributes: what the key signs. */
  message: z.instanceof(Uint8Array),
  scheme: z.enum(['rsa-pkcs1', 'rsa-pss', 'ecdsa']),
  hash: z.enum(['sha256', 'sha384', 'sha512']),
  field: z.string(),
  pages: z.array(z.number().int()),
  bytesAppended: z.number().int(),
  inputSha256: z.string(),
  /** SHA-256 (hex) of the picture bytes that were drawn. */
  drawnSha256: z.string(),
  /** SHA-256 (hex) of the SESeal that was embedded; '' without one. */
  embeddedSha256: z.string(),
});
export type Prepared = z.infer<typeof preparedSchema>;

/** `target`: where the finished file goes; `replace` allows an existing one to be taken over. */
export interface FinishRequest {
  signature: Uint8Array;
  target: string;
  replace: boolean;
}

export const finishedSchema = z.object({
  sha256: z.string(),
  size: z.number().int(),
  fsyncMillis: z.number(),
});
export type Finished = z.infer<typeof finishedSchema>;

export interface VerifyRequest {
  input: string;
  password?: string | undefined;
  /** DER certificates that are trusted roots. */
  roots: Uint8Array[];
  /** Certificates of seal makers that are known to be revoked: SHA-256 (hex), and since when where that is known. */
  revoked?: { sha256: string; since: string | null }[] | undefined;
  /** Status lists of seal makers that this client has, DER. */
  statusLists?: Uint8Array[] | undefined;
  /** ISO 8601: judged at this time where nothing better is proven. */
  now: string;
}
export const verifiedSchema = verificationSchema;

/**
 * Methods of the document host (names on the wire). One job works on one input and one output, each opened once.
 * - `inspect {input, password?}` -> Inspection
 * - `picture {bytes}` -> PictureFacts
 * - `capture CaptureRequest` -> Captured: a seal from a scan of its impression
 * - `sheet {input, side}` -> Sheet: the whole scan, at most `side` pixels long
 * - `shrink ShrinkRequest` -> JPEG bytes
 * - `prepare PrepareRequest` -> Prepared (progress: share 0..1); the job stays open until finish or abort
 * - `finish FinishRequest` -> Finished: signature in place, synced, self-verified, renamed
 * - `abort {}`: the partial file is removed
 * - `verify VerifyRequest` -> Verification (without name: main adds it)
 */
export type DocumentHostMethod =
  | 'inspect'
  | 'picture'
  | 'capture'
  | 'sheet'
  | 'shrink'
  | 'prepare'
  | 'finish'
  | 'abort'
  | 'verify';
