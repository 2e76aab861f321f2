import { sign } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl } from '../../../softhsm-fixtures/openssl.ts';
import { OpenSslCa } from '../../../softhsm-fixtures/openssl-ca.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { lookUp, openCrl } from './crl.ts';
import * as der from './der.ts';
import { oids } from './oids.ts';
import { parseCertificate } from './parse.ts';
import { authorityAddresses, listPlaces } from './revocation.ts';

const openssl = new OpenSsl();
afterAll(() => openssl.close());

const ca = new OpenSslCa(openssl);
const issuer = parseCertificate(ca.certificate.der);
const place = 'http://crl.example/one.crl';
const good = parseCertificate(
  ca.issue('/O=Unit/CN=Good', '1001', [
    `crlDistributionPoints = URI:${place},URI:ldap://x/y`,
    'authorityInfoAccess = OCSP;URI:http://ocsp.example/,caIssuers;URI:http://ca.example/ca.cer,OCSP;URI:ldap://no/',
  ]).der,
);
const revoked = parseCertificate(ca.issue('/O=Unit/CN=Revoked', 'A002').der);
const at = new Date('2026-01-02T03:04:05Z');
const index = ca.index([
  { serial: '1001' },
  { serial: 'A002', revoked: { at, reason: 'superseded' } },
  { serial: '1004', revoked: { at, reason: 'keyCompromise' } },
]);
const now = () => new Date();
const distrusted = (reason: string) =>
  expect.objectContaining({ code: 'authority.answer-untrusted', details: { reason } });
const unreadable = expect.objectContaining({ code: 'authority.answer-unreadable' });

/** A list made by hand: `openssl ca` makes no such entries, and not so many. */
function handMade(
  entries: Uint8Array,
  extensions: Uint8Array[] = [],
  more: { version?: number } = {},
): Buffer {
  const algorithm = der.seq(der.oid(oids.ecdsaWithSha256));
  const time = (days: number) => der.utcTime(new Date(Date.now() + days * 86_400_000));
  const tbs = der.seq(
    der.int(more.version ?? 1),
    algorithm,
    issuer.subject.raw,
    time(-1),
    time(7),
    der.element(der.tags.sequence, entries),
    ...(extensions.length > 0 ? [der.explicit(0, der.seq(...extensions))] : []),
  );
  return der.seq(tbs, algorithm, der.bits(sign('sha256', tbs, ca.certificate.privateKey)));
}

function entry(serial: number | bigint, ...extensions: Uint8Array[]): Buffer {
  return der.seq(
    der.int(serial),
    der.utcTime(at),
    ...(extensions.length > 0 ? [der.seq(...extensions)] : []),
  );
}

function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  return der.seq(der.oid(oid), ...(critical ? [der.bool(true)] : []), der.octets(value));
}

it('addresses of OCSP, the issuer and lists are read from certificates', () => {
  expect(authorityAddresses(good)).toEqual({
    ocsp: ['http://ocsp.example/'],
    issuers: ['http://ca.example/ca.cer'],
  });
  expect(listPlaces(good).map(({ urls }) => urls)).toEqual([[place], []]);
  expect(listPlaces(good).map(({ names }) => names.length)).toEqual([1, 1]);
  expect(authorityAddresses(revoked)).toEqual({ ocsp: [], issuers: [] });
  expect(listPlaces(revoked)).toEqual([]);
});

describe("OpenSSL's lists", () => {
  it('name who is revoked, since when and why, and nobody else', () => {
    const crl = openCrl(ca.list(index), issuer, now());
    expect(lookUp(crl, revoked)).toEqual({ revokedAt: at, reason: 'superseded' });
    expect(lookUp(crl, good)).toBeNull();
    expect(crl.number).toBe(0x1000n);
    expect(crl.nextUpdate.getTime() - crl.thisUpdate.getTime()).toBe(7 * 86_400_000);
  });

  it('are read as PEM, and with nobody on them', () => {
    const list = ca.list(ca.index([]));
    const pem = openssl.run(['crl', '-inform', 'DER'], list);
    expect(lookUp(openCrl(pem, issuer, now()), revoked)).toBeNull();
  });

  it('are of one place, or about some kinds of certificates', () => {
    const scoped = (...lines: string[]) =>
      openCrl(ca.list(index, ['issuingDistributionPoint = critical,@idp', '[idp]', ...lines]), issuer, now());
    expect(lookUp(scoped(`fullname = URI:${place}`), good)).toBeNull();
    expect(() => lookUp(scoped('fullname = URI:http://crl.example/other.crl'), good)).toThrow(
      distrusted('partial-list'),
    );
    expect(lookUp(scoped('onlyuser = TRUE'), revoked)?.reason).toBe('superseded');
    expect(() => lookUp(scoped('onlyCA = TRUE'), revoked)).toThrow(distrusted('partial-list'));
    expect(() => lookUp(scoped('onlyuser = TRUE'), issuer)).toThrow(distrusted('partial-list'));
    expect(() => scoped('onlyAA = TRUE')).toThrow(distrusted('partial-list'));
    expect(() => scoped('indirectCRL = TRUE')).toThrow(distrusted('partial-list'));
    expect(() => scoped('onlysomereasons = keyCompromise')).toThrow(distrusted('partial-list'));
  });
});

