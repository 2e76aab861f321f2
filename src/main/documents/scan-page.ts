import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { ScanPicture } from '../seals/index.ts';
import {
  FileSource,
  isName,
  type PdfDict,
  PdfFile,
  PdfName,
  type PdfObject,
  PdfStream,
  pageGeometry,
} from './pdf/index.ts';
import { openInput } from './stamp/inspect.ts';
import { structureLimits } from './stamp/plan.ts';

/** Decoded bytes of a picture on a page: 100 megapixels in colour. */
const mostBytes = 300_000_000;
/** How far a picture's shape may be from the page's to be taken for a scan of the whole page. */
const tolerance = 0.05;

interface Found {
  stream: PdfStream;
  width: number;
  height: number;
}

/**
 * The scan that a PDF's first page consists of; undefined for a file of another kind: scanners put one picture on a page. A page that was drawn, or put together
 * from several pictures, is no scan.
 * @throws the document.* codes of opening and reading; seal.pdf-not-a-scan
 */
export async function scanInPdf(path: string): Promise<ScanPicture | undefined> {
  if (!(await beginsAsPdf(path))) return undefined;
  return openInput(path, async (fd) => {
    const file = PdfFile.open(new FileSource(fd), { limits: structureLimits });
    const page = file.page(0);
    const pictures = picturesOf(file, file.dict(page.resources));
    const [picture, another] = pictures;
    if (!picture || another) throw notAScan(pictures.length);
    const { widthMm, heightMm } = pageGeometry({ ...page, rotate: 0 });
    const shape = picture.width / picture.height / (widthMm / heightMm);
    if (Math.abs(shape - 1) > tolerance) throw notAScan(pictures.length);
    const dpi = picture.width / (widthMm / 25.4);
    return { ...pixelsOf(file, picture), dpi, rotate: page.rotate };
  });
}

/** Also false for what can't be opened: whoever reads it as a picture says why. */
async function beginsAsPdf(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => undefined);
  if (!file) return false;
  try {
    if (!(await file.stat()).isFile()) return false;
    const { bytesRead, buffer } = await file.read(Buffer.alloc(5), 0, 5, 0);
    return bytesRead === 5 && buffer.toString('latin1') === '%PDF-';
  } finally {
    await file.close();
  }
}

const notAScan = (pictures: number) => new YinkeyError('seal.pdf-not-a-scan', { pictures });

/** The pictures among a page's resources, those inside of forms left out: scanners have none there. */
function picturesOf(file: PdfFile, resources: PdfDict | undefined): Found[] {
  const objects = file.dict(resources?.get('XObject'));
  const found: Found[] = [];
  for (const [, value] of objects?.entries() ?? []) {
    const stream = file.resolve(value);
    if (!(stream instanceof PdfStream)) continue;
    const number = (name: string) => Number(file.resolve(stream.dict.get(name)));
    const [width, height] = [number('Width'), number('Height')];
    const isImage = isName(file.resolve(stream.dict.get('Subtype')), 'Image');
    if (isImage && width > 0 && height > 0) found.push({ stream, width, height });
  }
  return found;
}

/** The picture as a JPEG, or as plain samples. */
function pixelsOf(file: PdfFile, { stream, width, height }: Found): Pick<ScanPicture, 'bytes' | 'raw'> {
  const filters = namesOf(file, stream.dict.get('Filter'));
  if (filters.length === 1 && filters[0] === 'DCTDecode')
    return { bytes: file.streamBytes(stream, { decode: false, maxBytes: mostBytes }) };
  if (filters.some((name) => name !== 'FlateDecode' && name !== 'LZWDecode')) throw notAScan(1);
  const channels = channelsOf(file, stream.dict.get('ColorSpace'));
  const bits = Number(file.resolve(stream.dict.get('BitsPerComponent')));
  if (channels === undefined || bits !== 8) throw notAScan(1);
  const bytes = file.streamBytes(stream, { maxBytes: mostBytes });
  if (bytes.length < width * height * channels) throw notAScan(1);
  return { bytes: bytes.subarray(0, width * height * channels), raw: { width, height, channels } };
}

function namesOf(file: PdfFile, value: PdfObject | undefined): string[] {
  const filter = file.resolve(value);
  const list = Array.isArray(filter) ? filter.map((one) => file.resolve(one)) : [filter];
  return list.flatMap((one) => (one instanceof PdfName ? [one.value] : []));
}

function channelsOf(file: PdfFile, value: PdfObject | undefined): 1 | 3 | undefined {
  const space = file.resolve(value);
  if (isName(space, 'DeviceRGB')) return 3;
  if (isName(space, 'DeviceGray')) return 1;
  if (!Array.isArray(space)) return undefined;
  const name = file.resolve(space[0]);
  if (isName(name, 'CalRGB')) return 3;
  if (!isName(name, 'ICCBased')) return undefined;
  const count = file.resolve(file.dict(space[1])?.get('N'));
  return count === 3 || count === 1 ? count : undefined;
}
