import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  basicConstraintsExtension,
  extendedKeyUsageExtension,
  extension,
  ids,
  keyIdentifier,
  keyUsageExtension,
  newSerialNumber,
  signed,
  signingAlgorithm,
  spkiOf,
  time,
  toPem,
} from '../../../../softhsm-fixtures/authority/certificate.ts';
import { type AuthorityHttp, decodeMessage } from '../../authority/index.ts';
import { type CertificateFacts, der, parseCertificate } from '../../certificates/index.ts';
import { nameOf } from './fakes.ts';

const day = 86_400_000;

/**
 * An authority that issues, made of OpenSSL's CMP server, which doesn't: requests go through here, and before a new one
 * is passed on, a server is started that has a certificate for its key ready. All CMP is OpenSSL's own.
 */
export class OpenSslAuthority {
  readonly root: CertificateFacts;
  url = '';
  /** More options for the servers, e.g. polling. */
  options: string[] = [];
  #folder: string;
  #key: KeyObject;
  #http: AuthorityHttp;
  #server: Server | undefined;
  /** By transaction: where its server listens. */
  #behind = new Map<string, string>();
  #children: ChildProcess[] = [];

  constructor(folder: string, http: AuthorityHttp) {
    this.#folder = folder;
    this.#http = http;
    this.#key = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    const authority = [basicConstraintsExtension(1), keyUsageExtension(['keyCertSign'])];
    this.root = parseCertificate(
      this.#write(nameOf('Root'), spkiOf(this.#key), newSerialNumber(), 4000, authority),
    );
    const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    const usage = [keyUsageExtension(['digitalSignature']), extendedKeyUsageExtension(false, ids.cmcRa)];
    const certificate = this.#write(nameOf('CMP'), spkiOf(server), newSerialNumber(), 300, usage);
    this.#save('root.pem', toPem(this.root.der));
    this.#save('server.pem', toPem(certificate));
    this.#save('server.key', server.export({ type: 'pkcs8', format: 'pem' }) as string);
  }

  #save(name: string, text: string): void {
    writeFileSync(path.join(this.#folder, name), text);
  }

  #write(
    subject: Uint8Array,
    spki: Uint8Array,
    serial: Uint8Array,
    days: number,
    extensions: Uint8Array[],
  ): Buffer {
    const now = Date.now();
    const all = [...extensions, extension(ids.subjectKeyIdentifier, false, der.octets(keyIdentifier(spki)))];
    return signed(
      der.seq(
        der.explicit(0, der.int(2)),
        der.uint(serial),
        signingAlgorithm(this.#key).identifier,
        nameOf('Root'),
        der.seq(time(new Date(now - 335 * day)), time(new Date(now + days * day))),
        subject,
        spki,
        der.explicit(3, der.seq(...all)),
      ),
      this.#key,
    );
  }

  /** A certificate for a holder's key. */
  issue(subject: Uint8Array, spki: Uint8Array, days: number, serial: Uint8Array = newSerialNumber()): Buffer {
    const usage = keyUsageExtension(['digitalSignature', 'nonRepudiation']);
    return this.#write(subject, spki, serial, days, [basicConstraintsExtension(undefined), usage]);
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      void this.#forward(request)
        .then(({ status, body }) => {
          response.writeHead(status, {
            'content-type': 'application/pkixcmp',
            'content-length': body.length,
          });
          response.end(body);
        })
        .catch((error: unknown) => response.destroy(error as Error));
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pkix/`;
    return this;
  }

  async #forward(request: IncomingMessage): Promise<{ status: number; body: Uint8Array }> {
    if (request.method !== 'POST') return { status: 405, body: Buffer.alloc(0) };
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const message = Buffer.concat(pieces);
    const { header, body } = decodeMessage(message);
    const transaction = Buffer.from(header.transactionId!).toString('hex');
    let behind = this.#behind.get(transaction);
    if (!behind && (body.type === 'kur' || body.type === 'ir')) {
      const { template, controls } = body.requests[0]!;
      const old = controls.length > 0 ? this.#serialIn(controls[0]!.value) : newSerialNumber();
      const certificate = this.issue(template.subject!, template.publicKey!, 365, old);
      const name = `${transaction}.pem`;
      this.#save(name, toPem(certificate));
      behind = await this.#openssl(name);
      this.#behind.set(transaction, behind);
    }
    if (!behind) return { status: 404, body: Buffer.alloc(0) };
    const headers = { 'content-type': 'application/pkixcmp' };
    const answer = await this.#http.request({ method: 'POST', url: behind, headers, body: message });
    return { status: answer.status, body: answer.body };
  }

  /** The serial number in OldCertId: SEQUENCE { issuer GeneralName, serialNumber }. */
  #serialIn(value: Uint8Array): Uint8Array {
    return der.readIntegerBytes(der.readDer(value).at(1));
  }

  #openssl(certificate: string): Promise<string> {
    const cmp = ['cmp', '-config', '', '-port', '0', '-srv_trusted', 'root.pem'];
    const signer = ['-srv_cert', 'server.pem', '-srv_key', 'server.key', '-rsp_cert', certificate];
    const secret = ['-srv_ref', 'R-77', '-srv_secret', 'pass:counter'];
    const child = spawn('openssl', [...cmp, ...signer, ...secret, ...this.options], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return new Promise((resolve, reject) => {
      let words = '';
      const hear = (piece: Buffer) => {
        words += piece;
        const port = /ACCEPT \S*:(\d+)/.exec(words)?.[1];
        if (port) resolve(`http://127.0.0.1:${port}/pkix/`);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(words)));
    });
  }

  close(): void {
    for (const child of this.#children) child.kill();
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}
