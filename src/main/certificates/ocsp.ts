import { createHash } from 'node:crypto';
import type { RevocationReason } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { readDigestAlgorithm, readSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import {
  DerError,
  type DerNode,
  explicit,
  nul,
  octets,
  oid,
  readBitBytes,
  readBoolean,
  readDer,
  readOctets,
  readOid,
  readSmallInteger,
  readTime,
  seq,
  tags,
} from './der.ts';
import { readName, sameName } from './names.ts';
import { oids } from './oids.ts';
import { type CertificateFacts, parseCertificate } from './parse.ts';
import {
  checkAnswerSignature,
  clockTolerance,
  distrust,
  issued,
  reading,
  readReason,
  unboundedLife,
} from './revocation.ts';

/** A certificate to ask about, and the authority that issued it. */
export interface OcspSubject {
  certificate: CertificateFacts;
  issuer: CertificateFacts;
}

const limits = { size: 256 << 10, certificates: 20, responses: 1000, extensions: 20 };

/** The bits of a public key without what they are wrapped in: what key hashes are taken over. */
function keyBits(issuer: CertificateFacts): Uint8Array {
  return readBitBytes(readDer(issuer.spki).at(1));
}

function digest(hash: string, bytes: Uint8Array): Buffer {
  return createHash(hash).update(bytes).digest();
}

/**
 * An OCSPRequest for one certificate (RFC 6960 4.1). The request is not signed.
 * @param options hash of the CertID: SHA-1, which every responder knows (nothing depends on its strength), or SHA-256;
 *   nonce: 16 to 32 random bytes (RFC 9654 2.1), left out where stored answers are good enough
 */
export function encodeOcspRequest(
  { certificate, issuer }: OcspSubject,
  options: { hash?: 'sha1' | 'sha256'; nonce?: Uint8Array | undefined } = {},
): Buffer {
  const hash = options.hash ?? 'sha1';
  const id = seq(
    seq(oid(oids[hash]), nul()),
    octets(digest(hash, certificate.issuer.raw)),
    octets(digest(hash, keyBits(issuer))),
    certificate.serialNumberDer,
  );
  const { nonce } = options;
  const extensions = nonce ? [explicit(2, seq(seq(oid(oids.ocspNonce), octets(octets(nonce)))))] : [];
  return seq(seq(seq(seq(id)), ...extensions));
}

interface SingleResponse {
  id: { hash: string | null; issuerName: Uint8Array; issuerKey: Uint8Array; serial: Uint8Array };
  revocation: 'good' | 'revoked' | 'unknown';
  revokedAt: Date | null;
  reason: RevocationReason | null;
  thisUpdate: Date;
  nextUpdate: Date | null;
}

interface BasicResponse {
  tbs: Uint8Array;
  responder: DerNode;
  producedAt: Date;
  responses: SingleResponse[];
  nonce: Uint8Array | null;
  algorithm: SignatureAlgorithm;
  signature: Uint8Array;
  certificates: CertificateFacts[];
}

/** Extensions by their identifier; one that is critical and not among those acted on makes the answer unusable. */
function readExtensions(node: DerNode, understood: readonly string[]): Map<string, Uint8Array> {
  const entries = node.as(tags.sequence).children;
  if (entries.length > limits.extensions) throw new DerError('too many extensions');
  const found = new Map<string, Uint8Array>();
  for (const entry of entries) {
    const fields = entry.as(tags.sequence).children;
    const type = readOid(entry.at(0));
    if (fields.length < 2 || fields.length > 3 || found.has(type)) throw new DerError('no extensions');
    const critical = fields.length === 3 && readBoolean(entry.at(1));
    if (critical && !understood.includes(type)) throw distrust('extension-unknown');
    found.set(type, readOctets(fields[fields.length - 1]!));
  }
  return found;
}

function readStatus(node: DerNode): Pick<SingleResponse, 'revocation' | 'revokedAt' | 'reason'> {
  if (node.tag === 0xa1) {
    const [time, reason, ...rest] = node.children;
    if (!time || rest.length > 0) throw new DerError('no RevokedInfo');
    const given = reason ? readReason(reason.as(0xa0).inner.as(tags.enumerated)) : null;
    return { revocation: 'revoked', revokedAt: readTime(time.as(tags.generalizedTime)), reason: given };
  }
  if (node.value.length > 0 || (node.tag !== 0x80 && node.tag !== 0x82)) throw new DerError('no CertStatus');
  return { revocation: node.tag === 0x80 ? 'good' : 'unknown', revokedAt: null, reason: null };
}

function readSingle(node: DerNode): SingleResponse {
  const fields = [...node.as(tags.sequence).children];
  const [id, status, thisUpdate] = fields.splice(0, 3);
  if (!id || !status || !thisUpdate) throw new DerError('a field of the response is missing');
  const nextUpdate =
    fields[0]?.tag === 0xa0 ? readTime(fields.shift()!.inner.as(tags.generalizedTime)) : null;
  if (fields[0]?.tag === 0xa1) readExtensions(fields.shift()!.inner, []);
  if (fields.length > 0) throw new DerError('a field of the response that is not known');
  if (id.as(tags.sequence).children.length !== 4) throw new DerError('no CertID');
  return {
    id: {
      hash: readDigestAlgorithm(id.at(0)).hash,
      issuerName: readOctets(id.at(1)),
      issuerKey: readOctets(id.at(2)),
      serial: id.at(3).as(tags.integer).raw,
    },
    ...readStatus(status),
    thisUpdate: readTime(thisUpdate.as(tags.generalizedTime)),
    nextUpdate,
  };
}

function readBasic(bytes: Uint8Array): BasicResponse {
  const basic = readDer(bytes).as(tags.sequence);
  if (basic.children.length < 3 || basic.children.length > 4) throw new DerError('no BasicOCSPResponse');
  const data = basic.at(0).as(tags.sequence);
  const fields = [...data.children];
  if (fields[0]?.tag === 0xa0 && readSmallInteger(fields.shift()!.inner) !== 0)
    throw new DerError('no version of OCSP');
  const [responder, producedAt, responses, extensions, ...rest] = fields;
  if (!responder || !producedAt || !responses || rest.length > 0) throw new DerError('no ResponseData');
  const singles = responses.as(tags.sequence).children;
  if (singles.length > limits.responses) throw new DerError('too many responses');
  const found = extensions ? readExtensions(extensions.as(0xa1).inner, [oids.ocspNonce]) : new Map();
  const nonce = found.get(oids.ocspNonce);
  const certificates =
    basic.children.length === 4 ? basic.at(3).as(0xa0).inner.as(tags.sequence).children : [];
  if (certificates.length > limits.certificates) throw new DerError('too many certificates');
  return {
    tbs: data.raw,
    responder,
    producedAt: readTime(producedAt.as(tags.generalizedTime)),
    responses: singles.map(readSingle),
    nonce: nonce ? readOctets(readDer(nonce)) : null,
    algorithm: readSignatureAlgorithm(basic.at(1)),
    signature: readBitBytes(basic.at(2)),
    certificates: certificates.map(({ raw }) => parseCertificate(raw)),
  };
}

const refusals: Record<number, string> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

function readResponse(bytes: Uint8Array): BasicResponse {
  if (bytes.length > limits.size) throw new DerError('too large for an OCSP answer');
  const response = readDer(bytes).as(tags.sequence);
  const status = response.at(0).as(tags.enumerated).value;
  if (status.length !== 1) throw new DerError('no OCSPResponseStatus');
  if (status[0] !== 0) {
    if (response.children.length !== 1 || !refusals[status[0]!]) throw new DerError('no OCSPResponse');
    throw new YinkeyError('authority.status-refused', { status: refusals[status[0]!]! });
  }
  if (response.children.length !== 2) throw new DerError('no OCSPResponse');
  const body = response.at(1).as(0xa0).inner.as(tags.sequence);
  if (body.children.length !== 2 || readOid(body.at(0)) !== oids.ocspBasic)
    throw new DerError('an OCSP answer of another kind');
  return readBasic(readOctets(body.at(1)));
}

/** Extensions of a responder's certificate that may be critical. */
const responderExtensions: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.certificatePolicies,
  oids.ocspNoCheck,
]);

