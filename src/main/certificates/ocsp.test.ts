import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../softhsm-fixtures/openssl.ts';
import { OpenSslCa } from '../../../softhsm-fixtures/openssl-ca.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { encodeOcspRequest, verifyOcspResponse } from './ocsp.ts';
import { parseCertificate } from './parse.ts';

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const ca = new OpenSslCa(openssl);
const issuer = parseCertificate(ca.certificate.der);
const good = parseCertificate(ca.issue('/O=Unit/CN=Good', '1001').der);
const revoked = parseCertificate(ca.issue('/O=Unit/CN=Revoked', '1002').der);
const stranger = parseCertificate(ca.issue('/O=Unit/CN=Stranger', '1003').der);
const index = ca.index([
  { serial: '1001' },
  { serial: '1002', revoked: { at: new Date('2026-01-02T03:04:05Z'), reason: 'keyCompromise' } },
]);
const delegate = ca.responder();
const now = () => new Date();

/** Asks about a certificate and verifies what the other side answers. */
function ask(
  certificate: typeof good,
  o: {
    signer?: OpenSslCertificate;
    options?: string[];
    hash?: 'sha1' | 'sha256';
    nonce?: Buffer;
    at?: Date;
    expected?: Buffer;
  } = {},
) {
  const request = encodeOcspRequest({ certificate, issuer }, { hash: o.hash ?? 'sha1', nonce: o.nonce });
  const bytes = ca.answer(index, request, o.signer ?? delegate, o.options);
  return verifyOcspResponse(bytes, {
    certificate,
    issuer,
    at: o.at ?? now(),
    nonce: o.expected ?? o.nonce,
  });
}

const distrusted = (reason: string) =>
  expect.objectContaining({ code: 'authority.answer-untrusted', details: { reason } });

describe("OpenSSL's answers", () => {
  it.each(['sha1', 'sha256'] as const)('good, revoked and unknown, asked with %s', (hash) => {
    const nonce = randomBytes(16);
    expect(ask(good, { hash, nonce })).toMatchObject({
      revocation: 'good',
      noCheck: true,
      nonceEchoed: true,
      revokedAt: null,
    });
    expect(ask(revoked, { hash, nonce })).toMatchObject({
      revocation: 'revoked',
      revokedAt: new Date('2026-01-02T03:04:05Z'),
      reason: 'keyCompromise',
    });
    expect(ask(stranger, { hash })).toMatchObject({ revocation: 'unknown', nonceEchoed: false });
  });

  it('has its dates, or an hour where it has none', () => {
    const dated = ask(good, { options: ['-ndays', '7'] });
    expect(dated.validUntil.getTime() - dated.thisUpdate.getTime()).toBe(7 * 86_400_000);
    const undated = ask(good);
    expect(undated.validUntil.getTime() - undated.thisUpdate.getTime()).toBe(3_600_000);
  });

  it('is believed from the issuer itself, named by its key or by its name', () => {
    const own = { signer: ca.certificate };
    expect(ask(good, { ...own, options: ['-resp_key_id'] })).toMatchObject({
      revocation: 'good',
      noCheck: true,
    });
    expect(ask(good, own).responder.sha256).toBe(issuer.sha256);
    expect(ask(good, { options: ['-resp_key_id'] }).responder.subject.commonName).toBe('Responder');
  });

  it('is found among answers about others', () => {
    const path = join(openssl.dir, 'three.req');
    openssl.run([
      ...['ocsp', '-issuer', ca.certificate.path, '-serial', '0x1002', '-serial', '0x1001'],
      ...['-serial', '0x1003', '-reqout', path, '-no_nonce'],
    ]);
    const both = readFileSync(path);
    const bytes = ca.answer(index, both, delegate);
    const about = (certificate: typeof good) =>
      verifyOcspResponse(bytes, { certificate, issuer, at: now() }).revocation;
    expect([good, revoked, stranger].map(about)).toEqual(['good', 'revoked', 'unknown']);
  });
});

