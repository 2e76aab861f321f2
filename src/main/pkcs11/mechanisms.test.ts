import { generateKeyPairSync, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostEnvironment } from '../../shared/hosts/index.ts';
import { checkedSignature, ecdsaDer, holdsKey, signingWays } from './mechanisms.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const message = Buffer.from('attributes');

describe('ECDSA values', () => {
  it('become the DER that other programs read, whatever the bytes', () => {
    for (const curve of ['prime256v1', 'secp384r1', 'secp521r1']) {
      const pair = generateKeyPairSync('ec', { namedCurve: curve });
      for (let round = 0; round < 40; round++) {
        const raw = sign('sha256', message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
        expect(verify('sha256', message, { key: pair.publicKey, dsaEncoding: 'der' }, ecdsaDer(raw))).toBe(
          true,
        );
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (raw) => {
        const der = ecdsaDer(raw);
        expect(der[0]).toBe(0x30);
        expect(der[1]).toBe(der.length - 2);
        // Shortest form: no zero byte in front of a byte below 80.
        expect(der[4] === 0 && der[3]! > 1 ? der[5]! >= 0x80 : true).toBe(true);
      }),
    );
  });

  it('are taken in both forms that drivers answer with, and in no other', () => {
    for (const dsaEncoding of ['ieee-p1363', 'der'] as const) {
      const raw = sign('sha256', message, { key: ec.privateKey, dsaEncoding });
      const checked = checkedSignature(raw, ec.publicKey, 'ecdsa', 'sha256', message);
      expect(verify('sha256', message, { key: ec.publicKey, dsaEncoding: 'der' }, checked)).toBe(true);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (junk) => {
        expect(() => checkedSignature(junk, ec.publicKey, 'ecdsa', 'sha256', message)).toThrow(
          'token.signature-wrong',
        );
        expect(() => checkedSignature(junk, rsa.publicKey, 'rsa-pss', 'sha256', message)).toThrow(
          'token.signature-wrong',
        );
      }),
    );
  });
});

describe('mechanisms', () => {
  it('are chosen from what the token has, the raw one first', () => {
    const chosen = (has: number[]) =>
      signingWays(has, 'rsa-pkcs1', 'sha256', message).map(({ mechanism }) => mechanism.mechanism);
    expect(chosen([0x1, 0x40, 0x6])).toEqual([0x1, 0x40]);
    expect(chosen([0x40])).toEqual([0x40]);
    expect(chosen([])).toEqual([0x1, 0x40]);
    expect(() => chosen([0x6, 0x41])).toThrow('token.mechanism-missing');
    const [pss] = signingWays([0xd], 'rsa-pss', 'sha384', message);
    expect(pss?.mechanism).toEqual({ mechanism: 0xd, pss: { hashAlg: 0x260, mgf: 3, saltLen: 48 } });
    expect(pss?.data.length).toBe(48);
  });
});

describe('key objects', () => {
  it('belong to a certificate by their numbers, in every form that drivers keep them', () => {
    const n = Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url');
    expect(holdsKey(rsa.publicKey, n, undefined)).toBe(true);
    expect(holdsKey(rsa.publicKey, Buffer.concat([Buffer.from([0]), n]), undefined)).toBe(true);
    expect(holdsKey(rsa.publicKey, n.subarray(1), undefined)).toBe(false);
    const { x, y } = ec.publicKey.export({ format: 'jwk' });
    const point = Buffer.concat([
      Buffer.from([4]),
      Buffer.from(x!, 'base64url'),
      Buffer.from(y!, 'base64url'),
    ]);
    expect(holdsKey(ec.publicKey, undefined, point)).toBe(true);
    expect(holdsKey(ec.publicKey, undefined, Buffer.concat([Buffer.from([4, 65]), point]))).toBe(true);
    expect(holdsKey(ec.publicKey, n, point.subarray(1))).toBe(false);
    expect(holdsKey(ec.publicKey, undefined, undefined)).toBe(false);
    const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    expect(holdsKey(pss.publicKey, n, undefined)).toBe(false);
  });
});

describe('the environment of a host', () => {
  it('has what drivers need and nothing else', () => {
    const scrubbed = hostEnvironment({
      PATH: '/bin',
      SOFTHSM2_CONF: '/x',
      OPENSC_DEBUG: '1',
      LC_ALL: 'zh_CN.UTF-8',
      NPM_TOKEN: 'secret',
      HTTPS_PROXY: 'http://user:pass@proxy',
      NODE_OPTIONS: '--require evil',
      LD_PRELOAD: 'evil.so',
      ELECTRON_RUN_AS_NODE: '1',
    });
    expect(scrubbed).toEqual({ PATH: '/bin', SOFTHSM2_CONF: '/x', OPENSC_DEBUG: '1', LC_ALL: 'zh_CN.UTF-8' });
  });
});
