import {
  checkSignature,
  DerError,
  type DerNode,
  der,
  readName,
  readSignatureAlgorithm,
  type SignatureCheck,
} from '../../certificates/index.ts';
import { bytesOf, Fields, present, readList } from './fields.ts';
import { cmpOids } from './oids.ts';

// Certificate requests in the form of CRMF (RFC 4211). Its ASN.1 module has implicit tags; those around a CHOICE
// (Name, GeneralName, Time) are explicit nevertheless (X.680 31.2.7).

const { tags } = der;

/** A certificate told by who issued it and its number. */
export interface CertId {
  /** DER GeneralName. */
  issuer: Uint8Array;
  /** DER INTEGER. */
  serialNumber: Uint8Array;
}

/** AttributeTypeAndValue: a control or a piece of registration information. */
export interface CrmfAttribute {
  type: string;
  /** DER of the value. */
  value: Uint8Array;
}

/** CertTemplate (RFC 4211 5). Names, keys and numbers are DER; null: absent, the authority decides. */
export interface CertTemplate {
  version: number | null;
  /** DER INTEGER. */
  serialNumber: Uint8Array | null;
  /** DER Name. */
  issuer: Uint8Array | null;
  validity: { notBefore: Date | null; notAfter: Date | null } | null;
  /** DER Name. */
  subject: Uint8Array | null;
  /** DER SubjectPublicKeyInfo. */
  publicKey: Uint8Array | null;
  /** DER Extensions. */
  extensions: Uint8Array | null;
}

/** A template with nothing in it. */
export const emptyTemplate: CertTemplate = {
  version: null,
  serialNumber: null,
  issuer: null,
  validity: null,
  subject: null,
  publicKey: null,
  extensions: null,
};

/** ProofOfPossession (RFC 4211 4). Encryption keys prove themselves in ways that are not for signing keys: 'other'. */
export type ProofOfPossession =
  | { kind: 'raVerified' }
  | {
      kind: 'signature';
      /** DER POPOSigningKeyInput as `[0]`; null, as it has to be, when subject and key are in the template. */
      input: Uint8Array | null;
      /** DER AlgorithmIdentifier. */
      algorithm: Uint8Array;
      signature: Uint8Array;
    }
  | { kind: 'other'; raw: Uint8Array };

export interface CertRequest {
  certReqId: number;
  template: CertTemplate;
  controls: readonly CrmfAttribute[];
}

/** CertReqMsg. */
export interface CertReqMessage extends CertRequest {
  /** DER CertRequest: the bytes that the proof of possession signs. */
  certRequest: Uint8Array;
  popo: ProofOfPossession | null;
  regInfo: readonly CrmfAttribute[];
}

function readAttribute(node: DerNode): CrmfAttribute {
  const fields = new Fields(node);
  const attribute = { type: der.readOid(fields.next()), value: bytesOf(fields.next()) };
  fields.end();
  return attribute;
}

function writeAttributes(attributes: readonly CrmfAttribute[]): Uint8Array | null {
  if (attributes.length === 0) return null;
  return der.seq(...attributes.map(({ type, value }) => der.seq(der.oid(type), value)));
}

export function readTemplate(node: DerNode, tag: number = tags.sequence): CertTemplate {
  const fields = new Fields(node, tag);
  const version = fields.optional(0x80);
  const serialNumber = fields.optional(0x81);
  // signingAlg is the authority's business and must be left out (RFC 4211 5).
  if (fields.optional(0xa2)) throw new DerError('a template that names the signing algorithm');
  const issuer = fields.explicit(3);
  const validity = fields.optional(0xa4);
  const subject = fields.explicit(5);
  const publicKey = fields.optional(0xa6);
  // Unique identifiers of version 2 are long dead; X.509 of today must not have them (RFC 5280 4.1.2.8).
  if (fields.optional(0x87, 0x88)) throw new DerError('a template with a unique identifier');
  const extensions = fields.optional(0xa9);
  fields.end();
  if (serialNumber) der.readIntegerBytes(serialNumber, 0x81);
  if (issuer) readName(issuer);
  if (subject) readName(subject);
  return {
    version: version ? der.readSmallInteger(version, 0x80) : null,
    serialNumber: serialNumber ? Uint8Array.from(der.retag(serialNumber.raw, tags.integer)) : null,
    issuer: issuer ? bytesOf(issuer) : null,
    validity: validity ? readValidity(validity) : null,
    subject: subject ? bytesOf(subject) : null,
    publicKey: publicKey ? Uint8Array.from(der.retag(publicKey.raw, tags.sequence)) : null,
    extensions: extensions ? Uint8Array.from(der.retag(extensions.raw, tags.sequence)) : null,
  };
}

