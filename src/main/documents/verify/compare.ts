import {
  PdfDict,
  type PdfFile,
  PdfName,
  type PdfObject,
  PdfRef,
  PdfStream,
  PdfString,
} from '../pdf/index.ts';

const maxDepth = 500;

/** Whether two values are written with the same meaning. References are the same when they name the same object. */
export function same(a: PdfObject | undefined, b: PdfObject | undefined, depth = 0): boolean {
  if (a === b) return true;
  if (depth > maxDepth || a === undefined || b === undefined || a === null || b === null) return false;
  if (a instanceof PdfName) return b instanceof PdfName && a.value === b.value;
  if (a instanceof PdfString) return b instanceof PdfString && a.bytes.equals(b.bytes);
  if (a instanceof PdfRef) return a.equals(b);
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index], depth + 1))
    );
  }
  if (a instanceof PdfDict) return b instanceof PdfDict && sameExcept(a, b, [], depth);
  return false;
}

/** Whether two dictionaries agree in every entry but those named. A null entry is no entry (7.3.7). */
export function sameExcept(a: PdfDict, b: PdfDict, except: readonly string[], depth = 0): boolean {
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    if (except.includes(key)) continue;
    if (!same(a.get(key) ?? undefined, b.get(key) ?? undefined, depth + 1)) return false;
  }
  return true;
}

/** Whether an indirect object that was written again says the same as before; streams by dictionary and raw bytes. */
export function sameObject(
  before: { file: PdfFile; object: PdfObject },
  after: { file: PdfFile; object: PdfObject },
): boolean {
  if (before.object instanceof PdfStream) {
    if (!(after.object instanceof PdfStream)) return false;
    if (!sameExcept(before.object.dict, after.object.dict, ['Length'])) return false;
    const maxBytes = 64 * 1024 * 1024;
    const raw = { decode: false, maxBytes };
    return before.file.streamBytes(before.object, raw).equals(after.file.streamBytes(after.object, raw));
  }
  return same(before.object, after.object);
}

/** Calls `visit` for each reference inside a value, itself included; streams through their dictionary. */
export function eachRef(value: PdfObject | undefined, visit: (ref: PdfRef) => void, depth = 0): void {
  if (value === undefined || value === null || depth > maxDepth) return;
  if (value instanceof PdfRef) visit(value);
  else if (Array.isArray(value)) for (const item of value) eachRef(item, visit, depth + 1);
  else if (value instanceof PdfDict) for (const [, item] of value.entries()) eachRef(item, visit, depth + 1);
  else if (value instanceof PdfStream) eachRef(value.dict, visit, depth + 1);
}
