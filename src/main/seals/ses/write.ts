import { YinkeyError } from '../../../shared/errors/index.ts';
import { DerError, der } from '../../certificates/index.ts';
import {
  type SealInfo,
  type SealSignature,
  type SesExtension,
  type SesList,
  sesLimits,
} from './structure.ts';

function ascii(text: string, tag: number = der.tags.ia5String): Buffer {
  if (text.length > sesLimits.text || !/^[\x20-\x7e]*$/.test(text))
    throw new DerError('a text of other than ASCII characters, or too long');
  return der.element(tag, Buffer.from(text, 'latin1'));
}

function list(certificates: SesList): Buffer {
  if (certificates.type === 1) return der.seq(...certificates.certificates.map((entry) => der.octets(entry)));
  return der.seq(
    ...certificates.digests.map(({ type, value }) =>
      der.seq(ascii(type, der.tags.printableString), der.octets(value)),
    ),
  );
}

/** ExtensionDatas. `critical` FALSE is the default, and DER leaves a default out. */
function extensionDatas(extensions: readonly SesExtension[]): Buffer {
  return der.seq(
    ...extensions.map(({ oid, critical, value }) =>
      der.seq(der.oid(oid), ...(critical ? [der.bool(true)] : []), der.octets(value)),
    ),
  );
}

function writing(write: () => Buffer): Buffer {
  try {
    const bytes = write();
    if (bytes.length > sesLimits.bytes) throw new DerError('too large for a seal');
    return bytes;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new YinkeyError('seal.unreadable', { reason: error.message }, { cause: error });
  }
}

/**
 * SES_SealInfo of GB/T 38540-2020 in DER: the bytes that a seal maker signs. Times are written to the second.
 * @throws YinkeyError `seal.unreadable` for what the structure has no room for
 */
export function sealInfo(seal: Omit<SealInfo, 'version'>): Buffer {
  return writing(() => {
    const { picture } = seal;
    const size = [der.int(picture.width), der.int(picture.height)];
    return der.seq(
      der.seq(ascii('ES'), der.int(4), ascii(seal.vendor)),
      ascii(seal.id),
      der.seq(
        der.int(seal.type),
        der.utf8(seal.name),
        der.int(seal.list.type),
        list(seal.list),
        der.generalizedTime(seal.createdAt),
        der.generalizedTime(seal.validFrom),
        der.generalizedTime(seal.validUntil),
      ),
      der.seq(ascii(picture.type), der.octets(picture.data), ...size),
      // Not tagged here, unlike those of TBS_Sign.
      ...(seal.extensions.length > 0 ? [extensionDatas(seal.extensions)] : []),
    );
  });
}

/** Certificate (DER), object identifier of the algorithm and value of one signature. */
export interface SignedBy {
  certificate: Uint8Array;
  algorithm: string;
  signature: Uint8Array;
}

/**
 * SESeal of GB/T 38540-2020 in DER, from what `sealInfo` gave and the maker's signature over it.
 * @throws YinkeyError `seal.unreadable`
 */
export function assembleSeal(info: Uint8Array, maker: SignedBy): Buffer {
  return writing(() =>
    der.seq(info, der.octets(maker.certificate), der.oid(maker.algorithm), der.bits(maker.signature)),
  );
}

/**
 * TBS_Sign of GB/T 38540-2020 in DER: the bytes that the unit's key signs. `seal` is the whole SESeal as it came.
 * @throws YinkeyError `seal.unreadable`
 */
export function signatureInfo(
  seal: Uint8Array,
  facts: { signedAt: Date } & Pick<SealSignature, 'digest' | 'property' | 'extensions'>,
): Buffer {
  const { extensions } = facts;
  return writing(() =>
    der.seq(
      der.int(4),
      seal,
      der.generalizedTime(facts.signedAt),
      der.bits(facts.digest),
      ascii(facts.property),
      ...(extensions.length > 0 ? [der.explicit(0, extensionDatas(extensions))] : []),
    ),
  );
}

/**
 * SES_Signature of GB/T 38540-2020 in DER, from what `signatureInfo` gave and the signature over it.
 * @throws YinkeyError `seal.unreadable`
 */
export function assembleSignature(info: Uint8Array, signer: SignedBy, timestamp?: Uint8Array): Buffer {
  return writing(() =>
    der.seq(
      info,
      der.octets(signer.certificate),
      der.oid(signer.algorithm),
      der.bits(signer.signature),
      ...(timestamp ? [der.explicit(0, der.bits(timestamp))] : []),
    ),
  );
}
