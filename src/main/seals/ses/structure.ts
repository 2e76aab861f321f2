import { YinkeyError } from '../../../shared/errors/index.ts';
import { DerError, type DerNode, der } from '../../certificates/index.ts';

/** The standards by the names that their structures go under: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025. */
export type SesVersion = 1 | 4 | 5;

/** What one seal or signature may hold. Seals on keys have some 20 KB; those with a whole OFD as picture a few 100 KB. */
export const sesLimits = {
  /** Bytes of a SESeal or SES_Signature. */
  bytes: 4 << 20,
  /** Entries of the list of certificates. */
  listed: 1000,
  extensions: 100,
  /** Characters of a name or another text. */
  text: 4000,
};

export interface SesExtension {
  /** Dotted object identifier. */
  oid: string;
  critical: boolean;
  value: Uint8Array;
}

/** SES_CertList: who may use the seal, as whole certificates (certListType 1) or as their digests (2). */
export type SesList =
  | { type: 1; certificates: readonly Uint8Array[] }
  | { type: 2; digests: readonly { type: string; value: Uint8Array }[] };

/** SES_ESPictrueInfo (the standard's spelling). */
export interface SesPicture {
  /** As written: PNG, png, ofd ... */
  type: string;
  data: Uint8Array;
  /** Millimetres. */
  width: number;
  height: number;
}

/** What a seal says: SES_SealInfo. */
export interface SealInfo {
  /** The number in the header: 4 for GB/T 38540-2020. */
  version: number;
  /** Vid: who made the system that made the seal. */
  vendor: string;
  /** esID: the seal's own number. */
  id: string;
  /** 1 unit, 2 person in V1; later standards leave it to the maker. */
  type: number;
  name: string;
  list: SesList;
  createdAt: Date;
  validFrom: Date;
  validUntil: Date;
  picture: SesPicture;
  extensions: readonly SesExtension[];
}

/** A seal as it was read. All bytes are views into `raw`, but for `signed` of V1. */
export interface Seal extends SealInfo {
  standard: SesVersion;
  /** The whole SESeal. */
  raw: Uint8Array;
  /** What the maker signed: SES_SealInfo; in V1 SEQUENCE { info, maker's certificate, algorithm }. */
  signed: Uint8Array;
  /** DER of the maker's certificate. */
  maker: Uint8Array;
  /** Object identifier of the signature's algorithm. */
  algorithm: string;
  signature: Uint8Array;
  /** V5: a timestamp over `signature`. */
  timestamp: Uint8Array | null;
}

/** An SES_Signature as it was read: a document stamped with a seal. */
export interface SealSignature {
  standard: SesVersion;
  raw: Uint8Array;
  /** The number in TBS_Sign; the same as the seal's. */
  version: number;
  seal: Seal;
  /** When it was signed, by the signer's own word; null where V1 holds no time that can be read. */
  signedAt: Date | null;
  /** dataHash: digest of the document. */
  digest: Uint8Array;
  /** propertyInfo: where the document is, for OFD the path of Signature.xml. */
  property: string;
  extensions: readonly SesExtension[];
  /** What the signer signed: TBS_Sign. */
  signed: Uint8Array;
  /** DER of the signer's certificate. */
  signer: Uint8Array;
  algorithm: string;
  signature: Uint8Array;
  /** A timestamp over `signature`; in V1 what stands in timeInfo when it is a token. */
  timestamp: Uint8Array | null;
}

function readAscii(node: DerNode, tag: number = der.tags.ia5String): string {
  const { value } = node.as(tag);
  if (value.length > sesLimits.text) throw new DerError('a text that is too long');
  if (value.some((byte) => byte > 0x7f)) throw new DerError('a text of other than ASCII characters');
  return der.readText(node);
}

function readUtf8(node: DerNode): string {
  if (node.as(der.tags.utf8String).value.length > sesLimits.text)
    throw new DerError('a text that is too long');
  return der.readText(node);
}

/** The members of a SEQUENCE of which there have to be between `least` and `most`. */
function members(node: DerNode, least: number, most: number): readonly DerNode[] {
  const { children } = node.as(der.tags.sequence);
  if (children.length < least || children.length > most)
    throw new DerError(`${children.length} members where ${least} to ${most} are wanted`);
  return children;
}