/** Whether a ResponderID (RFC 6960 4.2.1) names this certificate, by subject or by the SHA-1 of its key. */
function isNamed(responder: DerNode, facts: CertificateFacts): boolean {
  if (responder.tag === 0xa1) return sameName(readName(responder.inner), facts.subject);
  const hash = readOctets(responder.as(0xa2).inner);
  return Buffer.compare(hash, digest('sha1', keyBits(facts))) === 0;
}

/**
 * The certificate whose key has to have signed (RFC 6960 4.2.2.2): the issuer itself, or one that the issuer has made
 * for this purpose with its own key.
 */
function authorizedResponder(response: BasicResponse, issuer: CertificateFacts, at: Date): CertificateFacts {
  if (isNamed(response.responder, issuer)) return issuer;
  const signer = response.certificates.find((facts) => isNamed(response.responder, facts));
  if (!signer) throw distrust('signer-unknown');
  const may =
    signer.extendedKeyUsage?.includes(oids.ocspSigning) &&
    (signer.keyUsage === null || signer.keyUsage.has('digitalSignature')) &&
    signer.extensions.every(({ oid, critical }) => !critical || responderExtensions.has(oid)) &&
    issued(issuer, signer);
  if (!may) throw distrust('signer-not-allowed');
  const now = at.getTime();
  if (now < signer.notBefore.getTime() - clockTolerance || now > signer.notAfter.getTime() + clockTolerance)
    throw distrust('signer-outdated');
  return signer;
}

