import { inflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePicture, pictureFacts } from './picture.ts';

const png = async (
  width: number,
  height: number,
  options: { background?: string | object; density?: number } = {},
) => {
  const background = (options.background ?? { r: 200, g: 0, b: 0, alpha: 0.5 }) as never;
  const image = sharp({ create: { width, height, channels: 4, background } });
  const sized = options.density ? image.withMetadata({ density: options.density }) : image;
  return new Uint8Array(await sized.png().toBuffer());
};

describe('a picture', () => {
  it('keeps colour and opacity apart, eight bits each', async () => {
    const encoded = await encodePicture(await png(3, 2));
    expect(encoded).toMatchObject({ widthPx: 3, heightPx: 2 });
    expect(inflateSync(encoded.rgb)).toEqual(Buffer.from(Array(6).fill([200, 0, 0]).flat()));
    expect(inflateSync(encoded.alpha as Buffer)).toEqual(Buffer.from(Array(6).fill(128)));
  });

  it('has no mask when nothing shows through', async () => {
    expect((await encodePicture(await png(2, 2, { background: '#c00000' }))).alpha).toBeNull();
    expect(await pictureFacts(await png(2, 2, { background: '#c00000' }))).toMatchObject({ hasAlpha: false });
  });

  it('gives pixels that cannot be seen the colour of those that can', async () => {
    const raw = Buffer.from([0, 0, 0, 0, 220, 10, 20, 255]);
    const bytes = await sharp(raw, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    expect([...inflateSync((await encodePicture(bytes)).rgb)]).toEqual([220, 10, 20, 220, 10, 20]);
  });

  it.each([
    [496, 496, 300, 41.99, 41.99],
    [992, 496, 600, 42, 21],
    // Screen resolutions would make a seal of 350 mm, thumbnails one of 1 mm: the usual width instead.
    [1000, 500, 72, 42, 21],
    [20, 20, 600, 42, 42],
    [300, 600, undefined, 42, 84],
  ])('%i x %i pixels at %s dpi measure %f x %f mm', async (width, height, density, widthMm, heightMm) => {
    const facts = await pictureFacts(await png(width, height, density ? { density } : {}));
    expect(facts.widthMm).toBeCloseTo(widthMm, 1);
    expect(facts.heightMm).toBeCloseTo(heightMm, 1);
  });

  it('is scaled down where it is finer than any printer, its true size kept', async () => {
    const encoded = await encodePicture(await png(4000, 2000, { density: 2400 }));
    expect(encoded).toMatchObject({ widthPx: 2000, heightPx: 1000 });
    expect(encoded.widthMm).toBeCloseTo(42.33, 1);
  });

  it.each(['grey', 'palette', 'sixteen bits'])(
    'of another kind is turned into eight bit colour: %s',
    async (kind) => {
      const base = sharp({ create: { width: 4, height: 4, channels: 3, background: '#808080' } });
      const made =
        kind === 'grey'
          ? base.toColourspace('b-w').png()
          : kind === 'palette'
            ? base.png({ palette: true })
            : base.toColourspace('rgb16').png();
      const encoded = await encodePicture(await made.toBuffer());
      expect([...inflateSync(encoded.rgb).subarray(0, 3)]).toEqual([128, 128, 128]);
    },
  );

  it('is encoded once', async () => {
    const bytes = await png(5, 5);
    expect(await encodePicture(new Uint8Array(bytes))).toBe(await encodePicture(bytes));
  });
});

describe('is no seal', () => {
  const codeOf = (bytes: Uint8Array) => encodePicture(bytes).catch((error) => error.code);

  it('what is no PNG', async () => {
    const jpeg = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    expect(await codeOf(jpeg)).toBe('seal.not-a-picture');
    expect(await codeOf(new Uint8Array())).toBe('seal.not-a-picture');
    expect(await codeOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toBe('seal.not-a-picture');
  });

  it('half a PNG, or one whose bytes were changed', async () => {
    const whole = Buffer.from(await png(200, 200));
    expect(await codeOf(whole.subarray(0, whole.length - 40))).toBe('seal.not-a-picture');
    const changed = Buffer.from(whole);
    changed[60] = (changed[60] as number) ^ 0xff;
    expect(await codeOf(changed)).toBe('seal.not-a-picture');
  });

  it('one in which nothing can be seen', async () => {
    expect(await codeOf(await png(9, 9, { background: { r: 0, g: 0, b: 0, alpha: 0 } }))).toBe(
      'seal.not-a-picture',
    );
  });

  it('one that claims a size no seal has', async () => {
    const bomb = Buffer.from(await png(9, 9));
    bomb.writeUInt32BE(100_000, 16);
    bomb.writeUInt32BE(100_000, 20);
    expect(await codeOf(bomb)).toBe('seal.too-large');
    bomb.writeUInt32BE(0, 16);
    expect(await codeOf(bomb)).toBe('seal.not-a-picture');
  });
});