function readExtensions(node: DerNode): SesExtension[] {
  return members(node, 0, sesLimits.extensions).map((entry) => {
    const fields = members(entry, 2, 3);
    const oid = der.readOid(fields[0]!);
    // FALSE is the default, which DER leaves out; makers in the field write it, so it is taken.
    const critical = fields.length === 3 && der.readBoolean(fields[1]!);
    return { oid, critical, value: der.readOctets(fields.at(-1)!) };
  });
}

function readList(type: number, node: DerNode): SesList {
  const entries = members(node, 0, sesLimits.listed);
  if (type === 1) return { type, certificates: entries.map((entry) => der.readOctets(entry)) };
  if (type !== 2) throw new DerError(`certListType ${type}`);
  const digests = entries.map((entry) => {
    const [name, value] = members(entry, 2, 2) as [DerNode, DerNode];
    return { type: readAscii(name, der.tags.printableString), value: der.readOctets(value) };
  });
  return { type, digests };
}

/** V4 and V5 write GeneralizedTime. V1 has UTCTime; some of its makers wrote the other, which says the same. */
function readDate(node: DerNode, standard: SesVersion): Date {
  if (standard !== 1) node.as(der.tags.generalizedTime);
  return der.readTime(node);
}

type Property = Pick<SealInfo, 'type' | 'name' | 'list' | 'createdAt' | 'validFrom' | 'validUntil'>;

function readProperty(node: DerNode, standard: SesVersion): Property {
  const count = standard === 1 ? 6 : 7;
  const fields = [...members(node, count, count)];
  const take = () => fields.shift()!;
  return {
    type: der.readSmallInteger(take()),
    name: readUtf8(take()),
    list: readList(standard === 1 ? 1 : der.readSmallInteger(take()), take()),
    createdAt: readDate(take(), standard),
    validFrom: readDate(take(), standard),
    validUntil: readDate(take(), standard),
  };
}

function readPicture(node: DerNode): SesPicture {
  const [type, data, width, height] = members(node, 4, 4) as [DerNode, DerNode, DerNode, DerNode];
  return {
    type: readAscii(type),
    data: der.readOctets(data),
    width: der.readSmallInteger(width),
    height: der.readSmallInteger(height),
  };
}

function readHeader(node: DerNode): { version: number; vendor: string } {
  const [id, version, vendor] = members(node, 3, 3) as [DerNode, DerNode, DerNode];
  if (readAscii(id) !== 'ES') throw new DerError('a header that does not say ES');
  return { version: der.readSmallInteger(version), vendor: readAscii(vendor) };
}

function readInfo(node: DerNode, standard: SesVersion): SealInfo {
  const [header, id, property, picture, extensions] = members(node, 4, 5);
  return {
    ...readHeader(header!),
    id: readAscii(id!),
    ...readProperty(property!, standard),
    picture: readPicture(picture!),
    extensions: extensions ? readExtensions(extensions) : [],
  };
}

/** Elements tell V1 (2) and V5 with a timestamp (5); of four elements the header's number tells V4 from V5. */
function standardOf(node: DerNode): SesVersion {
  const count = members(node, 2, 5).length;
  if (count === 2) return 1;
  if (count === 3) throw new DerError('a seal of three members');
  if (count === 5) return 5;
  return readHeader(node.at(0).as(der.tags.sequence).at(0)).version >= 5 ? 5 : 4;
}

function readTimestamp(node: DerNode | undefined): Uint8Array | null {
  return node ? der.readBitBytes(node.as(der.contextTag(0, true)).inner) : null;
}

