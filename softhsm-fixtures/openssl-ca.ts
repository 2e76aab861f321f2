import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { extensionSets, type OpenSsl, type OpenSslCertificate } from './openssl.ts';

/** What stands in the index of `openssl ca` for one certificate; what is not listed is not known to its responder. */
export interface IndexEntry {
  /** As `openssl x509 -serial` writes it. */
  serial: string;
  /** Left out: valid. */
  revoked?: { at: Date; reason: string };
}

function short(date: Date): string {
  return date
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);
}

/**
 * An authority of the `openssl` program that says what became of its certificates: lists, OCSP answers (made without a
 * connection, or by its responder) and timestamps.
 */
export class OpenSslCa {
  readonly openssl: OpenSsl;
  readonly certificate: OpenSslCertificate;
  #count = 0;
  readonly #children: ChildProcess[] = [];

  /** @param self the authority's certificate, or the name of a root that is made for it */
  constructor(openssl: OpenSsl, self: string | OpenSslCertificate = '/C=XX/O=Test/CN=Test authority') {
    this.openssl = openssl;
    this.certificate =
      typeof self === 'string' ? openssl.issue({ subject: self, extensions: extensionSets.root }) : self;
  }

  /** Issues a certificate with these extension lines besides the usual ones of a signer. */
  issue(subject: string, serial: string, extensions: readonly string[] = []): OpenSslCertificate {
    return this.openssl.issue({
      subject,
      serial,
      issuer: this.certificate,
      extensions: [...extensionSets.signer, ...extensions],
    });
  }

  /** A responder's certificate, as RFC 6960 4.2.2.2 wants it. */
  responder(extensions = ['extendedKeyUsage = OCSPSigning', 'noCheck = ignored']): OpenSslCertificate {
    return this.openssl.issue({
      subject: '/O=Test/CN=Responder',
      issuer: this.certificate,
      extensions: [
        'basicConstraints = critical,CA:FALSE',
        'keyUsage = critical,digitalSignature',
        'subjectKeyIdentifier = hash',
        'authorityKeyIdentifier = keyid:always',
        ...extensions,
      ],
    });
  }

  /** Writes the index file; its path. */
  index(entries: readonly IndexEntry[]): string {
    const lines = entries.map(({ serial, revoked }) =>
      [
        revoked ? 'R' : 'V',
        '491231235959Z',
        revoked ? `${short(revoked.at)},${revoked.reason}` : '',
        serial.toUpperCase(),
        'unknown',
        `/CN=${serial}`,
      ].join('\t'),
    );
    const name = `index${this.#count++}`;
    this.openssl.file(`${name}.attr`, 'unique_subject = no\n');
    return this.openssl.file(name, lines.map((line) => `${line}\n`).join(''));
  }

  /** A revocation list (DER) over the index, with these lines in its extension section. */
  list(index: string, extensions: readonly string[] = [], options: readonly string[] = []): Buffer {
    const { path, keyPath } = this.certificate;
    const name = `crl${this.#count++}`;
    const config = this.openssl.file(
      `${name}.cnf`,
      [
        '[ca]',
        'default_ca = test',
        '[test]',
        `database = ${index}`,
        `crlnumber = ${this.openssl.file(`${name}.number`, '1000\n')}`,
        'default_md = sha256',
        'default_crl_days = 7',
        '[list]',
        'authorityKeyIdentifier = keyid:always',
        ...extensions,
      ].join('\n'),
    );
    const pem = join(this.openssl.dir, `${name}.pem`);
    this.openssl.run([
      ...['ca', '-gencrl', '-config', config, '-crlexts', 'list', '-cert', path, '-keyfile', keyPath],
      ...['-out', pem, ...options],
    ]);
    return this.openssl.run(['crl', '-in', pem, '-outform', 'DER']);
  }

  /** What `openssl ocsp` answers to a request (DER). */
  answer(
    index: string,
    request: Uint8Array,
    signer: OpenSslCertificate,
    options: readonly string[] = [],
  ): Buffer {
    const name = `ocsp${this.#count++}`;
    const query = this.openssl.file(`${name}.req`, request);
    const reply = join(this.openssl.dir, `${name}.res`);
    this.openssl.run([
      ...['ocsp', '-index', index, '-CA', this.certificate.path, '-reqin', query, '-respout', reply],
      ...['-rsigner', signer.path, '-rkey', signer.keyPath, ...options],
    ]);
    return readFileSync(reply);
  }

  /** Starts `openssl ocsp` as a responder; its address. Ends with `close`. */
  async serve(index: string, signer: OpenSslCertificate, options: readonly string[] = []): Promise<string> {
    const port = await freePort();
    const child = spawn(
      'openssl',
      [
        ...['ocsp', '-index', index, '-CA', this.certificate.path, '-port', String(port)],
        ...['-rsigner', signer.path, '-rkey', signer.keyPath, ...options],
      ],
      { cwd: this.openssl.dir, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#children.push(child);
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const hear = (part: Buffer) => {
        said += part;
        if (said.includes('waiting for OCSP client connections')) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`openssl ocsp: ${said}`)));
    });
    return `http://127.0.0.1:${port}/`;
  }

  close(): void {
    for (const child of this.#children) child.kill();
  }
}

/** A port that nobody listens at just now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
