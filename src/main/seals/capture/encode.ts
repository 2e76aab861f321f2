import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

/** Colour and opacity of a seal, ready for a key: one colour, and a few steps of opacity. */
export interface SealPng {
  bytes: Uint8Array;
  width: number;
  height: number;
  dpi: number;
}

function chunk(type: string, content: Uint8Array): Buffer {
  const made = Buffer.alloc(12 + content.length);
  made.writeUInt32BE(content.length, 0);
  made.write(type, 4, 'latin1');
  made.set(content, 8);
  made.writeUInt32BE(crc32(made.subarray(4, 8 + content.length)), 8 + content.length);
  return made;
}

/**
 * A PNG with a palette of one colour in `levels` (at most 16) steps of opacity, four bits a pixel, and its
 * resolution (pHYs, PNG 11.3.4.3). No other format of PNG is as small for a seal.
 */
export async function encodeSeal(
  alpha: Uint8Array,
  { width, height, dpi, colour, levels }: Omit<SealPng, 'bytes'> & { colour: number[]; levels: number },
): Promise<Buffer> {
  const stride = Math.ceil(width / 2);
  const rows = Buffer.alloc((stride + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const level = Math.round((alpha[y * width + x]! / 255) * (levels - 1));
      rows[y * (stride + 1) + 1 + (x >> 1)]! |= x % 2 === 0 ? level << 4 : level;
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([4, 3, 0, 0, 0], 8);
  const physical = Buffer.alloc(9);
  const perMetre = Math.round(dpi / 0.0254);
  physical.writeUInt32BE(perMetre, 0);
  physical.writeUInt32BE(perMetre, 4);
  physical[8] = 1;
  const steps = Array.from({ length: levels }, (_, i) => Math.round((255 * i) / (levels - 1)));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('pHYs', physical),
    chunk('PLTE', Buffer.from(steps.flatMap(() => colour))),
    chunk('tRNS', Buffer.from(steps)),
    chunk('IDAT', await promisify(deflate)(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}
