import sharp from 'sharp';
import { encodeSeal } from '../src/main/seals/capture/encode.ts';
import { notedSeals, noteSeal } from './authority/practice-seals.ts';
import { type SealMaker, type SealRecord, type SealStanding, sealIdOf } from './authority/seal-maker.ts';
import type { Driver } from './driver.ts';

/** CKA_APPLICATION of the data object that holds a SESeal (docs/seals.md). */
const sealApplication = 'YinKey seal';

/** A ring with a star, for units whose seal nobody drew: there is no font that every machine has. */
export const plainSeal = Buffer.from(
  `<svg xmlns="http://www.w3.org/2000/svg" width="42mm" height="42mm" viewBox="-21 -21 42 42">
    <circle r="20.4" fill="none" stroke="#C3272B" stroke-width="1.2"/>
    <path fill="#C3272B" d="${Array.from({ length: 10 }, (_, i) => {
      const radius = i % 2 === 0 ? 7 : 2.674;
      const angle = (i * Math.PI) / 5;
      return `${i === 0 ? 'M' : 'L'}${(radius * Math.sin(angle)).toFixed(3)} ${(-radius * Math.cos(angle)).toFixed(3)}`;
    }).join('')}Z"/></svg>`,
);

/** The two pictures of a seal as a capture gives them: one colour in steps of opacity, 300 and 150 dpi. */
export async function sealPictures({
  path,
  millimetres,
}: {
  /** Where the drawing is, or what it is. */
  path: string | Buffer;
  millimetres: number;
}): Promise<Pick<SealRecord, 'picture' | 'smallPicture' | 'widthMm' | 'heightMm'>> {
  const draw = async (dpi: number, levels: number) => {
    const pixels = Math.round((millimetres / 25.4) * dpi);
    const alpha = await sharp(path, { density: 300 })
      .resize(pixels, pixels)
      .extractChannel('alpha')
      .raw()
      .toBuffer();
    const size = { width: pixels, height: pixels, dpi };
    return encodeSeal(alpha, { ...size, colour: [0xc3, 0x27, 0x2b], levels });
  };
  const [picture, smallPicture] = await Promise.all([draw(300, 16), draw(150, 4)]);
  return { picture, smallPicture, widthMm: millimetres, heightMm: millimetres };
}

/** A seal that the set-up puts on one of its keys. */
export interface WantedSeal
  extends Pick<SealRecord, 'certificate' | 'name' | 'kind' | 'unit' | 'creditCode' | 'administrator'> {
  picture: () => ReturnType<typeof sealPictures>;
  state?: SealStanding['state'];
}

/**
 * Makes the seal of a certificate, notes it with the authority and writes it to the certificate's key as a public data
 * object, each of them once: what the client does with it afterwards stays done. Called under the world's lock.
 */
export async function ensureBoundSeal(
  driver: Driver,
  token: { serial: string; pin: string },
  wanted: WantedSeal,
  { maker, folder }: { maker: SealMaker; folder: string },
): Promise<{ id: string; name: string }> {
  const noted = notedSeals(folder);
  let seal = noted.find(({ certificate }) => Buffer.compare(certificate, wanted.certificate) === 0);
  if (!seal) {
    const { picture, state = 'normal', ...facts } = wanted;
    const last = noted.map(({ id }) => Number(id.slice(6))).reduce((a, b) => Math.max(a, b), 0);
    // Seals tell whole seconds.
    const createdAt = new Date(Math.floor(Date.now() / 1000) * 1000);
    seal = {
      ...facts,
      ...(await picture()),
      id: sealIdOf(wanted.creditCode, last + 1),
      createdAt,
      state,
      since: createdAt,
      key: null,
    };
    noteSeal(folder, seal);
  }
  const { id, name } = seal;
  if (seal.key !== token.serial) {
    const value = maker.issue(seal, 'full');
    await driver.storeData({ ...token, application: sealApplication, label: id, value });
    noteSeal(folder, { ...seal, key: token.serial });
  }
  return { id, name };
}
