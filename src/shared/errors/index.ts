import { type ErrorCode, errorCodes } from './codes.ts';

export { type ErrorCode, errorCodes } from './codes.ts';

/** Values that a text may show (`{{name}}` in the i18n files). Never a PIN, never a document's content. */
export type ErrorDetails = Record<string, string | number | boolean | null>;

/** What crosses a process border in place of an Error object. */
export interface WireError {
  code: ErrorCode;
  details: ErrorDetails;
}

/**
 * A failure with a code that the user's language has words for. `details` feed the words; `cause` keeps what
 * really happened for the log and never reaches a window.
 */
export class YinkeyError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'YinkeyError';
    this.code = code;
    this.details = details;
  }
}

const known: ReadonlySet<string> = new Set(errorCodes);

/** Turns anything thrown into `{ code, details }`; what has no code becomes `unexpected` with its name only. */
export function toWireError(error: unknown): WireError {
  if (error instanceof YinkeyError) return { code: error.code, details: error.details };
  return { code: 'unexpected', details: { name: error instanceof Error ? error.name : typeof error } };
}

/** The way back: a YinkeyError from what another process sent. An unknown code becomes `unexpected`. */
export function fromWireError(wire: { code: string; details?: ErrorDetails | undefined }): YinkeyError {
  if (known.has(wire.code)) return new YinkeyError(wire.code as ErrorCode, wire.details ?? {});
  return new YinkeyError('unexpected', { name: wire.code });
}
