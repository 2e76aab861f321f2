import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  berToDer,
  type CertificateFacts,
  DerError,
  type DerNode,
  der,
  type Hash,
  type NameFacts,
  oids,
  parseCertificate,
  readDigestAlgorithm,
  readName,
  readSignatureAlgorithm,
  type SignatureAlgorithm,
} from '../../certificates/index.ts';

/** The bytes are no CMS SignedData. A verifier reports it as a broken signature. */
export class CmsError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CmsError';
  }
}

/** Attributes by type; each keeps its values in their order. */
export type Attributes = ReadonlyMap<string, readonly DerNode[]>;

export interface ParsedSigner {
  /** Who signed: by issuer and serial number, or by subject key identifier (lower-case hex). */
  id: { issuer: NameFacts; serialNumberDer: Uint8Array } | { subjectKeyId: string };
  digestAlgorithm: { oid: string; hash: Hash | null };
  /** `signed` is the DER of the SET, the bytes that the signature covers. null: the signature covers the content. */
  signedAttributes: { signed: Uint8Array; attributes: Attributes } | null;
  signatureAlgorithm: SignatureAlgorithm;
  signature: Uint8Array;
  unsignedAttributes: Attributes;
}

export interface ParsedSignedData {
  /** The element in DER, without what was filled in behind it. */
  der: Uint8Array;
  /** What stands behind the element: /Contents is filled up with zeros by rule. */
  padding: 'none' | 'zeros' | 'other';
  /** eContentType. */
  contentType: string;
  /** eContent; null when detached. */
  content: Uint8Array | null;
  certificates: readonly CertificateFacts[];
  /** Certificates that could not be read and were left out. */
  unreadableCertificates: number;
  signers: readonly ParsedSigner[];
}

const cmsLimits = { size: 16 << 20, certificates: 500, signers: 50, attributes: 200 };

function readAttributes(node: DerNode): Attributes {
  const attributes = new Map<string, readonly DerNode[]>();
  if (node.children.length > cmsLimits.attributes) throw new DerError('too many attributes');
  for (const entry of node.children) {
    const type = der.readOid(entry.as(der.tags.sequence).at(0));
    if (entry.children.length !== 2) throw new DerError('no attribute');
    // RFC 5652 5.3: each type stands once. A second one could say something else to another reader.
    if (attributes.has(type)) throw new DerError(`attribute ${type} stands twice`);
    attributes.set(type, entry.at(1).as(der.tags.set).children);
  }
  return attributes;
}

function readSigner(node: DerNode): ParsedSigner {
  const fields = [...node.as(der.tags.sequence).children];
  const take = (): DerNode => {
    const field = fields.shift();
    if (!field) throw new DerError('a field of the signer is missing');
    return field;
  };
  der.readSmallInteger(take());
  const sid = take();
  const id =
    sid.tag === der.tags.sequence
      ? { issuer: readName(sid.at(0)), serialNumberDer: sid.at(1).as(der.tags.integer).raw }
      : { subjectKeyId: Buffer.from(sid.as(0x80).value).toString('hex') };
  const digestAlgorithm = readDigestAlgorithm(take());
  let signedAttributes: ParsedSigner['signedAttributes'] = null;
  if (fields[0]?.tag === 0xa0) {
    const field = take();
    // The signature covers the attributes as a SET, not under the tag they are sent with (RFC 5652 5.4).
    signedAttributes = { signed: der.retag(field.raw, der.tags.set), attributes: readAttributes(field) };
  }
  const signatureAlgorithm = readSignatureAlgorithm(take(), digestAlgorithm.hash);
  const signature = der.readOctets(take());
  const unsignedAttributes =
    fields[0]?.tag === 0xa1 ? readAttributes(take()) : new Map<string, readonly DerNode[]>();
  if (fields.length > 0) throw new DerError('a field of the signer that is not known');
  return { id, digestAlgorithm, signedAttributes, signatureAlgorithm, signature, unsignedAttributes };
}

function readCertificates(node: DerNode): { certificates: CertificateFacts[]; unreadable: number } {
  if (node.children.length > cmsLimits.certificates) throw new DerError('too many certificates');
  const certificates: CertificateFacts[] = [];
  let unreadable = 0;
  for (const entry of node.children) {
    // Other members are attribute certificates and formats that nobody uses (RFC 5652 10.2.2).
    if (entry.tag !== der.tags.sequence) continue;
    try {
      certificates.push(parseCertificate(entry.raw));
    } catch (error) {
      // One odd certificate on the way must not hide the rest; a missing signer is told by the verifier.
      if (!(error instanceof YinkeyError)) throw error;
      unreadable++;
    }
  }
  return { certificates, unreadable };
}

function readSignedData(root: DerNode): Omit<ParsedSignedData, 'der' | 'padding'> {
  const type = der.readOid(root.as(der.tags.sequence).at(0));
  if (type !== oids.signedData) throw new DerError(`content of type ${type} is no SignedData`);
  const fields = [...root.at(1).as(0xa0).inner.as(der.tags.sequence).children];
  const take = (): DerNode => {
    const field = fields.shift();
    if (!field) throw new DerError('a field of the SignedData is missing');
    return field;
  };
  der.readSmallInteger(take());
  take().as(der.tags.set);
  const encapsulated = take().as(der.tags.sequence);
  const contentType = der.readOid(encapsulated.at(0));
  // Version 1 of PKCS#7 allowed any type here; the value octets are what is digested either way.
  const content = encapsulated.children.length > 1 ? encapsulated.at(1).as(0xa0).inner.value : null;
  const { certificates, unreadable } =
    fields[0]?.tag === 0xa0 ? readCertificates(take()) : { certificates: [], unreadable: 0 };
  if (fields[0]?.tag === 0xa1) take();
  const signers = take().as(der.tags.set).children;
  if (signers.length > cmsLimits.signers) throw new DerError('too many signers');
  if (fields.length > 0) throw new DerError('a field of the SignedData that is not known');
  return {
    contentType,
    content,
    certificates,
    unreadableCertificates: unreadable,
    signers: signers.map(readSigner),
  };
}

/** The first element in DER: as it is where it is DER already, rewritten where it is BER. */
function firstElement(bytes: Uint8Array): { root: DerNode; length: number } {
  try {
    const root = der.readFirst(bytes);
    walk(root);
    return { root, length: root.raw.length };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    const { der: rewritten, consumed } = berToDer(bytes);
    return { root: der.readDer(rewritten), length: consumed };
  }
}

/** Visits every element once; throws where one is not in DER form. */
function walk(node: DerNode): void {
  if (!node.constructed) return;
  const { tag } = node;
  // Of the universal types only SEQUENCE and SET are constructed in DER: the rest is a string in pieces.
  const isString = (tag & 0xc0) === 0 && tag !== der.tags.sequence && tag !== der.tags.set;
  if (isString) throw new DerError('a string in pieces');
  for (const child of node.children) walk(child);
}

/**
 * Reads a CMS or PKCS#7 SignedData of any producer: DER or BER, with zeros behind it, signers named either way,
 * attributes of any kind. Nothing is checked but the form.
 * @throws CmsError
 */
export function parseSignedData(bytes: Uint8Array): ParsedSignedData {
  if (bytes.length > cmsLimits.size) throw new CmsError('too large');
  try {
    const { root, length } = firstElement(bytes);
    const rest = bytes.subarray(length);
    const padding = rest.length === 0 ? 'none' : rest.every((byte) => byte === 0) ? 'zeros' : 'other';
    return { der: root.raw, padding, ...readSignedData(root) };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new CmsError(error.message, { cause: error });
  }
}
