import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import {
  goodImpression,
  kindOf,
  makeImpression,
  type Score,
  score,
  specOfSet,
} from '../softhsm-fixtures/impressions/index.ts';
import { peakMemory } from './large.ts';
import { type Figure, median, timed } from './report.ts';
import type { BenchWorld } from './world.ts';

const part = 'j';

/**
 * Seals taken from impressions of which everything is known: how many are found, how well they are measured, how many
 * are judged rightly; and what an A4 sheet at 600 dpi costs.
 */
export async function impressions(
  world: BenchWorld,
  { folder, count, rounds }: { folder: string; count: number; rounds: number },
): Promise<Figure[]> {
  const documents = world.documentHost();
  const scores: Score[] = [];
  const tally = { usable: 0, missed: 0, good: 0, goodRefused: 0, defective: 0, defectiveRefused: 0 };
  const scanned: number[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const spec = specOfSet(index);
      const made = await makeImpression(spec);
      const input = path.join(folder, 'impression');
      writeFileSync(input, made.bytes);
      const kind = kindOf(spec);
      const captured = await documents
        .capture({ input, diameterMm: spec.photo ? made.widthMm : undefined })
        .catch(() => undefined);
      const refused = captured === undefined || captured.result.verdict === 'refuse';
      if (kind === 'defective') {
        tally.defective++;
        tally.defectiveRefused += Number(refused);
        continue;
      }
      tally.usable++;
      if (kind === 'good') {
        tally.good++;
        tally.goodRefused += Number(refused);
      }
      const held = captured && (await score(made, captured.result, captured.png));
      if (!held?.shape) tally.missed++;
      // A photo's size is what was typed: nothing is measured there.
      if (held) {
        scores.push(held);
        if (!spec.photo) scanned.push(held.sizeError);
      }
    }
  } finally {
    await documents.stop();
  }
  const figure = (name: string, value: number, unit: Figure['unit'], limit?: number): Figure => ({
    part,
    name,
    value,
    unit,
    ...(limit === undefined ? {} : { limit }),
  });
  const turns = scores.map(({ rotationError }) => rotationError);
  return [
    figure(`of ${tally.usable} usable impressions not found, or of a wrong shape`, tally.missed, '', 0),
    figure('size off, median', median(scanned), 'mm', 0.15),
    figure('size off, worst', Math.max(...scanned), 'mm', 0.4),
    figure(
      'ink and picture differ (1 - IoU), median',
      100 * (1 - median(scores.map((one) => one.overlap))),
      '%',
      7,
    ),
    figure('turn off, median', median(turns), 'degrees', 1),
    figure('turn off by more than a degree', turns.filter((turn) => turn > 1).length, ''),
    figure('good ones refused', (100 * tally.goodRefused) / tally.good, '%', 2),
    figure('defective ones taken', 100 - (100 * tally.defectiveRefused) / tally.defective, '%', 3),
    ...(await sheet(world, { folder, rounds })),
  ];
}

/** An A4 sheet at 600 dpi with one seal on it: time and memory. */
async function sheet(
  world: BenchWorld,
  { folder, rounds }: { folder: string; rounds: number },
): Promise<Figure[]> {
  const seal = await goodImpression(1, { dpi: 600, quality: 'png' });
  const input = path.join(folder, 'a4.jpg');
  await sharp({ create: { width: 4960, height: 7016, channels: 3, background: '#f8f7f2' } })
    .composite([{ input: seal.bytes, left: 2200, top: 4600 }])
    .withMetadata({ density: 600 })
    .jpeg({ quality: 90 })
    .toFile(input);
  const documents = world.documentHost();
  try {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await timed(() => documents.capture({ input })));
    return [
      { part, name: 'A4 at 600 dpi, median', value: median(times), unit: 'ms', limit: 1500, samples: times },
      {
        part,
        name: 'memory of the document host, at most',
        value: peakMemory(documents.pid),
        unit: 'MB',
        limit: 500,
      },
    ];
  } finally {
    await documents.stop();
  }
}
