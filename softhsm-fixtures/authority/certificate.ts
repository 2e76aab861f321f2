import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { der } from '../../src/main/certificates/index.ts';

/** Object identifiers that only an authority writes. */
export const ids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  crlDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
  caIssuers: '1.3.6.1.5.5.7.48.2',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  /** id-kp-cmcRA and id-kp-cmcCA (RFC 6402): who may speak for the authority in CMP. */
  cmcCa: '1.3.6.1.5.5.7.3.27',
  cmcRa: '1.3.6.1.5.5.7.3.28',
} as const;

/** Names of keyUsage bits in their order (RFC 5280 4.2.1.3). */
const keyUsageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsageName = (typeof keyUsageNames)[number];

const signatureIds = {
  rsa: '1.2.840.113549.1.1.11',
  'P-256': '1.2.840.10045.4.3.2',
  'P-384': '1.2.840.10045.4.3.3',
};

/** How a key of this authority signs: RSA and P-256 with SHA-256, P-384 with SHA-384. */
export function signingAlgorithm(key: KeyObject): { identifier: Buffer; hash: 'sha256' | 'sha384' } {
  // RSA's parameters are NULL (RFC 4055 5), ECDSA's absent (RFC 5758 3.2).
  if (key.asymmetricKeyType === 'rsa') {
    return { identifier: der.seq(der.oid(signatureIds.rsa), der.nul()), hash: 'sha256' };
  }
  const p384 = key.asymmetricKeyDetails?.namedCurve === 'secp384r1';
  return {
    identifier: der.seq(der.oid(signatureIds[p384 ? 'P-384' : 'P-256'])),
    hash: p384 ? 'sha384' : 'sha256',
  };
}

/** SEQUENCE { toBeSigned, algorithm, signature }: certificates, CRLs, OCSP answers. */
export function signed(toBeSigned: Uint8Array, key: KeyObject, more: readonly Uint8Array[] = []): Buffer {
  const { identifier, hash } = signingAlgorithm(key);
  return der.seq(toBeSigned, identifier, der.bits(sign(hash, toBeSigned, key)), ...more);
}

/** One Extension (RFC 5280 4.1). */
export function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return der.seq(der.oid(id), ...(critical ? [der.bool(true)] : []), der.octets(value));
}

/** The SHA-1 of the key's bits (RFC 5280 4.2.1.2, method 1). */
export function keyIdentifier(spki: Uint8Array): Buffer {
  return createHash('sha1')
    .update(der.readBitBytes(der.readDer(spki).at(1)))
    .digest();
}

export function keyUsageExtension(names: readonly KeyUsageName[]): Buffer {
  let mask = 0;
  for (const name of names) mask |= 0x8000 >> keyUsageNames.indexOf(name);
  const bytes = mask & 0xff ? [mask >> 8, mask & 0xff] : [mask >> 8];
  let unused = 0;
  // DER leaves the zero bits at the end of a named bit list out (X.690 11.2.2).
  while (mask !== 0 && !(bytes.at(-1)! & (1 << unused))) unused += 1;
  const bits = mask === 0 ? der.bits(Buffer.alloc(0)) : der.bits(Buffer.from(bytes), unused);
  return extension(ids.keyUsage, true, bits);
}

export function basicConstraintsExtension(pathLength: number | undefined): Buffer {
  const members = pathLength === undefined ? [] : [der.bool(true), der.int(pathLength)];
  return extension(ids.basicConstraints, true, der.seq(...members));
}

export function authorityKeyExtension(issuerSpki: Uint8Array): Buffer {
  const keyId = der.implicit(0, der.octets(keyIdentifier(issuerSpki)));
  return extension(ids.authorityKeyIdentifier, false, der.seq(keyId));
}

export function extendedKeyUsageExtension(critical: boolean, ...purposes: readonly string[]): Buffer {
  return extension(ids.extKeyUsage, critical, der.seq(...purposes.map((purpose) => der.oid(purpose))));
}

const uri = (text: string) => der.element(0x86, Buffer.from(text, 'latin1'));

/** Where a certificate's status can be asked for, and where its issuer's certificate lies. */
export interface StatusPlaces {
  /** null: no OCSP responder answers for this issuer. */
  ocsp: string | null;
  crl: string;
  caIssuers: string;
}

/** CRL distribution point and authority information access (RFC 5280 4.2.1.13, 4.2.2.1). */
export function statusExtensions(places: StatusPlaces): Buffer[] {
  const point = der.seq(der.explicit(0, der.element(0xa0, uri(places.crl))));
  const access = (method: string, place: string) => der.seq(der.oid(method), uri(place));
  return [
    extension(ids.crlDistributionPoints, false, der.seq(point)),
    extension(
      ids.authorityInfoAccess,
      false,
      der.seq(
        ...(places.ocsp === null ? [] : [access(ids.ocsp, places.ocsp)]),
        access(ids.caIssuers, places.caIssuers),
      ),
    ),
  ];
}

/** A time in a certificate or CRL: UTCTime until 2049 (RFC 5280 4.1.2.5), whole seconds. */
export function time(date: Date): Buffer {
  return date.getUTCFullYear() < 2050 ? der.utcTime(date) : der.generalizedTime(date);
}

/** 16 random bytes that read as a positive number without a leading zero byte. */
export function newSerialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes;
}

export interface CertificateContent {
  /** DER Names. */
  subject: Uint8Array;
  issuer: Uint8Array;
  spki: Uint8Array;
  notBefore: Date;
  notAfter: Date;
  extensions: readonly Uint8Array[];
}

/** One X.509 v3 certificate, signed. */
export function writeCertificate(content: CertificateContent, signer: KeyObject): Buffer {
  const toBeSigned = der.seq(
    der.explicit(0, der.int(2)),
    der.uint(newSerialNumber()),
    signingAlgorithm(signer).identifier,
    content.issuer,
    der.seq(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.spki,
    der.explicit(3, der.seq(...content.extensions)),
  );
  return signed(toBeSigned, signer);
}

/** SubjectPublicKeyInfo of either half of a key. */
export function spkiOf(key: KeyObject): Buffer {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  return open.export({ type: 'spki', format: 'der' });
}

/** Reads a private key in PEM; encrypted ones with `passphrase`. */
export function readPrivateKey(pem: string, passphrase: string): KeyObject {
  return createPrivateKey({ key: pem, format: 'pem', passphrase });
}

export function toPem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
