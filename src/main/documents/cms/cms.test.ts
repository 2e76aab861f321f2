import { constants, createHash, createPublicKey, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../../softhsm-fixtures/openssl.ts';
import {
  type CertificateFacts,
  type DerNode,
  der,
  oids,
  parseCertificate,
} from '../../certificates/index.ts';
import {
  buildSignedData,
  ecdsaToDer,
  estimateSize,
  parseSignedData,
  schemeFor,
  signedAttributes,
  verifyCms,
  verifySignedData,
  verifyTimestamp,
} from './index.ts';

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

describe('what others write', () => {
  function opensslSigns(certificate: OpenSslCertificate, ...options: string[]): Buffer {
    const chain = openssl.file('chain.pem', issuing.pem);
    const sign = [
      'cms',
      '-sign',
      '-binary',
      '-in',
      'content',
      '-signer',
      certificate.path,
      '-certfile',
      chain,
    ];
    return openssl.run([...sign, '-inkey', certificate.keyPath, '-outform', 'DER', ...options]);
  }

  it.each([
    ['cades', ['-cades'], true],
    ['signing-time only, as adbe.pkcs7.detached has it', [], null],
    ['subject key identifier', ['-cades', '-keyid'], true],
    ['PSS', ['-cades', '-keyopt', 'rsa_padding_mode:pss', '-md', 'sha384'], true],
    ['no signed attributes', ['-noattr'], null],
  ] as const)('openssl cms -sign: %s', (_, options, matches) => {
    const certificate = signer('rsa:2048');
    const cms = opensslSigns(certificate, ...options);
    const padded = Buffer.concat([cms, Buffer.alloc(500)]);
    for (const bytes of [cms, padded]) {
      const verdict = verifyCms(bytes, digestOf(content));
      expect(verdict).toMatchObject({
        intact: true,
        reason: null,
        signingCertificateMatches: matches,
        weak: false,
      });
      expect(verdict.signer?.sha256).toBe(facts(certificate).sha256);
    }
    expect(verifyCms(cms, digestOf(Buffer.from('something else')))).toMatchObject({ intact: false });
    const { padding } = parseSignedData(padded);
    expect(padding).toBe('zeros');
  });

  it('BER: indefinite lengths and strings in pieces everywhere', () => {
    const toBer = (node: DerNode): Buffer => {
      const end = Buffer.of(0, 0);
      if (node.constructed)
        return Buffer.concat([Buffer.of(node.tag, 0x80), ...node.children.map(toBer), end]);
      if (node.tag !== der.tags.octetString || node.value.length < 2) return Buffer.from(node.raw);
      const pieces = [node.value.subarray(0, 1), node.value.subarray(1)].map((piece) => der.octets(piece));
      return Buffer.concat([Buffer.of(0x24, 0x80), ...pieces, end]);
    };
    const cms = opensslSigns(signer('rsa:2048'), '-cades');
    const ber = Buffer.concat([toBer(der.readDer(cms)), Buffer.alloc(64)]);
    const parsed = parseSignedData(ber);
    expect(parsed).toMatchObject({ padding: 'zeros' });
    expect(verifySignedData(parsed, digestOf(content))).toMatchObject({
      intact: true,
      signingCertificateMatches: true,
    });
  });

  it('openssl with content inside, in pieces: taken apart, and not taken for a detached signature', () => {
    const cms = opensslSigns(signer('rsa:2048'), '-cades', '-stream');
    expect(parseSignedData(cms).content).toEqual(content);
    expect(verifyCms(cms, digestOf(content))).toMatchObject({ intact: false, reason: 'digest-wrong' });
  });

  it('tells the signing time of a signer who claims one', () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const verdict = verifyCms(opensslSigns(signer('P-384')), digestOf(content));
    expect(verdict.signingTime?.getTime()).toBeGreaterThanOrEqual(before);
    expect(verdict.signatureAlgorithm).toBe('ecdsa');
  });

  it('a key that is for PSS alone signs with PSS and in no other way', () => {
    const certificate = signer('rsa-pss:2048');
    expect(facts(certificate).keyType).toBe('RSA-PSS-2048');
    const pss = opensslSigns(certificate, '-cades', '-keyopt', 'rsa_padding_mode:pss');
    expect(verifyCms(pss, digestOf(content))).toMatchObject({ intact: true, signatureAlgorithm: 'rsa-pss' });
    const named = opensslSigns(certificate, '-cades');
    expect(verifyCms(named, digestOf(content))).toMatchObject({ intact: false, reason: 'signature-wrong' });
  });

  it('tells SHA-1 as weak', () => {
    const cms = opensslSigns(signer('rsa:2048'), '-cades', '-md', 'sha1');
    expect(verifyCms(cms, digestOf(content))).toMatchObject({
      intact: true,
      weak: true,
      digestAlgorithm: 'sha1',
    });
  });

  it('reads the embedded SHA-1 digest of adbe.pkcs7.sha1 and compares it with the document', () => {
    const certificate = signer('rsa:2048');
    openssl.file('sha1', digestOf(content)('sha1'));
    const chain = [
      '-signer',
      certificate.path,
      '-inkey',
      certificate.keyPath,
      '-certfile',
      openssl.file('i', issuing.pem),
    ];
    const cms = openssl.run([
      'cms',
      '-sign',
      '-binary',
      '-nodetach',
      '-in',
      'sha1',
      ...chain,
      '-outform',
      'DER',
    ]);
    expect(verifyCms(cms, digestOf(content))).toMatchObject({ intact: true, weak: true });
    expect(verifyCms(cms, digestOf(Buffer.from('x')))).toMatchObject({
      intact: false,
      reason: 'digest-wrong',
    });
  });

  it('does not guess between two signers', () => {
    const [one, two] = [signer('P-256'), signer('P-256')];
    const cms = opensslSigns(one, '-signer', two.path, '-inkey', two.keyPath);
    expect(verifyCms(cms, digestOf(content))).toMatchObject({ intact: false, reason: 'several-signers' });
  });

  it('tells a signer whose certificate is not there', () => {
    const cms = opensslSigns(signer('P-256'), '-nocerts');
    expect(verifyCms(cms, digestOf(content))).toMatchObject({ intact: false, signer: null });
  });
});

