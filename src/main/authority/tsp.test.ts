import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../softhsm-fixtures/openssl.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { der, oids, parseCertificate } from '../certificates/index.ts';
import { authorityHttp } from './http.ts';
import {
  encodeStampRequest,
  type StampHash,
  type StampRequest,
  timestamp,
  verifyStampResponse,
} from './tsp.ts';

const openssl = new OpenSsl();
const root = openssl.issue({ subject: '/CN=Root', extensions: extensionSets.root });
const tsa = openssl.issue({ subject: '/CN=TSA', extensions: extensionSets.tsa, issuer: root });
const roots = [parseCertificate(root.der)];
const asked = authorityHttp();
let url = '';

let count = 0;
/** What `openssl ts -reply` answers to a request. */
function reply(query: Uint8Array, signer: OpenSslCertificate = tsa, extra: string[] = []): Buffer {
  const name = `tsa${count++}`;
  openssl.file(`${name}.serial`, '01\n');
  const settings = {
    serial: join(openssl.dir, `${name}.serial`),
    crypto_device: 'builtin',
    signer_cert: signer.path,
    signer_key: signer.keyPath,
    signer_digest: 'sha256',
    default_policy: '1.2.3.4.1',
    other_policies: '1.2.3.4.5',
    digests: 'sha256, sha384, sha512',
    accuracy: 'secs:1, millisecs:500',
    tsa_name: 'yes',
    ess_cert_id_alg: 'sha256',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  openssl.file(
    `${name}.cnf`,
    [
      '[tsa]',
      ...lines.filter((line) => !extra.some((more) => more.split(' ')[0] === line.split(' ')[0])),
      ...extra,
    ].join('\n'),
  );
  openssl.file(`${name}.tsq`, query);
  openssl.run([
    ...['ts', '-reply', '-config', `${name}.cnf`, '-section', 'tsa', '-queryfile', `${name}.tsq`],
    ...['-out', `${name}.tsr`],
  ]);
  return readFileSync(join(openssl.dir, `${name}.tsr`));
}

const server = http.createServer(async (request, response) => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  response.setHeader('content-type', 'application/timestamp-reply');
  response.end(reply(Buffer.concat(pieces)));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  asked.close();
  server.close();
  openssl.close();
});

const digest = (hash: StampHash, text = 'content') => createHash(hash).update(text).digest();
const request = (more: Partial<StampRequest> = {}): StampRequest => {
  const hash = more.hash ?? 'sha256';
  return { hash, imprint: digest(hash), nonce: 0x1234567890abcdefn, certReq: true, ...more };
};
const distrusted = (reason: string) =>
  expect.objectContaining({ code: 'authority.answer-untrusted', details: { reason } });
const stamped = (asking: StampRequest, signer?: OpenSslCertificate, extra?: string[]) =>
  verifyStampResponse(reply(encodeStampRequest(asking), signer, extra), asking, { roots });

describe("OpenSSL's authority", () => {
  it.each(['sha256', 'sha384', 'sha512'] as const)(
    'stamps %s, and is content with the stamp itself',
    async (hash) => {
      const stamp = await timestamp({
        http: asked,
        url,
        hash,
        imprint: digest(hash),
        roots,
        now: () => new Date(),
      });
      expect(stamp).toMatchObject({ policy: '1.2.3.4.1', accuracyMillis: 1500, serialNumber: '02' });
      expect(stamp.tsa.sha256).toBe(parseCertificate(tsa.der).sha256);
      expect(Math.abs(stamp.time.getTime() - Date.now())).toBeLessThan(60_000);
      openssl.file('token', stamp.token);
      const judged = openssl.ask([
        ...['ts', '-verify', '-in', 'token', '-token_in', '-CAfile', root.path],
        ...['-digest', digest(hash).toString('hex')],
      ]);
      expect(judged.words).toContain('Verification: OK');
    },
  );

  it('is asked for a policy, and without its certificate', () => {
    expect(stamped(request({ policy: '1.2.3.4.5' })).policy).toBe('1.2.3.4.5');
    const bare = request({ certReq: false });
    const bytes = reply(encodeStampRequest(bare));
    const pool = [parseCertificate(tsa.der)];
    expect(verifyStampResponse(bytes, bare, { roots, pool }).certificates).toEqual([]);
    expect(() => verifyStampResponse(bytes, bare, { roots })).toThrow(distrusted('signer-unknown'));
    expect(() => verifyStampResponse(bytes, request(), { roots, pool })).toThrow(
      distrusted('signer-unknown'),
    );
  });

  it('binds its certificate in the old way too', () => {
    expect(stamped(request(), tsa, ['ess_cert_id_alg = sha1']).policy).toBe('1.2.3.4.1');
  });

  it.each([
    ['unacceptedPolicy', request({ policy: '1.2.3.4.9' }), []],
    ['badAlg', request(), ['digests = sha512']],
  ] as const)('refuses with %s', (failInfo, asking, extra) => {
    expect(() => stamped(asking, tsa, [...extra])).toThrow(
      expect.objectContaining({
        code: 'authority.refused',
        details: expect.objectContaining({ status: 'rejection', failInfo }),
      }),
    );
  });
});

