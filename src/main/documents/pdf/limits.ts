import { YinkeyError } from '../../../shared/errors/index.ts';

/** What one file may cost. Every field has a default that the largest honest files stay well below. */
export interface PdfLimits {
  /** Units of work for the life of one {@link PdfFile}: a token, or 64 bytes scanned or decoded, is one unit. */
  maxWork: number;
  /** Nesting of arrays and dictionaries. */
  maxDepth: number;
  /** Values (numbers, names, strings, containers) in one object: each costs memory of its own. */
  maxValues: number;
  /** Decoded bytes of one stream that is read for the file's structure. */
  maxStreamBytes: number;
  /** Bytes of one string. */
  maxStringBytes: number;
  /** Cross-reference sections in the /Prev chain. */
  maxSections: number;
  /** Length of time in milliseconds from opening; Infinity (the default) leaves time to the caller. */
  maxMillis: number;
}

const defaultLimits: PdfLimits = {
  maxWork: 100_000_000,
  maxDepth: 500,
  maxValues: 500_000,
  maxStreamBytes: 32 * 1024 * 1024,
  maxStringBytes: 32 * 1024 * 1024,
  maxSections: 20_000,
  maxMillis: Number.POSITIVE_INFINITY,
};

/** The highest object number that is read (ISO 32000-1, annex C); it bounds the cross-reference table in memory. */
export const maxObjectNumber = 8_388_607;

/** The highest generation number (7.5.4). */
export const maxGeneration = 65_535;

/** Counts work down; throws `document.too-complex` when it is spent. */
export class Budget {
  readonly limits: PdfLimits;
  #left: number;
  #checkAt: number;
  readonly #deadline: number;

  constructor(limits: Partial<PdfLimits> = {}) {
    this.limits = { ...defaultLimits, ...limits };
    this.#left = this.limits.maxWork;
    this.#checkAt = this.#left;
    this.#deadline = performance.now() + this.limits.maxMillis;
  }

  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new YinkeyError('document.too-complex', { what: 'work' });
    if (this.#left < this.#checkAt) {
      this.#checkAt = this.#left - 50_000;
      if (performance.now() > this.#deadline) throw new YinkeyError('document.too-complex', { what: 'time' });
    }
  }

  /** Bytes that were scanned or decoded. */
  spendBytes(bytes: number): void {
    this.spend(Math.ceil(bytes / 64));
  }
}

/** Bytes that don't follow the syntax. Inside the reader only: it leads to a repair, or to `document.damaged`. */
export class PdfSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at ${offset}`);
    this.name = 'PdfSyntaxError';
    this.offset = offset;
  }
}

/** The `document.damaged` error for a syntax error or a broken rule; `what` is a word for the log and for support. */
export function damaged(what: string, cause?: unknown): YinkeyError {
  return new YinkeyError('document.damaged', { what }, cause === undefined ? undefined : { cause });
}
