import { inflateSync } from 'node:zlib';
import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  isName,
  type PdfDict,
  type PdfFile,
  type PdfObject,
  PdfStream,
  type SignatureField,
} from '../pdf/index.ts';
import { widgetsOf } from '../stamp/embedded-seal.ts';
import { type EncodedPicture, encodePicture } from '../stamp/picture.ts';

/** Bytes of a content stream that only draws one image. */
const maxContent = 4096;
/** Appearances of one field that are looked at; more can't be told. */
const maxForms = 1000;
/** Widgets that are not shown: Invisible, Hidden, NoView (ISO 32000-2, 12.5.3). */
const unseenFlags = 1 | 2 | 32;
const tolerance = 1e-3;

/** True: shown. False: another picture is. Null: it is drawn in a way of which that can't be told. */
export type Drawn = boolean | null;

/**
 * Whether each widget of a signature field shows this picture, all of it and nothing else. Understood is an appearance
 * that paints one image over its whole box, as most stamping programs write it; of any other it can't be told what a
 * reader sees.
 */
export async function showsPicture(file: PdfFile, field: SignatureField, png: Uint8Array): Promise<Drawn> {
  if (field.widgets.length === 0) return null;
  try {
    const wanted = samplesOf(await encodePicture(png));
    const forms = new Set<PdfStream>();
    for (const widget of widgetsOf(file, field)) {
      const form = appearanceOf(file, widget);
      if (!form || forms.size >= maxForms) return null;
      forms.add(form);
    }
    // Widgets mostly share their image: each is decoded once.
    const judged = new Map<PdfStream, Drawn>();
    const answers = [...forms].map((form): Drawn => {
      const image = imageOf(file, form);
      if (!image) return null;
      const known = judged.get(image);
      const answer = known === undefined ? isThisPicture(file, image, wanted) : known;
      judged.set(image, answer);
      return answer;
    });
    if (answers.includes(false)) return false;
    return answers.includes(null) ? null : true;
  } catch (error) {
    // Damaged objects, images past the limits, a picture that can't be decoded.
    if (error instanceof YinkeyError) return null;
    throw error;
  }
}

/** The one appearance of a widget that is seen (12.5.5); undefined where it has states, or others for mouse and touch. */
function appearanceOf(file: PdfFile, widget: PdfDict): PdfStream | undefined {
  const flags = file.resolve(widget.get('F'));
  if (typeof flags === 'number' && (flags & unseenFlags) !== 0) return undefined;
  if (widget.has('OC')) return undefined;
  const appearances = file.dict(widget.get('AP'));
  if (!appearances || [...appearances.keys()].some((key) => key !== 'N')) return undefined;
  const form = file.resolve(appearances.get('N'));
  return form instanceof PdfStream && isName(file.resolve(form.dict.get('Subtype')), 'Form')
    ? form
    : undefined;
}

const number = '([-+]?(?:\\d+\\.?\\d*|\\.\\d+))';
const gap = '[\\s]+';
/** `q`, perhaps a graphics state, one matrix, one image, `Q`. */
const oneImage = new RegExp(
  `^\\s*q${gap}(?:/([\\w.+-]+)${gap}gs${gap})?${number}${gap}${number}${gap}${number}${gap}${number}${gap}${number}${gap}${number}${gap}cm\\s*/([\\w.+-]+)${gap}Do${gap}Q\\s*$`,
);
const numbersIn = (file: PdfFile, value: PdfObject | undefined) =>
  (file.array(value) ?? []).map((item) => file.resolve(item)).filter((item) => typeof item === 'number');

/** The image that a form paints over its whole box and does nothing else. */
function imageOf(file: PdfFile, form: PdfStream): PdfStream | undefined {
  const { dict } = form;
  if (dict.has('OC') || dict.has('Group')) return undefined;
  const box = numbersIn(file, dict.get('BBox'));
  const [left, bottom, right, top] = box;
  if (box.length !== 4 || left === undefined || bottom === undefined) return undefined;
  if (right === undefined || top === undefined || right <= left || top <= bottom) return undefined;
  if (dict.has('Matrix') && !isTurn(numbersIn(file, dict.get('Matrix')))) return undefined;
  const content = file.streamBytes(form, { maxBytes: maxContent }).toString('latin1');
  const match = oneImage.exec(content);
  if (!match) return undefined;
  const [, state, a, b, c, d, e, f, name] = match;
  const expected = [right - left, 0, 0, top - bottom, left, bottom];
  if (![a, b, c, d, e, f].every((value, index) => Math.abs(Number(value) - expected[index]!) < tolerance))
    return undefined;
  const resources = file.dict(dict.get('Resources'));
  if (state !== undefined && !isPlain(file, file.dict(file.dict(resources?.get('ExtGState'))?.get(state))))
    return undefined;
  const image = file.resolve(file.dict(resources?.get('XObject'))?.get(name!));
  return image instanceof PdfStream ? image : undefined;
}