describe('a stamp that proves nothing', () => {
  const stamp = (more: Partial<StampRequest>) => {
    const bytes = reply(encodeStampRequest(request(more)));
    return () => verifyStampResponse(bytes, request(), { roots });
  };

  it('is over something else, or for another question', () => {
    expect(stamp({ imprint: digest('sha256', 'other') })).toThrow(distrusted('other-request'));
    expect(stamp({ hash: 'sha512', imprint: digest('sha512') })).toThrow(distrusted('other-request'));
    expect(stamp({ nonce: 7n })).toThrow(distrusted('other-request'));
    const bytes = reply(encodeStampRequest(request()));
    const picky = request({ policy: '1.2.3.4.5' });
    expect(() => verifyStampResponse(bytes, picky, { roots })).toThrow(distrusted('other-request'));
  });

  it('is by one whom nobody trusts, or whose time was over', () => {
    const bytes = reply(encodeStampRequest(request()));
    expect(() => verifyStampResponse(bytes, request(), { roots: [] })).toThrow(distrusted('signer-unknown'));
    const old = openssl.issue({
      subject: '/CN=Old',
      extensions: extensionSets.tsa,
      issuer: root,
      notBefore: '20200101000000Z',
      notAfter: '20210101000000Z',
    });
    expect(() => stamped(request(), old)).toThrow(distrusted('signer-outdated'));
  });

  it('is of a time that is not now', async () => {
    const ask = (ms: number) =>
      timestamp({
        http: asked,
        url,
        hash: 'sha256',
        imprint: digest('sha256'),
        roots,
        now: () => new Date(Date.now() + ms),
      });
    await expect(ask(-600_000)).rejects.toMatchObject({ details: { reason: 'not-yet-valid' } });
    await expect(ask(600_000)).rejects.toMatchObject({ details: { reason: 'out-of-date' } });
  });
});

it('another certificate with the same key, name and number does not take the place of the right one', () => {
  const asking = request({ certReq: false });
  const bytes = reply(encodeStampRequest(asking));
  const twin = openssl.issue({
    subject: '/CN=TSA',
    keyPath: tsa.keyPath,
    serial: parseCertificate(tsa.der).serialNumber,
    issuer: root,
    extensions: extensionSets.tsa,
    notAfter: '20491231235959Z',
  });
  const pool = [parseCertificate(twin.der)];
  expect(() => verifyStampResponse(bytes, asking, { roots, pool })).toThrow(distrusted('signer-unknown'));
});

it.each([
  ['no purpose', []],
  ['a purpose that is not critical', ['extendedKeyUsage = timeStamping']],
  ['more than one purpose', ['extendedKeyUsage = critical,timeStamping,codeSigning']],
  [
    'a key that encrypts',
    ['extendedKeyUsage = critical,timeStamping', 'keyUsage = digitalSignature,keyEncipherment'],
  ],
])('a certificate with %s may not stamp', (_, extensions) => {
  // `openssl ts` stamps with none of these; `openssl cms` signs whatever it is given.
  const signer = openssl.issue({ subject: '/CN=Signer', issuer: root, extensions });
  const asking = request();
  const info = der.seq(
    der.int(1),
    der.oid('1.2.3.4.1'),
    der.seq(der.seq(der.oid(oids.sha256)), der.octets(asking.imprint)),
    der.int(7),
    der.generalizedTime(new Date()),
    der.int(asking.nonce),
  );
  openssl.file('info', info);
  const token = openssl.run([
    ...['cms', '-sign', '-binary', '-nodetach', '-cades', '-econtent_type', oids.tstInfo, '-in', 'info'],
    ...['-signer', signer.path, '-inkey', signer.keyPath, '-outform', 'DER', '-md', 'sha256'],
  ]);
  const response = der.seq(der.seq(der.int(0)), token);
  expect(() => verifyStampResponse(response, asking, { roots })).toThrow(distrusted('signer-not-allowed'));
});

it('whatever is done to a stamp, it never says anything else', () => {
  const asking = request();
  const bytes = reply(encodeStampRequest(asking));
  const { time, serialNumber, policy } = verifyStampResponse(bytes, asking, { roots });
  const codes = new Set(['authority.answer-unreadable', 'authority.answer-untrusted', 'authority.refused']);
  const spot = fc.nat(bytes.length - 1);
  const change = fc.oneof(
    fc.tuple(spot, fc.integer({ min: 1, max: 255 })).map(([i, x]) => {
      const copy = Buffer.from(bytes);
      copy[i]! ^= x;
      return copy;
    }),
    spot.map((length) => bytes.subarray(0, length)),
    fc.tuple(spot, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([i, more]) => {
      return Buffer.concat([bytes.subarray(0, i), more, bytes.subarray(i)]);
    }),
    fc.tuple(spot, spot, fc.nat(200)).map(([from, to, length]) => {
      const copy = Buffer.from(bytes);
      bytes.copy(copy, to, from, Math.min(from + length, bytes.length));
      return copy;
    }),
    fc.uint8Array({ maxLength: 64 }).map((junk) => Buffer.from(junk)),
  );
  fc.assert(
    fc.property(change, (changed) => {
      try {
        const stamp = verifyStampResponse(changed, asking, { roots });
        expect({ time: stamp.time, serialNumber: stamp.serialNumber, policy: stamp.policy }).toEqual({
          time,
          serialNumber,
          policy,
        });
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        expect(codes).toContain(error.code);
      }
    }),
    { numRuns: 700 },
  );
});
