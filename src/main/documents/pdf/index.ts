/** Reading PDF files (ISO 32000-1 and -2): lazily, from a descriptor, hostile ones included. */
export { PdfFile } from './file.ts';
export { type PageGeometry, pageGeometry } from './geometry.ts';
export { isName, PdfDict, PdfName, type PdfObject, PdfRef, PdfStream, PdfString } from './objects.ts';
export type { PageInfo } from './pages.ts';
export { type SerializeOptions, serialize } from './serialize.ts';
export { type SignatureField, signatureFields } from './signature-fields.ts';
export { type ByteSource, FileSource, MemorySource, PrefixSource } from './source.ts';
