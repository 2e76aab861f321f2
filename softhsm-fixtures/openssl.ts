import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate that the `openssl` program made, with its key. */
export interface OpenSslCertificate {
  keyPath: string;
  path: string;
  pem: string;
  der: Buffer;
  privateKey: KeyObject;
}

export interface OpenSslRequest {
  /** As `-subj` wants it: '/C=CN/O=...'. */
  subject: string;
  /** 'rsa:2048', 'rsa:1024', 'P-256', 'P-384', 'ed25519', 'rsa-pss:2048', 'sm2'. */
  key?: string;
  /** Takes this key instead of a new one. */
  keyPath?: string;
  /** Lines of an extension section. */
  extensions?: readonly string[];
  /** Signs itself when left out. */
  issuer?: OpenSslCertificate;
  /** 'YYYYMMDDHHMMSSZ'; the default is yesterday to one year from now. */
  notBefore?: string;
  notAfter?: string;
  digest?: string;
  /** More arguments for the signing step. */
  signing?: readonly string[];
  serial?: string;
}

function keyArguments(key: string): string[] {
  const [kind, size] = key.split(':');
  if (kind === 'rsa') return ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${size}`];
  if (kind === 'rsa-pss') return ['-algorithm', 'RSA-PSS', '-pkeyopt', `rsa_keygen_bits:${size}`];
  if (kind === 'ed25519') return ['-algorithm', 'ED25519'];
  if (kind === 'sm2') return ['-algorithm', 'SM2'];
  return ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${key}`];
}

function stamp(date: Date): string {
  return `${date.toISOString().replace(/[-:T]|\.\d+Z/g, '')}Z`;
}

/**
 * The `openssl` program as the other side of a test: it makes certificates, CMS and timestamps, and judges ours. Works in
 * a folder of its own; `close` removes it.
 */
export class OpenSsl {
  readonly dir = mkdtempSync(join(tmpdir(), 'openssl-'));
  #count = 0;

  /** Runs `openssl`; throws with its words when it fails. */
  run(args: readonly string[], input?: Uint8Array): Buffer {
    return execFileSync('openssl', [...args], { cwd: this.dir, input, stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Runs `openssl` and answers whether it was content, with all its words. */
  ask(args: readonly string[], input?: Uint8Array): { ok: boolean; words: string } {
    const done = spawnSync('openssl', [...args], { cwd: this.dir, input: input ?? '' });
    return { ok: done.status === 0, words: `${done.stdout}${done.stderr}` };
  }

  /** Writes a file into the folder and answers its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  /** Issues a certificate, exactly as it is asked for, sensible or not. */
  issue(request: OpenSslRequest): OpenSslCertificate {
    const name = `c${this.#count++}`;
    const keyPath = request.keyPath ?? join(this.dir, `${name}.key`);
    const path = join(this.dir, `${name}.pem`);
    if (!request.keyPath) this.run(['genpkey', ...keyArguments(request.key ?? 'P-256'), '-out', keyPath]);
    const now = Date.now();
    const day = 86_400_000;
    const section = ['[ee]', ...(request.extensions ?? [])].join('\n');
    // `openssl ca` is the one command of OpenSSL 3.0 that takes both dates.
    const settings = [
      '[ca]',
      'default_ca = practice',
      '[practice]',
      `database = ${this.file(`${name}.db`, '')}`,
      `serial = ${this.file(`${name}.serial`, `${request.serial ?? `10${String(this.#count).padStart(6, '0')}`}\n`)}`,
      `new_certs_dir = ${this.dir}`,
      `default_md = ${request.digest ?? 'sha256'}`,
      'policy = any',
      'unique_subject = no',
      'string_mask = utf8only',
      '[any]',
      ...['countryName', 'organizationName', 'organizationalUnitName', 'commonName', 'emailAddress'].map(
        (field) => `${field} = optional`,
      ),
      '[req]',
      'distinguished_name = dn',
      'string_mask = utf8only',
      '[dn]',
      section,
    ].join('\n');
    const config = this.file(`${name}.cnf`, settings);
    const csr = join(this.dir, `${name}.csr`);
    const own: Record<string, string[]> = { ed25519: [], sm2: ['-sm3'] };
    const digest = own[request.key ?? ''] ?? ['-sha256'];
    this.run([
      'req',
      '-new',
      '-utf8',
      '-config',
      config,
      '-key',
      keyPath,
      '-subj',
      request.subject,
      ...digest,
      '-out',
      csr,
    ]);
    const signer = request.issuer
      ? ['-cert', request.issuer.path, '-keyfile', request.issuer.keyPath]
      : ['-selfsign', '-keyfile', keyPath];
    this.run([
      'ca',
      '-batch',
      '-notext',
      '-utf8',
      '-preserveDN',
      '-config',
      config,
      '-extensions',
      'ee',
      '-startdate',
      request.notBefore ?? stamp(new Date(now - day)),
      '-enddate',
      request.notAfter ?? stamp(new Date(now + 365 * day)),
      ...signer,
      ...(request.signing ?? []),
      '-in',
      csr,
      '-out',
      path,
    ]);
    const pem = readFileSync(path, 'utf8');
    return {
      keyPath,
      path,
      pem,
      der: this.run(['x509', '-in', path, '-outform', 'DER']),
      privateKey: createPrivateKey(readFileSync(keyPath)),
    };
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Extension lines of the three usual kinds. */
export const extensionSets = {
  root: [
    'basicConstraints = critical,CA:TRUE',
    'keyUsage = critical,keyCertSign,cRLSign',
    'subjectKeyIdentifier = hash',
  ],
  issuing: [
    'basicConstraints = critical,CA:TRUE,pathlen:0',
    'keyUsage = critical,keyCertSign,cRLSign',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always',
  ],
  signer: [
    'basicConstraints = critical,CA:FALSE',
    'keyUsage = critical,digitalSignature,nonRepudiation',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always',
  ],
  tsa: [
    'basicConstraints = critical,CA:FALSE',
    'keyUsage = critical,digitalSignature',
    'extendedKeyUsage = critical,timeStamping',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid:always',
  ],
};