describe('what was changed', () => {
  it('no byte of a signature can be flipped without being told, but for bytes that say nothing about it', () => {
    const { cms, chain } = makeCms(signer('P-256'));
    const intact = verifyCms(cms, digestOf(content));
    // What stands outside the signature: version numbers, the list of digests (a hint for readers in one pass), the
    // signer's issuer as far as it stays the same name, and the issuer's certificate, which the chain judges.
    const signedData = der.readDer(cms).at(1).inner;
    const signerInfo = signedData.children.at(-1)!.at(0);
    const outside = [signedData.at(0), signedData.at(1), signerInfo.at(0), signerInfo.at(1).at(0)].map(
      (node) => node.raw,
    );
    outside.push(chain[1]!.der);
    const isOutside = (at: number) =>
      outside.some((part) => {
        const start =
          part === chain[1]!.der ? cms.indexOf(Buffer.from(part)) : part.byteOffset - cms.byteOffset;
        return at >= start && at < start + part.length;
      });
    const silent: number[] = [];
    for (let at = 0; at < cms.length; at++) {
      const flipped = Buffer.from(cms);
      flipped[at]! ^= 0x01;
      const verdict = verifyCms(flipped, digestOf(content));
      if (verdict.intact) {
        expect(verdict.signer?.sha256).toBe(intact.signer?.sha256);
        silent.push(at);
      }
    }
    expect(silent.filter((at) => !isOutside(at))).toEqual([]);
  }, 60_000);

  it('an attribute that stands twice, a missing one, another type of content', () => {
    const certificate = signer('P-256');
    const chain = [facts(certificate), facts(issuing)];
    const attribute = (type: string, value: Buffer) => der.seq(der.oid(type), der.setOf(value));
    const type = attribute(oids.contentType, der.oid(oids.data));
    const digest = attribute(oids.messageDigest, der.octets(digestOf(content)('sha256')));
    const build = (...attributes: Buffer[]) => {
      const set = der.setOf(...attributes);
      const signature = sign('sha256', set, { key: certificate.privateKey, dsaEncoding: 'der' });
      const parts = { certificateChain: chain, digestAlgorithm: 'sha256', signatureScheme: 'ecdsa' } as const;
      return verifyCms(buildSignedData({ ...parts, signedAttributes: set, signature }), digestOf(content));
    };
    expect(build(type, digest)).toMatchObject({ intact: true, signingCertificateMatches: null });
    expect(build(type, digest, digest)).toMatchObject({ intact: false, reason: 'cms-unreadable' });
    expect(build(type)).toMatchObject({ intact: false, reason: 'attributes-wrong' });
    expect(build(digest)).toMatchObject({ intact: false, reason: 'attributes-wrong' });
    const otherType = attribute(oids.contentType, der.oid(oids.tstInfo));
    expect(build(otherType, digest)).toMatchObject({ intact: false, reason: 'content-type-wrong' });
    const twoValues = der.seq(
      der.oid(oids.messageDigest),
      der.setOf(der.octets(Buffer.alloc(32)), der.octets(Buffer.alloc(32, 1))),
    );
    expect(build(type, twoValues)).toMatchObject({ intact: false, reason: 'attributes-wrong' });
    const otherDigest = attribute(oids.messageDigest, der.octets(Buffer.alloc(32)));
    expect(build(type, otherDigest)).toMatchObject({ intact: false, reason: 'digest-wrong' });
  });

  it("a certificate put in the place of the signer's, same key, other contents", () => {
    const certificate = signer('P-256');
    const attributes = signedAttributes({
      digest: digestOf(content)('sha256'),
      digestAlgorithm: 'sha256',
      signingCertificate: issuing.der,
    });
    const signature = sign('sha256', attributes, { key: certificate.privateKey, dsaEncoding: 'der' });
    const parts = {
      certificateChain: [facts(certificate)],
      digestAlgorithm: 'sha256',
      signatureScheme: 'ecdsa',
    } as const;
    const verdict = verifyCms(
      buildSignedData({ ...parts, signedAttributes: attributes, signature }),
      digestOf(content),
    );
    expect(verdict).toMatchObject({
      intact: false,
      reason: 'signing-certificate-wrong',
      signingCertificateMatches: false,
    });
  });

  it('bytes put in, taken out and doubled never end in anything but a verdict', () => {
    const { cms } = makeCms(signer('P-256'));
    const token = der.seq(der.oid(oids.timeStampToken), der.setOf(cms));
    const at = fc.nat(cms.length);
    const mutation = fc.record({ at, drop: fc.nat(8), add: fc.uint8Array({ maxLength: 8 }), from: at });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        let bytes = cms;
        for (const { at, drop, add, from } of mutations) {
          const copied = bytes.subarray(from, from + add.length);
          bytes = Buffer.concat([bytes.subarray(0, at), add, copied, bytes.subarray(at + drop)]);
        }
        const verdict = verifyCms(bytes, digestOf(content));
        if (verdict.intact) expect(verdict.signingCertificateMatches).toBe(true);
        expect(verifyTimestamp(bytes, token).intact).toBe(false);
      }),
      { numRuns: 1500 },
    );
  }, 60_000);

  it('no bytes at all, noise and cut ends come back as unreadable', () => {
    const { cms } = makeCms(signer('P-256'));
    fc.assert(
      fc.property(fc.nat(cms.length - 1), (end) => {
        expect(verifyCms(cms.subarray(0, end), digestOf(content)).reason).toBe('cms-unreadable');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(verifyCms(noise, digestOf(content)).intact).toBe(false);
      }),
    );
  });
});