function readValidity(node: DerNode): { notBefore: Date | null; notAfter: Date | null } {
  const fields = new Fields(node, 0xa4);
  const notBefore = fields.explicit(0);
  const notAfter = fields.explicit(1);
  fields.end();
  return {
    notBefore: notBefore ? der.readTime(notBefore) : null,
    notAfter: notAfter ? der.readTime(notAfter) : null,
  };
}

/** Time of a certificate: UTCTime through 2049 (RFC 5280 4.1.2.5). */
function writeTime(date: Date): Uint8Array {
  return date.getUTCFullYear() < 2050 ? der.utcTime(date) : der.generalizedTime(date);
}

export function writeTemplate(template: CertTemplate): Uint8Array {
  const { version, serialNumber, issuer, validity, subject, publicKey, extensions } = template;
  const times = validity
    ? present(
        validity.notBefore ? der.explicit(0, writeTime(validity.notBefore)) : null,
        validity.notAfter ? der.explicit(1, writeTime(validity.notAfter)) : null,
      )
    : [];
  return der.seq(
    ...present(
      version === null ? null : der.implicit(0, der.int(version)),
      serialNumber ? der.implicit(1, serialNumber) : null,
      issuer ? der.explicit(3, issuer) : null,
      validity ? der.implicit(4, der.seq(...times)) : null,
      subject ? der.explicit(5, subject) : null,
      publicKey ? der.implicit(6, publicKey) : null,
      extensions ? der.implicit(9, extensions) : null,
    ),
  );
}

function readPopo(node: DerNode): ProofOfPossession {
  if (node.tag === 0x80) {
    if (node.value.length > 0) throw new DerError('no NULL');
    return { kind: 'raVerified' };
  }
  if (node.tag === 0xa2 || node.tag === 0xa3) return { kind: 'other', raw: bytesOf(node) };
  const fields = new Fields(node, 0xa1);
  const input = fields.optional(0xa0);
  const algorithm = fields.next();
  readSignatureAlgorithm(algorithm);
  const signature = Uint8Array.from(der.readBitBytes(fields.next()));
  fields.end();
  return {
    kind: 'signature',
    input: input ? bytesOf(input) : null,
    algorithm: bytesOf(algorithm),
    signature,
  };
}

function writePopo(popo: ProofOfPossession): Uint8Array {
  if (popo.kind === 'raVerified') return der.implicit(0, der.nul());
  if (popo.kind === 'other') return popo.raw;
  const { input, algorithm, signature } = popo;
  return der.implicit(1, der.seq(...present(input, algorithm, der.bits(signature))));
}

export function readCertReqMessage(node: DerNode): CertReqMessage {
  const fields = new Fields(node);
  const request = fields.next();
  const popo = fields.optional(0x80, 0xa1, 0xa2, 0xa3);
  const regInfo = fields.optional(tags.sequence);
  fields.end();
  const inner = new Fields(request);
  const certReqId = der.readSmallInteger(inner.next());
  const template = readTemplate(inner.next());
  const controls = inner.optional(tags.sequence);
  inner.end();
  return {
    certReqId,
    template,
    controls: controls ? readList(controls, readAttribute) : [],
    certRequest: bytesOf(request),
    popo: popo ? readPopo(popo) : null,
    regInfo: regInfo ? readList(regInfo, readAttribute) : [],
  };
}

/** DER CertRequest: what the new key signs to prove that it is there. */
export function writeCertRequest(request: CertRequest): Uint8Array {
  const { certReqId, template, controls } = request;
  return der.seq(...present(der.int(certReqId), writeTemplate(template), writeAttributes(controls)));
}