/** A quarter turn or none, without mirroring: pages are turned, and the picture with them. */
function isTurn(matrix: readonly number[]): boolean {
  const [a, b, c, d] = matrix;
  const turns = ['1,0,0,1', '0,1,-1,0', '-1,0,0,-1', '0,-1,1,0'];
  // -0 is written like 0.
  return matrix.length === 6 && turns.includes([a, b, c, d].map((value) => (value ?? 0) + 0).join());
}

/** A graphics state that changes nothing but how ink and paper mix. */
function isPlain(file: PdfFile, state: PdfDict | undefined): boolean {
  if (!state) return false;
  return [...state.entries()].every(([key, entry]) => {
    const value = file.resolve(entry);
    if (key === 'Type') return true;
    if (key === 'BM') return isName(value, 'Normal') || isName(value, 'Multiply');
    if (key === 'ca' || key === 'CA') return value === 1;
    if (key === 'AIS') return value === false;
    return key === 'SMask' && isName(value, 'None');
  });
}

interface Samples {
  width: number;
  height: number;
  rgb: Buffer;
  /** Null: opaque. */
  alpha: Buffer | null;
}

function samplesOf({ widthPx, heightPx, rgb, alpha }: EncodedPicture): Samples {
  return {
    width: widthPx,
    height: heightPx,
    rgb: inflateSync(rgb),
    alpha: alpha && inflateSync(alpha),
  };
}

/** What an image of eight-bit samples may have besides them; anything else could change what is seen. */
const plainKeys = new Set([
  ...['Type', 'Subtype', 'Width', 'Height', 'ColorSpace', 'BitsPerComponent', 'Interpolate', 'Name'],
  ...['Filter', 'DecodeParms', 'Length', 'DL', 'SMask', 'ImageMask'],
]);

function planeOf(file: PdfFile, image: PdfStream, space: string, channels: number): Buffer | null {
  const { dict } = image;
  if (!isName(file.resolve(dict.get('Subtype')), 'Image')) return null;
  if ([...dict.keys()].some((key) => !plainKeys.has(key))) return null;
  if (file.resolve(dict.get('ImageMask')) === true) return null;
  if (!isName(file.resolve(dict.get('ColorSpace')), space)) return null;
  if (file.resolve(dict.get('BitsPerComponent')) !== 8) return null;
  const width = file.resolve(dict.get('Width'));
  const height = file.resolve(dict.get('Height'));
  if (typeof width !== 'number' || typeof height !== 'number') return null;
  const bytes = width * height * channels;
  return file.streamBytes(image, { maxBytes: bytes });
}

function isThisPicture(file: PdfFile, image: PdfStream, wanted: Samples): Drawn {
  const sized = ({ dict }: PdfStream) =>
    file.resolve(dict.get('Width')) === wanted.width && file.resolve(dict.get('Height')) === wanted.height;
  // Another picture, or this one in other pixels, which is as good as another.
  if (!sized(image)) return isName(file.resolve(image.dict.get('Subtype')), 'Image') ? false : null;
  const rgb = planeOf(file, image, 'DeviceRGB', 3);
  if (!rgb) return null;
  const mask = file.resolve(image.dict.get('SMask'));
  if ((mask !== null) !== (wanted.alpha !== null)) return false;
  if (mask instanceof PdfStream && wanted.alpha) {
    if (!sized(mask)) return false;
    const alpha = planeOf(file, mask, 'DeviceGray', 1);
    if (!alpha) return null;
    if (!alpha.equals(wanted.alpha)) return false;
  } else if (mask !== null) return null;
  if (rgb.length !== wanted.rgb.length) return false;
  if (rgb.equals(wanted.rgb)) return true;
  // Colours that can't be seen may be anything.
  const { alpha } = wanted;
  if (!alpha) return false;
  return alpha.every((opacity, pixel) => {
    if (opacity === 0) return true;
    const at = pixel * 3;
    return wanted.rgb.compare(rgb, at, at + 3, at, at + 3) === 0;
  });
}