describe('timestamps', () => {
  function stampToken(tsa: OpenSslCertificate, stamped: Uint8Array): Buffer {
    openssl.file('tsa.serial', '01\n');
    const settings = ['[tsa]', 'serial = tsa.serial', 'default_policy = 1.2.3.4', 'signer_digest = sha256'];
    const more = ['digests = sha256', 'ess_cert_id_alg = sha256', `certs = ${issuing.path}`];
    openssl.file('tsa.cnf', [...settings, ...more, ''].join('\n'));
    openssl.file('stamped', stamped);
    openssl.run(['ts', '-query', '-data', 'stamped', '-sha256', '-cert', '-out', 'query.tsq']);
    const reply = ['ts', '-reply', '-config', 'tsa.cnf', '-section', 'tsa', '-queryfile', 'query.tsq'];
    return openssl.run([...reply, '-signer', tsa.path, '-inkey', tsa.keyPath, '-token_out']);
  }

  /** The same CMS with the token as an unsigned attribute of its signer (RFC 3161 appendix A). */
  function withToken(cms: Buffer, token: Buffer): Buffer {
    const root = der.readDer(cms);
    const signedData = root.at(1).inner;
    const members = signedData.children.map((child) => child.raw);
    const signerInfo = signedData.children.at(-1)!.at(0);
    const unsigned = der.seq(der.oid(oids.timeStampToken), der.setOf(token));
    const fields = signerInfo.children.map((child) => child.raw);
    const stamped = der.seq(...fields, der.implicit(1, der.setOf(unsigned)));
    const rebuilt = der.seq(...members.slice(0, -1), der.setOf(stamped));
    return der.seq(root.at(0).raw, der.explicit(0, rebuilt));
  }

  const signatureOf = (cms: Buffer) => parseSignedData(cms).signers[0]!.signature;

  it('a token over the signature proves its time; one over anything else does not', () => {
    const tsa = openssl.issue({
      subject: '/C=CN/CN=TSA',
      extensions: extensionSets.tsa,
      issuer: issuing,
      key: 'rsa:2048',
    });
    const { cms } = makeCms(signer('P-256'));
    const before = Math.floor(Date.now() / 1000) * 1000;
    const stamped = withToken(cms, stampToken(tsa, signatureOf(cms)));
    const verdict = verifyCms(stamped, digestOf(content));
    expect(verdict).toMatchObject({ intact: true, timestamp: { intact: true, reason: null, weak: false } });
    expect(verdict.timestamp?.tsa?.sha256).toBe(facts(tsa).sha256);
    expect(verdict.timestamp?.time?.getTime()).toBeGreaterThanOrEqual(before);

    const other = verifyCms(withToken(cms, stampToken(tsa, Buffer.from('other'))), digestOf(content));
    expect(other).toMatchObject({ intact: true, timestamp: { intact: false, reason: 'imprint-wrong' } });

    const token = stampToken(tsa, signatureOf(cms));
    token[token.length - 5]! ^= 1;
    const broken = verifyCms(withToken(cms, token), digestOf(content));
    expect(broken).toMatchObject({ intact: true, timestamp: { intact: false } });
    const noise = verifyCms(withToken(cms, der.seq(der.int(1))), digestOf(content));
    expect(noise).toMatchObject({ intact: true, timestamp: { intact: false, reason: 'cms-unreadable' } });
  });

  it('a certificate that is not for timestamps makes no proof', () => {
    const { cms } = makeCms(signer('P-256'));
    const certificate = signer('rsa:2048');
    const info = der.seq(
      der.int(1),
      der.oid('1.2.3.4'),
      der.seq(der.seq(der.oid(oids.sha256)), der.octets(digestOf(signatureOf(cms))('sha256'))),
      der.int(7),
      der.generalizedTime(new Date()),
    );
    openssl.file('info', info);
    const token = openssl.run([
      ...['cms', '-sign', '-binary', '-nodetach', '-cades', '-econtent_type', oids.tstInfo, '-in', 'info'],
      ...['-signer', certificate.path, '-inkey', certificate.keyPath, '-outform', 'DER'],
    ]);
    expect(verifyTimestamp(token, signatureOf(cms))).toMatchObject({ intact: false, reason: 'usage-wrong' });
  });
});

