import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomInt,
  webcrypto,
} from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { der } from '../../src/main/certificates/index.ts';
import type { RevocationReason } from '../../src/shared/domain/certificates.ts';
import { readIfThere, writeWhole } from '../files.ts';
import * as x509 from '../x509.ts';
import {
  authorityKeyExtension,
  basicConstraintsExtension,
  extension,
  ids,
  type KeyUsageName,
  keyIdentifier,
  keyUsageExtension,
  readPrivateKey,
  spkiOf,
  statusExtensions,
  writeCertificate,
} from './certificate.ts';

export type { KeyUsageName } from './certificate.ts';

x509.cryptoProvider.set(webcrypto as Crypto);

/** Somebody who certifies: an authority with its key. */
export interface Issuer {
  certificate: x509.X509Certificate;
  privateKey: KeyObject;
  /** Name of its CRL and certificate under the authority's address. */
  name: 'root' | 'issuing';
  /** Address of the practice authority, 'http://127.0.0.1:PORT': goes into everything that is issued. */
  url: string;
}

export interface Authority {
  root: Issuer;
  issuing: Issuer;
  rootPath: string;
  issuingPath: string;
  /** The folder of keys, database and everything else of the authority. */
  folder: string;
  /** Where the authority answers when it runs: chosen once, because certificates carry it. */
  url: string;
  port: number;
}

