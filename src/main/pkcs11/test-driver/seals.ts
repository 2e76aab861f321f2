import { createHash, sign } from 'node:crypto';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../../softhsm-fixtures/openssl.ts';
import {
  assembleSeal,
  assembleStatusList,
  type SealState,
  sealExtension,
  sealInfo,
  statusListInfo,
} from '../../seals/ses/index.ts';
import { type SealOfUse, sealApplication, type TokenData } from '../data-api.ts';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const hour = 3_600_000;
/** The head of a PNG of 1 x 1 pixel, and as many bytes behind it as a test wants. */
const pngHead = Buffer.from('89504e470d0a1a0a0000000d494844520000000100000001080600000000000000', 'hex');

export const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

type Maker = Pick<OpenSslCertificate, 'der' | 'privateKey'>;

interface Wanted {
  id?: string;
  name?: string;
  /** DER of the certificates that may use it. */
  certificates: readonly Uint8Array[];
  /** Names them by their digests. */
  byDigest?: boolean;
  /** Milliseconds from now. */
  from?: number;
  until?: number;
  /** Millimetres. */
  size?: number;
  /** Bytes of the picture, about. */
  pictureBytes?: number;
  creditCode?: string;
  maker?: Maker;
}

/** Makes seals and status lists for tests, sensible or not. `close` removes its files. */
export class SealWorkshop {
  readonly openssl = new OpenSsl();
  readonly root = this.openssl.issue({ subject: '/CN=Root of makers', extensions: extensionSets.root });
  readonly maker = this.makerNamed('Seal maker');
  #count = 0;

  makerNamed(name: string, issuer = this.root): OpenSslCertificate {
    return this.openssl.issue({ subject: `/CN=${name}`, extensions: extensionSets.signer, issuer });
  }

  /** A number that no other seal of this workshop has. */
  number(): string {
    return `530188${String(++this.#count).padStart(8, '0')}`;
  }

  seal(wanted: Wanted): TokenData {
    const { certificates, maker = this.maker, size = 42 } = wanted;
    const id = wanted.id ?? this.number();
    const now = Date.now();
    const padding = Buffer.alloc(wanted.pictureBytes ?? 400, id);
    const digests = certificates.map((each) => ({
      type: 'SHA256',
      value: createHash('sha256').update(each).digest(),
    }));
    const info = sealInfo({
      vendor: 'YINKEY',
      id,
      type: 1,
      name: wanted.name ?? '练习公章',
      list: wanted.byDigest ? { type: 2, digests } : { type: 1, certificates },
      createdAt: new Date(now - hour),
      validFrom: new Date(now + (wanted.from ?? -hour)),
      validUntil: new Date(now + (wanted.until ?? 24 * hour)),
      picture: { type: 'PNG', data: Buffer.concat([pngHead, padding]), width: size, height: size },
      extensions: wanted.creditCode ? [sealExtension('creditCode', wanted.creditCode)] : [],
    });
    const value = Uint8Array.from(assembleSeal(info, this.#signed(info, maker)));
    return { application: sealApplication, label: id, value };
  }

  /** A status list of now; seals that it does not name were never issued. */
  statusList(states: Record<string, SealState>, maker = this.maker): Uint8Array {
    const now = Date.now();
    const info = statusListInfo({
      vendor: 'YINKEY',
      number: 1,
      thisUpdate: new Date(now - 60_000),
      nextUpdate: new Date(now + hour),
      entries: Object.entries(states).map(([id, state]) => ({ id, state, since: new Date(now - hour) })),
    });
    return Uint8Array.from(assembleStatusList(info, this.#signed(info, maker)));
  }

  /** What goes with a signature that is a stamp of this seal, all in order but for `more`. */
  use({ value }: TokenData, drawn: Uint8Array, more: Partial<SealOfUse> = {}): SealOfUse {
    return {
      bytes: value,
      embeddedSha256: sha256Of(value),
      drawnSha256: sha256Of(drawn),
      statusList: null,
      roots: [Uint8Array.from(this.root.der)],
      pool: [],
      revoked: [],
      ...more,
    };
  }

  #signed(info: Uint8Array, maker: Maker) {
    return {
      certificate: maker.der,
      algorithm: ecdsaWithSha256,
      signature: sign('sha256', info, maker.privateKey),
    };
  }

  close(): void {
    this.openssl.close();
  }
}
