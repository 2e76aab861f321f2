import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  contentDigest,
  type HttpRequest,
  type HttpSignatureAlgorithm,
  HttpSignatureError,
  type HttpSigner,
  httpSignatureAlgorithm,
  signatureBase,
  signRequest,
  verifyRequest,
} from './http-signatures.ts';
import { FieldError, readDictionary, writeInnerList } from './http-signatures-fields.ts';

// Keys of RFC 9421 B.1.1 and B.1.3.
const rsaKey = createPublicKey(`-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----`);
const p256Key = createPublicKey({
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA',
    y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0',
  },
  format: 'jwk',
});

/** The value of a dictionary's only member, read and written again. */
function rewritten(field: string): { parameters: string; names: string[] } {
  const [list] = [...readDictionary(field).values()];
  if (!list || !('items' in list)) throw new Error('no list');
  return { parameters: writeInnerList(list), names: list.items.map((item) => String(item.value)) };
}

describe('the examples of RFC 9421', () => {
  it('B.2.4: a response under ecdsa-p256-sha256', () => {
    const { parameters, names } = rewritten(
      'sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
    );
    const values: Record<string, string> = {
      '@status': '200',
      'content-type': 'application/json',
      'content-digest':
        'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
      'content-length': '23',
    };
    const base = signatureBase(
      names.map((name) => [name, values[name]!]),
      parameters,
    );
    const signature = Buffer.from(
      'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
      'base64',
    );
    expect(verify('sha256', base, { key: p256Key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
  });

  it('4.3: a proxy under rsa-v1_5-sha256', () => {
    const { parameters, names } = rewritten(
      'proxy_sig=("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded");created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540',
    );
    const values: Record<string, string> = {
      '@method': 'POST',
      '@authority': 'origin.host.internal.example',
      '@path': '/foo',
      'content-digest':
        'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
      'content-type': 'application/json',
      'content-length': '18',
      forwarded: 'for=192.0.2.123;host=example.com;proto=https',
    };
    const base = signatureBase(
      names.map((name) => [name, values[name]!]),
      parameters,
    );
    const signature = Buffer.from(
      'S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmdkDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==',
      'base64',
    );
    expect(verify('sha256', base, rsaKey, signature)).toBe(true);
  });
});

const now = new Date('2026-11-22T08:00:00Z');
const options = { now, maxAgeSeconds: 300 };
const keys = {
  'EC-P256': generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  'EC-P384': generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
  'RSA-2048': generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const spkiOf = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
const keyOf = (keyType: keyof typeof keys) => () => ({ spki: spkiOf(keys[keyType].publicKey), keyType });

function signerOf(keyType: keyof typeof keys): HttpSigner {
  const algorithm = httpSignatureAlgorithm(keyType) as HttpSignatureAlgorithm;
  const hash = keyType === 'EC-P384' ? 'sha384' : 'sha256';
  return {
    keyId: 'a1',
    algorithm,
    sign: async (message) => sign(hash, message, keys[keyType].privateKey),
  };
}

function post(change: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'POST',
    url: 'http://127.0.0.1:8321/api/orders/abcdefghijklmnop/confirm?x=%E5%8D%B0',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'aaaaaaaaaaaaaaaa' },
    body: Buffer.from('{"years":2}'),
    ...change,
  };
}

async function signed(
  request: HttpRequest,
  keyType: keyof typeof keys = 'EC-P256',
  at = now,
): Promise<HttpRequest> {
  const added = await signRequest(request, signerOf(keyType), { now: at });
  return { ...request, headers: { ...request.headers, ...added } };
}

function fault(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof HttpSignatureError) return error.fault;
    throw error;
  }
  return 'accepted';
}

