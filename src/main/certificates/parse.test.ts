import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../softhsm-fixtures/openssl.ts';
import { canSign, daysLeft, der, holderName, parseCertificate, parsePemCertificates } from './index.ts';

let openssl: OpenSsl;
let sample: OpenSslCertificate;
beforeAll(() => {
  openssl = new OpenSsl();
  sample = openssl.issue({
    subject: '/C=CN/O=云南省示范区住房保障中心/OU=a\\+b/CN=公章, "一" #1;<x>',
    extensions: extensionSets.signer,
    key: 'rsa:2048',
    serial: '00FF01',
    issuer: openssl.issue({ subject: '/C=CN/O=测试/CN=根', extensions: extensionSets.root }),
  });
});
afterAll(() => openssl.close());

const words = (certificate: OpenSslCertificate, ...options: string[]) =>
  openssl
    .run(['x509', '-in', certificate.path, '-noout', ...options])
    .toString()
    .trim();

describe('a certificate is read as openssl reads it', () => {
  it('names, number, dates, fingerprint', () => {
    const facts = parseCertificate(sample.der);
    const format = ['-nameopt', 'RFC2253,-esc_msb,utf8'];
    expect(`subject=${facts.subject.text}`).toBe(words(sample, '-subject', ...format));
    expect(`issuer=${facts.issuer.text}`).toBe(words(sample, '-issuer', ...format));
    expect(`serial=${facts.serialNumber.toUpperCase()}`).toBe(words(sample, '-serial'));
    expect(facts.serialNumber).toBe('ff01');
    const fingerprint = words(sample, '-fingerprint', '-sha256')
      .split('=')[1]!
      .replaceAll(':', '')
      .toLowerCase();
    expect(facts.sha256).toBe(fingerprint);
    expect(facts.id).toBe(fingerprint.slice(0, 16));
    const other = new X509Certificate(sample.pem);
    expect(facts.notBefore).toEqual(new Date(other.validFrom));
    expect(facts.notAfter).toEqual(new Date(other.validTo));
    expect(facts).toMatchObject({ keyType: 'RSA-2048', isCa: false, pathLength: null });
    expect(facts.keyUsage).toEqual(new Set(['digitalSignature', 'nonRepudiation']));
    expect(facts.extendedKeyUsage).toBeNull();
    expect(facts.authorityKeyId).toMatch(/^[0-9a-f]{40}$/);
    expect(holderName(facts.subject)).toBe('公章, "一" #1;<x>');
    expect(facts.subject).toMatchObject({
      organization: '云南省示范区住房保障中心',
      organizationalUnit: 'a+b',
      country: 'CN',
    });
  });

  it.each([
    ['rsa:3072', 'RSA-3072'],
    ['rsa-pss:2048', 'RSA-PSS-2048'],
    ['P-256', 'EC-P256'],
    ['P-384', 'EC-P384'],
    ['P-521', 'EC-P521'],
    ['ed25519', 'Ed25519'],
    ['sm2', 'SM2'],
    ['secp256k1', 'EC-1.3.132.0.10'],
  ])(
    'key %s is told as %s',
    (key, keyType) => {
      const issuer = openssl.issue({ subject: '/CN=x', extensions: extensionSets.root });
      const made = openssl.issue({ subject: '/CN=a', key, issuer });
      expect(parseCertificate(made.der).keyType).toBe(keyType);
    },
    30_000,
  );

  it('an authority with its path length, and GeneralizedTime after 2049', () => {
    const made = openssl.issue({
      subject: '/CN=a',
      extensions: extensionSets.issuing.slice(0, 3),
      notAfter: '20991231235959Z',
    });
    expect(parseCertificate(made.der)).toMatchObject({
      isCa: true,
      pathLength: 0,
      notAfter: new Date('2099-12-31T23:59:59Z'),
    });
  });

  it('without extensions: no usage, no identifiers', () => {
    const made = openssl.issue({ subject: '/CN=a' });
    const facts = parseCertificate(made.der);
    expect(facts).toMatchObject({ isCa: false, keyUsage: null, subjectKeyId: null, authorityKeyId: null });
    expect(canSign(facts)).toBe(true);
  });

  it('zero bytes behind it, as some tokens answer, are left out', () => {
    const padded = Buffer.concat([sample.der, Buffer.alloc(40)]);
    expect(parseCertificate(padded).sha256).toBe(parseCertificate(sample.der).sha256);
  });
});

