import { createHash, type KeyObject, sign } from 'node:crypto';
import {
  type CertificateFacts,
  canSign,
  creditCodeOf,
  parseCertificate,
} from '../../src/main/certificates/index.ts';
import {
  assembleSeal,
  assembleStatusList,
  chainExtension,
  type SealState,
  sealExtension,
  sealInfo,
  statusListInfo,
} from '../../src/main/seals/ses/index.ts';
import { judgeRules } from '../../src/main/seals/ses/rules.ts';
import { type SealForm, type SealRequest, sealMakingLimits } from '../../src/shared/domain/seal-making.ts';
import { withUsccCheck } from '../uscc.ts';

/** A seal that the maker made or is to make: everything that its three forms are written from. */
export interface SealRecord {
  /** esID. */
  id: string;
  /** DER of the one certificate that may use it. */
  certificate: Uint8Array;
  name: string;
  kind: SealRequest['kind'];
  unit: string;
  creditCode: string;
  administrator: string;
  widthMm: number;
  heightMm: number;
  /** PNG. */
  picture: Uint8Array;
  smallPicture: Uint8Array;
  createdAt: Date;
}

/** What the status list says of one seal. */
export interface SealStanding {
  id: string;
  state: SealState;
  since: Date;
}

/** One thing in which a request breaks the rules: a word that stays, and a sentence for staff and holder. */
export interface RuleFault {
  rule:
    | 'certificate'
    | 'credit-code'
    | 'unit'
    | 'name'
    | 'size'
    | 'measured'
    | 'administrator'
    | 'picture'
    | 'small-picture';
  text: string;
}

/** What of a request the rules are about. */
export type JudgedRequest = Pick<
  SealRequest,
  | 'name'
  | 'kind'
  | 'unit'
  | 'creditCode'
  | 'administrator'
  | 'widthMm'
  | 'heightMm'
  | 'picture'
  | 'smallPicture'
  | 'measured'
>;

/** A list is replaced after this: clients that can't reach the maker tell its age from then on. */
const listHours = 24;

/** Dots per inch that the pictures of a seal have at least. */
const leastDpi = { picture: 295, smallPicture: 95 };

/** How far the request's size may be from what the capture measured, in millimetres. */
const measuredTolerance = 0.5;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const sha256WithRsa = '1.2.840.113549.1.1.11';

/** Whether it is a unified social credit code, with a check character that fits (GB 32100-2015). */
function isCreditCode(code: string): boolean {
  return /^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code) && withUsccCheck(code.slice(0, 17)) === code;
}

/**
 * An esID as it is usual in the field: the unit's district (GB/T 2260, in the credit code) and a number of the maker's own.
 * @throws RangeError for a number of more than eight digits
 */
export function sealIdOf(creditCode: string, number: number): string {
  if (!Number.isInteger(number) || number < 1 || number > 99_999_999) throw new RangeError('no such number');
  const district = creditCode.slice(2, 8);
  return `${/^\d{6}$/.test(district) ? district : '000000'}${String(number).padStart(8, '0')}`;
}

/** Makes seals and the list of their states. Keeps nothing: who may ask and what was made before, the server knows. */
export class SealMaker {
  readonly certificate: CertificateFacts;
  readonly #key: KeyObject;
  readonly #chain: readonly Uint8Array[];
  readonly #vendor: string;
  readonly #now: () => Date;
  /** Absolute address of the status list, written into each seal. */
  readonly statusUrl: string;

  /** `maker.key` is RSA: its signatures are the same each time, and so are the seals made from one record. */
  constructor(parts: {
    /** `chain`: DER of the certificates between the maker's and its root. */
    maker: { certificate: CertificateFacts; key: KeyObject; chain: readonly Uint8Array[] };
    vendor: string;
    now: () => Date;
    statusUrl: string;
  }) {
    if (parts.maker.key.asymmetricKeyType !== 'rsa') throw new TypeError('the maker’s key has to be RSA');
    this.certificate = parts.maker.certificate;
    this.#key = parts.maker.key;
    this.#chain = parts.maker.chain;
    this.#vendor = parts.vendor;
    this.#now = parts.now;
    this.statusUrl = parts.statusUrl;
  }

