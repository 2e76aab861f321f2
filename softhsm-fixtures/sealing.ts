import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type CertificateFacts, parseCertificate } from '../src/main/certificates/index.ts';
import { encodeSeal } from '../src/main/seals/capture/encode.ts';
import { assembleSeal, type Seal, sealInfo } from '../src/main/seals/ses/index.ts';
import { openSealMaker } from './authority/practice-seals.ts';
import { certify, ensureAuthority } from './authority/root.ts';
import type { SealMaker, SealRecord } from './authority/seal-maker.ts';

const day = 86_400_000;

/** A certificate with its key in memory. */
export interface Holder {
  certificate: CertificateFacts;
  key: KeyObject;
}

/** The practice maker without a key store, a token or a server: what tests of seals stand on. */
export interface SealWorkshop {
  roots: CertificateFacts[];
  pool: CertificateFacts[];
  maker: SealMaker;
  /** A seal of this certificate, 42 mm, official; whatever is `given` is another way. */
  record(certificate: CertificateFacts, given?: Partial<SealRecord>): SealRecord;
  /** A unit's certificate of the practice authority, or any other that is asked for. */
  holder(given?: {
    unit?: string;
    creditCode?: string | null;
    seal?: string;
    commonName?: string;
    notBefore?: Date;
    notAfter?: Date;
    /** Signs itself: nobody stands behind it. */
    alone?: boolean;
  }): Promise<Holder>;
  /** What `change` makes of a seal, signed again by `by`: right in form and signature, whatever it says. */
  forge(seal: Seal, by: Holder, change?: Partial<Seal>): Buffer;
}

/** A ring of `millimetres`, as small as a capture gives it. */
export async function ringSeal(millimetres: number, dpi: number): Promise<Buffer> {
  const pixels = Math.round((millimetres / 25.4) * dpi);
  const alpha = new Uint8Array(pixels * pixels);
  for (let y = 0; y < pixels; y++)
    for (let x = 0; x < pixels; x++) {
      const radius = Math.hypot(x - pixels / 2, y - pixels / 2) / (pixels / 2);
      if (radius < 1 && radius > 0.94) alpha[y * pixels + x] = 255;
    }
  return encodeSeal(alpha, { width: pixels, height: pixels, dpi, colour: [0xc3, 0x27, 0x2b], levels: 4 });
}

/** A workshop whose authority lies in `dir`. */
export async function sealWorkshop(dir: string, { now = () => new Date() } = {}): Promise<SealWorkshop> {
  const authority = await ensureAuthority(dir);
  const maker = await openSealMaker(authority, { now });
  const facts = (path: string) => parseCertificate(derOf(readFileSync(path, 'utf8')));
  const [picture, smallPicture] = await Promise.all([ringSeal(42, 300), ringSeal(42, 150)]);
  let made = 0;
  return {
    roots: [facts(authority.rootPath)],
    pool: [facts(authority.issuingPath)],
    maker,
    record: (certificate, given = {}) => ({
      id: `530199${String(++made).padStart(8, '0')}`,
      certificate: certificate.der,
      name: '公章',
      kind: 'official',
      unit: certificate.subject.organization ?? '',
      creditCode: '12530199MB1A27343Y',
      administrator: '李明华',
      ...{ widthMm: 42, heightMm: 42, picture, smallPicture },
      createdAt: new Date(Math.floor(now().getTime() / 1000) * 1000),
      ...given,
    }),
    holder: async (given = {}) => {
      const { unit = '云南省示范区住房保障中心', creditCode = '12530199MB1A27343Y', seal = '公章' } = given;
      const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const issued = await certify(
        {
          subject: [
            { C: ['CN'] },
            { O: [unit] },
            ...(creditCode === null ? [] : [{ '2.5.4.97': [`NTRCN-${creditCode}`] }]),
            { OU: [seal] },
            { CN: [given.commonName ?? `${unit} ${seal}`] },
          ],
          publicKey,
          notBefore: given.notBefore ?? new Date(now().getTime() - day),
          notAfter: given.notAfter ?? new Date(now().getTime() + 365 * day),
          keyUsage: ['digitalSignature', 'nonRepudiation'],
        },
        given.alone ? { selfKey: key } : authority.issuing,
      );
      return { certificate: parseCertificate(new Uint8Array(issued.rawData)), key };
    },
    forge: (seal, by, change = {}) => {
      const info = sealInfo({ ...seal, ...change });
      return assembleSeal(info, {
        certificate: by.certificate.der,
        algorithm: by.key.asymmetricKeyType === 'rsa' ? '1.2.840.113549.1.1.11' : '1.2.840.10045.4.3.2',
        signature: sign('sha256', info, by.key),
      });
    },
  };
}

const derOf = (pem: string) => new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
