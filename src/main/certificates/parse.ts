import { createHash } from 'node:crypto';
import { YinkeyError } from '../../shared/errors/index.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import {
  DerError,
  type DerNode,
  readBitBytes,
  readBits,
  readBoolean,
  readDer,
  readFirst,
  readIntegerBytes,
  readOctets,
  readOid,
  readSmallInteger,
  readTime,
  tags,
} from './der.ts';
import { type NameFacts, readName } from './names.ts';
import { oids } from './oids.ts';

/** keyUsage bits in their order (RFC 5280 4.2.1.3). */
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
export type KeyUsage = (typeof keyUsageNames)[number];

export interface CertificateExtension {
  oid: string;
  critical: boolean;
  /** DER inside the extension's OCTET STRING. */
  value: Uint8Array;
}

/** What a certificate says. Byte fields are views into `der`. */
export interface CertificateFacts {
  der: Uint8Array;
  /** SHA-256 of `der`, lower-case hex. */
  sha256: string;
  /** The project's name for a certificate: the first 16 characters of `sha256`. */
  id: string;
  subject: NameFacts;
  issuer: NameFacts;
  /** Lower-case hex of the number's bytes; only the sign byte of a positive number is left out. */
  serialNumber: string;
  /** DER INTEGER of the serial number, as issuerAndSerialNumber wants it. */
  serialNumberDer: Uint8Array;
  notBefore: Date;
  notAfter: Date;
  /** 'RSA-2048', 'EC-P256', 'EC-P384', 'EC-P521', 'SM2', 'Ed25519' or the object identifier of what is not known. */
  keyType: string;
  /** null: the certificate has no keyUsage extension. */
  keyUsage: ReadonlySet<KeyUsage> | null;
  /** Object identifiers; null: no such extension. */
  extendedKeyUsage: readonly string[] | null;
  isCa: boolean;
  /** How many authorities may stand below this one; null: no limit. */
  pathLength: number | null;
  /** Lower-case hex, null when absent. */
  subjectKeyId: string | null;
  authorityKeyId: string | null;
  /** DER SubjectPublicKeyInfo. */
  spki: Uint8Array;
  /** The bytes that the issuer signed. */
  tbs: Uint8Array;
  signatureAlgorithm: SignatureAlgorithm;
  signature: Uint8Array;
  extensions: readonly CertificateExtension[];
}

/** The largest certificates in the field are some 10 KB; lists of names can make them longer. */
const sizeLimit = 1 << 20;

/** Bits of the number in an unsigned INTEGER's content octets. */
function bitLength(integer: Uint8Array): number {
  const start = integer.findIndex((byte) => byte !== 0);
  if (start < 0) return 0;
  return (integer.length - start) * 8 - Math.clz32(integer[start]!) + 24;
}

function readKeyType(spki: DerNode): string {
  const algorithm = spki.as(tags.sequence).at(0).as(tags.sequence);
  const type = readOid(algorithm.at(0));
  const key = readBitBytes(spki.at(1));
  if (type === oids.rsaEncryption || type === oids.rsassaPss) {
    const bits = bitLength(readIntegerBytes(readDer(key).as(tags.sequence).at(0)));
    return `${type === oids.rsassaPss ? 'RSA-PSS' : 'RSA'}-${bits}`;
  }
  if (type === oids.ed25519) return 'Ed25519';
  if (type !== oids.ecPublicKey) return type;
  const curve = algorithm.at(1);
  // Parameters spelt out instead of named (RFC 5480 forbids it) are nothing this client signs with.
  if (curve.tag !== tags.oid) return 'EC-explicit';
  const names: Record<string, string> = {
    [oids.prime256v1]: 'EC-P256',
    [oids.secp384r1]: 'EC-P384',
    [oids.secp521r1]: 'EC-P521',
    [oids.sm2]: 'SM2',
  };
  const name = readOid(curve);
  return names[name] ?? `EC-${name}`;
}

function readExtensions(node: DerNode): CertificateExtension[] {
  const seen = new Set<string>();
  return node.as(tags.sequence).children.map((entry) => {
    const members = entry.as(tags.sequence).children;
    const oid = readOid(entry.at(0));
    if (seen.has(oid)) throw new DerError(`extension ${oid} stands twice`);
    seen.add(oid);
    if (members.length === 2) return { oid, critical: false, value: readOctets(entry.at(1)) };
    if (members.length !== 3) throw new DerError('no extension');
    return { oid, critical: readBoolean(entry.at(1)), value: readOctets(entry.at(2)) };
  });
}

function readKeyUsage(value: Uint8Array): Set<KeyUsage> {
  const { bytes } = readBits(readDer(value));
  const set = (bit: number) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  return new Set(keyUsageNames.filter((_, bit) => set(bit)));
}

function readBasicConstraints(value: Uint8Array): { isCa: boolean; pathLength: number | null } {
  const members = [...readDer(value).as(tags.sequence).children];
  const isCa = members[0]?.tag === tags.boolean ? readBoolean(members.shift()!) : false;
  const pathLength = members.length > 0 ? readSmallInteger(members.shift()!) : null;
  if (members.length > 0 || (pathLength ?? 0) < 0) throw new DerError('no basic constraints');
  return { isCa, pathLength };
}

