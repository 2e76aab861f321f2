import { constants, createHash, createPublicKey, publicDecrypt, timingSafeEqual } from 'node:crypto';
import {
  type CertificateFacts,
  checkSignature,
  DerError,
  type DerNode,
  der,
  type Hash,
  isWeak,
  oids,
  readDigestAlgorithm,
  readName,
  type SignatureCheck,
  sameName,
} from '../../certificates/index.ts';
import {
  type Attributes,
  CmsError,
  type ParsedSignedData,
  type ParsedSigner,
  parseSignedData,
} from './read.ts';

/** Why a signature is not intact; a stable word. */
export type CmsReason =
  | 'cms-unreadable'
  | 'signer-missing'
  | 'several-signers'
  | 'certificate-missing'
  | 'attributes-wrong'
  | 'content-type-wrong'
  | 'digest-wrong'
  | 'signing-certificate-wrong'
  | 'signature-wrong'
  | 'algorithm-unsupported';

/** Why a timestamp proves nothing. */
export type TimestampReason = CmsReason | 'imprint-wrong' | 'usage-wrong';

export interface TimestampVerdict {
  time: Date | null;
  /** The token is whole and stamps this very signature. Trust in the authority is for the caller. */
  intact: boolean;
  reason: TimestampReason | null;
  tsa: CertificateFacts | null;
  certificates: readonly CertificateFacts[];
  digestAlgorithm: string;
  weak: boolean;
}

export interface CmsVerdict {
  intact: boolean;
  reason: CmsReason | null;
  signer: CertificateFacts | null;
  certificates: readonly CertificateFacts[];
  /** Name of node:crypto, or the object identifier of one that is not known; '' when nothing could be read. */
  digestAlgorithm: string;
  /** 'rsa-pkcs1', 'rsa-pss', 'ecdsa', 'ed25519' or an object identifier. */
  signatureAlgorithm: string;
  /** MD5 or SHA-1 is in use: the signature may be whole and still prove nothing. */
  weak: boolean;
  /** The signer's own claim. */
  signingTime: Date | null;
  timestamp: TimestampVerdict | null;
  /** null: neither form of the signing-certificate attribute is there. */
  signingCertificateMatches: boolean | null;
}

/** Digest of the signed bytes; throws for a digest that this runtime does not have. */
export type ContentDigest = (algorithm: Hash) => Uint8Array;

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The one value of an attribute that may have only one; null when the attribute is absent. */
function single(attributes: Attributes, type: string): DerNode | null {
  const values = attributes.get(type);
  if (!values) return null;
  if (values.length !== 1) throw new DerError(`attribute ${type} has ${values.length} values`);
  return values[0]!;
}

function findSigners(data: ParsedSignedData, signer: ParsedSigner): CertificateFacts[] {
  const { id } = signer;
  return data.certificates.filter((facts) =>
    'subjectKeyId' in id
      ? facts.subjectKeyId === id.subjectKeyId
      : Buffer.compare(facts.serialNumberDer, id.serialNumberDer) === 0 && sameName(facts.issuer, id.issuer),
  );
}

/** IssuerSerial (RFC 5035): the issuer stands as [4] directoryName in a GeneralNames. */
function issuerSerialMatches(node: DerNode, certificate: CertificateFacts): boolean {
  const issuer = node
    .as(der.tags.sequence)
    .at(0)
    .as(der.tags.sequence)
    .children.find(({ tag }) => tag === 0xa4);
  const serial = node.at(1).as(der.tags.integer).raw;
  const names = issuer ? sameName(readName(issuer.inner), certificate.issuer) : false;
  return names && Buffer.compare(serial, certificate.serialNumberDer) === 0;
}

/** Whether the first ESSCertID or ESSCertIDv2, which names the signer's certificate, names this one. */
function bindsTo(value: DerNode, version: 1 | 2, certificate: CertificateFacts): boolean {
  const fields = [
    ...value.as(der.tags.sequence).at(0).as(der.tags.sequence).at(0).as(der.tags.sequence).children,
  ];
  let hash: Hash | null = version === 1 ? 'sha1' : 'sha256';
  if (version === 2 && fields[0]?.tag === der.tags.sequence) hash = readDigestAlgorithm(fields.shift()!).hash;
  const certHash = fields.shift();
  if (!certHash || !hash) return false;
  if (!equal(der.readOctets(certHash), createHash(hash).update(certificate.der).digest())) return false;
  const issuerSerial = fields.shift();
  return !issuerSerial || issuerSerialMatches(issuerSerial, certificate);
}

function signingCertificateMatches(attributes: Attributes, certificate: CertificateFacts): boolean | null {
  const v1 = single(attributes, oids.signingCertificate);
  const v2 = single(attributes, oids.signingCertificateV2);
  if (!v1 && !v2) return null;
  return (!v1 || bindsTo(v1, 1, certificate)) && (!v2 || bindsTo(v2, 2, certificate));
}

