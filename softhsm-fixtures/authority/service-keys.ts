import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type CertificateFacts, der, parseCertificate } from '../../src/main/certificates/index.ts';
import * as x509 from '../x509.ts';
import type { CertificationAuthority } from './ca.ts';
import {
  basicConstraintsExtension,
  extendedKeyUsageExtension,
  extension,
  ids,
  keyIdentifier,
  keyUsageExtension,
  spkiOf,
  writeCertificate,
} from './certificate.ts';
import type { AuthorityDatabase, ProfileName } from './database.ts';
import { keyFilesPassphrase, readKeyFiles, saveKeyFiles } from './root.ts';

/** A key of the authority's own with which it speaks. */
export interface ServiceKey {
  certificate: CertificateFacts;
  privateKey: KeyObject;
}

export interface ServiceKeys {
  /** CMP answers. */
  cmp: ServiceKey;
  ocsp: ServiceKey;
  tsa: ServiceKey;
  /** Nobody's: what the answers are signed with while the knob `wrongSigner` is on. */
  stranger: ServiceKey;
}

const day = 86_400_000;

const names: Record<'cmp' | 'ocsp' | 'tsa', string> = {
  cmp: '印钥练习注册机构',
  ocsp: '印钥练习状态服务',
  tsa: '印钥练习时间戳服务',
};

const subjectOf = (commonName: string) =>
  new Uint8Array(new x509.Name([{ C: ['CN'] }, { O: ['印钥练习'] }, { CN: [commonName] }]).toArrayBuffer());

function serviceKey(
  profile: 'cmp' | 'ocsp' | 'tsa',
  ca: CertificationAuthority,
  database: AuthorityDatabase,
  now: Date,
): ServiceKey {
  const { folder } = ca.authority;
  const files = {
    keyPath: join(folder, `practice-${profile}-key.pem`),
    certificatePath: join(folder, `${profile}.pem`),
    passphrase: keyFilesPassphrase(folder),
  };
  const kept = readKeyFiles(files);
  if (kept) {
    const certificate = parseCertificate(new Uint8Array(kept.certificate.rawData));
    const ours = ca.find({ sha256: certificate.sha256 })?.state === 'good';
    const valid = certificate.notBefore <= now && certificate.notAfter.getTime() > now.getTime() + 30 * day;
    const same = certificate.authorityKeyId === ca.issuing.subjectKeyId;
    if (ours && valid && same) return { certificate, privateKey: kept.privateKey };
  }
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const made = ca.make({
    profile: profile satisfies ProfileName,
    subject: subjectOf(names[profile]),
    spki: spkiOf(publicKey),
    // Not before the authority itself began.
    notBefore: new Date(Math.max(now.getTime() - day, ca.issuing.notBefore.getTime())),
    notAfter: new Date(now.getTime() + 365 * day),
    state: 'good',
  });
  database.addCertificate(made);
  saveKeyFiles(files, { certificate: new x509.X509Certificate(new Uint8Array(made.der)), privateKey });
  return { certificate: parseCertificate(made.der), privateKey };
}

/** A key that certifies itself under the name of the authority's own CMP service: looks right, and nobody vouches. */
function stranger(now: Date): ServiceKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subject = subjectOf(names.cmp);
  const spki = spkiOf(publicKey);
  const certificate = writeCertificate(
    {
      subject,
      issuer: subject,
      spki,
      notBefore: new Date(now.getTime() - day),
      notAfter: new Date(now.getTime() + 365 * day),
      extensions: [
        basicConstraintsExtension(undefined),
        keyUsageExtension(['digitalSignature']),
        extension(ids.subjectKeyIdentifier, false, der.octets(keyIdentifier(spki))),
        extendedKeyUsageExtension(false, ids.cmcCa, ids.cmcRa, ids.ocspSigning),
      ],
    },
    privateKey,
  );
  return { certificate: parseCertificate(certificate), privateKey };
}

/** The keys that the authority speaks with, made where they are missing or soon at their end. */
export function openServiceKeys(
  ca: CertificationAuthority,
  database: AuthorityDatabase,
  now: Date,
): ServiceKeys {
  return {
    cmp: serviceKey('cmp', ca, database, now),
    ocsp: serviceKey('ocsp', ca, database, now),
    tsa: serviceKey('tsa', ca, database, now),
    stranger: stranger(now),
  };
}
