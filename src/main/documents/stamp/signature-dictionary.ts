import { PdfDict, PdfName, PdfString, type SerializeOptions, serialize } from '../pdf/index.ts';

/** Characters kept free for /ByteRange: brackets, a zero, three numbers of up to 13 digits and their spaces. */
const byteRangeRoom = 2 + 1 + 3 * 14;

/** A signature dictionary as bytes, with the places that are filled in later (ISO 32000-2, 12.8.1). */
export interface SignaturePlaceholder {
  /** The dictionary's syntax; its buffer is changed in place by {@link setByteRange}. */
  readonly raw: Buffer;
  /** Where /ByteRange's value begins in `raw`. */
  readonly byteRangeAt: number;
  /** Where the opening `<` of /Contents stands in `raw`. */
  readonly contentsAt: number;
  /** Bytes of /Contents with its angle brackets. */
  readonly contentsLength: number;
}

export interface SignatureFacts {
  /** Who signs, in words, for viewers that show /Name. */
  readonly name: string;
  /** ISO 8601: the client's clock. */
  readonly now: string;
  /** Minutes east of UTC. */
  readonly utcOffset: number;
  /** Bytes that the CMS may need at most. */
  readonly reserve: number;
}

/**
 * Writes the dictionary of a PAdES baseline signature (EN 319 142-1, 6.3): SubFilter ETSI.CAdES.detached, the
 * claimed time in /M. /Contents is never encrypted, so the dictionary is written by hand; its other strings are,
 * by `options`. The zeros of /Contents and the blanks of /ByteRange hold the place.
 */
export function signaturePlaceholder(facts: SignatureFacts, options: SerializeOptions): SignaturePlaceholder {
  const dict = PdfDict.of({
    Type: PdfName.of('Sig'),
    Filter: PdfName.of('Adobe.PPKLite'),
    SubFilter: PdfName.of('ETSI.CAdES.detached'),
    M: new PdfString(Buffer.from(pdfDate(facts.now, facts.utcOffset), 'latin1')),
    Prop_Build: PdfDict.of({
      App: PdfDict.of({ Name: PdfName.of('YinKey') }),
    }),
  });
  if (facts.name) dict.set('Name', PdfString.text(facts.name));
  const head = serialize(dict, options).subarray(0, -2);
  const before = Buffer.concat([head, Buffer.from('/ByteRange ', 'latin1')]);
  const middle = Buffer.from('/Contents ', 'latin1');
  const contentsLength = facts.reserve * 2 + 2;
  const contents = Buffer.alloc(contentsLength, '0', 'latin1');
  contents.write('<', 0, 'latin1');
  contents.write('>', contentsLength - 1, 'latin1');
  const byteRange = Buffer.alloc(byteRangeRoom, ' ', 'latin1');
  byteRange.write('[0 0 0 0]', 0, 'latin1');
  return {
    raw: Buffer.concat([before, byteRange, middle, contents, Buffer.from('>>', 'latin1')]),
    byteRangeAt: before.length,
    contentsAt: before.length + byteRangeRoom + middle.length,
    contentsLength,
  };
}

/**
 * Fills in /ByteRange: everything but /Contents with its brackets. `offset` is where `raw` begins in the file,
 * `fileSize` the size of the finished file. Returns the four numbers.
 */
export function setByteRange(
  placeholder: SignaturePlaceholder,
  offset: number,
  fileSize: number,
): [number, number, number, number] {
  const gap = offset + placeholder.contentsAt;
  const after = gap + placeholder.contentsLength;
  const range: [number, number, number, number] = [0, gap, after, fileSize - after];
  const text = `[${range.join(' ')}]`;
  if (text.length > byteRangeRoom) throw new RangeError('no room for /ByteRange');
  placeholder.raw.write(text.padEnd(byteRangeRoom), placeholder.byteRangeAt, 'latin1');
  return range;
}

/** The signature's bytes as /Contents, filled up with zeros; null when they don't fit. */
export function contentsOf(cms: Uint8Array, contentsLength: number): Buffer | null {
  const room = contentsLength - 2;
  const hex = Buffer.from(cms.buffer, cms.byteOffset, cms.byteLength).toString('hex');
  return hex.length > room ? null : Buffer.from(`<${hex.padEnd(room, '0')}>`, 'latin1');
}

/** A date as PDF writes it (7.9.4): local time and its distance from UTC. */
export function pdfDate(iso: string, utcOffset: number): string {
  const local = new Date(Date.parse(iso) + utcOffset * 60_000).toISOString();
  const digits = local.slice(0, 19).replace(/[-:T]/g, '');
  if (utcOffset === 0) return `D:${digits}Z`;
  const minutes = Math.abs(utcOffset);
  const two = (value: number) => String(value).padStart(2, '0');
  return `D:${digits}${utcOffset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}'${two(minutes % 60)}'`;
}