describe('the scheme that fits a key', () => {
  it.each([
    ['RSA-2048', false, { scheme: 'rsa-pkcs1', hash: 'sha256' }],
    ['RSA-3072', true, { scheme: 'rsa-pss', hash: 'sha256' }],
    ['RSA-4096', false, { scheme: 'rsa-pkcs1', hash: 'sha512' }],
    ['RSA-PSS-2048', false, { scheme: 'rsa-pss', hash: 'sha256' }],
    ['EC-P256', false, { scheme: 'ecdsa', hash: 'sha256' }],
    ['EC-P384', false, { scheme: 'ecdsa', hash: 'sha384' }],
    ['EC-P521', false, { scheme: 'ecdsa', hash: 'sha512' }],
  ] as const)('%s', (keyType, preferPss, expected) =>
    expect(schemeFor(keyType, preferPss)).toEqual(expected),
  );

  it.each(['RSA-1024', 'SM2', 'Ed25519', 'EC-explicit', ''])('%s is refused', (keyType) => {
    expect(() => schemeFor(keyType)).toThrowError(
      expect.objectContaining({ code: 'certificate.key-unsupported' }),
    );
  });

  it('r and s become DER that node:crypto takes', () => {
    const { privateKey } = signer('P-384');
    for (let i = 0; i < 20; i++) {
      const raw = sign('sha384', content, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const publicKey = createPublicKey(privateKey);
      expect(verify('sha384', content, { key: publicKey, dsaEncoding: 'der' }, ecdsaToDer(raw))).toBe(true);
    }
    expect(ecdsaToDer(Buffer.from('00800001', 'hex'))).toEqual(Buffer.from('300702020080020101', 'hex'));
  });
});
