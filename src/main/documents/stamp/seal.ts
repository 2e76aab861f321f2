import { createHash } from 'node:crypto';
import type { Placement } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { readSeal } from '../../seals/ses/index.ts';
import { PdfDict, PdfName, type PdfRef, PdfStream, PdfString } from '../pdf/index.ts';
import type { IncrementalUpdate } from '../pdf/write/index.ts';
import { sealFileName, sealMediaType } from './embedded-seal.ts';
import { fitsSeal } from './placement.ts';
import { pdfDate } from './signature-dictionary.ts';

/** A seal that is about to be drawn and embedded. */
export interface SealToDraw {
  readonly bytes: Buffer;
  /** Of the SESeal, hex. */
  readonly sha256: string;
  /** For people and for screen readers. */
  readonly description: string;
}

/**
 * Reads the seal of a stamp, and makes sure that what is drawn is its own picture at its own size. Whether it may be used
 * is judged elsewhere.
 * @throws seal.unreadable, seal.picture-differs, seal.size
 */
export function sealToDraw(seal: Uint8Array, picture: Uint8Array, placement: Placement): SealToDraw {
  const { id, name, picture: own } = readSeal(seal);
  if (Buffer.compare(own.data, picture) !== 0) throw new YinkeyError('seal.picture-differs', { id, name });
  const { width, height } = placement;
  if (!fitsSeal(placement, own)) throw new YinkeyError('seal.size', { width, height });
  const bytes = Buffer.from(seal);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { bytes, sha256, description: `电子印章 · Electronic seal: ${name} (${id})` };
}

/**
 * Puts the seal into the update as an embedded file (ISO 32000-2, 7.11.4) and answers its file specification. The
 * relationship is Data (14.13.2, table 43): the seal is what the picture on the page was taken from. It gets no entry in
 * the catalog's EmbeddedFiles: it belongs to the stamp, and the catalog stays as it was for every signature before.
 * The bytes are written without a filter; most of them are a PNG.
 */
export function embedSeal(update: IncrementalUpdate, seal: SealToDraw, now: string): PdfRef {
  const stream = update.add(
    new PdfStream(
      PdfDict.of({
        Type: PdfName.of('EmbeddedFile'),
        Subtype: PdfName.of(sealMediaType),
        Params: PdfDict.of({
          Size: seal.bytes.length,
          ModDate: new PdfString(Buffer.from(pdfDate(now, 0), 'latin1')),
        }),
      }),
      seal.bytes,
    ),
  );
  return update.add(
    PdfDict.of({
      Type: PdfName.of('Filespec'),
      F: PdfString.text(sealFileName),
      UF: PdfString.text(sealFileName),
      EF: PdfDict.of({ F: stream, UF: stream }),
      AFRelationship: PdfName.of('Data'),
      Desc: PdfString.text(seal.description),
    }),
  );
}
