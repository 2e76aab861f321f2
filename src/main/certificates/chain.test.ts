import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  extensionSets,
  OpenSsl,
  type OpenSslCertificate,
  type OpenSslRequest,
} from '../../../softhsm-fixtures/openssl.ts';
import { type CertificateFacts, collectChain, parseCertificate, validateChain } from './index.ts';

let openssl: OpenSsl;
let root: OpenSslCertificate;
let issuing: OpenSslCertificate;
const now = new Date();
const facts = ({ der }: OpenSslCertificate): CertificateFacts => parseCertificate(der);

beforeAll(() => {
  openssl = new OpenSsl();
  root = openssl.issue({ subject: '/CN=root', extensions: extensionSets.root });
  issuing = openssl.issue({ subject: '/CN=issuing', extensions: extensionSets.issuing, issuer: root });
});
afterAll(() => openssl.close());

const leaf = (request: Partial<OpenSslRequest> = {}) =>
  openssl.issue({ subject: '/CN=leaf', extensions: extensionSets.signer, issuer: issuing, ...request });

function ask(certificate: OpenSslCertificate, pool = [issuing], roots = [root], at = now) {
  const { status, reason, chain } = validateChain({
    certificate: facts(certificate),
    pool: pool.map(facts),
    roots: roots.map(facts),
    at,
  });
  return { status, reason, names: chain.map(({ subject }) => subject.commonName) };
}

/** What `openssl verify` says of the same question. */
function opensslTrusts(certificate: OpenSslCertificate, pool = [issuing], roots = [root]): boolean {
  const bundle = (name: string, list: OpenSslCertificate[]) =>
    openssl.file(name, list.map(({ pem }) => pem).join(''));
  const lists = ['-CAfile', bundle('roots.pem', roots), '-untrusted', bundle('pool.pem', pool)];
  return openssl.ask(['verify', '-no-CApath', '-no-CAstore', ...lists, certificate.path]).ok;
}

describe('a chain that holds', () => {
  it('leads over the pool to the root, in any order and with strangers in it', () => {
    const stranger = openssl.issue({ subject: '/CN=stranger', extensions: extensionSets.root });
    const certificate = leaf();
    const trusted = { status: 'trusted', reason: null, names: ['leaf', 'issuing', 'root'] };
    expect(ask(certificate)).toEqual(trusted);
    expect(ask(certificate, [stranger, certificate, root, issuing], [stranger, root])).toEqual(trusted);
    expect(opensslTrusts(certificate)).toBe(true);
  });

  it.each(['rsa:2048', 'P-384', 'ed25519'])('issuer with a %s key', (key) => {
    const other = openssl.issue({ subject: '/CN=other', key, extensions: extensionSets.root });
    const certificate = leaf({ issuer: other });
    expect(ask(certificate, [], [other])).toMatchObject({ status: 'trusted' });
  });

  it('PSS signatures on certificates', () => {
    const other = openssl.issue({ subject: '/CN=other', key: 'rsa:2048', extensions: extensionSets.root });
    const certificate = leaf({
      issuer: other,
      signing: ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'],
    });
    expect(facts(certificate).signatureAlgorithm).toMatchObject({
      scheme: 'rsa-pss',
      hash: 'sha256',
      saltLength: 32,
    });
    expect(ask(certificate, [], [other])).toMatchObject({ status: 'trusted' });
  });

  it('a listed certificate is trusted itself, whoever signed it', () => {
    const certificate = leaf();
    expect(ask(certificate, [], [certificate])).toMatchObject({ status: 'trusted', names: ['leaf'] });
    expect(ask(certificate, [], [issuing])).toMatchObject({ status: 'trusted', names: ['leaf', 'issuing'] });
  });

  it('two authorities of one name: the one whose key signed is found', () => {
    const bare = extensionSets.root.slice(0, 2);
    const twins = [1, 2].map(() => openssl.issue({ subject: '/CN=twin', extensions: bare }));
    const certificate = leaf({ issuer: twins[1]!, extensions: [] });
    expect(ask(certificate, [], twins)).toMatchObject({ status: 'trusted', names: ['leaf', 'twin'] });
  });

  it('is judged at the time that is asked for', () => {
    const certificate = leaf({ notBefore: '20240101000000Z', notAfter: '20250101000000Z' });
    const old = { notBefore: '20200101000000Z', notAfter: '20300101000000Z' };
    const oldRoot = openssl.issue({ subject: '/CN=old', extensions: extensionSets.root, ...old });
    const past = leaf({ issuer: oldRoot, notBefore: '20240101000000Z', notAfter: '20250101000000Z' });
    expect(ask(past, [], [oldRoot], new Date('2024-06-01'))).toMatchObject({ status: 'trusted' });
    expect(ask(past, [], [oldRoot], new Date('2025-01-01T00:00:00Z'))).toMatchObject({ status: 'trusted' });
    expect(ask(past, [], [oldRoot], new Date('2025-01-01T00:00:01Z'))).toMatchObject({
      status: 'expired',
      reason: 'expired',
    });
    expect(ask(certificate)).toMatchObject({ status: 'expired', names: ['leaf', 'issuing', 'root'] });
  });
});