/** Writes `certRequest` as it is: the proof of possession was made over these bytes. */
export function writeCertReqMessage(message: CertReqMessage): Uint8Array {
  const { certRequest, popo, regInfo } = message;
  return der.seq(...present(certRequest, popo ? writePopo(popo) : null, writeAttributes(regInfo)));
}

/**
 * Checks the proof of possession (RFC 4211 4.1): the signature of the key in the template over the request. Only
 * the form that signs the CertRequest itself counts, so the template has to hold subject and key.
 */
export function checkPopo(message: CertReqMessage): SignatureCheck | 'missing' {
  const { popo, template, certRequest } = message;
  if (popo?.kind !== 'signature') return 'missing';
  if (popo.input || !template.publicKey || !template.subject) return 'unsupported';
  const algorithm = readSignatureAlgorithm(der.readDer(popo.algorithm));
  return checkSignature(algorithm, template.publicKey, certRequest, popo.signature);
}

/** GeneralName directoryName around a Name. */
export function directoryName(name: Uint8Array): Uint8Array {
  return der.explicit(4, name);
}

/** The Name inside a GeneralName, or null for one of another kind. */
export function nameIn(generalName: Uint8Array): Uint8Array | null {
  const node = der.readDer(generalName);
  return node.tag === 0xa4 ? node.inner.raw : null;
}

/** GeneralName in the kinds that RFC 5280 4.2.1.6 has; only a directoryName is looked into. */
export function readGeneralName(node: DerNode): Uint8Array {
  const kinds = [0xa0, 0x81, 0x82, 0xa3, 0xa4, 0xa5, 0x86, 0x87, 0x88];
  if (!kinds.includes(node.tag)) throw new DerError('no general name');
  if (node.tag === 0xa4) readName(node.inner);
  return bytesOf(node);
}

export function readCertId(node: DerNode): CertId {
  const fields = new Fields(node);
  const issuer = readGeneralName(fields.next());
  const serial = fields.next();
  der.readIntegerBytes(serial);
  fields.end();
  return { issuer, serialNumber: bytesOf(serial) };
}

export function writeCertId({ issuer, serialNumber }: CertId): Uint8Array {
  return der.seq(issuer, serialNumber);
}

/** The control that names the certificate to be replaced (RFC 4211 6.5). */
export function oldCertIdControl(issuer: Uint8Array, serialNumber: Uint8Array): CrmfAttribute {
  return {
    type: cmpOids.oldCertId,
    value: writeCertId({ issuer: directoryName(issuer), serialNumber }),
  };
}

/**
 * The certificate that a request wants to replace, or null when it names none.
 * @throws DerError
 */
export function oldCertId(request: CertRequest): CertId | null {
  const control = request.controls.find(({ type }) => type === cmpOids.oldCertId);
  return control ? readCertId(der.readDer(control.value)) : null;
}

/**
 * Registration information as name-value pairs, `name?value%` each (RFC 4211 7.1). `%` and `?` inside are written
 * `%25` and `%3F`; nothing else is escaped, so no name may begin with these digits.
 */
export function utf8Pairs(pairs: Readonly<Record<string, string>>): CrmfAttribute {
  const escaped = (text: string) => text.replaceAll('%', '%25').replaceAll('?', '%3F');
  const text = Object.entries(pairs).map(([name, value]) => `${escaped(name)}?${escaped(value)}%`);
  return { type: cmpOids.utf8Pairs, value: Uint8Array.from(der.utf8(text.join(''))) };
}

/**
 * The name-value pairs of a request; of a name that stands twice the first one counts.
 * @throws DerError
 */
export function readUtf8Pairs(regInfo: readonly CrmfAttribute[]): Map<string, string> {
  const plain = (text: string) => text.replace(/%3f/gi, '?').replaceAll('%25', '%');
  const pairs = new Map<string, string>();
  for (const { type, value } of regInfo) {
    if (type !== cmpOids.utf8Pairs) continue;
    const text = der.readText(der.readDer(value).as(tags.utf8String));
    for (const pair of text.split(/%(?!25|3f)/i)) {
      const [name, content, ...more] = pair.split('?');
      if (pair === '') continue;
      if (!name || content === undefined || more.length > 0) throw new DerError('no name-value pair');
      if (!pairs.has(plain(name))) pairs.set(plain(name), plain(content));
    }
  }
  return pairs;
}