export interface CertificateRequest {
  /** Attributes in the order they are encoded, as `{ CN: ['...'] }`, or the DER of a Name. */
  subject: Record<string, string[]>[] | Uint8Array;
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

/** Where the status of what this issuer issues can be asked for. The root answers by CRL alone. */
export function statusPlaces(issuer: Pick<Issuer, 'name' | 'url'>) {
  return {
    ocsp: issuer.name === 'issuing' ? `${issuer.url}/ocsp` : null,
    crl: `${issuer.url}/crl/${issuer.name}.crl`,
    caIssuers: `${issuer.url}/ca/${issuer.name}.cer`,
  };
}

const nameOf = (subject: CertificateRequest['subject']) =>
  subject instanceof Uint8Array ? subject : new Uint8Array(new x509.Name(subject).toArrayBuffer());

/** Issues one certificate; without an issuer it signs itself with `selfKey`. */
export async function certify(
  request: CertificateRequest,
  issuer: Issuer | { selfKey: KeyObject },
): Promise<x509.X509Certificate> {
  const spki = spkiOf(request.publicKey);
  const subject = nameOf(request.subject);
  const other = 'selfKey' in issuer ? null : issuer;
  const extensions = [
    basicConstraintsExtension(request.pathLength),
    ...(request.keyUsage === null ? [] : [keyUsageExtension(request.keyUsage)]),
    extension(ids.subjectKeyIdentifier, false, der.octets(keyIdentifier(spki))),
    ...(other ? [authorityKeyExtension(new Uint8Array(other.certificate.publicKey.rawData))] : []),
    ...(request.extensions ?? []).map(({ rawData }) => new Uint8Array(rawData)),
  ];
  // A test that wants other places names them itself.
  const own = (request.extensions ?? []).some(
    ({ type }) => type === ids.crlDistributionPoints || type === ids.authorityInfoAccess,
  );
  if (other && !own) extensions.push(...statusExtensions(statusPlaces(other)));
  const certificate = writeCertificate(
    {
      subject,
      issuer: other ? new Uint8Array(other.certificate.subjectName.toArrayBuffer()) : subject,
      spki,
      notBefore: request.notBefore,
      notAfter: request.notAfter,
      extensions,
    },
    'selfKey' in issuer ? issuer.selfKey : issuer.privateKey,
  );
  return new x509.X509Certificate(new Uint8Array(certificate));
}

/** A key in a file, encrypted (PKCS#8), and the certificate beside it. */
export interface KeyFiles {
  keyPath: string;
  certificatePath: string;
  passphrase: string;
}

/** What lies in the files; null when something is missing, unreadable or does not belong together. */
export function readKeyFiles(files: KeyFiles): Pick<Issuer, 'certificate' | 'privateKey'> | null {
  const key = readIfThere(files.keyPath);
  const pem = readIfThere(files.certificatePath);
  if (key === null || pem === null) return null;
  try {
    const found = {
      privateKey: readPrivateKey(key, files.passphrase),
      certificate: new x509.X509Certificate(pem),
    };
    const ofCertificate = Buffer.from(found.certificate.publicKey.rawData);
    const ofKey = createPublicKey(found.privateKey).export({ type: 'spki', format: 'der' });
    return ofKey.equals(ofCertificate) ? found : null;
  } catch {
    // Unreadable is the same as absent here: the practice authority is made anew.
    return null;
  }
}

export function saveKeyFiles(files: KeyFiles, made: Pick<Issuer, 'certificate' | 'privateKey'>): void {
  const cipher = { cipher: 'aes-256-cbc', passphrase: files.passphrase };
  writeWhole(files.keyPath, made.privateKey.export({ type: 'pkcs8', format: 'pem', ...cipher }), 0o600);
  writeWhole(files.certificatePath, `${made.certificate.toString('pem')}\n`);
}

/** The word that the authority's key files are encrypted with: a key file that gets lost alone opens nothing. */
export function keyFilesPassphrase(folder: string): string {
  const path = join(folder, 'passphrase.txt');
  const known = readIfThere(path);
  if (known) return known;
  const passphrase = randomBytes(24).toString('base64url');
  writeWhole(path, passphrase, 0o600);
  return passphrase;
}

/** The port that the issuing authority's own certificate names, or null. */
function portIn(certificate: x509.X509Certificate | undefined): number | null {
  const access = certificate?.getExtension(ids.authorityInfoAccess);
  const text = access ? Buffer.from(access.value).toString('latin1') : '';
  const port = /http:\/\/127\.0\.0\.1:(\d{4,5})\//.exec(text)?.[1];
  return port === undefined ? null : Number(port);
}

/** Whether a certificate says where this authority tells its status: those of older practice worlds don't. */
export function namesPlaces(certificate: x509.X509Certificate, authority: Authority): boolean {
  return portIn(certificate) === authority.port;
}

/** A port that nobody uses now, below those that systems hand out by themselves. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const port = randomInt(20_000, 32_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no free port for the practice authority');
}

const day = 86_400_000;

/** The practice root and issuing authority of a folder, made when they are not there or don't fit together. */
export async function ensureAuthority(dir: string): Promise<Authority> {
  const folder = join(dir, 'authority');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passphrase = keyFilesPassphrase(folder);
  const rootFiles = {
    keyPath: join(folder, 'practice-root-key.pem'),
    certificatePath: join(folder, 'root.pem'),
    passphrase,
  };
  const issuingFiles = {
    keyPath: join(folder, 'practice-issuing-key.pem'),
    certificatePath: join(folder, 'issuing.pem'),
    passphrase,
  };
  const now = Date.now();

  const make = async (
    commonName: string,
    pathLength: number,
    years: number,
    issuer: Issuer | null,
  ): Promise<Pick<Issuer, 'certificate' | 'privateKey'>> => {
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

  let root = readKeyFiles(rootFiles);
  if (!root) {
    root = await make('印钥练习根证书', 1, 20, null);
    saveKeyFiles(rootFiles, root);
  }
  let issuing = readKeyFiles(issuingFiles);
  const known = portIn(issuing?.certificate);
  const fits =
    known !== null &&
    (await issuing?.certificate.verify({ publicKey: root.certificate, signatureOnly: true }));
  const port = known ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const rootIssuer: Issuer = { ...root, name: 'root', url };
  if (!issuing || !fits) {
    issuing = await make('印钥练习签发机构', 0, 15, rootIssuer);
    saveKeyFiles(issuingFiles, issuing);
  }
  return {
    root: rootIssuer,
    issuing: { ...issuing, name: 'issuing', url },
    rootPath: rootFiles.certificatePath,
    issuingPath: issuingFiles.certificatePath,
    folder,
    url,
    port,
  };
}

/** Where certificates lie that the authority issued without its server, until the server takes them in. */
export const droppedFolder = (folder: string) => join(folder, 'issued');

/**
 * Notes a certificate that the practice set-up issued, so that the authority knows it; `at`: and has it revoked.
 * The database belongs to the server, which may run meanwhile or never: a file each is enough for both.
 */
export function noteIssued(
  folder: string,
  certificate: x509.X509Certificate,
  more: { at?: Date; reason?: RevocationReason; profile?: 'unit' | 'seal-maker' } = {},
): void {
  const dropped = droppedFolder(folder);
  mkdirSync(dropped, { recursive: true, mode: 0o700 });
  const path = join(dropped, `${certificate.serialNumber}.json`);
  if (existsSync(path)) return;
  const content = {
    certificate: Buffer.from(certificate.rawData).toString('base64'),
    revokedAt: more.at?.toISOString() ?? null,
    reason: more.reason ?? null,
    profile: more.profile ?? 'unit',
  };
  writeWhole(path, JSON.stringify(content));
}