/**
 * A signature made straight over the content, of which only the digest is known here. RSA PKCS#1 v1.5 lets the digest
 * be taken out and compared; the other schemes need the content itself.
 */
function checkBareDigest(
  signer: ParsedSigner,
  certificate: CertificateFacts,
  digest: Uint8Array,
): SignatureCheck {
  if (signer.signatureAlgorithm.scheme !== 'rsa-pkcs1' || !signer.digestAlgorithm.hash) return 'unsupported';
  let info: Uint8Array;
  try {
    const key = createPublicKey({ key: Buffer.from(certificate.spki), format: 'der', type: 'spki' });
    info = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signer.signature);
  } catch {
    // The padding is not the one that signatures have, or the key is none of RSA: not this key's signature.
    return 'wrong';
  }
  const algorithm = der.oid(signer.digestAlgorithm.oid);
  // Both spellings of the parameters are in use (RFC 8017 appendix B.1); everything else is a forgery.
  const spellings = [der.seq(algorithm, der.nul()), der.seq(algorithm)];
  return spellings.some((spelling) => equal(info, der.seq(spelling, der.octets(digest)))) ? 'right' : 'wrong';
}

interface SignerVerdict {
  reason: CmsReason | null;
  certificate: CertificateFacts | null;
  matches: boolean | null;
  signingTime: Date | null;
}

/** Checks one signer against the digest of what it signed (RFC 5652 5.6). `content` where the bytes are at hand. */
function checkSigner(
  data: ParsedSignedData,
  signer: ParsedSigner,
  digestOf: ContentDigest,
  content: Uint8Array | null,
): SignerVerdict {
  const found = findSigners(data, signer);
  const attributes = signer.signedAttributes?.attributes ?? null;
  const certificate =
    found.find((facts) => attributes && signingCertificateMatches(attributes, facts)) ?? found[0] ?? null;
  const verdict: SignerVerdict = { reason: null, certificate, matches: null, signingTime: null };
  if (attributes) {
    const time = single(attributes, oids.signingTime);
    if (time) verdict.signingTime = der.readTime(time);
    if (certificate) verdict.matches = signingCertificateMatches(attributes, certificate);
  }
  const fail = (reason: CmsReason): SignerVerdict => ({ ...verdict, reason });
  if (!certificate) return fail('certificate-missing');
  const { hash } = signer.digestAlgorithm;
  if (!hash) return fail('algorithm-unsupported');
  const digest = digestOf(hash);

  let check: SignatureCheck;
  if (signer.signedAttributes && attributes) {
    const contentType = single(attributes, oids.contentType);
    const messageDigest = single(attributes, oids.messageDigest);
    if (!contentType || !messageDigest) return fail('attributes-wrong');
    if (der.readOid(contentType) !== data.contentType) return fail('content-type-wrong');
    if (!equal(der.readOctets(messageDigest), digest)) return fail('digest-wrong');
    if (verdict.matches === false) return fail('signing-certificate-wrong');
    const { signed } = signer.signedAttributes;
    check = checkSignature(signer.signatureAlgorithm, certificate.spki, signed, signer.signature);
  } else if (data.contentType !== oids.data) {
    // RFC 5652 5.3: without attributes only plain data may be signed.
    return fail('attributes-wrong');
  } else if (content) {
    check = checkSignature(signer.signatureAlgorithm, certificate.spki, content, signer.signature);
  } else {
    check = checkBareDigest(signer, certificate, digest);
  }
  if (check === 'unsupported') return fail('algorithm-unsupported');
  return check === 'wrong' ? fail('signature-wrong') : verdict;
}

function isWeakSigner(signer: ParsedSigner): boolean {
  const hashes = [signer.digestAlgorithm.hash, signer.signatureAlgorithm.hash];
  return hashes.some((hash) => hash !== null && isWeak(hash));
}

/** TSTInfo (RFC 3161 2.4.2) as far as a verifier needs it. */
function readTstInfo(content: Uint8Array): { hash: Hash | null; imprint: Uint8Array; time: Date } {
  const info = der.readDer(content).as(der.tags.sequence);
  if (der.readSmallInteger(info.at(0)) !== 1) throw new DerError('no version of TSTInfo');
  const imprint = info.at(2).as(der.tags.sequence);
  return {
    hash: readDigestAlgorithm(imprint.at(0)).hash,
    imprint: der.readOctets(imprint.at(1)),
    time: der.readTime(info.at(4).as(der.tags.generalizedTime)),
  };
}

const noTimestamp: TimestampVerdict = {
  time: null,
  intact: false,
  reason: 'cms-unreadable',
  tsa: null,
  certificates: [],
  digestAlgorithm: '',
  weak: false,
};