describe('a chain that does not hold', () => {
  it('no list, no issuer, another root', () => {
    const certificate = leaf();
    expect(ask(certificate, [issuing], [])).toMatchObject({ status: 'unknown', reason: 'no-roots' });
    expect(ask(certificate, [issuing, root], [])).toMatchObject({ status: 'unknown', reason: 'no-roots' });
    expect(ask(certificate, [])).toMatchObject({
      status: 'unknown',
      reason: 'issuer-missing',
      names: ['leaf'],
    });
    const other = openssl.issue({ subject: '/CN=other', extensions: extensionSets.root });
    expect(ask(certificate, [issuing, root], [other])).toMatchObject({
      status: 'untrusted',
      reason: 'root-unknown',
    });
    const own = openssl.issue({ subject: '/CN=own', extensions: extensionSets.signer.slice(0, 3) });
    expect(ask(own)).toMatchObject({ status: 'untrusted', reason: 'root-unknown', names: ['own'] });
  });

  it('not yet valid', () => {
    const certificate = leaf({ notBefore: '20900101000000Z', notAfter: '20910101000000Z' });
    expect(ask(certificate)).toMatchObject({ status: 'untrusted', reason: 'not-yet-valid' });
  });

  it('a signer that issues certificates without being an authority', () => {
    const signer = leaf();
    const forged = openssl.issue({ subject: '/CN=forged', extensions: extensionSets.signer, issuer: signer });
    expect(ask(forged, [signer, issuing])).toMatchObject({ status: 'untrusted', reason: 'not-an-authority' });
    expect(opensslTrusts(forged, [signer, issuing])).toBe(false);
  });

  it('an authority whose usage is not to sign certificates', () => {
    const extensions = [
      'basicConstraints = critical,CA:TRUE',
      'keyUsage = digitalSignature',
      'subjectKeyIdentifier = hash',
    ];
    const authority = openssl.issue({ subject: '/CN=ca', extensions, issuer: root });
    const certificate = leaf({ issuer: authority });
    expect(ask(certificate, [authority])).toMatchObject({ status: 'untrusted', reason: 'not-an-authority' });
    expect(opensslTrusts(certificate, [authority])).toBe(false);
  });

  it('an authority below one that allows none', () => {
    const below = openssl.issue({ subject: '/CN=below', extensions: extensionSets.issuing, issuer: issuing });
    const certificate = leaf({ issuer: below });
    expect(ask(certificate, [below, issuing])).toMatchObject({
      status: 'untrusted',
      reason: 'path-too-long',
    });
    expect(opensslTrusts(certificate, [below, issuing])).toBe(false);
  });

  it('an unknown critical extension, and constraints on names', () => {
    const unknown = leaf({ extensions: ['1.2.3.4 = critical,ASN1:NULL'] });
    expect(ask(unknown)).toMatchObject({ status: 'untrusted', reason: 'critical-extension' });
    expect(opensslTrusts(unknown)).toBe(false);
    expect(ask(leaf({ extensions: ['1.2.3.4 = ASN1:NULL'] }))).toMatchObject({ status: 'trusted' });
    const constraint = [...extensionSets.issuing, 'nameConstraints = permitted;email:example.org'];
    const authority = openssl.issue({ subject: '/CN=constrained', extensions: constraint, issuer: root });
    expect(ask(leaf({ issuer: authority }), [authority])).toMatchObject({ reason: 'critical-extension' });
  });

  it('weak digests and small keys', () => {
    const rsa = openssl.issue({ subject: '/CN=rsa', key: 'rsa:2048', extensions: extensionSets.root });
    expect(ask(leaf({ issuer: rsa, digest: 'sha1' }), [], [rsa])).toMatchObject({ reason: 'algorithm-weak' });
    expect(ask(leaf({ issuer: rsa, digest: 'md5' }), [], [rsa])).toMatchObject({
      status: expect.stringMatching(/^un/),
    });
    expect(ask(leaf({ key: 'rsa:1024' }))).toMatchObject({ status: 'untrusted', reason: 'key-weak' });
  });

  it('any flipped byte of the leaf', () => {
    const certificate = leaf();
    const question = { pool: [facts(issuing)], roots: [facts(root)], at: now };
    for (let at = 0; at < certificate.der.length; at += 7) {
      const flipped = Buffer.from(certificate.der);
      flipped[at]! ^= 0x10;
      let parsed: CertificateFacts;
      try {
        parsed = parseCertificate(flipped);
      } catch (error) {
        expect(error).toMatchObject({ code: 'certificate.unreadable' });
        continue;
      }
      expect(validateChain({ ...question, certificate: parsed }).status).not.toBe('trusted');
    }
  });

  it('authorities that sign each other in circles come to an end', () => {
    const bare = extensionSets.root.slice(0, 2);
    const first = openssl.issue({ subject: '/CN=a', extensions: bare });
    const pool = [first];
    // Twelve certificates of two names, all with one key, each of which may have issued each other.
    for (let i = 0; i < 6; i++) {
      for (const [subject, issuerName] of [
        ['/CN=a', '/CN=b'],
        ['/CN=b', '/CN=a'],
      ] as const) {
        const issuer = openssl.issue({ subject: issuerName, extensions: bare });
        const shared = { ...issuer, keyPath: first.keyPath, path: reissue(issuer, first) };
        pool.push(openssl.issue({ subject, extensions: bare, issuer: shared, keyPath: first.keyPath }));
      }
    }
    const certificate = leaf({ issuer: first, extensions: [] });
    expect(ask(certificate, pool)).toMatchObject({ status: 'untrusted' });
    expect(ask(certificate, pool.slice(1)).status).not.toBe('trusted');
  }, 60_000);

  /** The same name with another key: a self-signed certificate made over. */
  function reissue(issuer: OpenSslCertificate, key: OpenSslCertificate): string {
    const subject = facts(issuer).subject.commonName;
    return openssl.issue({
      subject: `/CN=${subject}`,
      extensions: extensionSets.root.slice(0, 2),
      keyPath: key.keyPath,
    }).path;
  }
});

describe('what is sent along with a signature', () => {
  it('the signer, then its issuers, without the root', () => {
    const certificate = leaf();
    const stranger = openssl.issue({
      subject: '/CN=issuing',
      extensions: extensionSets.issuing,
      issuer: root,
    });
    const chain = collectChain(facts(certificate), [root, stranger, issuing, certificate].map(facts));
    expect(chain.map(({ sha256 }) => sha256)).toEqual([facts(certificate).sha256, facts(issuing).sha256]);
    expect(collectChain(facts(certificate), [])).toHaveLength(1);
  });
});