describe('signing and verifying a request', () => {
  it.each(Object.keys(keys) as (keyof typeof keys)[])('%s', async (keyType) => {
    const request = await signed(post(), keyType);
    const verified = verifyRequest(request, keyOf(keyType), options);
    expect(verified.keyId).toBe('a1');
    expect(verified.nonce).toMatch(/^[\w-]{24}$/);
    expect(verified.created).toEqual(now);
    const other = keyType === 'EC-P256' ? 'RSA-2048' : 'EC-P256';
    expect(fault(() => verifyRequest(request, keyOf(other), options))).toBe('wrong');
  });

  it('the base is written as RFC 9421 2.5 wants it: signed independently, it is accepted', async () => {
    const request = post();
    const digest = `sha-256=:${createHash('sha256').update(request.body).digest('base64')}:`;
    expect(contentDigest(request.body)).toBe(digest);
    const parameters =
      '("@method" "@target-uri" "content-digest" "content-type" "idempotency-key");created=1795334400;expires=1795334460;keyid="a1";alg="ecdsa-p256-sha256";nonce="nnnnnnnnnnnnnnnn"';
    const base = [
      '"@method": POST',
      '"@target-uri": http://127.0.0.1:8321/api/orders/abcdefghijklmnop/confirm?x=%E5%8D%B0',
      `"content-digest": ${digest}`,
      '"content-type": application/json',
      '"idempotency-key": aaaaaaaaaaaaaaaa',
      `"@signature-params": ${parameters}`,
    ].join('\n');
    const key = { key: keys['EC-P256'].privateKey, dsaEncoding: 'ieee-p1363' as const };
    const signature = sign('sha256', Buffer.from(base), key).toString('base64');
    const headers = {
      ...request.headers,
      'content-digest': digest,
      'signature-input': `x=${parameters}`,
      signature: `x=:${signature}:`,
    };
    expect(verifyRequest({ ...request, headers }, keyOf('EC-P256'), options).nonce).toBe('nnnnnnnnnnnnnnnn');

    // Any bit of any byte of the base: no longer this signature.
    for (let at = 0; at < base.length; at++) {
      const changed = Buffer.from(base);
      changed[at] = changed[at]! ^ 1;
      const judged = verify(
        'sha256',
        changed,
        { key: keys['EC-P256'].publicKey, dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64'),
      );
      expect(judged, `byte ${at}`).toBe(false);
    }
  });

  it('every character of the request, of its fields and of its content counts', async () => {
    const request = await signed(post());
    const judge = (changed: HttpRequest) => fault(() => verifyRequest(changed, keyOf('EC-P256'), options));
    expect(judge(request)).toBe('accepted');
    const flips = (text: string) =>
      [...text].map((character, at) => {
        const other = String.fromCharCode(character.charCodeAt(0) ^ 1);
        return text.slice(0, at) + other + text.slice(at + 1);
      });
    for (const method of flips(request.method)) expect(judge({ ...request, method })).not.toBe('accepted');
    for (const url of flips(request.url)) expect(judge({ ...request, url })).not.toBe('accepted');
    for (const name of [
      'content-digest',
      'content-type',
      'idempotency-key',
      'signature-input',
      'signature',
    ]) {
      for (const value of flips(request.headers[name]!)) {
        // The label is the one thing that is not signed; it only has to be the same in both fields.
        const headers = { ...request.headers, [name]: value };
        expect(judge({ ...request, headers }), `${name}: ${value}`).not.toBe('accepted');
      }
    }
    for (let at = 0; at < request.body.length; at++) {
      const body = Buffer.from(request.body);
      body[at] = body[at]! ^ 1;
      expect(judge({ ...request, body })).toBe('digest');
    }
  });

  it('a request without content needs no digest, and can not be given one', async () => {
    const get = { method: 'GET', url: 'http://127.0.0.1/api/orders?certificate=a1', headers: {} };
    const request = await signed({ ...get, body: Buffer.alloc(0) });
    expect(request.headers['signature-input']).toContain('("@method" "@target-uri");created=');
    expect(verifyRequest(request, keyOf('EC-P256'), options).keyId).toBe('a1');
    const stuffed = { ...request, body: Buffer.from('x') };
    expect(fault(() => verifyRequest(stuffed, keyOf('EC-P256'), options))).toBe('uncovered');
    const withKey = { ...request, headers: { ...request.headers, 'idempotency-key': 'b' } };
    expect(fault(() => verifyRequest(withKey, keyOf('EC-P256'), options))).toBe('uncovered');
  });

  it('numbers of an ECDSA value are padded to their full size, and impossible ones are refused', async () => {
    const signer = (hex: string): HttpSigner => ({
      ...signerOf('EC-P256'),
      sign: async () => Buffer.from(hex, 'hex'),
    });
    const small = await signRequest(post(), signer('3007020101020200ff'), { now });
    const bytes = Buffer.from(small.signature!.slice('sig1=:'.length, -1), 'base64');
    expect(bytes.toString('hex')).toBe(`${'0'.repeat(62)}01${'0'.repeat(62)}ff`);
    for (const hex of ['3003020101', '30060201ff020101', `30260221${'01'.repeat(33)}020101`, '04020101']) {
      await expect(signRequest(post(), signer(hex), { now })).rejects.toThrow();
    }
  });

  it('too old, from the future, past its end', async () => {
    const later = (seconds: number) => ({ ...options, now: new Date(now.getTime() + seconds * 1000) });
    const request = await signed(post());
    const judge = (how: typeof options) => fault(() => verifyRequest(request, keyOf('EC-P256'), how));
    expect(judge(later(119))).toBe('accepted');
    expect(judge(later(121))).toBe('clock');
    expect(judge(later(-59))).toBe('accepted');
    expect(judge(later(-61))).toBe('clock');
    expect(judge({ ...later(100), maxAgeSeconds: 99 })).toBe('clock');
  });

  it('tells what is wrong', async () => {
    const request = await signed(post());
    const judge = (headers: Record<string, string | undefined>) => {
      const merged = Object.entries({ ...request.headers, ...headers }).filter(([, value]) => value);
      const changed = { ...request, headers: Object.fromEntries(merged) as Record<string, string> };
      return fault(() => verifyRequest(changed, keyOf('EC-P256'), options));
    };
    const input = request.headers['signature-input']!;
    const signature = request.headers.signature!;
    expect(judge({ signature: undefined })).toBe('missing');
    expect(judge({ 'signature-input': undefined })).toBe('missing');
    expect(judge({ signature: signature.replace('sig1', 'sig2') })).toBe('malformed');
    expect(judge({ signature: 'sig1=7' })).toBe('malformed');
    expect(judge({ 'signature-input': 'sig1=7' })).toBe('malformed');
    expect(judge({ 'signature-input': `${input}, sig2=()` })).toBe('malformed');
    expect(judge({ 'signature-input': input.replace(';created', ';tag="x";created') })).toBe('malformed');
    expect(judge({ 'signature-input': input.replace(/;nonce="[^"]+"/, '') })).toBe('malformed');
    expect(judge({ 'signature-input': input.replace('"@method"', '"@method";req') })).toBe('malformed');
    expect(judge({ 'signature-input': input.replace('"@method"', '"@method" "@method"') })).toBe('malformed');
    expect(judge({ 'signature-input': input.replace('"@method" ', '') })).toBe('uncovered');
    expect(judge({ 'signature-input': input.replace('"content-digest" ', '') })).toBe('uncovered');
    expect(judge({ 'signature-input': input.replace('ecdsa-p256-sha256', 'rsa-v1_5-sha256') })).toBe('wrong');
    expect(judge({ 'content-digest': undefined })).toBe('malformed');
    expect(fault(() => verifyRequest(request, () => null, options))).toBe('key');
    expect(() => signatureBase([['@method', 'GET\n"x": y']], '()')).toThrow(HttpSignatureError);
  });
});

describe('structured fields (RFC 9651)', () => {
  it('reads what signatures need', () => {
    const fields = readDictionary('a=("x\\"y" :AQI=:;p);q=-12;t=*tok/en , b=?0;z,\tc;d="e"');
    const [a, b, c] = [...fields.values()];
    expect(a && writeInnerList(a as never)).toBe('("x\\"y" :AQI=:;p);q=-12;t=*tok/en');
    expect(b).toEqual({ value: false, parameters: new Map([['z', true]]) });
    expect(c).toEqual({ value: true, parameters: new Map([['d', 'e']]) });
    expect(readDictionary('').size).toBe(0);
  });

  it.each([
    'A=1',
    'a=1,',
    'a=1,,b=2',
    'a=1 b=2',
    'a=1, a=2',
    'a=1;b;b',
    'a="x',
    'a="\\x"',
    'a="é"',
    'a=1.5',
    'a=1234567890123456',
    'a=?2',
    'a=:AQI:',
    'a=:AQJ=:',
    'a=:A Q:',
    'a=(1 2',
    'a=(1,2)',
    'a=("x""y")',
    'a=',
    'a==1',
    '\ta=1',
    `a="${'x'.repeat(9000)}"`,
    `a=(${'1 '.repeat(40)})`,
  ])('refuses %j', (text) => {
    expect(() => readDictionary(text)).toThrow(FieldError);
  });
});