describe('a list that is not believed', () => {
  it('is from another issuer, or from one who may sign none', () => {
    const other = new OpenSslCa(openssl, '/CN=Other');
    expect(() => openCrl(other.list(index), issuer, now())).toThrow(distrusted('other-issuer'));
    const twin = new OpenSslCa(openssl);
    expect(() => openCrl(twin.list(index), issuer, now())).toThrow(distrusted('signature-wrong'));
    const noLists = openssl.issue({
      subject: '/C=XX/O=Test/CN=Test authority',
      keyPath: ca.certificate.keyPath,
      extensions: extensionSets.root.map((line) => line.replace(',cRLSign', '')),
    });
    expect(() => openCrl(ca.list(index), parseCertificate(noLists.der), now())).toThrow(
      distrusted('signer-not-allowed'),
    );
  });

  it('is of another time', () => {
    const list = ca.list(index);
    expect(() => openCrl(list, issuer, new Date(Date.now() + 8 * 86_400_000))).toThrow(
      distrusted('out-of-date'),
    );
    expect(() => openCrl(list, issuer, new Date(Date.now() - 600_000))).toThrow(distrusted('not-yet-valid'));
  });

  it('is a delta, or has something critical that nobody knows', () => {
    const delta = ca.list(index, [`${oids.deltaCrlIndicator} = critical,ASN1:INTEGER:1`]);
    expect(() => openCrl(delta, issuer, now())).toThrow(distrusted('partial-list'));
    const odd = ca.list(index, ['1.2.3.4 = critical,ASN1:NULL']);
    expect(() => openCrl(odd, issuer, now())).toThrow(distrusted('extension-unknown'));
    expect(lookUp(openCrl(ca.list(index, ['1.2.3.4 = ASN1:NULL']), issuer, now()), good)).toBeNull();
  });

  it('has an entry with something critical, whomever it is about', () => {
    const known = extension(oids.invalidityDate, true, der.generalizedTime(at));
    const list = (critical: Uint8Array) => openCrl(handMade(entry(7, critical)), issuer, now());
    expect(lookUp(list(known), good)).toBeNull();
    expect(() => lookUp(list(extension('1.2.3.4', true, der.nul())), good)).toThrow(
      distrusted('extension-unknown'),
    );
    expect(lookUp(list(extension('1.2.3.4', false, der.nul())), good)).toBeNull();
  });

  it('has entries that are none', () => {
    const look = (entries: Uint8Array) => () => lookUp(openCrl(handMade(entries), issuer, now()), good);
    expect(look(Buffer.of(0x30, 0x80, 0, 0))).toThrow(unreadable);
    expect(look(Buffer.of(0x30, 0x03, 2, 1))).toThrow(unreadable);
    expect(look(Buffer.of(0x30))).toThrow(unreadable);
    expect(look(Buffer.of(0x31, 0))).toThrow(unreadable);
    expect(look(entry(0x1001, extension(oids.reasonCode, false, Buffer.of(0x0a, 1, 8))))).toThrow(unreadable);
    expect(look(entry(0x1001, extension(oids.reasonCode, false, Buffer.of(0x0a, 1, 7))))).toThrow(unreadable);
    expect(() => openCrl(handMade(Buffer.alloc(0), [], { version: 2 }), issuer, now())).toThrow(unreadable);
  });
});

it('one of 400,000 is found, and its absence is', () => {
  const reason = extension(oids.reasonCode, false, Buffer.of(0x0a, 1, 4));
  const one = entry(0x10000000n, reason);
  const count = 400_000;
  const entries = Buffer.alloc(one.length * count);
  for (let n = 0; n < count; n++) {
    one.copy(entries, n * one.length);
    // The serial number stands behind the headers of the entry and of the number.
    entries.writeUInt32BE(0x10000000 + n, n * one.length + 4);
  }
  const crl = openCrl(handMade(entries), issuer, now());
  const withSerial = (serial: number) => ({ ...good, serialNumberDer: der.int(serial) });
  expect(lookUp(crl, withSerial(0x10000000 + count - 1))).toEqual({ revokedAt: at, reason: 'superseded' });
  expect(lookUp(crl, withSerial(0x10000000))?.reason).toBe('superseded');
  expect(lookUp(crl, withSerial(0x10000000 + count))).toBeNull();
});

it('whatever is done to a list, it never says anything else', () => {
  const bytes = ca.list(index);
  const clock = now();
  const codes = new Set(['authority.answer-unreadable', 'authority.answer-untrusted']);
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
        const crl = openCrl(changed, issuer, clock);
        expect(lookUp(crl, revoked)).toEqual({ revokedAt: at, reason: 'superseded' });
        expect(lookUp(crl, good)).toBeNull();
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        expect(codes).toContain(error.code);
      }
    }),
    { numRuns: 700 },
  );
});
