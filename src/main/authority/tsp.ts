import { createHash, randomBytes } from 'node:crypto';
import { YinkeyError } from '../../shared/errors/index.ts';
import {
  type CertificateFacts,
  checkAnswerSignature,
  clockTolerance,
  DerError,
  type DerNode,
  der,
  distrust,
  type Hash,
  oids,
  parseCertificate,
  readDigestAlgorithm,
  reading,
  readName,
  readSignatureAlgorithm,
  sameName,
  validateChain,
} from '../certificates/index.ts';
import { refusalDetails } from './cmp/answer.ts';
import { readStatusInfo } from './cmp/status.ts';
import { type AuthorityHttp, expectType } from './http.ts';

export type StampHash = 'sha256' | 'sha384' | 'sha512';

const { tags } = der;
const limits = { bytes: 256 << 10, deadlineMillis: 20_000, certificates: 50, attributes: 50 };

/** What is sent to a timestamp authority (RFC 3161 2.4.1). */
export interface StampRequest {
  hash: StampHash;
  /** Digest of what is stamped. */
  imprint: Uint8Array;
  /** Positive, so that everybody writes it alike. */
  nonce: bigint;
  /** Object identifier of the policy that is wanted; the authority's own when left out. */
  policy?: string | undefined;
  /** The authority's certificate is to come along; a signature's timestamp needs it. */
  certReq: boolean;
}

/** A TimeStampReq in DER. */
export function encodeStampRequest(request: StampRequest): Buffer {
  const { hash, imprint, policy, nonce, certReq } = request;
  return der.seq(
    der.int(1),
    der.seq(der.seq(der.oid(oids[hash]), der.nul()), der.octets(imprint)),
    ...(policy === undefined ? [] : [der.oid(policy)]),
    der.int(nonce),
    // DER leaves a default out (X.690 11.5).
    ...(certReq ? [der.bool(true)] : []),
  );
}

export interface Timestamp {
  /** The TimeStampToken (a CMS SignedData in DER), as it goes into a signature. */
  token: Uint8Array;
  time: Date;
  policy: string;
  /** Lower-case hex. */
  serialNumber: string;
  /** How far the time may be off, in milliseconds; null: not said. */
  accuracyMillis: number | null;
  tsa: CertificateFacts;
  certificates: readonly CertificateFacts[];
}

/** With what an answer is judged. */
export interface StampTrust {
  roots: readonly CertificateFacts[];
  /** Issuers, and the authority's own certificate where it does not come along. */
  pool?: readonly CertificateFacts[];
}

interface TstInfo {
  policy: string;
  hash: Hash | null;
  imprint: Uint8Array;
  serialNumber: string;
  time: Date;
  accuracyMillis: number | null;
  nonce: bigint | null;
  tsa: DerNode | null;
}

function readAccuracy(node: DerNode): number {
  let millis = 0;
  for (const field of node.as(tags.sequence).children) {
    const value = der.readSmallInteger(field, field.tag);
    const isFraction = value >= 1 && value <= 999;
    if (field.tag === tags.integer && value >= 0) millis += value * 1000;
    else if (field.tag === 0x80 && isFraction) millis += value;
    else if (field.tag === 0x81 && isFraction) millis += value / 1000;
    else throw new DerError('no accuracy');
  }
  return millis;
}

/** TSTInfo (RFC 3161 2.4.2). */
function readTstInfo(bytes: Uint8Array): TstInfo {
  const fields = [...der.readDer(bytes).as(tags.sequence).children];
  const [version, policy, imprint, serial, time] = fields.splice(0, 5);
  if (!version || !policy || !imprint || !serial || !time) throw new DerError('no TSTInfo');
  if (der.readSmallInteger(version) !== 1) throw new DerError('no version of TSTInfo');
  const optional = (tag: number) => (fields[0]?.tag === tag ? fields.shift()! : null);
  const accuracy = optional(tags.sequence);
  const ordering = optional(tags.boolean);
  if (ordering) der.readBoolean(ordering);
  const nonce = optional(tags.integer);
  const tsa = optional(0xa0);
  const extensions = optional(0xa1);
  if (fields.length > 0) throw new DerError('a field of the TSTInfo that is not known');
  for (const extension of extensions?.children ?? []) {
    const isCritical = extension.as(tags.sequence).at(1).tag === tags.boolean;
    if (isCritical && der.readBoolean(extension.at(1))) throw distrust('extension-unknown');
  }
  if (imprint.as(tags.sequence).children.length !== 2) throw new DerError('no imprint');
  return {
    policy: der.readOid(policy),
    hash: readDigestAlgorithm(imprint.at(0)).hash,
    imprint: der.readOctets(imprint.at(1)),
    serialNumber: Buffer.from(der.readIntegerBytes(serial)).toString('hex'),
    time: der.readTime(time.as(tags.generalizedTime)),
    accuracyMillis: accuracy ? readAccuracy(accuracy) : null,
    nonce: nonce ? der.readInteger(nonce) : null,
    tsa: tsa?.inner ?? null,
  };
}

