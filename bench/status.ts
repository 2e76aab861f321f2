import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  basicConstraintsExtension,
  extension,
  keyUsageExtension,
  signed,
  spkiOf,
  statusExtensions,
  writeCertificate,
} from '../softhsm-fixtures/authority/certificate.ts';
import { authorityHttp, StatusService } from '../src/main/authority/index.ts';
import { type CertificateFacts, der, oids, parseCertificate } from '../src/main/certificates/index.ts';
import { openStore, STORE_FILE } from '../src/main/store/index.ts';
import { type Figure, median, timed } from './report.ts';

const CERTIFICATES = 50;

/**
 * (g) The status of 50 certificates, asked of a responder on this computer: cold (nobody ever asked: 50 exchanges, 50
 * signatures made by the responder, which runs in the same process, and checked), warm (answers that still hold), and
 * the bare exchanges with the same responder beside it.
 */
export async function status(options: { folder: string; rounds: number }): Promise<Figure[]> {
  const responder = await Responder.start();
  const certificates = Array.from({ length: CERTIFICATES }, (_, n) => responder.issue(`Unit ${n}`));
  const roots = [responder.root];
  const exchange = authorityHttp();
  const cold: number[] = [];
  const warm: number[] = [];
  const again: number[] = [];
  const bare: number[] = [];
  try {
    for (let round = -1; round < options.rounds; round++) {
      const folder = path.join(options.folder, `status-${round}`);
      mkdirSync(folder);
      const { store } = await openStore({ file: path.join(folder, STORE_FILE) });
      const all = async (service: StatusService) => {
        const found = await Promise.all(certificates.map((one) => service.check([one], { roots })));
        const other = found.find(({ revocation }) => revocation !== 'good');
        if (other) throw new Error(JSON.stringify(other));
      };
      try {
        const service = new StatusService({ http: exchange, cache: store.status });
        const times = [
          await timed(() => all(service)),
          await timed(() => all(service)),
          await timed(() => all(new StatusService({ http: exchange, cache: store.status }))),
          await timed(() => responder.bareExchanges(CERTIFICATES)),
        ];
        if (round < 0) continue;
        for (const [n, list] of [cold, warm, again, bare].entries()) list.push(times[n]!);
      } finally {
        store.close();
      }
    }
  } finally {
    exchange.close();
    responder.close();
  }
  const figure = (name: string, samples: number[]): Figure => ({
    part: 'g',
    name,
    value: median(samples),
    unit: 'ms',
    samples,
  });
  return [
    {
      ...figure(`status of ${CERTIFICATES} certificates, cold`, cold),
      ratio: median(cold) / median(bare),
      against: 'the same requests, nothing checked or kept',
    },
    figure(`status of ${CERTIFICATES} certificates, warm`, warm),
    figure(`status of ${CERTIFICATES} certificates, warm, after a new start`, again),
  ];
}

const day = 86_400_000;

function name(text: string): Buffer {
  return der.seq(der.setOf(der.seq(der.oid('2.5.4.3'), der.utf8(text))));
}

/** An issuer that says good of everything it is asked about. */
class Responder {
  readonly root: CertificateFacts;
  readonly #key: KeyObject;
  readonly #server: http.Server;
  readonly #url: string;
  #lastRequest = Buffer.alloc(0);

  private constructor(root: CertificateFacts, key: KeyObject, server: http.Server) {
    this.root = root;
    this.#key = key;
    this.#server = server;
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on('request', async (request: http.IncomingMessage, response: http.ServerResponse) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      this.#lastRequest = Buffer.concat(pieces);
      response.setHeader('content-type', 'application/ocsp-response');
      response.end(this.#answer(this.#lastRequest));
    });
  }

  static async start(): Promise<Responder> {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const root = writeCertificate(
      {
        subject: name('Bench root'),
        issuer: name('Bench root'),
        spki: spkiOf(privateKey),
        notBefore: new Date(Date.now() - day),
        notAfter: new Date(Date.now() + day),
        extensions: [
          basicConstraintsExtension(0),
          keyUsageExtension(['keyCertSign', 'cRLSign', 'digitalSignature']),
        ],
      },
      privateKey,
    );
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Responder(parseCertificate(root), privateKey, server);
  }

  issue(commonName: string): CertificateFacts {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const places = { ocsp: this.#url, crl: `${this.#url}crl`, caIssuers: `${this.#url}ca` };
    const content = {
      subject: name(commonName),
      issuer: this.root.subject.raw,
      spki: spkiOf(publicKey),
      notBefore: new Date(Date.now() - day),
      notAfter: new Date(Date.now() + day),
      extensions: [keyUsageExtension(['digitalSignature']), ...statusExtensions(places)],
    };
    return parseCertificate(writeCertificate(content, this.#key));
  }

  #answer(request: Uint8Array): Buffer {
    const [list, extensions] = der.readDer(request).at(0).children;
    const id = list!.at(0).at(0);
    const nonce = der.readOctets(extensions!.inner.at(0).at(1));
    const now = new Date();
    const data = der.seq(
      der.explicit(1, this.root.subject.raw),
      der.generalizedTime(now),
      der.seq(
        der.seq(
          id.raw,
          der.element(0x80),
          der.generalizedTime(now),
          der.explicit(0, der.generalizedTime(new Date(now.getTime() + day))),
        ),
      ),
      der.explicit(1, der.seq(extension(oids.ocspNonce, false, nonce))),
    );
    return der.seq(
      der.element(der.tags.enumerated, Buffer.of(0)),
      der.explicit(0, der.seq(der.oid(oids.ocspBasic), der.octets(signed(data, this.#key)))),
    );
  }

  /** The last request again and again, six at a time, as a plain program would send it. */
  async bareExchanges(count: number): Promise<void> {
    let left = count;
    const body = this.#lastRequest;
    const worker = async () => {
      while (left-- > 0) {
        await new Promise<void>((resolve, reject) => {
          const headers = { 'content-length': body.length, connection: 'close' };
          const sent = http.request(this.#url, { method: 'POST', headers, agent: false }, (answer) => {
            answer.resume().on('end', resolve).on('error', reject);
          });
          sent.on('error', reject).end(body);
        });
      }
    };
    await Promise.all(Array.from({ length: 6 }, worker));
  }

  close(): void {
    this.#server.close();
  }
}
