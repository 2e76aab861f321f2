import { z } from 'zod';
import {
  captureResultSchema,
  documentInfoSchema,
  type Placement,
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
});

export interface PrepareRequest {
  input: string;
  /** Written beside the target; the host opens it exclusively (it must not exist). */
  partial: string;
  /** Refuses with document.changed when the input's bytes are other ones; '' on the command line: not compared. */
  expectedSha256: string;
  password?: string | undefined;
  /** PNG bytes of the seal's picture, at most 20 MB. */
  picture: Uint8Array;
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
  /** ISO 8601: judged at this time where nothing better is proven. */
  now: string;
}
export const verifiedSchema = verificationSchema;

/**
 * Methods of the document host (names on the wire). One job works on one input and one output, each opened once.
 * - `inspect {input, password?}` -> Inspection
 * - `picture {bytes}` -> PictureFacts
 * - `capture CaptureRequest` -> Captured: a seal from a scan of its impression
 * - `prepare PrepareRequest` -> Prepared (progress: share 0..1); the job stays open until finish or abort
 * - `finish FinishRequest` -> Finished: signature in place, synced, self-verified, renamed
 * - `abort {}`: the partial file is removed
 * - `verify VerifyRequest` -> Verification (without name: main adds it)
 */
export type DocumentHostMethod =
  | 'inspect'
  | 'picture'
  | 'capture'
  | 'prepare'
  | 'finish'
  | 'abort'
  | 'verify';
