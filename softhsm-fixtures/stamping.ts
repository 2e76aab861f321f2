import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import type { Finished, Prepared } from '../src/main/documents/api.ts';
import { partialPathFor } from '../src/main/documents/stamp/output.ts';
import { prepareStamp } from '../src/main/documents/stamp/stamp.ts';
import type { Placement } from '../src/shared/domain/index.ts';
import type { MemorySigner } from './signers.ts';

/**
 * A seal to be found again on rendered pages: a red ring that touches all four edges of its square, and a blue
 * square in its upper left quarter that tells which way is up.
 */
export async function ringPicture(pixels = 400): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="0 0 100 100">
    <circle cx="50" cy="50" r="48" fill="none" stroke="#e00000" stroke-width="4"/>
    <rect x="25" y="25" width="12" height="12" fill="#0000ff"/></svg>`;
  return new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
}

export interface StampWish {
  input: string;
  target: string;
  signer: MemorySigner;
  picture: Uint8Array;
  /** SESeal that the picture is of. */
  seal?: Uint8Array;
  placement?: Placement;
  password?: string | undefined;
  scheme?: 'rsa-pkcs1' | 'rsa-pss';
  replace?: boolean;
}

/** The usual place of tests: 42 mm wide, 30 mm from the left and 40 mm from the top of page 1. */
export const usualPlace: Placement = { pages: '1', x: 30, y: 40, width: 42, height: 42 };

/** Stamps from beginning to end in this process, with a key in memory. */
export async function stampFile(wish: StampWish): Promise<{ prepared: Prepared; finished: Finished }> {
  const { input, target, signer, picture, seal, placement = usualPlace, password, scheme } = wish;
  const { replace = false } = wish;
  const job = await prepareStamp({
    input,
    partial: partialPathFor(target),
    expectedSha256: '',
    password,
    picture,
    seal,
    placement,
    certificates: signer.certificates,
    now: new Date().toISOString(),
    utcOffset: 480,
    scheme,
  });
  const { prepared } = job;
  const finished = await job.finish({ signature: signer.sign(prepared), target, replace });
  return { prepared, finished };
}

/** Whether the file begins with the bytes of another. */
export function beginsWith(path: string, original: string): boolean {
  const head = readFileSync(original);
  return readFileSync(path).subarray(0, head.length).equals(head);
}
