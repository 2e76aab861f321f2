import { createHash } from 'node:crypto';
import {
  type CertificateFacts,
  collectChain,
  DerError,
  der,
  oids,
  writeDigestAlgorithm,
  writePss,
} from '../../certificates/index.ts';
import {
  longestSignature,
  type SignatureScheme,
  type SigningHash,
  type SigningScheme,
  schemeFor,
} from './scheme.ts';

function attribute(type: string, value: Uint8Array): Buffer {
  return der.seq(der.oid(type), der.setOf(value));
}

/**
 * SigningCertificateV2 (RFC 5035 section 3) with one ESSCertIDv2. SHA-256 is the default of `hashAlgorithm`, so DER
 * leaves it out; issuerSerial, a hint only, is left out too.
 */
function signingCertificateV2(certificate: Uint8Array): Buffer {
  const certHash = der.octets(createHash('sha256').update(certificate).digest());
  return der.seq(der.seq(der.seq(certHash)));
}

/**
 * The signed attributes of a PAdES baseline signature (ETSI EN 319 142-1 5.3): content-type, message-digest and
 * signing-certificate-v2. No signing-time: the PDF dictionary's /M is where PAdES keeps the claimed time.
 * @returns the DER of the SET, which is exactly what the key signs (RFC 5652 5.4)
 */
export function signedAttributes(options: {
  /** Digest of the document's bytes. */
  digest: Uint8Array;
  digestAlgorithm: SigningHash;
  /** DER of the certificate whose key signs. */
  signingCertificate: Uint8Array;
}): Buffer {
  const length = Number(options.digestAlgorithm.slice(3)) / 8;
  if (options.digest.length !== length)
    throw new DerError(`a ${options.digestAlgorithm} digest has ${length} bytes`);
  return der.setOf(
    attribute(oids.contentType, der.oid(oids.data)),
    attribute(oids.messageDigest, der.octets(options.digest)),
    attribute(oids.signingCertificateV2, signingCertificateV2(options.signingCertificate)),
  );
}

const ecdsaOids: Record<SigningHash, string> = {
  sha256: oids.ecdsaWithSha256,
  sha384: oids.ecdsaWithSha384,
  sha512: oids.ecdsaWithSha512,
};

/** AlgorithmIdentifier of the signature: rsaEncryption with NULL (RFC 3370 3.2), PSS explicit, ECDSA (RFC 5754 3.3). */
function signatureAlgorithm(scheme: SignatureScheme, hash: SigningHash): Buffer {
  switch (scheme) {
    case 'rsa-pkcs1':
      return der.seq(der.oid(oids.rsaEncryption), der.nul());
    case 'rsa-pss':
      return writePss(hash);
    case 'ecdsa':
      return der.seq(der.oid(ecdsaOids[hash]));
  }
}

export interface SignedDataParts {
  /** The signer's certificate first, then those that lead to the root. */
  certificateChain: readonly CertificateFacts[];
  digestAlgorithm: SigningHash;
  signatureScheme: SignatureScheme;
  /** What `signedAttributes` gave. */
  signedAttributes: Uint8Array;
  /** RSA: the value as it is. ECDSA: DER Ecdsa-Sig-Value; see `ecdsaToDer`. */
  signature: Uint8Array;
}

/**
 * A detached CMS SignedData, version 1, with one signer (RFC 5652 5.1), in DER: what goes into /Contents of a PDF
 * signature with the SubFilter ETSI.CAdES.detached.
 */
export function buildSignedData(parts: SignedDataParts): Buffer {
  const [signer] = parts.certificateChain;
  if (!signer) throw new DerError('a signature needs the certificate of its signer');
  const digestAlgorithm = writeDigestAlgorithm(parts.digestAlgorithm);
  const signerInfo = der.seq(
    der.int(1),
    der.seq(signer.issuer.raw, signer.serialNumberDer),
    digestAlgorithm,
    der.retag(parts.signedAttributes, der.contextTag(0, true)),
    signatureAlgorithm(parts.signatureScheme, parts.digestAlgorithm),
    der.octets(parts.signature),
  );
  const certificates = der.setOf(...parts.certificateChain.map((certificate) => certificate.der));
  const signedData = der.seq(
    der.int(1),
    der.setOf(digestAlgorithm),
    der.seq(der.oid(oids.data)),
    der.retag(certificates, der.contextTag(0, true)),
    der.setOf(signerInfo),
  );
  return der.seq(der.oid(oids.signedData), der.explicit(0, signedData));
}

/**
 * How many bytes the finished CMS takes at most: the room that /Contents has to keep. Exact for RSA; an ECDSA
 * signature may come out a few bytes shorter.
 * @param chain the signer's certificate first
 * @throws YinkeyError `certificate.key-unsupported`
 */
export function estimateSize(chain: readonly CertificateFacts[], scheme?: SigningScheme): number {
  const [signer] = chain;
  if (!signer) throw new DerError('a signature needs the certificate of its signer');
  const { scheme: signatureScheme, hash } = scheme ?? schemeFor(signer.keyType);
  const digest = new Uint8Array(Number(hash.slice(3)) / 8);
  return buildSignedData({
    certificateChain: chain,
    digestAlgorithm: hash,
    signatureScheme,
    signedAttributes: signedAttributes({ digest, digestAlgorithm: hash, signingCertificate: signer.der }),
    signature: new Uint8Array(longestSignature(signer.keyType)),
  }).length;
}

/** The signer's certificate and those of `pool` that lead up from it, as a signature carries them. */
export function chainFor(signer: CertificateFacts, pool: readonly CertificateFacts[]): CertificateFacts[] {
  return collectChain(signer, pool);
}

/** r‖s, as PKCS#11 tokens answer it, into DER Ecdsa-Sig-Value (RFC 3279 2.2.3). */
export function ecdsaToDer(rs: Uint8Array): Buffer {
  if (rs.length === 0 || rs.length % 2 !== 0) throw new DerError('r and s are of equal length');
  const half = rs.length / 2;
  return der.seq(der.uint(rs.subarray(0, half)), der.uint(rs.subarray(half)));
}
