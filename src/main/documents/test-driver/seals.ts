import { sign } from 'node:crypto';
import sharp from 'sharp';
import {
  extensionSets,
  type OpenSsl,
  type OpenSslCertificate,
} from '../../../../softhsm-fixtures/openssl.ts';
import { parseCertificate } from '../../certificates/index.ts';
import {
  assembleSeal,
  assembleStatusList,
  type SealState,
  sealExtension,
  sealInfo,
  statusListInfo,
} from '../../seals/ses/index.ts';

const day = 86_400_000;

/** A round picture in this colour, of so many pixels. */
export async function roundPicture(colour: string, pixels = 60): Promise<Buffer> {
  const half = pixels / 2;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}">
    <circle cx="${half}" cy="${half}" r="${half - 3}" fill="none" stroke="${colour}" stroke-width="5"/></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

export interface SealWish {
  picture: Uint8Array;
  /** Certificates that may use it. */
  list: readonly Uint8Array[];
  id?: string;
  name?: string;
  width?: number;
  height?: number;
  createdAt?: Date;
  validFrom?: Date;
  validUntil?: Date;
  /** The unit's code, where the maker writes it into the seal. */
  creditCode?: string;
}

/** A seal maker of its own, for documents' tests: whatever is asked for is made. */
export class TestMaker {
  readonly certificate: OpenSslCertificate;

  constructor(openssl: OpenSsl, issuer: OpenSslCertificate, notBefore?: string) {
    const request = { subject: '/CN=Seal maker', extensions: extensionSets.signer, issuer };
    this.certificate = openssl.issue({ ...request, ...(notBefore && { notBefore }) });
  }

  get sha256(): string {
    return parseCertificate(this.certificate.der).sha256;
  }

  seal(wish: SealWish): Buffer {
    const { id = '44010000000001', name = '某某公司合同专用章', width = 42, height = 42 } = wish;
    const info = sealInfo({
      vendor: 'YINKEY',
      id,
      type: 1,
      name,
      list: { type: 1, certificates: wish.list },
      createdAt: wish.createdAt ?? new Date(Date.now() - 2 * day),
      validFrom: wish.validFrom ?? new Date(Date.now() - 2 * day),
      validUntil: wish.validUntil ?? new Date(Date.now() + 30 * day),
      picture: { type: 'PNG', data: wish.picture, width, height },
      extensions: wish.creditCode ? [sealExtension('creditCode', wish.creditCode)] : [],
    });
    return assembleSeal(info, this.#signed(info));
  }

  statusList(state: SealState, since: Date, more: { id?: string; thisUpdate?: Date } = {}): Buffer {
    const { id = '44010000000001', thisUpdate = new Date() } = more;
    const nextUpdate = new Date(thisUpdate.getTime() + day);
    const info = statusListInfo({
      vendor: 'YINKEY',
      number: 1,
      thisUpdate,
      nextUpdate,
      entries: [{ id, state, since }],
    });
    return assembleStatusList(info, this.#signed(info));
  }

  #signed(data: Uint8Array) {
    const { der, privateKey } = this.certificate;
    const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
    return { certificate: der, algorithm: ecdsaWithSha256, signature: sign('sha256', data, privateKey) };
  }
}