function readAuthorityKeyId(value: Uint8Array): string | null {
  const keyId = readDer(value)
    .as(tags.sequence)
    .children.find((member) => member.tag === 0x80);
  return keyId ? Buffer.from(keyId.value).toString('hex') : null;
}

function readSerialNumber(node: DerNode): string {
  const { value } = node.as(tags.integer);
  if (value.length === 0 || value.length > 64) throw new DerError('a serial number of no possible length');
  // Some old authorities wrote numbers that are not minimal; the bytes are kept as they are but for the sign byte.
  const bytes = value.length > 1 && value[0] === 0 && value[1]! & 0x80 ? value.subarray(1) : value;
  return Buffer.from(bytes).toString('hex');
}

/** Some tokens answer with the room they reserved: zero bytes after the certificate are not part of it. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  const { raw } = readFirst(bytes);
  return bytes.subarray(raw.length).every((byte) => byte === 0) ? raw : bytes;
}

function readCertificate(input: Uint8Array): CertificateFacts {
  if (input.length > sizeLimit) throw new DerError('too large for a certificate');
  const der = withoutPadding(input);
  const certificate = readDer(der).as(tags.sequence);
  if (certificate.children.length !== 3) throw new DerError('a certificate has three members');
  const tbs = certificate.at(0).as(tags.sequence);
  const fields = [...tbs.children];
  const take = (): DerNode => {
    const field = fields.shift();
    if (!field) throw new DerError('a field of the certificate is missing');
    return field;
  };
  const version = fields[0]?.tag === 0xa0 ? readSmallInteger(take().inner) : 0;
  if (version < 0 || version > 2) throw new DerError('no version of X.509');
  const serial = take();
  const innerAlgorithm = take();
  if (Buffer.compare(innerAlgorithm.raw, certificate.at(1).raw) !== 0) {
    // RFC 5280 4.1.1.2: both name the same algorithm, so that the signed one counts.
    throw new DerError('the two signature algorithms differ');
  }
  const issuer = readName(take());
  const validity = take().as(tags.sequence);
  if (validity.children.length !== 2) throw new DerError('validity has two times');
  const subject = readName(take());
  const spki = take();
  if (fields[0]?.tag === 0x81) take();
  if (fields[0]?.tag === 0x82) take();
  const extensions = fields[0]?.tag === 0xa3 && version === 2 ? readExtensions(take().inner) : [];
  if (fields.length > 0) throw new DerError('a field of the certificate that is not known');

  const extension = (oid: string) => extensions.find((entry) => entry.oid === oid)?.value;
  const usage = extension(oids.keyUsage);
  const extended = extension(oids.extKeyUsage);
  const constraints = extension(oids.basicConstraints);
  const subjectKeyId = extension(oids.subjectKeyIdentifier);
  const authorityKeyId = extension(oids.authorityKeyIdentifier);
  const sha256 = createHash('sha256').update(der).digest('hex');
  return {
    der,
    sha256,
    id: sha256.slice(0, 16),
    subject,
    issuer,
    serialNumber: readSerialNumber(serial),
    serialNumberDer: serial.raw,
    notBefore: readTime(validity.at(0)),
    notAfter: readTime(validity.at(1)),
    keyType: readKeyType(spki),
    keyUsage: usage ? readKeyUsage(usage) : null,
    extendedKeyUsage: extended
      ? readDer(extended)
          .as(tags.sequence)
          .children.map((node) => readOid(node))
      : null,
    ...(constraints ? readBasicConstraints(constraints) : { isCa: false, pathLength: null }),
    subjectKeyId: subjectKeyId ? Buffer.from(readOctets(readDer(subjectKeyId))).toString('hex') : null,
    authorityKeyId: authorityKeyId ? readAuthorityKeyId(authorityKeyId) : null,
    spki: spki.raw,
    tbs: tbs.raw,
    signatureAlgorithm: readSignatureAlgorithm(certificate.at(1)),
    signature: readBitBytes(certificate.at(2)),
    extensions,
  };
}

/**
 * Reads an X.509 certificate (RFC 5280). Nothing is trusted by this: signatures, dates and usage are for the caller.
 * @throws YinkeyError `certificate.unreadable`
 */
export function parseCertificate(der: Uint8Array): CertificateFacts {
  try {
    return readCertificate(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new YinkeyError('certificate.unreadable', {}, { cause: error });
  }
}

/** Who holds the certificate, in the words people use for it. */
export function holderName(name: NameFacts): string {
  return name.commonName ?? name.organization ?? name.organizationalUnit ?? name.text;
}

const day = 86_400_000;

/** Whole days from `now` until `notAfter`; 0 on the last day, negative when it is over. */
export function daysLeft(notAfter: Date, now: Date): number {
  return Math.floor((notAfter.getTime() - now.getTime()) / day);
}

/** Whether the certificate's usage allows signing documents: digitalSignature or nonRepudiation, or no keyUsage at all. */
export function canSign(facts: Pick<CertificateFacts, 'keyUsage'>): boolean {
  const { keyUsage } = facts;
  return keyUsage === null || keyUsage.has('digitalSignature') || keyUsage.has('nonRepudiation');
}
