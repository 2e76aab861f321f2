import { readFileSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { type Figure, median, timed } from './report.ts';
import { writeScan } from './scan.ts';
import { type BenchWorld, run, settleDisk, type Times } from './world.ts';

const MEGABYTE = 1_000_000;

export interface LargeOptions {
  folder: string;
  rounds: number;
  /** Bytes of the scan that is timed. */
  bytes: number;
  /** Bytes of the scans whose memory is compared, smallest first. */
  memory: number[];
}

/** (b) A big scan in a warm process, and the document host's memory over sizes far apart. */
export async function large(world: BenchWorld, options: LargeOptions): Promise<Figure[]> {
  const needed = Math.max(options.bytes * 3, ...options.memory.map((bytes) => bytes * 2.1));
  const { bavail, bsize } = statfsSync(options.folder);
  if (bavail * bsize < needed)
    throw new Error(`${Math.ceil(needed / MEGABYTE)} MB of free disk are needed in ${options.folder}`);
  return [...(await time(world, options)), ...(await memory(world, options))];
}

async function time(world: BenchWorld, { folder, rounds, bytes }: LargeOptions): Promise<Figure[]> {
  const scan = path.join(folder, 'scan.pdf');
  const [output, copy] = [path.join(folder, 'scan-out.pdf'), path.join(folder, 'scan-copy.pdf')];
  const { size, sha256 } = await writeScan(scan, bytes);
  await mustBeSound(scan);
  const documents = world.documentHost();
  const picture = world.seal;
  const stamps: Times[] = [];
  const copies: number[] = [];
  try {
    for (let round = -1; round < rounds; round++) {
      await settleDisk();
      const times = await world.stamp({ documents, input: scan, output, picture });
      if (round === -1) await mustBeSound(output);
      rmSync(output);
      await settleDisk();
      const yardstick = await timed(async () => {
        await run('cp', [scan, copy]);
        const said = await run('sha256sum', [scan]);
        if (!said.startsWith(sha256)) throw new Error('sha256sum sees another file');
      });
      rmSync(copy);
      // The first round warms both.
      if (round < 0) continue;
      stamps.push(times);
      copies.push(yardstick);
    }
  } finally {
    await documents.stop();
    rmSync(scan, { force: true });
  }
  const ours = stamps.map(({ total, fsync }) => total - fsync);
  const against = `cp + sha256sum, ${median(copies).toFixed(0)} ms`;
  const value = median(ours);
  const megabytes = Math.round(size / MEGABYTE);
  return [
    {
      part: 'b',
      name: `stamp a scan of ${megabytes} MB, self-check included, fsync not`,
      value,
      unit: 'ms',
      ratio: value / median(copies),
      against,
      limit: 1,
      samples: ours,
    },
    { part: 'b', name: 'of that: in the token', value: median(stamps.map((one) => one.token)), unit: 'ms' },
    { part: 'b', name: 'its fsync', value: median(stamps.map((one) => one.fsync)), unit: 'ms' },
  ];
}

/** Peaks, each of a document host of its own: the kernel keeps one high-water mark for a process's whole life. */
async function memory(world: BenchWorld, { folder, memory }: LargeOptions): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const bytes of memory) {
    const scan = path.join(folder, `scan-${bytes}.pdf`);
    const output = path.join(folder, `scan-${bytes}-out.pdf`);
    const documents = world.documentHost();
    try {
      const { size } = await writeScan(scan, bytes);
      await world.stamp({ documents, input: scan, output, picture: world.seal });
      figures.push({
        part: 'b',
        name: `peak memory of the document host, ${Math.round(size / MEGABYTE)} MB`,
        value: peakMemory(documents.pid),
        unit: 'MB',
        limit: 150,
        below: true,
      });
    } finally {
      await documents.stop();
      rmSync(scan, { force: true });
      rmSync(output, { force: true });
    }
  }
  const [first, last] = [figures[0], figures.at(-1)];
  if (first && last && first !== last) {
    figures.push({
      part: 'b',
      name: 'peak memory, largest scan against smallest',
      value: last.value,
      unit: 'MB',
      ratio: last.value / first.value,
      against: `${first.value.toFixed(0)} MB`,
      // "Flat": what the garbage collector happens to leave lying about, not something that grows with the file.
      limit: 1.15,
    });
  }
  return figures;
}

/** VmHWM: the most that was resident at any time, in megabytes of 10^6 bytes. */
export function peakMemory(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error('the kernel tells no high-water mark');
  return (Number(kibibytes) * 1024) / MEGABYTE;
}

/** A figure of a file that others reject would be worth nothing. */
async function mustBeSound(file: string): Promise<void> {
  await run('qpdf', ['--check', file]);
}