/**
 * Checks an RFC 3161 token over `stamped` bytes: for a signature timestamp, the signature value of its signer.
 * Whether the authority is trusted is the caller's question.
 */
export function verifyTimestamp(token: Uint8Array, stamped: Uint8Array): TimestampVerdict {
  try {
    const data = parseSignedData(token);
    const [signer] = data.signers;
    const base = { ...noTimestamp, certificates: data.certificates };
    if (!signer) return { ...base, reason: 'signer-missing' };
    if (data.signers.length > 1) return { ...base, reason: 'several-signers' };
    const { content } = data;
    if (data.contentType !== oids.tstInfo || !content) return { ...base, reason: 'content-type-wrong' };
    const { hash, imprint, time } = readTstInfo(content);
    const digestOf = (algorithm: Hash) => createHash(algorithm).update(content).digest();
    const { reason, certificate } = checkSigner(data, signer, digestOf, content);
    const verdict: TimestampVerdict = {
      ...base,
      time,
      tsa: certificate,
      digestAlgorithm: hash ?? '',
      weak: isWeakSigner(signer) || (hash !== null && isWeak(hash)),
      reason,
    };
    if (reason) return verdict;
    if (!hash) return { ...verdict, reason: 'algorithm-unsupported' };
    if (!equal(imprint, createHash(hash).update(stamped).digest()))
      return { ...verdict, reason: 'imprint-wrong' };
    // RFC 3161 2.3: the authority's certificate is for this purpose alone.
    const usage = certificate?.extendedKeyUsage;
    if (usage?.length !== 1 || usage[0] !== oids.timeStamping) return { ...verdict, reason: 'usage-wrong' };
    return { ...verdict, intact: true };
  } catch (error) {
    if (error instanceof DerError || error instanceof CmsError) return noTimestamp;
    throw error;
  }
}

function bestTimestamp(signer: ParsedSigner): TimestampVerdict | null {
  const tokens = signer.unsignedAttributes.get(oids.timeStampToken) ?? [];
  let best: TimestampVerdict | null = null;
  for (const token of tokens.slice(0, 5)) {
    const verdict = verifyTimestamp(token.raw, signer.signature);
    if (!best || (verdict.intact && !best.intact)) best = verdict;
  }
  return best;
}

const nothing: CmsVerdict = {
  intact: false,
  reason: 'cms-unreadable',
  signer: null,
  certificates: [],
  digestAlgorithm: '',
  signatureAlgorithm: '',
  weak: false,
  signingTime: null,
  timestamp: null,
  signingCertificateMatches: null,
};

/**
 * Checks the one signer of a parsed SignedData. Answers about mathematics only: whether the certificate is trusted,
 * in its dates or meant for signing is asked elsewhere.
 * @param contentDigest digest of the detached content. Where the content is embedded (adbe.pkcs7.sha1), it has to be
 *   the SHA-1 of the document's bytes and is compared with `contentDigest('sha1')`.
 */
export function verifySignedData(data: ParsedSignedData, contentDigest: ContentDigest): CmsVerdict {
  const base: CmsVerdict = { ...nothing, certificates: data.certificates };
  const [signer] = data.signers;
  if (!signer) return { ...base, reason: 'signer-missing' };
  // PDF allows one signer for each signature (ISO 32000-2 12.8.3.3.1).
  if (data.signers.length > 1) return { ...base, reason: 'several-signers' };
  base.digestAlgorithm = signer.digestAlgorithm.hash ?? signer.digestAlgorithm.oid;
  const { scheme, oid } = signer.signatureAlgorithm;
  base.signatureAlgorithm = scheme === 'unsupported' ? oid : scheme;
  base.weak = isWeakSigner(signer) || data.content !== null;
  try {
    const { content } = data;
    const digestOf = content ? (hash: Hash) => createHash(hash).update(content).digest() : contentDigest;
    const checked = checkSigner(data, signer, digestOf, content);
    const linked = !content || equal(content, contentDigest('sha1'));
    const reason = checked.reason ?? (linked ? null : 'digest-wrong');
    return {
      ...base,
      intact: reason === null,
      reason,
      signer: checked.certificate,
      signingTime: checked.signingTime,
      signingCertificateMatches: checked.matches,
      timestamp: bestTimestamp(signer),
    };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { ...base, reason: 'attributes-wrong' };
  }
}

/** `parseSignedData` and `verifySignedData` in one: bytes that are no CMS come back as `cms-unreadable`. */
export function verifyCms(bytes: Uint8Array, contentDigest: ContentDigest): CmsVerdict {
  try {
    return verifySignedData(parseSignedData(bytes), contentDigest);
  } catch (error) {
    if (error instanceof CmsError) return nothing;
    throw error;
  }
}