/** Whether a CertID names the certificate, under whatever digest it is written. */
function isAbout({ id }: SingleResponse, { certificate, issuer }: OcspSubject): boolean {
  return (
    id.hash !== null &&
    Buffer.compare(id.serial, certificate.serialNumberDer) === 0 &&
    Buffer.compare(id.issuerName, digest(id.hash, certificate.issuer.raw)) === 0 &&
    Buffer.compare(id.issuerKey, digest(id.hash, keyBits(issuer))) === 0
  );
}

/** Of several answers about one certificate: a revocation before everything, then the newest. */
function decisive(answers: readonly SingleResponse[]): SingleResponse | undefined {
  const rank = ({ revocation, thisUpdate }: SingleResponse) =>
    revocation === 'revoked' ? Number.POSITIVE_INFINITY : thisUpdate.getTime();
  return [...answers].sort((a, b) => rank(b) - rank(a))[0];
}

export interface OcspAnswer {
  revocation: 'good' | 'revoked' | 'unknown';
  revokedAt: Date | null;
  reason: RevocationReason | null;
  producedAt: Date;
  thisUpdate: Date;
  /** Until when it may be used: nextUpdate, or an hour after thisUpdate where the responder names none. */
  validUntil: Date;
  responder: CertificateFacts;
  /** The responder's certificate is not to be asked about itself: it is the issuer's own, or says so (nocheck). */
  noCheck: boolean;
  /** The answer was made for this very question. */
  nonceEchoed: boolean;
}

/**
 * Reads and verifies an OCSP answer about one certificate (RFC 6960 3.2, 4.2): its form, its signer, whom it is about,
 * its times at `at` (with five minutes for clocks that differ), and the nonce where one was sent and came back.
 * @throws YinkeyError `authority.answer-unreadable`; `authority.answer-untrusted` {reason}; `authority.status-refused`
 *   {status} where the responder itself gives no answer (tryLater, unauthorized ...)
 */
export function verifyOcspResponse(
  bytes: Uint8Array,
  question: OcspSubject & { at: Date; nonce?: Uint8Array | undefined },
): OcspAnswer {
  return reading(() => {
    const response = readResponse(bytes);
    const { at, nonce, issuer } = question;
    const responder = authorizedResponder(response, issuer, at);
    checkAnswerSignature(response.algorithm, responder, response.tbs, response.signature);
    if (nonce && response.nonce && Buffer.compare(nonce, response.nonce) !== 0)
      throw distrust('other-request');
    const answer = decisive(response.responses.filter((single) => isAbout(single, question)));
    if (!answer) throw distrust('other-certificate');
    const { thisUpdate, nextUpdate } = answer;
    const validUntil = nextUpdate ?? new Date(thisUpdate.getTime() + unboundedLife);
    const now = at.getTime();
    if (Math.max(thisUpdate.getTime(), response.producedAt.getTime()) > now + clockTolerance)
      throw distrust('not-yet-valid');
    if (validUntil.getTime() < now - clockTolerance || validUntil.getTime() < thisUpdate.getTime())
      throw distrust('out-of-date');
    return {
      revocation: answer.revocation,
      revokedAt: answer.revokedAt,
      reason: answer.reason,
      producedAt: response.producedAt,
      thisUpdate,
      validUntil,
      responder,
      noCheck:
        responder.sha256 === issuer.sha256 ||
        responder.extensions.some(({ oid }) => oid === oids.ocspNoCheck),
      nonceEchoed: nonce !== undefined && response.nonce !== null,
    };
  });
}