interface SignedToken {
  content: Uint8Array;
  certificates: CertificateFacts[];
  signer: DerNode;
}

/** The one shape of SignedData that a token has (RFC 3161 2.4.2): TSTInfo inside, one signer. */
function readToken(token: DerNode): SignedToken {
  if (der.readOid(token.as(tags.sequence).at(0)) !== oids.signedData) throw new DerError('no SignedData');
  const fields = [...token.at(1).as(0xa0).inner.as(tags.sequence).children];
  const [version, digests, encapsulated] = fields.splice(0, 3);
  if (!version || !digests || !encapsulated) throw new DerError('no SignedData');
  der.readSmallInteger(version);
  digests.as(tags.set);
  if (der.readOid(encapsulated.as(tags.sequence).at(0)) !== oids.tstInfo)
    throw new DerError('no timestamp inside');
  const content = der.readOctets(encapsulated.at(1).as(0xa0).inner);
  const certificates = fields[0]?.tag === 0xa0 ? fields.shift()!.children : [];
  if (certificates.length > limits.certificates) throw new DerError('too many certificates');
  if (fields[0]?.tag === 0xa1) fields.shift();
  const [signers, ...rest] = fields;
  if (!signers || rest.length > 0 || signers.as(tags.set).children.length !== 1)
    throw new DerError('a token has one signer');
  return {
    content,
    // Other members are formats that nobody uses (RFC 5652 10.2.2).
    certificates: certificates
      .filter(({ tag }) => tag === tags.sequence)
      .map(({ raw }) => parseCertificate(raw)),
    signer: signers.at(0),
  };
}

