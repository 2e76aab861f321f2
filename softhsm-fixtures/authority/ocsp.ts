import { DerError, der } from '../../src/main/certificates/index.ts';
import type { CertificationAuthority } from './ca.ts';
import { extension, signed } from './certificate.ts';
import { reasonNumbers } from './crl.ts';
import type { StoredCertificate } from './database.ts';
import type { ServiceKey } from './service-keys.ts';

const ids = {
  basic: '1.3.6.1.5.5.7.48.1.1',
  nonce: '1.3.6.1.5.5.7.48.1.2',
};

const hashes: Record<string, string> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** Certificates asked for in one request; more is nobody's use. */
const requestLimit = 100;

/** How long an answer may be used. */
const freshFor = 3_600_000;

interface OcspRequest {
  /** CertID each: the DER that the answer repeats, and what is in it. */
  certIds: {
    raw: Uint8Array;
    hash: string | null;
    nameHash: Buffer;
    keyHash: Buffer;
    serialNumber: string;
  }[];
  /** DER inside the nonce extension's OCTET STRING. */
  nonce: Uint8Array | null;
}

/** OCSPRequest (RFC 6960 4.1.1). A signature on it is not looked at: nobody here has to prove who asks. */
function readRequest(bytes: Uint8Array): OcspRequest {
  const members = [...der.readDer(bytes).as(der.tags.sequence).at(0).as(der.tags.sequence).children];
  if (members[0]?.tag === 0xa0) {
    if (der.readSmallInteger(members.shift()!.inner) !== 0) throw new DerError('another version');
  }
  if (members[0]?.tag === 0xa1) members.shift();
  const list = members.shift()?.as(der.tags.sequence).children ?? [];
  if (list.length === 0 || list.length > requestLimit) throw new DerError('no or too many questions');
  let nonce: Uint8Array | null = null;
  if (members[0]?.tag === 0xa2) {
    for (const entry of members.shift()!.inner.as(der.tags.sequence).children) {
      const value = entry.children.at(-1)!;
      if (der.readOid(entry.at(0)) === ids.nonce) nonce = der.readOctets(value);
    }
  }
  if (members.length > 0) throw new DerError('no OCSP request');
  // RFC 8954 2.1 bounds a nonce; older clients don't wrap theirs.
  if (nonce && (nonce.length === 0 || nonce.length > 130)) throw new DerError('no nonce');
  const certIds = list.map((request) => {
    const id = request.as(der.tags.sequence).at(0).as(der.tags.sequence);
    return {
      raw: id.raw,
      hash: hashes[der.readOid(id.at(0).at(0))] ?? null,
      nameHash: Buffer.from(der.readOctets(id.at(1))),
      keyHash: Buffer.from(der.readOctets(id.at(2))),
      serialNumber: serialText(der.readIntegerBytes(id.at(3))),
    };
  });
  return { certIds, nonce };
}

/** As CertificateFacts has it: hex without the sign byte. */
function serialText(integer: Uint8Array): string {
  const bytes = Buffer.from(integer);
  return (bytes.length > 1 && bytes[0] === 0 ? bytes.subarray(1) : bytes).toString('hex');
}

function certStatus(certificate: StoredCertificate | null): Buffer {
  if (!certificate) return der.element(0x82);
  if (certificate.state !== 'revoked') return der.element(0x80);
  const code = reasonNumbers[certificate.reason ?? 'unspecified'];
  return der.element(
    0xa1,
    der.generalizedTime(new Date(certificate.revokedAt!)),
    ...(code === 0 ? [] : [der.explicit(0, der.element(der.tags.enumerated, Buffer.of(code)))]),
  );
}

/** OCSPResponse without an answer in it: 1 malformed, 2 internal, 3 try later, 6 unauthorized. */
export function ocspFailure(status: 1 | 2 | 3 | 6): Buffer {
  return der.seq(der.element(der.tags.enumerated, Buffer.of(status)));
}

/** Answers one OCSP request (RFC 6960) with a delegated certificate. Unreadable requests get 'malformed'. */
export function answerOcsp(
  bytes: Uint8Array,
  parts: { ca: CertificationAuthority; key: ServiceKey; now: Date },
): Buffer {
  const { ca, key, now } = parts;
  let request: OcspRequest;
  try {
    request = readRequest(bytes);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return ocspFailure(1);
  }
  const singles = request.certIds.map((id) => {
    const ours = id.hash === null ? null : ca.issuerHashes(id.hash);
    const mine = ours?.name.equals(id.nameHash) && ours.key.equals(id.keyHash);
    // What another authority issued is unknown here, and so is a number that this one never gave out.
    const found = mine ? ca.find({ serialNumber: id.serialNumber }) : null;
    return der.seq(
      id.raw,
      certStatus(found),
      der.generalizedTime(now),
      der.explicit(0, der.generalizedTime(new Date(now.getTime() + freshFor))),
    );
  });
  const responder = der.explicit(2, der.octets(Buffer.from(key.certificate.subjectKeyId!, 'hex')));
  const data = der.seq(
    responder,
    der.generalizedTime(now),
    der.seq(...singles),
    ...(request.nonce ? [der.explicit(1, der.seq(extension(ids.nonce, false, request.nonce)))] : []),
  );
  const basic = signed(data, key.privateKey, [der.explicit(0, der.seq(key.certificate.der))]);
  return der.seq(
    der.element(der.tags.enumerated, Buffer.of(0)),
    der.explicit(0, der.seq(der.oid(ids.basic), der.octets(basic))),
  );
}
