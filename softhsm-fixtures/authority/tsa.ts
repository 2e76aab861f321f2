import { createHash, sign } from 'node:crypto';
import { DerError, der } from '../../src/main/certificates/index.ts';
import { newSerialNumber, signingAlgorithm } from './certificate.ts';
import type { ServiceKey } from './service-keys.ts';

const ids = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  sha256: '2.16.840.1.101.3.4.2.1',
  /** The one policy: time for practice, worth nothing. Under the arc of UUIDs, where nobody has to be asked. */
  policy: '2.25.228407136941273908725571836250183746159',
};

/** Digests that are stamped, with their lengths in bytes. */
const digests: Record<string, number> = {
  '2.16.840.1.101.3.4.2.1': 32,
  '2.16.840.1.101.3.4.2.2': 48,
  '2.16.840.1.101.3.4.2.3': 64,
};

/** Bits of PKIFailureInfo that RFC 3161 2.4.2 has for timestamps. */
const failures = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
};

class Rejection extends Error {
  readonly failure: keyof typeof failures;
  constructor(failure: keyof typeof failures, message: string) {
    super(message);
    this.failure = failure;
  }
}

interface TimeStampRequest {
  /** DER MessageImprint, repeated in the token. */
  imprint: Uint8Array;
  /** DER INTEGER. */
  nonce: Uint8Array | null;
  certReq: boolean;
}

function readRequest(bytes: Uint8Array): TimeStampRequest {
  const members = [...der.readDer(bytes).as(der.tags.sequence).children];
  const version = members.shift();
  const imprint = members.shift()?.as(der.tags.sequence);
  if (!version || !imprint) throw new DerError('no request');
  if (der.readSmallInteger(version) !== 1) throw new Rejection('badRequest', '只有版本 1 / version 1 only');
  const length = digests[der.readOid(imprint.at(0).as(der.tags.sequence).at(0))];
  if (length === undefined) throw new Rejection('badAlg', '摘要算法不支持 / digest not accepted');
  if (der.readOctets(imprint.at(1)).length !== length) throw new DerError('a digest of another length');
  if (members[0]?.tag === der.tags.oid && der.readOid(members.shift()!) !== ids.policy) {
    throw new Rejection('unacceptedPolicy', '策略不支持 / policy not accepted');
  }
  const nonce = members[0]?.tag === der.tags.integer ? members.shift()! : null;
  if (nonce && der.readIntegerBytes(nonce).length > 64) throw new DerError('a nonce that is too long');
  const certReq = members[0]?.tag === der.tags.boolean ? der.readBoolean(members.shift()!) : false;
  if (members[0]?.tag === 0xa0) {
    throw new Rejection('unacceptedExtension', '扩展不支持 / extension not accepted');
  }
  if (members.length > 0) throw new DerError('more than a request');
  return { imprint: imprint.raw, nonce: nonce?.raw ?? null, certReq };
}

function rejection(failure: keyof typeof failures, text: string): Buffer {
  const bit = failures[failure];
  const mask = Buffer.alloc((bit >> 3) + 1);
  mask[bit >> 3] = 0x80 >> (bit & 7);
  return der.seq(der.seq(der.int(2), der.seq(der.utf8(text)), der.bits(mask, 7 - (bit & 7))));
}

/** CMS SignedData around a TSTInfo (RFC 5652, RFC 3161 2.4.2, RFC 5816). */
function token(info: Buffer, key: ServiceKey, certReq: boolean, now: Date): Buffer {
  const { certificate, privateKey } = key;
  const attribute = (type: string, value: Uint8Array) => der.seq(der.oid(type), der.setOf(value));
  // ESSCertIDv2 with SHA-256, which is what its absent hashAlgorithm means.
  const certHash = der.octets(createHash('sha256').update(certificate.der).digest());
  const issuerSerial = der.seq(der.seq(der.explicit(4, certificate.issuer.raw)), certificate.serialNumberDer);
  const attributes = der.setOf(
    attribute(ids.contentType, der.oid(ids.tstInfo)),
    attribute(ids.signingTime, now.getUTCFullYear() < 2050 ? der.utcTime(now) : der.generalizedTime(now)),
    attribute(ids.messageDigest, der.octets(createHash('sha256').update(info).digest())),
    attribute(ids.signingCertificateV2, der.seq(der.seq(der.seq(certHash, issuerSerial)))),
  );
  const { identifier, hash } = signingAlgorithm(privateKey);
  const sha256 = der.seq(der.oid(ids.sha256));
  const signer = der.seq(
    der.int(1),
    der.seq(certificate.issuer.raw, certificate.serialNumberDer),
    sha256,
    der.retag(attributes, 0xa0),
    identifier,
    der.octets(sign(hash, attributes, privateKey)),
  );
  const data = der.seq(
    der.int(3),
    der.setOf(sha256),
    der.seq(der.oid(ids.tstInfo), der.explicit(0, der.octets(info))),
    ...(certReq ? [der.element(0xa0, certificate.der)] : []),
    der.setOf(signer),
  );
  return der.seq(der.oid(ids.signedData), der.explicit(0, data));
}

/** Answers one RFC 3161 request. What can't be stamped is rejected with its failure bit. */
export function answerTimeStamp(bytes: Uint8Array, parts: { key: ServiceKey; now: Date }): Buffer {
  const { key, now } = parts;
  try {
    const { imprint, nonce, certReq } = readRequest(bytes);
    const info = der.seq(
      der.int(1),
      der.oid(ids.policy),
      imprint,
      der.uint(newSerialNumber()),
      der.generalizedTime(now),
      der.seq(der.int(1)),
      ...(nonce ? [nonce] : []),
      der.explicit(0, der.explicit(4, key.certificate.subject.raw)),
    );
    return der.seq(der.seq(der.int(0)), token(info, key, certReq, now));
  } catch (error) {
    if (error instanceof Rejection) return rejection(error.failure, error.message);
    if (error instanceof DerError) return rejection('badDataFormat', '请求无法读取 / unreadable request');
    throw error;
  }
}
