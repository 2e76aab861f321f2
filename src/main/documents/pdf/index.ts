/** Reading PDF files (ISO 32000-1 and -2): lazily, from a descriptor, hostile ones included. */
export { type CryptMethod, Encryption } from './encryption.ts';
export { type OpenOptions, PdfFile } from './file.ts';
export {
  apply,
  type Matrix,
  type PageGeometry,
  type PlaceInUserSpace,
  pageGeometry,
  type RectMm,
} from './geometry.ts';
export { defaultLimits, maxGeneration, maxObjectNumber, type PdfLimits } from './limits.ts';
export {
  isName,
  type PdfArray,
  PdfDict,
  PdfName,
  type PdfObject,
  PdfRef,
  PdfStream,
  PdfString,
  type Span,
} from './objects.ts';
export type { PageInfo, Rectangle } from './pages.ts';
export type { Revision } from './revisions.ts';
export {
  formatName,
  formatNumber,
  type SerializeOptions,
  serialize,
  serializeIndirect,
} from './serialize.ts';
export { type SignatureField, signatureFields } from './signature-fields.ts';
export { type ByteSource, FileSource, MemorySource, PrefixSource } from './source.ts';
export type { XrefEntry, XrefForm } from './xref.ts';