describe('usage', () => {
  it.each([
    ['digitalSignature', true],
    ['nonRepudiation', true],
    ['keyEncipherment', false],
    ['keyCertSign,cRLSign', false],
    ['keyAgreement,decipherOnly', false],
  ])('%s: may sign documents: %s', (usage, expected) => {
    const made = openssl.issue({ subject: '/CN=a', extensions: [`keyUsage = ${usage}`] });
    const facts = parseCertificate(made.der);
    expect(facts.keyUsage).toEqual(new Set(usage.split(',')));
    expect(canSign(facts)).toBe(expected);
  });
});

describe('days left', () => {
  it.each([
    ['2026-01-01T00:00:00Z', 0],
    ['2025-12-31T23:59:59Z', 0],
    ['2025-12-31T00:00:00Z', 1],
    ['2026-01-01T00:00:01Z', -1],
    ['2025-01-01T00:00:00Z', 365],
  ])('on %s', (now, days) => {
    expect(daysLeft(new Date('2026-01-01T00:00:00Z'), new Date(now))).toBe(days);
  });
});

describe('what is no certificate', () => {
  const unreadable = expect.objectContaining({ code: 'certificate.unreadable' });

  it('nothing, noise, other DER, a cut end, bytes behind', () => {
    for (const bytes of ['', 'ff', '3000', '30030201ff', '0500']) {
      expect(() => parseCertificate(Buffer.from(bytes, 'hex'))).toThrowError(unreadable);
    }
    expect(() => parseCertificate(sample.der.subarray(0, -1))).toThrowError(unreadable);
    expect(() => parseCertificate(Buffer.concat([sample.der, Buffer.of(1)]))).toThrowError(unreadable);
    expect(() => parseCertificate(Buffer.alloc(2 << 20, 0x30))).toThrowError(unreadable);
  });

  it('any flipped bit is read or refused with the code, and never changes the fingerprint unseen', () => {
    const before = parseCertificate(sample.der).sha256;
    fc.assert(
      fc.property(fc.nat(sample.der.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Buffer.from(sample.der);
        flipped[at]! ^= 1 << bit;
        try {
          expect(parseCertificate(flipped).sha256).not.toBe(before);
        } catch (error) {
          expect(error).toEqual(unreadable);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('an extension that stands twice', () => {
    const [tbs, algorithm, signature] = der.readDer(sample.der).children;
    const fields = tbs!.children.map((node) => node.raw);
    const list = der.readDer(fields.at(-1)!).inner;
    const doubled = der.explicit(3, der.seq(...list.children.map((node) => node.raw), list.at(0).raw));
    const forged = der.seq(der.seq(...fields.slice(0, -1), doubled), algorithm!.raw, signature!.raw);
    expect(() => parseCertificate(forged)).toThrowError(unreadable);
  });

  it('two signature algorithms that differ', () => {
    const [tbs, , signature] = der.readDer(sample.der).children;
    const other = der.seq(der.oid('1.2.840.113549.1.1.11'), der.nul());
    const forged = der.seq(tbs!.raw, other, signature!.raw);
    expect(() => parseCertificate(forged)).toThrowError(unreadable);
  });
});

describe('a trust list', () => {
  it('holds several certificates with words between them, or one in DER', () => {
    const pem = `# first\n${sample.pem}\nsubject: second\r\n${sample.pem.replaceAll('\n', '\r\n')}`;
    expect(parsePemCertificates(pem).map(({ sha256 }) => sha256)).toEqual(
      Array(2).fill(parseCertificate(sample.der).sha256),
    );
    expect(parsePemCertificates(Buffer.from(pem))).toHaveLength(2);
    expect(parsePemCertificates(sample.der)).toHaveLength(1);
  });

  it.each([
    ['empty', ''],
    ['words only', 'no certificate in here'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['a certificate that is none', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('%s is refused', (_, text) => {
    const unreadable = expect.objectContaining({ code: 'trust.unreadable' });
    expect(() => parsePemCertificates(text)).toThrowError(unreadable);
    expect(() => parsePemCertificates(Buffer.from(text))).toThrowError(unreadable);
  });
});
