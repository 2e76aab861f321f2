import type { ByteSource } from '../pdf/index.ts';

const chunk = 1024 * 1024;
/** Longer than the key and its four numbers. */
const overlap = 256;
const key = Buffer.from('/ByteRange');

/**
 * Whether a filled-in /ByteRange stands anywhere in the bytes, even where the file's structure no longer leads to
 * it: a file whose way to its signatures was cut must not pass as one that was never signed.
 */
export function hasSignatureTraces(source: ByteSource): boolean {
  for (let start = 0; start < source.size; start += chunk) {
    const bytes = source.read(start, chunk + overlap);
    for (let at = bytes.indexOf(key); at >= 0; at = bytes.indexOf(key, at + key.length)) {
      const text = bytes.toString('latin1', at + key.length, at + overlap);
      // Zeros only: a place that was kept for a signature and never filled in.
      if (/^\s*\[\s*0\s+[1-9]\d*\s+\d+\s+\d+\s*\]/.test(text)) return true;
    }
  }
  return false;
}
