import { PdfDict, PdfName, type PdfObject, type PdfRef, PdfStream } from '../pdf/index.ts';
import type { EncodedPicture } from './picture.ts';

/** Points in a millimetre. */
const pointsPerMm = 72 / 25.4;

/** Where the appearance's objects go: an incremental update. */
export interface ObjectSink {
  add(object: PdfObject): PdfRef;
}

/**
 * The picture as widgets show it (ISO 32000-2, 12.5.5): a form that paints one image through its soft mask. Every
 * widget, on however many pages, shares the image; widgets of pages that are rotated alike share the form too.
 */
export class MarkAppearance {
  readonly #sink: ObjectSink;
  readonly #width: number;
  readonly #height: number;
  readonly #image: PdfRef;
  readonly #state: PdfRef;
  readonly #forms = new Map<number, PdfRef>();

  /** `size`: what the picture measures on paper, in millimetres. */
  constructor(sink: ObjectSink, picture: EncodedPicture, size: { width: number; height: number }) {
    this.#sink = sink;
    this.#width = size.width * pointsPerMm;
    this.#height = size.height * pointsPerMm;
    this.#image = addImage(sink, picture);
    // Ink on paper: what is printed beneath the seal stays legible, as under a real one.
    this.#state = sink.add(
      PdfDict.of({ Type: PdfName.of('ExtGState'), BM: PdfName.of('Multiply'), ca: 1, CA: 1, AIS: false }),
    );
  }

  /**
   * The form for pages whose /Rotate is `rotation` (0, 90, 180, 270 clockwise). Its matrix turns the picture the
   * other way, so that it stands upright for the reader; the widget's /Rect does the rest.
   */
  form(rotation: number): PdfRef {
    let form = this.#forms.get(rotation);
    if (form === undefined) {
      form = this.#sink.add(this.#makeForm(rotation));
      this.#forms.set(rotation, form);
    }
    return form;
  }

  #makeForm(rotation: number): PdfStream {
    const dict = PdfDict.of({
      Type: PdfName.of('XObject'),
      Subtype: PdfName.of('Form'),
      FormType: 1,
      BBox: [0, 0, this.#width, this.#height],
      Resources: PdfDict.of({
        XObject: PdfDict.of({ Picture: this.#image }),
        ExtGState: PdfDict.of({ Ink: this.#state }),
      }),
    });
    const quarter = (((rotation / 90) % 4) + 4) % 4;
    const cos = [1, 0, -1, 0][quarter] as number;
    const sin = [0, 1, 0, -1][quarter] as number;
    if (quarter !== 0) dict.set('Matrix', [cos, sin, -sin, cos, 0, 0]);
    const scale = `${this.#width.toFixed(4)} 0 0 ${this.#height.toFixed(4)} 0 0 cm`;
    return new PdfStream(dict, Buffer.from(`q /Ink gs ${scale} /Picture Do Q`, 'latin1'));
  }
}

function addImage(sink: ObjectSink, picture: EncodedPicture): PdfRef {
  const image = imageStream(picture, 'DeviceRGB', picture.rgb);
  if (picture.alpha) image.dict.set('SMask', sink.add(imageStream(picture, 'DeviceGray', picture.alpha)));
  return sink.add(image);
}

function imageStream(picture: EncodedPicture, colorSpace: string, data: Buffer): PdfStream {
  const dict = PdfDict.of({
    Type: PdfName.of('XObject'),
    Subtype: PdfName.of('Image'),
    Width: picture.widthPx,
    Height: picture.heightPx,
    ColorSpace: PdfName.of(colorSpace),
    BitsPerComponent: 8,
    // Seals are often shown larger than their pixels: smooth edges, not steps.
    Interpolate: true,
    Filter: PdfName.of('FlateDecode'),
  });
  return new PdfStream(dict, data);
}
