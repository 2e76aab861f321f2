import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import sharp from 'sharp';

/** Pages as a scanner leaves them: A4 at 150 dpi, colour, so noisy that nothing can be squeezed out of them. */
const WIDTH = 1240;
const HEIGHT = 1754;
/** Different pages; a longer scan shows them again and again. Nobody that reads the file can gain from that. */
const DIFFERENT = 4;

/**
 * Writes a scan: a PDF 1.4 file of JPEG pages with a cross-reference table, at least `bytes` long, page by page.
 * @returns its size in bytes and its number of pages
 */
export async function writeScan(
  file: string,
  bytes: number,
): Promise<{ size: number; pages: number; sha256: string }> {
  const pictures: Buffer[] = [];
  for (let page = 0; page < DIFFERENT; page++) pictures.push(await noisyPage());
  const fd = openSync(file, 'w');
  const hash = createHash('sha256');
  let position = 0;
  const put = (chunk: string | Buffer) => {
    const buffer = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
    for (let done = 0; done < buffer.length; ) done += writeSync(fd, buffer, done);
    hash.update(buffer);
    position += buffer.length;
  };
  /** Where each object stands; the catalog and the page tree (1 and 2) come last. */
  const offsets: number[] = [0, 0, 0];
  const pageObjects: number[] = [];
  const object = (number: number, dictionary: string, stream?: Buffer) => {
    offsets[number] = position;
    put(`${number} 0 obj\n${dictionary}\n`);
    if (stream) {
      put('stream\n');
      put(stream);
      put('\nendstream\n');
    }
    put('endobj\n');
  };
  try {
    put('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n');
    while (position < bytes) {
      const [image, content, page] = [offsets.length, offsets.length + 1, offsets.length + 2];
      const picture = pictures[pageObjects.length % DIFFERENT]!;
      object(
        image,
        `<< /Type /XObject /Subtype /Image /Width ${WIDTH} /Height ${HEIGHT} /ColorSpace /DeviceRGB ` +
          `/BitsPerComponent 8 /Filter /DCTDecode /Length ${picture.length} >>`,
        picture,
      );
      const drawing = Buffer.from('q 595 0 0 842 0 0 cm /Scan Do Q');
      object(content, `<< /Length ${drawing.length} >>`, drawing);
      object(
        page,
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${content} 0 R ` +
          `/Resources << /XObject << /Scan ${image} 0 R >> >> >>`,
      );
      pageObjects.push(page);
    }
    const kids = pageObjects.map((page) => `${page} 0 R`).join(' ');
    object(2, `<< /Type /Pages /Count ${pageObjects.length} /Kids [${kids}] >>`);
    object(1, '<< /Type /Catalog /Pages 2 0 R >>');
    const table = position;
    const entries = offsets.map((offset, number) =>
      number === 0 ? '0000000000 65535 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`,
    );
    put(`xref\n0 ${offsets.length}\n${entries.join('')}`);
    put(`trailer\n<< /Size ${offsets.length} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  } finally {
    closeSync(fd);
  }
  return { size: position, pages: pageObjects.length, sha256: hash.digest('hex') };
}

function noisyPage(): Promise<Buffer> {
  const samples = randomFillSync(Buffer.allocUnsafe(WIDTH * HEIGHT * 3));
  return sharp(samples, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
}