function sealOf(node: DerNode): Seal {
  const standard = standardOf(node);
  const info = node.at(0);
  const { raw } = node;
  const facts = readInfo(info, standard);
  if (standard !== 1) {
    const [, maker, algorithm, signature, timestamp] = node.children;
    return {
      ...facts,
      standard,
      raw,
      signed: info.raw,
      maker: der.readOctets(maker!),
      algorithm: der.readOid(algorithm!),
      signature: der.readBitBytes(signature!),
      timestamp: readTimestamp(timestamp),
    };
  }
  const [maker, algorithm, signature] = members(node.at(1), 3, 3) as [DerNode, DerNode, DerNode];
  return {
    ...facts,
    standard,
    raw,
    // Only the frame is made here: what is in it are the bytes that came in.
    signed: der.seq(info.raw, maker.raw, algorithm.raw),
    maker: der.readOctets(maker),
    algorithm: der.readOid(algorithm),
    signature: der.readBitBytes(signature),
    timestamp: null,
  };
}

const writtenTime = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(Z?)$/;

/** timeInfo of V1 as text: seen are ISO 8601 and `yyyy-MM-dd HH:mm:ss`; the standard's own form is UTCTime. */
function timeFromText(bytes: Uint8Array): Date | null {
  if (bytes.length > 40) return null;
  const text = Buffer.from(bytes).toString('latin1');
  const match = writtenTime.exec(text);
  if (match) {
    const [, year, month, day, hour, minute, second, zone] = match;
    // Without a zone it is the signer's wall clock, which in China is one zone.
    const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone || '+08:00'}`);
    return Number.isNaN(date.getTime()) ? null : date;
  }
  if (!/^(\d{12}|\d{14})Z$/.test(text)) return null;
  const tag = text.length === 13 ? der.tags.utcTime : der.tags.generalizedTime;
  return der.readTime(der.readDer(der.element(tag, bytes)));
}

function signatureOf(node: DerNode): SealSignature {
  const count = members(node, 2, 5).length;
  if (count === 3) throw new DerError('a signature of three members');
  const toSign = node.at(0).as(der.tags.sequence);
  const seal = sealOf(toSign.at(1));
  if ((count === 2) !== (seal.standard === 1))
    throw new DerError('seal and signature of different standards');
  const { raw } = node;
  const signed = toSign.raw;
  if (count === 2) {
    const fields = members(toSign, 7, 7);
    const timeInfo = der.readBitBytes(fields[2]!);
    const isToken = timeInfo[0] === der.tags.sequence;
    return {
      standard: 1,
      raw,
      version: der.readSmallInteger(fields[0]!),
      seal,
      signedAt: isToken ? null : timeFromText(timeInfo),
      digest: der.readBitBytes(fields[3]!),
      property: readAscii(fields[4]!),
      extensions: [],
      signed,
      signer: der.readOctets(fields[5]!),
      algorithm: der.readOid(fields[6]!),
      signature: der.readBitBytes(node.at(1)),
      timestamp: isToken ? timeInfo : null,
    };
  }
  const fields = members(toSign, 5, 6);
  const [, signer, algorithm, signature, timestamp] = node.children;
  return {
    standard: seal.standard,
    raw,
    version: der.readSmallInteger(fields[0]!),
    seal,
    signedAt: readDate(fields[2]!, seal.standard),
    digest: der.readBitBytes(fields[3]!),
    property: readAscii(fields[4]!),
    extensions: fields[5] ? readExtensions(fields[5].as(der.contextTag(0, true)).inner) : [],
    signed,
    signer: der.readOctets(signer!),
    algorithm: der.readOid(algorithm!),
    signature: der.readBitBytes(signature!),
    timestamp: readTimestamp(timestamp),
  };
}

function reading<T>(bytes: Uint8Array, read: (node: DerNode) => T): T {
  try {
    if (bytes.length > sesLimits.bytes) throw new DerError('too large for a seal');
    return read(der.readDer(bytes));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new YinkeyError('seal.unreadable', { reason: error.message }, { cause: error });
  }
}

/**
 * Reads a SESeal of V1, V4 or V5. Nothing is verified by this.
 * @throws YinkeyError `seal.unreadable`
 */
export function readSeal(bytes: Uint8Array): Seal {
  return reading(bytes, sealOf);
}

/**
 * Reads an SES_Signature of V1, V4 or V5 with the seal inside it. Nothing is verified by this.
 * @throws YinkeyError `seal.unreadable`
 */
export function readSealSignature(bytes: Uint8Array): SealSignature {
  return reading(bytes, signatureOf);
}
