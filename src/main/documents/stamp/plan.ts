import { YinkeyError } from '../../../shared/errors/index.ts';
import { type CertificateFacts, holderName, parseCertificate } from '../../certificates/index.ts';
import type { PrepareRequest } from '../api.ts';
import { chainFor, estimateSize, type SigningScheme, schemeFor } from '../cms/index.ts';
import { FileSource, PdfFile, pageGeometry, signatureFields } from '../pdf/index.ts';
import { type BuiltUpdate, IncrementalUpdate, updateBaseOf } from '../pdf/write/index.ts';
import { MarkAppearance } from './appearance.ts';
import { addSignatureField, freeFieldName } from './field.ts';
import { existingSeals, rootFieldNames } from './fields.ts';
import { lockedNames, obstacles } from './permissions.ts';
import { encodePicture } from './picture.ts';
import { checkPages } from './placement.ts';
import { embedSeal, type SealToDraw, sealToDraw } from './seal.ts';
import { setByteRange, signaturePlaceholder } from './signature-dictionary.ts';

/** Reading the structure of an honest file takes milliseconds; this bounds what a hostile one may take. */
export const structureLimits = { maxMillis: 30_000 };

/** Everything that is known of a stamp before a byte is written. */
export interface StampPlan {
  readonly scheme: SigningScheme;
  /** The signer's certificate, then those that lead up from it. */
  readonly chain: readonly [signer: CertificateFacts, ...above: CertificateFacts[]];
  readonly update: BuiltUpdate;
  readonly originalSize: number;
  readonly byteRange: readonly [number, number, number, number];
  readonly field: string;
  readonly pages: number[];
  /** SHA-256 (hex) of the picture that is drawn. */
  readonly drawnSha256: string;
  /** The seal that is embedded; null: the picture is a signature picture. */
  readonly seal: SealToDraw | null;
}

/**
 * Reads the input's structure, checks that it may be stamped there, and makes the update: the bytes to append, with
 * /ByteRange filled in and zeros in the place of the signature.
 * @throws the document.*, seal.* and certificate.* codes, `usage`
 */
export async function planStamp(input: number, request: PrepareRequest): Promise<StampPlan> {
  const [signer, ...pool] = request.certificates.map(parseCertificate);
  if (!signer) throw new YinkeyError('certificate.none');
  const [, ...above] = chainFor(signer, pool);
  const chain = [signer, ...above] as const;
  const scheme = schemeFor(signer.keyType, request.scheme === 'rsa-pss');
  const seal = request.seal ? sealToDraw(request.seal, request.picture, request.placement) : null;
  const picture = await encodePicture(request.picture);
  const file = PdfFile.open(new FileSource(input), { password: request.password, limits: structureLimits });

  const fields = signatureFields(file);
  const [obstacle] = obstacles(file, fields);
  if (obstacle) throw obstacle;
  const { x, y, width, height } = request.placement;
  const sizeOf = (number: number) => pageGeometry(file.page(number - 1));
  const pages = checkPages(request.placement, file.pageCount, sizeOf, existingSeals(file, fields));
  const places = pages.map((number) => {
    const page = file.page(number - 1);
    return { page, geometry: pageGeometry(page), rect: { x, y, width, height } };
  });

  const name = holderName(signer.subject);
  const field = freeFieldName(seal ? 'Seal' : 'Picture', rootFieldNames(file), lockedNames(file, fields));
  const update = new IncrementalUpdate(updateBaseOf(file));
  const signature = update.allocate();
  const placeholder = signaturePlaceholder(
    {
      name,
      now: request.now,
      utcOffset: request.utcOffset,
      reserve: estimateSize(chain, scheme),
    },
    update.serializeOptions(signature),
  );
  update.putRaw(signature, placeholder.raw);
  const appearance = new MarkAppearance(update, picture, { width, height });
  addSignatureField(update, file, {
    name: field,
    description: seal ? seal.description : `签名图片 · Signature picture: ${name}`,
    signature,
    places,
    appearance,
    seal: seal && embedSeal(update, seal, request.now),
  });
  const built = update.build();
  const byteRange = setByteRange(placeholder, built.valueOffset(signature), file.size + built.length);
  return {
    scheme,
    chain,
    update: built,
    originalSize: file.size,
    byteRange,
    field,
    pages,
    drawnSha256: picture.sha256,
    seal,
  };
}