/** The attribute's one value; DerError where it stands twice or has several. */
function attribute(attributes: DerNode, type: string): DerNode | null {
  if (attributes.children.length > limits.attributes) throw new DerError('too many attributes');
  const found = attributes.children.filter((entry) => der.readOid(entry.as(tags.sequence).at(0)) === type);
  if (found.length > 1) throw new DerError('an attribute stands twice');
  return found[0]?.at(1).as(tags.set).inner ?? null;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Whether the first ESSCertID (RFC 2634 5.4.1) or ESSCertIDv2 (RFC 5035 4) is that of the certificate. */
function namesCertificate(value: DerNode, fallback: Hash, certificate: CertificateFacts): boolean {
  const id = value.as(tags.sequence).at(0).as(tags.sequence).at(0).as(tags.sequence);
  const fields = [...id.children];
  const isOther = fallback === 'sha256' && fields[0]?.tag === tags.sequence;
  const hash = isOther ? readDigestAlgorithm(fields.shift()!).hash : fallback;
  const [certHash, issuerSerial] = fields;
  if (!certHash || !hash) return false;
  if (!same(der.readOctets(certHash), createHash(hash).update(certificate.der).digest())) return false;
  return !issuerSerial || same(issuerSerial.at(1).raw, certificate.serialNumberDer);
}

/** The signer's certificate among those at hand; its signature is checked with it (RFC 5652 5.6, RFC 5816 2.2.1). */
function verifySigner(token: SignedToken, pool: readonly CertificateFacts[]): CertificateFacts {
  const fields = [...token.signer.as(tags.sequence).children];
  const [version, sid, digestNode, attributes, algorithm, signature, ...rest] = fields;
  if (!version || !sid || !digestNode || !attributes || !algorithm || !signature)
    throw new DerError('a field of the signer is missing');
  if (rest.length > 1 || (rest[0] && rest[0].tag !== 0xa1)) throw new DerError('no SignerInfo');
  der.readSmallInteger(version);
  const { hash } = readDigestAlgorithm(digestNode);
  if (!hash) throw distrust('algorithm-unsupported');
  const contentType = attribute(attributes.as(0xa0), oids.contentType);
  const messageDigest = attribute(attributes, oids.messageDigest);
  if (!contentType || !messageDigest || der.readOid(contentType) !== oids.tstInfo)
    throw new DerError('attributes that a timestamp has to have are missing');
  if (!same(der.readOctets(messageDigest), createHash(hash).update(token.content).digest()))
    throw distrust('signature-wrong');
  const candidates = [...token.certificates, ...pool].filter((facts) =>
    sid.tag === tags.sequence
      ? same(sid.at(1).as(tags.integer).raw, facts.serialNumberDer) &&
        sameName(readName(sid.at(0)), facts.issuer)
      : Buffer.from(der.readOctets(sid, 0x80)).toString('hex') === facts.subjectKeyId,
  );
  const v1 = attribute(attributes, oids.signingCertificate);
  const v2 = attribute(attributes, oids.signingCertificateV2);
  if (!v1 && !v2) throw new DerError('attributes that a timestamp has to have are missing');
  const named = candidates.find(
    (facts) => (!v1 || namesCertificate(v1, 'sha1', facts)) && (!v2 || namesCertificate(v2, 'sha256', facts)),
  );
  if (!named) throw distrust('signer-unknown');
  const scheme = readSignatureAlgorithm(algorithm, hash);
  // The signature covers the attributes as a SET, not under the tag they are sent with (RFC 5652 5.4).
  const signed = der.retag(attributes.raw, tags.set);
  checkAnswerSignature(scheme, named, signed, der.readOctets(signature));
  return named;
}

/** RFC 3161 2.3: this purpose alone, and critical. */
function isTimestamper(facts: CertificateFacts): boolean {
  const purpose = facts.extensions.find(({ oid }) => oid === oids.extKeyUsage);
  const usage = facts.extendedKeyUsage;
  const keyUsage = [...(facts.keyUsage ?? [])];
  return (
    purpose?.critical === true &&
    usage?.length === 1 &&
    usage[0] === oids.timeStamping &&
    keyUsage.every((one) => one === 'digitalSignature' || one === 'nonRepudiation')
  );
}

/**
 * Reads and verifies a TimeStampResp for a request (RFC 3161 2.4.2, RFC 5816): granted, over the same imprint, with the
 * same nonce, under the policy that was asked for, signed by a certificate that is for timestamps alone and leads to a
 * root at the time of the stamp.
 * @throws YinkeyError `authority.refused` {status, failInfo, text}; `authority.answer-unreadable`;
 *   `authority.answer-untrusted` {reason}
 */
export function verifyStampResponse(
  bytes: Uint8Array,
  request: StampRequest,
  { roots, pool = [] }: StampTrust,
): Timestamp {
  return reading(() => {
    if (bytes.length > limits.bytes) throw new DerError('too large for a timestamp');
    const response = der.readDer(bytes).as(tags.sequence);
    const status = readStatusInfo(response.at(0));
    const granted = status.status === 'accepted' || status.status === 'grantedWithMods';
    if (!granted) throw new YinkeyError('authority.refused', refusalDetails(status));
    if (response.children.length !== 2) throw new DerError('no TimeStampResp');
    const token = readToken(response.at(1));
    const info = readTstInfo(token.content);
    if (info.hash !== request.hash || !same(info.imprint, request.imprint)) throw distrust('other-request');
    if (info.nonce !== request.nonce) throw distrust('other-request');
    if (request.policy !== undefined && request.policy !== info.policy) throw distrust('other-request');
    if (request.certReq && token.certificates.length === 0) throw distrust('signer-unknown');
    const tsa = verifySigner(token, pool);
    if (!isTimestamper(tsa)) throw distrust('signer-not-allowed');
    if (info.tsa?.tag === 0xa4 && !sameName(readName(info.tsa.inner), tsa.subject))
      throw distrust('signer-not-allowed');
    const judged = validateChain({
      certificate: tsa,
      pool: [...token.certificates, ...pool],
      roots,
      at: info.time,
    });
    if (judged.status === 'expired') throw distrust('signer-outdated');
    if (judged.status !== 'trusted') throw distrust('signer-unknown');
    const { time, policy, serialNumber, accuracyMillis } = info;
    return {
      token: response.at(1).raw,
      time,
      policy,
      serialNumber,
      accuracyMillis,
      tsa,
      certificates: token.certificates,
    };
  });
}

/**
 * Has `imprint` stamped by a timestamp authority over HTTP (RFC 3161 3.4). The answer's time has to be within five minutes
 * of this computer's, where `now` gives it.
 * @throws YinkeyError codes of `AuthorityHttp.request`, `expectType` and `verifyStampResponse`
 */
export async function timestamp(
  question: StampTrust & {
    http: AuthorityHttp;
    url: string;
    hash: StampHash;
    imprint: Uint8Array;
    policy?: string | undefined;
    certReq?: boolean;
    /** Left out: the authority's clock is believed whatever this computer's says. */
    now?: () => Date;
    signal?: AbortSignal | undefined;
  },
): Promise<Timestamp> {
  const { http, url, hash, imprint, policy, certReq = true, signal } = question;
  const nonce = BigInt(`0x${randomBytes(16).toString('hex')}`);
  const request: StampRequest = { hash, imprint, nonce, policy, certReq };
  const answer = await http.request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/timestamp-query' },
    body: encodeStampRequest(request),
    maxBytes: limits.bytes,
    deadlineMillis: limits.deadlineMillis,
    signal,
  });
  expectType(answer, 'application/timestamp-reply');
  const stamp = verifyStampResponse(answer.body, request, question);
  const off = question.now ? stamp.time.getTime() - question.now().getTime() : 0;
  if (off > clockTolerance) throw distrust('not-yet-valid');
  if (off < -clockTolerance) throw distrust('out-of-date');
  return stamp;
}