describe('an answer that is not believed', () => {
  it('carries a wrong signature', () => {
    expect(() => ask(good, { options: ['-badsig'] })).toThrow(distrusted('signature-wrong'));
  });

  it('is signed by one who may not, or who is not there', () => {
    expect(() => ask(good, { signer: ca.responder([]) })).toThrow(distrusted('signer-not-allowed'));
    const other = new OpenSslCa(openssl);
    expect(() => ask(good, { signer: other.responder() })).toThrow(distrusted('signer-not-allowed'));
    // The same name as the issuer's, with another key.
    expect(() => ask(good, { signer: other.certificate })).toThrow(distrusted('signature-wrong'));
    expect(() => ask(good, { options: ['-resp_no_certs'] })).toThrow(distrusted('signer-unknown'));
  });

  it("comes from a responder whose certificate's time is over", () => {
    const old = openssl.issue({
      subject: '/CN=Old responder',
      issuer: ca.certificate,
      extensions: [...extensionSets.signer, 'extendedKeyUsage = OCSPSigning'],
      notBefore: '20200101000000Z',
      notAfter: '20210101000000Z',
    });
    expect(() => ask(good, { signer: old })).toThrow(distrusted('signer-outdated'));
  });

  it('rests on SHA-1', () => {
    expect(() => ask(good, { options: ['-rmd', 'sha1'] })).toThrow(distrusted('algorithm-weak'));
  });

  it('is of another time', () => {
    const later = (ms: number) => new Date(Date.now() + ms);
    expect(() => ask(good, { at: later(2 * 3_600_000) })).toThrow(distrusted('out-of-date'));
    expect(() => ask(good, { at: later(-600_000) })).toThrow(distrusted('not-yet-valid'));
    expect(ask(good, { at: later(-200_000) }).revocation).toBe('good');
  });

  it('was made for another question or about another certificate', () => {
    expect(() => ask(good, { nonce: randomBytes(16), expected: randomBytes(16) })).toThrow(
      distrusted('other-request'),
    );
    const bytes = ca.answer(index, encodeOcspRequest({ certificate: good, issuer }), delegate);
    expect(() => verifyOcspResponse(bytes, { certificate: revoked, issuer, at: now() })).toThrow(
      distrusted('other-certificate'),
    );
  });
});

it.each([
  [1, 'malformedRequest'],
  [2, 'internalError'],
  [3, 'tryLater'],
  [5, 'sigRequired'],
  [6, 'unauthorized'],
])('status %i is the refusal %s', (number, status) => {
  const bytes = Buffer.of(0x30, 0x03, 0x0a, 0x01, number);
  expect(() => verifyOcspResponse(bytes, { certificate: good, issuer, at: now() })).toThrow(
    expect.objectContaining({ code: 'authority.status-refused', details: { status } }),
  );
});

it('whatever is done to an answer, it never says anything else', () => {
  const at = now();
  const nonce = randomBytes(16);
  const question = { certificate: revoked, issuer, at, nonce };
  const bytes = ca.answer(index, encodeOcspRequest(question, { nonce }), delegate, ['-ndays', '3']);
  const { responder: _, ...said } = verifyOcspResponse(bytes, question);
  const codes = new Set([
    'authority.answer-unreadable',
    'authority.answer-untrusted',
    'authority.status-refused',
  ]);
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
    fc.tuple(spot, spot, spot, fc.nat(200)).map(([from, to, , length]) => {
      const copy = Buffer.from(bytes);
      bytes.copy(copy, to, from, Math.min(from + length, bytes.length));
      return copy;
    }),
    fc.uint8Array({ maxLength: 64 }).map((junk) => Buffer.from(junk)),
  );
  let refused = 0;
  fc.assert(
    fc.property(change, (changed) => {
      try {
        const { responder: __, ...now } = verifyOcspResponse(changed, question);
        expect({ ...now, noCheck: said.noCheck }).toEqual(said);
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        expect(codes).toContain(error.code);
        refused++;
      }
    }),
    { numRuns: 700 },
  );
  expect(refused).toBeGreaterThan(300);
});
