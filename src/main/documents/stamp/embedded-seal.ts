import { createHash } from 'node:crypto';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { isName, type PdfDict, type PdfFile, PdfStream, type SignatureField } from '../pdf/index.ts';
import { textOf } from './fields.ts';

/** What the seal is called inside a document. */
export const sealFileName = 'seal.esl';
/** There is no registered media type for seals; this one says what follows: DER of GB/T 38540. */
export const sealMediaType = 'application/x-gbt38540-seal';

/** Bytes of a seal that is taken out of a document: what a SESeal may have (`seals/ses`). */
const maxSealBytes = 4 << 20;
/** Entries of /AF and widgets that are looked at. */
const maxAssociated = 32;
const maxWidgets = 10_000;

/** A seal that a stamp's field leads to. */
export interface EmbeddedSeal {
  /** Null: it can't be read, is too large, or lies outside of what the signature covers. */
  readonly bytes: Buffer | null;
}

/** The field's widgets: its kids, or the field itself where the two are one dictionary (12.7.4.1). */
export function widgetsOf(file: PdfFile, field: SignatureField): PdfDict[] {
  const kids = (file.array(field.dict.get('Kids')) ?? []).slice(0, maxWidgets);
  const widgets = kids.flatMap((kid) => file.dict(kid) ?? []);
  return kids.length > 0 ? widgets : [field.dict];
}

/**
 * The seals among the associated files of a signature field (ISO 32000-2, 14.13.8): different ones, each once. `covered`
 * are the four numbers of /ByteRange: a seal has to lie whole in one of the two ranges.
 * A widget without the seal that its siblings have counts as one that can't be read: it shows something else.
 */
export function embeddedSeals(
  file: PdfFile,
  field: SignatureField,
  covered: readonly [number, number, number, number],
): EmbeddedSeal[] {
  const found = new Map<string, EmbeddedSeal>();
  let without = 0;
  const widgets = widgetsOf(file, field);
  for (const holder of new Set([field.dict, ...widgets])) {
    const specifications = sealFiles(file, holder);
    if (specifications.length === 0 && widgets.includes(holder)) without++;
    for (const specification of specifications) {
      const bytes = bytesOf(file, specification, covered);
      found.set(bytes ? createHash('sha256').update(bytes).digest('hex') : '', { bytes });
    }
  }
  if (found.size > 0 && without > 0 && sealFiles(file, field.dict).length === 0)
    found.set('', { bytes: null });
  return [...found.values()];
}

/** The file specifications in /AF that say they are a seal, by their name or media type. */
function sealFiles(file: PdfFile, holder: PdfDict): PdfDict[] {
  const value = file.resolve(holder.get('AF'));
  const entries = Array.isArray(value) ? value.slice(0, maxAssociated) : [value];
  return entries.flatMap((entry) => {
    const specification = file.dict(entry);
    if (!specification) return [];
    const name = textOf(file, specification.get('UF')) ?? textOf(file, specification.get('F')) ?? '';
    const stream = streamOf(file, specification);
    const isSeal = /\.esl$/i.test(name) || isName(file.resolve(stream?.dict.get('Subtype')), sealMediaType);
    return isSeal ? [specification] : [];
  });
}

function streamOf(file: PdfFile, specification: PdfDict): PdfStream | undefined {
  const files = file.dict(specification.get('EF'));
  const stream = file.resolve(files?.get('UF') ?? files?.get('F'));
  return stream instanceof PdfStream ? stream : undefined;
}

function bytesOf(
  file: PdfFile,
  specification: PdfDict,
  [start, length, second, secondLength]: readonly [number, number, number, number],
): Buffer | null {
  const stream = streamOf(file, specification);
  if (!stream) return null;
  try {
    const span = file.streamSpan(stream);
    if (!span) return null;
    const end = span.offset + span.length;
    const inside = (from: number, until: number) => span.offset >= from && end <= until;
    if (!inside(start, start + length) && !inside(second, second + secondLength)) return null;
    return file.streamBytes(stream, { maxBytes: maxSealBytes });
  } catch (error) {
    // Damaged, of an unknown filter, or grown past the limit: no seal that anybody could show.
    if (error instanceof YinkeyError && error.code.startsWith('document.')) return null;
    throw error;
  }
}
