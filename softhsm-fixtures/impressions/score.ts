import sharp from 'sharp';
import type { Impression } from './print.ts';

/** What a capture said of an impression; the fields of its result that are held against the truth. */
interface Claim {
  shape: string;
  widthMm: number;
  heightMm: number;
  rotation: number;
  picture: { dpi: number };
}

export interface Score {
  shape: boolean;
  /** Of the longer side, mm. */
  sizeError: number;
  /** Degrees; of a seal that is alike on several sides, against the nearest. */
  rotationError: number;
  /** Intersection over union of the picture's ink (half opaque or more) and the ink that there is. */
  overlap: number;
}

/** Holds a captured picture and its measures against what is true of the impression. */
export async function score(impression: Impression, claim: Claim, png: Uint8Array): Promise<Score> {
  const { mask, spec } = impression;
  const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const perMm = claim.picture.dpi / 25.4;
  let [both, either] = [0, 0];
  for (let y = 0; y < info.height; y++)
    for (let x = 0; x < info.width; x++) {
      const claimed = data[(y * info.width + x) * 4 + 3]! >= 128;
      const column = Math.floor(((x + 0.5 - info.width / 2) / perMm) * mask.perMm + mask.width / 2);
      const row = Math.floor(((y + 0.5 - info.height / 2) / perMm) * mask.perMm + mask.height / 2);
      const inside = column >= 0 && row >= 0 && column < mask.width && row < mask.height;
      const real = inside && mask.data[row * mask.width + column]! >= 128;
      both += Number(claimed && real);
      either += Number(claimed || real);
    }
  const turn = ((claim.rotation - spec.rotation + 540) % 360) - 180;
  return {
    shape: claim.shape === impression.shape,
    sizeError: Math.abs(
      Math.max(claim.widthMm, claim.heightMm) - Math.max(impression.widthMm, impression.heightMm),
    ),
    rotationError: Math.abs(turn),
    overlap: either === 0 ? 0 : both / either,
  };
}
