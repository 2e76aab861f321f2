import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, writeWhole } from './files.ts';
import * as x509 from './x509.ts';

x509.cryptoProvider.set(webcrypto as Crypto);

/** Names of keyUsage bits (RFC 5280 4.2.1.3). */
export type KeyUsageName = keyof typeof x509.KeyUsageFlags;

export interface Issuer {
  certificate: x509.X509Certificate;
  privateKey: KeyObject;
}

export interface Authority {
  root: Issuer;
  issuing: Issuer;
  rootPath: string;
  issuingPath: string;
}

export interface CertificateRequest {
  /** Attributes in the order they are encoded, as `{ CN: ['...'] }`. */
  subject: Record<string, string[]>[];
  publicKey: KeyObject;
  notBefore: Date;
  notAfter: Date;
  /** null: no keyUsage extension at all. */
  keyUsage: readonly KeyUsageName[] | null;
  /** Path length of an authority's certificate; undefined: an end entity. */
  pathLength?: number | undefined;
  /** More extensions, taken as they are. */
  extensions?: x509.Extension[] | undefined;
}

const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

function algorithmOf(key: KeyObject): { name: string; hash: string; namedCurve?: string } {
  if (key.asymmetricKeyType === 'rsa') return rsa;
  if (key.asymmetricKeyDetails?.namedCurve === 'secp384r1') {
    return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  }
  return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
}

function toWebPublic(key: KeyObject): Promise<CryptoKey> {
  const spki = key.export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', spki, algorithmOf(key), true, ['verify']) as Promise<CryptoKey>;
}

function toWebPrivate(key: KeyObject): Promise<CryptoKey> {
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, algorithmOf(key), true, ['sign']) as Promise<CryptoKey>;
}

/** 16 random bytes that read as a positive number without a leading zero byte. */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

/** Issues one certificate; without `issuer` it signs itself with `selfKey`. */
export async function certify(
  request: CertificateRequest,
  issuer: Issuer | { selfKey: KeyObject },
): Promise<x509.X509Certificate> {
  const publicKey = await toWebPublic(request.publicKey);
  const signer = 'selfKey' in issuer ? issuer.selfKey : issuer.privateKey;
  const usage = request.keyUsage?.reduce((bits, name) => bits | x509.KeyUsageFlags[name], 0);
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(request.pathLength !== undefined, request.pathLength, true),
    ...(usage === undefined ? [] : [new x509.KeyUsagesExtension(usage, true)]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ...(request.extensions ?? []),
  ];
  if (!('selfKey' in issuer)) {
    extensions.push(await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey));
  }
  const subject = new x509.Name(request.subject);
  return x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: subject.toString(),
    issuer: 'selfKey' in issuer ? subject.toString() : issuer.certificate.subject,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    publicKey,
    signingKey: await toWebPrivate(signer),
    signingAlgorithm: algorithmOf(signer),
    extensions,
  });
}

function readIssuer(keyPath: string, certificatePath: string): Issuer | null {
  const key = readIfThere(keyPath);
  const pem = readIfThere(certificatePath);
  if (key === null || pem === null) return null;
  try {
    const issuer = { privateKey: createPrivateKey(key), certificate: new x509.X509Certificate(pem) };
    const ofCertificate = Buffer.from(issuer.certificate.publicKey.rawData);
    const ofKey = createPublicKey(issuer.privateKey).export({ type: 'spki', format: 'der' });
    return ofKey.equals(ofCertificate) ? issuer : null;
  } catch {
    // Unreadable is the same as absent here: the practice authority is made anew.
    return null;
  }
}

const day = 86_400_000;

/** The practice root and issuing authority of a folder, made when they are not there or don't fit together. */
export async function ensureAuthority(dir: string): Promise<Authority> {
  const folder = join(dir, 'authority');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const rootKey = join(folder, 'practice-root-key.pem');
  const rootPath = join(folder, 'root.pem');
  const issuingKey = join(folder, 'practice-issuing-key.pem');
  const issuingPath = join(folder, 'issuing.pem');
  const now = Date.now();

  const make = async (
    commonName: string,
    pathLength: number,
    years: number,
    issuer: Issuer | null,
  ): Promise<Issuer> => {
    // Made in milliseconds, which every first start and every test has to wait for.
    const pair = generateKeyPairSync('ec', { namedCurve: issuer ? 'prime256v1' : 'secp384r1' });
    const certificate = await certify(
      {
        subject: [{ C: ['CN'] }, { O: ['印钥练习'] }, { CN: [commonName] }],
        publicKey: pair.publicKey,
        notBefore: new Date(now - day),
        notAfter: new Date(now + years * 365 * day),
        keyUsage: ['keyCertSign', 'cRLSign'],
        pathLength,
      },
      issuer ?? { selfKey: pair.privateKey },
    );
    return { certificate, privateKey: pair.privateKey };
  };
  const save = (issuer: Issuer, keyPath: string, certificatePath: string) => {
    writeWhole(keyPath, issuer.privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600);
    writeWhole(certificatePath, `${issuer.certificate.toString('pem')}\n`);
  };

  let root = readIssuer(rootKey, rootPath);
  if (!root) {
    root = await make('印钥练习根证书', 1, 20, null);
    save(root, rootKey, rootPath);
  }
  let issuing = readIssuer(issuingKey, issuingPath);
  const fits =
    issuing && (await issuing.certificate.verify({ publicKey: root.certificate, signatureOnly: true }));
  if (!issuing || !fits) {
    issuing = await make('印钥练习签发机构', 0, 15, root);
    save(issuing, issuingKey, issuingPath);
  }
  return { root, issuing, rootPath, issuingPath };
}
