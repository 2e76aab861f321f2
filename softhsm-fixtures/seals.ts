import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { writeWhole } from './files.ts';

const dotsPerInch = 600;

const drawings = [
  { label: '公章', source: 'seal-gongzhang.svg', name: 'seal.png', millimetres: 42 },
  { label: '财务专用章', source: 'seal-caiwu.svg', name: 'seal-caiwu.png', millimetres: 38 },
  { label: '合同专用章', source: 'seal-hetong.svg', name: 'seal-hetong.png', millimetres: 38 },
  {
    label: '物业公司合同专用章',
    source: 'seal-wuye-hetong.svg',
    name: 'seal-wuye-hetong.png',
    millimetres: 40,
  },
];

/** The practice seals as transparent PNG at 600 dpi, so that their pixels tell their true size. */
export async function ensureSeals(
  dir: string,
): Promise<{ label: string; path: string; millimetres: number }[]> {
  return Promise.all(
    drawings.map(async ({ label, source, name, millimetres }) => {
      const path = join(dir, name);
      if (!existsSync(path)) {
        const svg = await readFile(new URL(`./seals/${source}`, import.meta.url));
        const pixels = Math.round((millimetres / 25.4) * dotsPerInch);
        // Drawn about twice as fine and then reduced: the ring's edge stays even all the way round.
        const picture = sharp(svg, { density: 300 })
          .resize(pixels, pixels)
          .withMetadata({ density: dotsPerInch });
        writeWhole(path, await picture.png().toBuffer());
      }
      return { label, path, millimetres };
    }),
  );
}