  /**
   * In what a request breaks the rules; empty: in nothing. Whether the certificate is the authority's own, not revoked and
   * without a seal, the server has to know.
   */
  judge(request: JudgedRequest, certificate: CertificateFacts): RuleFault[] {
    const now = this.#now();
    const faults: RuleFault[] = [];
    const fault = (rule: RuleFault['rule'], text: string) => void faults.push({ rule, text });
    const { subject } = certificate;

    if (now < certificate.notBefore || now > certificate.notAfter || !canSign(certificate))
      fault('certificate', '证书不在有效期内，或不是签名证书。');

    if (!isCreditCode(request.creditCode)) fault('credit-code', '统一社会信用代码的校验位不符。');
    else if (creditCodeOf(subject)?.value !== request.creditCode)
      fault('credit-code', '统一社会信用代码与证书中的不一致。');

    const squeezed = (text: string) => text.replace(/\s+/g, '');
    // Some authorities write the code before the unit's name.
    const holder = squeezed(subject.organization ?? '').replace(creditCodeOf(subject)?.value ?? '', '');
    if (squeezed(request.unit) !== holder) fault('unit', '单位名称与证书中的不一致。');

    // The certificate says which of the unit's seals hangs on it; its full name may have the unit before that.
    const hanging = squeezed(subject.organizationalUnit ?? '');
    const name = squeezed(request.name);
    const fits = hanging === '' ? name.startsWith(holder) : [hanging, holder + hanging].includes(name);
    if (!fits) fault('name', '印章名称与证书所载印章不一致，应为实物印章的全称。');

    const size = { width: Math.round(request.widthMm), height: Math.round(request.heightMm) };
    const rules = judgeRules(
      { name: request.name, picture: { type: 'PNG', data: new Uint8Array(), ...size } },
      [certificate],
      { kind: request.kind },
    );
    if (rules.reason === 'size')
      fault(
        'size',
        `印章尺寸 ${size.width} × ${size.height} 毫米不符合规定（${rules.details.limit} 毫米）。`,
      );
    const { measured } = request;
    const off = Math.max(
      Math.abs(measured.widthMm - request.widthMm),
      Math.abs(measured.heightMm - request.heightMm),
    );
    if (off > measuredTolerance) fault('measured', '所填尺寸与扫描件测得的尺寸不一致。');

    if (/[、,，;；/／&＆\n]/.test(request.administrator))
      fault('administrator', '一枚印章只能有一名管理员。');

    for (const which of ['picture', 'smallPicture'] as const) {
      const text = pictureFault(Buffer.from(request[which], 'base64'), which, request);
      if (text !== null) fault(which === 'picture' ? 'picture' : 'small-picture', text);
    }
    return faults;
  }

  /** The SESeal of a record, signed; the same bytes each time. Valid as long as its certificate. */
  issue(record: SealRecord, form: SealForm): Buffer {
    const facts = parseCertificate(record.certificate);
    const { certificate } = record;
    const info = sealInfo({
      vendor: this.#vendor,
      id: record.id,
      // As V1 numbered them, for want of a list in GB/T 38540: 1 of a unit, 2 of a person.
      type: record.kind === 'representative' ? 2 : 1,
      name: record.name,
      list:
        form === 'full'
          ? { type: 1, certificates: [certificate] }
          : { type: 2, digests: [{ type: 'SHA256', value: sha256(certificate) }] },
      createdAt: record.createdAt,
      validFrom: facts.notBefore,
      validUntil: facts.notAfter,
      picture: {
        type: 'PNG',
        data: form === 'small' ? record.smallPicture : record.picture,
        width: Math.round(record.widthMm),
        height: Math.round(record.heightMm),
      },
      extensions: [
        sealExtension('creditCode', record.creditCode),
        sealExtension('statusList', this.statusUrl),
        sealExtension('administrator', record.administrator),
        sealExtension('kind', record.kind),
        chainExtension(this.#chain),
      ],
    });
    return assembleSeal(info, this.#signed(info));
  }

  /** The signed list of all seals that were ever made. `number`: higher than that of the list before. */
  statusList(seals: readonly SealStanding[], number: number): Buffer {
    const now = this.#now();
    const info = statusListInfo({
      vendor: this.#vendor,
      number,
      thisUpdate: now,
      nextUpdate: new Date(now.getTime() + listHours * 3_600_000),
      entries: seals,
      chain: this.#chain,
    });
    return assembleStatusList(info, this.#signed(info));
  }

  #signed(bytes: Uint8Array) {
    return {
      certificate: this.certificate.der,
      algorithm: sha256WithRsa,
      signature: sign('sha256', bytes, this.#key),
    };
  }
}

const pngStart = Buffer.from('89504e470d0a1a0a', 'hex');

/** What is wrong with a picture by its first bytes; whether it can be decoded, the staff page shows. */
function pictureFault(
  png: Buffer,
  which: 'picture' | 'smallPicture',
  { widthMm, heightMm }: { widthMm: number; heightMm: number },
): string | null {
  const limit = which === 'picture' ? sealMakingLimits.pictureBytes : sealMakingLimits.smallPictureBytes;
  if (png.length > limit) return `印模图片超过 ${limit >> 10} KB。`;
  if (png.length < 33 || !png.subarray(0, 8).equals(pngStart)) return '印模图片不是 PNG。';
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  if (Math.min(width / widthMm, height / heightMm) * 25.4 < leastDpi[which]) return '印模图片的分辨率不够。';
  if (Math.abs((width / height) * (heightMm / widthMm) - 1) > 0.05) return '印模图片与尺寸的比例不符。';
  return null;
}
