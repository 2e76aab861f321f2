import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Captured, captureSeal } from '../../src/main/seals/index.ts';
import { sealMakingLimits } from '../../src/shared/domain/seal-making.ts';
import type { CaptureResult } from '../../src/shared/domain/seals.ts';
import { YinkeyError } from '../../src/shared/errors/index.ts';

/** Pixels that are decoded at all: 100 mm at 600 dpi, and the largest sheet that a capture takes. */
const mostPixels = { png: 6_000_000, jpeg: 100_000_000 };

/** The pictures that come with an application. */
export interface SealPictures {
  picture: Uint8Array;
  smallPicture: Uint8Array;
  scan: Uint8Array;
}

async function fault(
  content: Uint8Array,
  format: 'png' | 'jpeg',
  mostBytes: number,
  name: string,
): Promise<string | null> {
  if (content.length > mostBytes) return `${name}超过 ${Math.floor(mostBytes / 1024)} KB。`;
  // Before anything of it reaches a decoder: other formats have no business here.
  const start = Buffer.from(content.subarray(0, 8)).toString('hex');
  if (!start.startsWith(format === 'png' ? '89504e470d0a1a0a' : 'ffd8ff'))
    return `${name}不是 ${format === 'png' ? 'PNG' : 'JPG'}。`;
  const { default: sharp } = await import('sharp');
  const input = sharp(content, { limitInputPixels: mostPixels[format], failOn: 'error' });
  try {
    const facts = await input.metadata();
    if (facts.format !== format || (facts.pages ?? 1) > 1)
      return `${name}不是一张 ${format.toUpperCase()} 图片。`;
    // All of it is decoded, and little of it kept.
    await input.resize(256, 256, { fit: 'inside' }).raw().toBuffer();
    return null;
  } catch {
    // Broken, or too many pixels for its bytes: either way it is no picture of a seal.
    return `${name}无法读取。`;
  }
}

/** What is wrong with these pictures as files: decodes each to its end. Empty: nothing. */
export async function pictureFaults({ picture, smallPicture, scan }: SealPictures): Promise<string[]> {
  const { pictureBytes, smallPictureBytes, scanBytes } = sealMakingLimits;
  const faults = [
    await fault(picture, 'png', pictureBytes, '印模图片'),
    await fault(smallPicture, 'png', smallPictureBytes, '印模小图'),
    await fault(scan, 'jpeg', scanBytes, '扫描件'),
  ];
  return faults.filter((text) => text !== null);
}

/** What the authority itself finds on a scan. */
export interface OwnLook {
  /** null: no seal was found; then `code` says why. */
  result: CaptureResult | null;
  code: string | null;
  /** The part of the scan around the seal, turned upright: a square JPEG. */
  cut: { jpeg: Uint8Array; sideMm: number } | null;
}

/** Impressions of one sheet that are measured, to find the one that is meant. */
const mostTried = 3;

/**
 * Measures the seal on a scan without believing what came with it, as the client's capture does. Of several impressions the
 * one that is nearest in size is taken; the claimed size counts only where the file doesn't tell its resolution.
 */
export async function lookAtScan(
  scan: Uint8Array,
  claimed: { widthMm: number; heightMm: number },
): Promise<OwnLook> {
  const folder = await mkdtemp(join(tmpdir(), 'practice-scan-'));
  const input = join(folder, 'scan.jpg');
  const longer = Math.max(claimed.widthMm, claimed.heightMm);
  const capture = (pick?: number): Promise<Captured> =>
    captureSeal({ input, pick, views: true }).catch((error: unknown) => {
      if (codeOf(error) !== 'seal.size-unknown') throw error;
      return captureSeal({ input, pick, views: true, diameterMm: longer });
    });
  const captureEach = async (): Promise<Captured[]> => {
    const captured: Captured[] = [];
    for (let pick = 1; pick <= mostTried; pick += 1) {
      try {
        captured.push(await capture(pick));
      } catch (error) {
        if (codeOf(error) === 'seal.pick-missing') break;
        throw error;
      }
    }
    return captured;
  };
  const off = ({ result }: Captured) => Math.abs(Math.max(result.widthMm, result.heightMm) - longer);
  try {
    await writeFile(input, scan, { mode: 0o600 });
    const captured = await capture().catch(async (error: unknown) => {
      if (codeOf(error) !== 'seal.several-found') throw error;
      const [nearest] = (await captureEach()).sort((a, b) => off(a) - off(b));
      if (!nearest) throw error;
      return nearest;
    });
    const { result, views } = captured;
    return { result, code: null, cut: views ? { jpeg: views.scan.bytes, sideMm: views.scan.sideMm } : null };
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    return { result: null, code, cut: null };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a capture says where it finds nothing to measure; null: another kind of error. */
function codeOf(error: unknown): string | null {
  return error instanceof YinkeyError && error.code.startsWith('seal.') ? error.code : null;
}
