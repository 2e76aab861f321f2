import { type ErrorDetails, toWireError, YinkeyError } from '../../shared/errors/index.ts';

/** The part of i18next's `t` that is needed here. */
export type Translate = (key: string, values?: Record<string, unknown>) => string;

export interface ErrorWords {
  code: string;
  /** What happened. */
  heading: string;
  /** What it means for the user's key or file. */
  meaning: string;
  /** What to do now. */
  next: string;
  /** The driver's own name for it where there is one (CKR_...), and our code: small print for the hotline. */
  technical: string;
}

/**
 * The words for a failure, in the language of `t`. Takes a YinkeyError, a wire error `{ code, details }`, or
 * anything thrown (then the words of `unexpected`).
 */
export function describeError(t: Translate, error: unknown): ErrorWords {
  const { code, details } = wireOf(error);
  const text = (part: string) => t(`errors:${code}.${part}`, details);
  return {
    code,
    heading: text('heading'),
    meaning: text('meaning'),
    next: text('next'),
    technical: [driversWord(details), code].filter(Boolean).join(' · '),
  };
}

function wireOf(error: unknown): { code: string; details: ErrorDetails } {
  if (error instanceof YinkeyError) return error;
  if (typeof error === 'object' && error !== null && 'code' in error && 'details' in error) {
    const { code, details } = error as { code: unknown; details: unknown };
    if (typeof code === 'string' && typeof details === 'object' && details !== null) {
      return { code, details: details as ErrorDetails };
    }
  }
  return toWireError(error);
}

/** CKR_* as the token host names it in `details.ckr`, e.g. CKR_PIN_LOCKED. */
export function driversWord(details: ErrorDetails): string {
  for (const value of [details.ckr, details.name]) {
    if (typeof value === 'string' && value.startsWith('CKR_')) return value;
  }
  return '';
}
