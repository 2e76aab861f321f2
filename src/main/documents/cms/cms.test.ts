import { constants, createHash, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../../softhsm-fixtures/openssl.ts';
import { type CertificateFacts, parseCertificate } from '../../certificates/index.ts';
import { buildSignedData, estimateSize, schemeFor, signedAttributes, verifyCms } from './index.ts';

const content = Buffer.from('%PDF-1.7 what is signed\n');
const digestOf = (bytes: Uint8Array) => (hash: string) => createHash(hash).update(bytes).digest();

let openssl: OpenSsl;
let root: OpenSslCertificate;
let issuing: OpenSslCertificate;
const facts = (certificate: OpenSslCertificate): CertificateFacts => parseCertificate(certificate.der);

beforeAll(() => {
  openssl = new OpenSsl();
  root = openssl.issue({ subject: '/C=CN/O=测试/CN=根', extensions: extensionSets.root });
  issuing = openssl.issue({
    subject: '/C=CN/O=测试/CN=签发',
    extensions: extensionSets.issuing,
    issuer: root,
  });
  openssl.file('content', content);
}, 60_000);
afterAll(() => openssl.close());

function signer(key: string): OpenSslCertificate {
  return openssl.issue({
    subject: '/C=CN/O=单位/CN=公章',
    key,
    extensions: extensionSets.signer,
    issuer: issuing,
  });
}

/** Signs as the token would, over the DER of the attributes. */
function makeCms(
  certificate: OpenSslCertificate,
  preferPss = false,
): { cms: Buffer; chain: CertificateFacts[] } {
  const chain = [facts(certificate), facts(issuing)];
  const { scheme, hash } = schemeFor(chain[0]!.keyType, preferPss);
  const attributes = signedAttributes({
    digest: digestOf(content)(hash),
    digestAlgorithm: hash,
    signingCertificate: certificate.der,
  });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const key = {
    key: certificate.privateKey,
    ...(scheme === 'rsa-pss' ? pss : {}),
    dsaEncoding: 'der' as const,
  };
  const signature = sign(hash, attributes, key);
  const parts = {
    certificateChain: chain,
    digestAlgorithm: hash,
    signatureScheme: scheme,
    signedAttributes: attributes,
  };
  return { cms: buildSignedData({ ...parts, signature }), chain };
}

function opensslVerifies(cms: Buffer): { ok: boolean; words: string } {
  const verify = ['cms', '-verify', '-cades', '-inform', 'DER', '-in', openssl.file('x.cms', cms), '-binary'];
  return openssl.ask([...verify, '-content', 'content', '-CAfile', root.path, '-purpose', 'any']);
}

describe('what we write', () => {
  it.each([
    ['rsa:2048', false],
    ['rsa:2048', true],
    ['rsa:3072', false],
    ['rsa:4096', false],
    ['P-256', false],
    ['P-384', false],
  ] as const)(
    '%s (PSS: %s) is taken by openssl cms -verify -cades and by ourselves',
    (key, preferPss) => {
      const certificate = signer(key);
      const { cms, chain } = makeCms(certificate, preferPss);
      expect(opensslVerifies(cms)).toMatchObject({ ok: true });
      const verdict = verifyCms(cms, digestOf(content));
      expect(verdict).toMatchObject({
        intact: true,
        reason: null,
        weak: false,
        signingCertificateMatches: true,
      });
      expect(verdict.signer?.sha256).toBe(chain[0]!.sha256);
      expect(verdict.signingTime).toBeNull();
      expect(verdict.timestamp).toBeNull();
      const room = estimateSize(chain, schemeFor(chain[0]!.keyType, preferPss));
      expect(cms.length).toBeLessThanOrEqual(room);
      expect(room - cms.length).toBeLessThanOrEqual(key.startsWith('rsa') ? 0 : 6);
    },
    60_000,
  );
});
