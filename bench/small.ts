import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { type Figure, median } from './report.ts';
import { type BenchWorld, run, type Times } from './world.ts';

/**
 * (c) A one-page file with its seal in a warm process, left out what the token takes (the whole call to its host, because
 * that is what a faster client could not save) and fsync.
 */
export async function small(
  world: BenchWorld,
  options: { folder: string; rounds: number },
): Promise<Figure[]> {
  const documents = world.documentHost();
  const output = path.join(options.folder, 'small-out.pdf');
  try {
    const input = await onePage(world);
    const own = async (picture: Uint8Array) => {
      const times = await world.stamp({ documents, input, output, picture });
      return { ...times, own: times.total - times.signing - times.fsync };
    };
    const picture = world.seal;
    for (let round = 0; round < 10; round++) await own(picture);
    await run('qpdf', ['--check', output]);
    const stamps: Awaited<ReturnType<typeof own>>[] = [];
    // Seals that the host has never seen stand between the others: what a seal costs that is made anew.
    const anew: number[] = [];
    const strangers = await variants(picture, 5);
    for (let round = 0; round < options.rounds; round++) {
      stamps.push(await own(picture));
      const stranger = strangers[round / Math.floor(options.rounds / strangers.length)];
      if (stranger) anew.push((await own(stranger)).own);
    }
    const row = (name: string, of: (one: Times) => number): Figure => ({
      part: 'c',
      name,
      value: median(stamps.map(of)),
      unit: 'ms',
    });
    const samples = stamps.map((one) => one.own);
    const value = median(samples);
    return [
      {
        part: 'c',
        name: 'stamp one page, token and fsync left out',
        value,
        unit: 'ms',
        limit: 10,
        below: true,
        samples,
      },
      {
        part: 'c',
        name: 'the same with a seal seen for the first time',
        value: median(anew),
        unit: 'ms',
        ratio: median(anew) / value,
        against: 'the kept seal',
        samples: anew,
      },
      row('left out: in the driver', (one) => one.token),
      row('left out: fsync of the file and its folder', (one) => one.fsync),
      row('left out: the talk with the token host around the driver', (one) => one.signing - one.token),
      row('left in: audit entry, with its own fsync', (one) => one.audit),
    ];
  } finally {
    await documents.stop();
    rmSync(output, { force: true });
  }
}

/** The practice world's document of one page. */
export async function onePage(world: BenchWorld): Promise<string> {
  const documents = world.documentHost();
  try {
    for (const input of world.practice.documents) {
      const { pages } = await documents.inspect({ input });
      if (pages.length === 1) return input;
    }
    throw new Error('no practice document has one page');
  } finally {
    await documents.stop();
  }
}

/** The same seal with one pixel changed: as much work, another picture. */
async function variants(png: Uint8Array, count: number): Promise<Uint8Array[]> {
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, channels: 4 } as const;
  const seen = new Set<string>();
  const made: Uint8Array[] = [];
  for (let at = 0; made.length < count; at++) {
    data[0] = at;
    data[3] = 255;
    const variant = new Uint8Array(await sharp(data, { raw }).png().toBuffer());
    const hash = createHash('sha256').update(variant).digest('hex');
    if (!seen.has(hash)) made.push(variant);
    seen.add(hash);
  }
  return made;
}
