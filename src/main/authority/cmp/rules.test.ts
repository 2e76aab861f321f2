import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  pbkdf2Sync,
  sign,
  X509Certificate,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OpenSsl } from '../../../../softhsm-fixtures/openssl.ts';
import {
  type CertificateFacts,
  DerError,
  der,
  oids,
  parsePemCertificates,
} from '../../certificates/index.ts';
import type { AuthorityHttp } from '../http.ts';
import {
  type CertResponse,
  CmpClient,
  type CmpEndpoint,
  type CmpOutcome,
  type CmpProtection,
  type CmpSigner,
  type CmpTransaction,
  cmpOids,
  decodeMessage,
  directoryName,
  emptyTemplate,
  encodeMessage,
  type NewKey,
  type PkiBody,
  type PkiHeader,
  type PkiStatusInfo,
  protectMessage,
  type ReceivedMessage,
  readUtf8Pairs,
  utf8Pairs,
  writeCertRequest,
} from './index.ts';

// An authority in the test answers what it likes, properly protected: one thing is wrong each time.

const pki = path.join(import.meta.dirname, 'samples', 'pki');
const certificate = (name: string): CertificateFacts =>
  parsePemCertificates(readFileSync(path.join(pki, `${name}.crt`)))[0]!;
const root = certificate('root');
const issued = certificate('eec-new');
const old = certificate('eec-old');

function keyOf(name: string): NewKey {
  const key = createPrivateKey(readFileSync(path.join(pki, `${name}.key`)));
  return {
    spki: createPublicKey(key).export({ type: 'spki', format: 'der' }),
    scheme: key.asymmetricKeyType === 'ec' ? 'ecdsa' : 'rsa-pkcs1',
    hash: 'sha256',
    sign: async (message) => sign('sha256', message, { key, dsaEncoding: 'der' }),
  };
}

const signerOf = (name: string): CmpSigner => ({
  ...keyOf(name),
  certificate: certificate(name).der,
  chain: [],
});
const ours: CmpProtection = { kind: 'signature', signer: signerOf('eec-old') };
const theirs: CmpProtection = { kind: 'signature', signer: signerOf('cmpsrv') };
const withSecret = (algorithm: 'pbm' | 'pbmac1'): CmpProtection => ({
  kind: 'mac',
  reference: 'R-1',
  secret: Buffer.from('密码 1'),
  algorithm,
});
const accepted: PkiStatusInfo = { status: 'accepted', statusString: [], failInfo: null };

interface Twist {
  header?: (asked: PkiHeader) => Partial<PkiHeader>;
  body?: PkiBody;
  protection?: CmpProtection;
  bytes?: (answer: Uint8Array) => Uint8Array;
  type?: string;
  status?: number;
}

function response(more: Partial<CertResponse> = {}): CertResponse {
  return {
    certReqId: 0,
    status: accepted,
    certificate: issued.der,
    encrypted: null,
    rspInfo: null,
    ...more,
  };
}

function issuing(...responses: CertResponse[]): PkiBody {
  return { type: 'kup', caPubs: [], responses };
}

/** An authority whose answers have this twist; `seen` are the messages that came. */
function authority(twist: Twist, seen: ReceivedMessage[] = []): AuthorityHttp {
  return {
    request: async ({ body }) => {
      const { header: asked, ...rest } = decodeMessage(body!);
      seen.push({ header: asked, ...rest });
      const header: PkiHeader = {
        pvno: 2,
        sender: directoryName(certificate('cmpsrv').subject.raw),
        recipient: asked.sender,
        messageTime: new Date(),
        protectionAlg: null,
        senderKid: null,
        recipKid: null,
        transactionId: asked.transactionId,
        senderNonce: Buffer.alloc(16, 7),
        recipNonce: asked.senderNonce,
        freeText: [],
        generalInfo: [],
        ...twist.header?.(asked),
      };
      const message = { header, body: twist.body ?? issuing(response()), extraCerts: [] };
      const bytes = await protectMessage(message, twist.protection ?? theirs);
      return {
        status: twist.status ?? 200,
        headers: { 'content-type': twist.type ?? 'application/pkixcmp' },
        body: twist.bytes?.(bytes) ?? bytes,
      };
    },
  };
}

const endpoint = (http: AuthorityHttp, more: Partial<CmpEndpoint> = {}): CmpEndpoint => ({
  url: 'http://authority.example/',
  http,
  protection: ours,
  roots: [root],
  ...more,
});

let made: CmpTransaction;
const key = keyOf('eec-new');

beforeAll(async () => {
  const client = new CmpClient(endpoint(authority({})));
  made = await client.make({ kind: 'kur', key, subject: old.subject.raw, order: 'A-1', years: 3 });
});

const send = (twist: Twist, more: Partial<CmpEndpoint> = {}): Promise<CmpOutcome> =>
  new CmpClient(endpoint(authority(twist), more)).send(made);

const wrong = Buffer.alloc(16, 1);
const ownError = (status: PkiStatusInfo): PkiBody => ({
  type: 'error',
  status,
  errorCode: null,
  errorDetails: [],
});

describe('what is sent', () => {
  it('has the form that all known authorities take', () => {
    const { header, body, extraCerts } = decodeMessage(Buffer.from(made.request, 'base64'));
    expect(header).toMatchObject({ pvno: 2, recipNonce: null, generalInfo: [] });
    expect(header.transactionId).toHaveLength(16);
    expect(header.senderNonce).toHaveLength(16);
    expect(Buffer.from(header.senderKid!).toString('hex')).toBe(old.subjectKeyId);
    expect(Buffer.compare(header.sender, directoryName(old.subject.raw))).toBe(0);
    expect(Buffer.compare(header.recipient, directoryName(old.issuer.raw))).toBe(0);
    expect(Buffer.compare(extraCerts[0]!, old.der)).toBe(0);
    if (body.type !== 'kur') throw new Error(body.type);
    const [request] = body.requests;
    expect(Object.fromEntries(readUtf8Pairs(request!.regInfo))).toEqual({ order: 'A-1', years: '3' });
    expect(Buffer.compare(request!.template.issuer!, old.issuer.raw)).toBe(0);
  });

  it('carries on with the nonces of the answers, and asks for version 3 only where it must', async () => {
    const seen: ReceivedMessage[] = [];
    const client = new CmpClient(endpoint(authority({ body: { type: 'pkiConf' } }, seen)));
    const outcome = await send({});
    if (outcome.kind !== 'issued') throw new Error(outcome.kind);
    await client.confirm(outcome.transaction, outcome.certificate, { ok: true });
    await client.confirm(outcome.transaction, outcome.certificate, { ok: false, reason: 'other name' });
    expect(seen.map(({ header }) => Buffer.from(header.recipNonce!))).toEqual(
      Array(2).fill(Buffer.alloc(16, 7)),
    );
    expect(seen.map(({ header }) => header.pvno)).toEqual([2, 2]);
    const [, rejection] = seen.map(({ body }) => (body.type === 'certConf' ? body.statuses[0] : null));
    expect(rejection!.statusInfo).toEqual({
      status: 'rejection',
      statusString: ['other name'],
      failInfo: ['incorrectData'],
    });
    const hash = new X509Certificate(issued.der).fingerprint256.replaceAll(':', '').toLowerCase();
    expect(Buffer.from(rejection!.certHash).toString('hex')).toBe(hash);
  });

  it.each([
    ['ed25519', 'sha256'],
    ['P-384', null],
  ])('names a certificate that %s signed by a hash that the other side can tell', async (kind, said) => {
    const openssl = new OpenSsl();
    const { der: signed } = openssl.issue({ subject: '/CN=Self', key: kind });
    openssl.close();
    const seen: ReceivedMessage[] = [];
    const client = new CmpClient(endpoint(authority({ body: { type: 'pkiConf' } }, seen)));
    await client.confirm({ ...made, state: 'issued' }, signed, { ok: true });
    const { header, body } = seen[0]!;
    const [confirmed] = body.type === 'certConf' ? body.statuses : [];
    expect(Buffer.from(confirmed!.certHash)).toEqual(createHash('sha256').update(signed).digest());
    expect(confirmed!.hashAlg && der.readOid(der.readDer(confirmed!.hashAlg).at(0))).toBe(
      said && oids.sha256,
    );
    expect(header.pvno).toBe(said ? 3 : 2);
  });

  it('keeps pairs apart whatever stands in them', () => {
    const pairs = { order: 'a%b?c', 部门: '%25' };
    expect(Object.fromEntries(readUtf8Pairs([utf8Pairs(pairs)]))).toEqual(pairs);
    const raw = (text: string) => [{ type: cmpOids.utf8Pairs, value: der.utf8(text) }];
    expect(Object.fromEntries(readUtf8Pairs(raw('version?1%corp?A%3fB')))).toEqual({
      version: '1',
      corp: 'A?B',
    });
    expect(() => readUtf8Pairs(raw('no pair at all%'))).toThrow(DerError);
  });
});

describe('an answer that is right', () => {
  it('is taken', async () => {
    expect(await send({})).toMatchObject({ kind: 'issued', ownKey: true, implicit: false });
  });

  it('may be signed with PSS, or carry a MAC of the other kind than the request', async () => {
    const pss = createPrivateKey(readFileSync(path.join(pki, 'cmpsrv.key')));
    const signer: CmpSigner = {
      ...signerOf('cmpsrv'),
      scheme: 'rsa-pss',
      sign: async (message) =>
        sign('sha256', message, { key: pss, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
    };
    await expect(send({ protection: { kind: 'signature', signer } })).resolves.toMatchObject({
      kind: 'issued',
    });
    const protection = withSecret('pbm');
    await expect(send({ protection: withSecret('pbmac1') }, { protection })).resolves.toBeTruthy();
  });

  it('may return the nonce of the first request after polling, and may come without certificates then', async () => {
    const waiting = issuing(response({ status: { ...accepted, status: 'waiting' }, certificate: null }));
    const first = await send({ body: waiting });
    const late: Twist = {
      header: () => ({ recipNonce: Buffer.from(made.senderNonce, 'hex') }),
      bytes: (bytes) => encodeMessage({ ...decodeMessage(bytes), extraCerts: [] }),
    };
    const polled = await new CmpClient(endpoint(authority(late))).poll(first.transaction);
    expect(polled).toMatchObject({ kind: 'issued', ownKey: true });
  });

  it('to a certConf may be that it was confirmed before', async () => {
    const body = ownError({ status: 'rejection', statusString: [], failInfo: ['certConfirmed'] });
    const client = new CmpClient(endpoint(authority({ body })));
    await client.confirm({ ...made, state: 'issued' }, issued.der, { ok: true });
    const rejected = client.confirm({ ...made, state: 'issued' }, issued.der, { ok: false, reason: 'x' });
    await expect(rejected).rejects.toMatchObject({ code: 'authority.refused' });
  });

  it('about the authority is read', async () => {
    const infos = [
      { type: cmpOids.caCerts, value: der.seq(root.der, issued.der) },
      { type: cmpOids.rootCaKeyUpdate, value: der.seq(root.der, der.explicit(0, issued.der)) },
      { type: cmpOids.signKeyPairTypes, value: der.seq(der.seq(der.oid(oids.ecPublicKey))) },
    ];
    const client = new CmpClient(endpoint(authority({ body: { type: 'genp', infos } })));
    const answer = await client.general([cmpOids.caCerts, { type: cmpOids.rootCaCert, value: root.der }]);
    expect(answer.caCerts).toHaveLength(2);
    expect(Buffer.compare(answer.rootUpdate!.newWithOld!, issued.der)).toBe(0);
    expect(answer.keyTypes).toEqual([oids.ecPublicKey]);
  });
});

describe('an answer with one thing wrong', () => {
  // The name and the key identifier of one certificate over the signature of another key.
  const other: Partial<CmpEndpoint> = { pool: [old.der] };
  const asOther = () => ({
    sender: directoryName(old.subject.raw),
    senderKid: Buffer.from(old.subjectKeyId!, 'hex'),
  });
  it.each<[string, Twist, string, Partial<CmpEndpoint>?]>([
    ['of another transaction', { header: () => ({ transactionId: wrong }) }, 'transaction'],
    ['without a transaction', { header: () => ({ transactionId: null }) }, 'transaction'],
    ['with another nonce', { header: () => ({ recipNonce: wrong }) }, 'nonce'],
    ['without a nonce', { header: () => ({ recipNonce: null }) }, 'nonce'],
    ['of a version to come', { header: () => ({ pvno: 4 }) }, 'version'],
    ['of another sender', { header: asOther }, 'signature', other],
    ['of nobody', { header: () => ({ sender: directoryName(der.seq()) }) }, 'signer-missing'],
    [
      'of a sender by e-mail',
      { header: () => ({ sender: der.element(0x81, Buffer.from('a@b')) }) },
      'signer-missing',
    ],
    ['with the identifier of another key', { header: () => ({ senderKid: wrong }) }, 'signer-missing'],
    ['by a customer', { ...byCustomer() }, 'signer-not-authorized'],
    ['with a MAC that nobody asked for', { protection: withSecret('pbm') }, 'algorithm'],
    ['for another request number', { body: issuing(response({ certReqId: 1 })) }, 'content'],
    ['two of them', { body: issuing(response(), response()) }, 'content'],
    ['without the certificate', { body: issuing(response({ certificate: null })) }, 'content'],
    ['to another kind of request', { body: { ...issuing(response()), type: 'cp' } as PkiBody }, 'content'],
    ['that confirms nothing', { body: { type: 'pkiConf' } }, 'content'],
    [
      'to a poll that was not made',
      { body: { type: 'pollRep', replies: [{ certReqId: 0, checkAfter: 1, reason: [] }] } },
      'content',
    ],
  ])('%s is not believed', async (_, twist, reason, more) => {
    await expect(send(twist, more)).rejects.toMatchObject({
      code: 'authority.answer-untrusted',
      details: { reason },
    });
  });

  function byCustomer(): Twist {
    return {
      header: () => ({ sender: directoryName(certificate('ee-old').subject.raw) }),
      protection: { kind: 'signature', signer: signerOf('ee-old') },
    };
  }

  it('is not read', async () => {
    const cut = send({ bytes: (bytes) => bytes.subarray(0, 100) });
    await expect(cut).rejects.toMatchObject({ code: 'authority.answer-unreadable' });
    const rubbish = issuing(response({ certificate: der.seq(der.int(1)) }));
    await expect(send({ body: rubbish })).rejects.toMatchObject({ code: 'authority.answer-unreadable' });
    const page = send({ type: 'text/html', status: 502 });
    await expect(page).rejects.toMatchObject({ code: 'authority.not-an-authority' });
  });

  it('is told as an error without proof when it is a genuine one of another time', async () => {
    const body = ownError({ status: 'rejection', statusString: ['no'], failInfo: ['badPOP'] });
    const replayed = send({ body, header: () => ({ recipNonce: wrong }) });
    await expect(replayed).rejects.toMatchObject({
      code: 'authority.error-unproven',
      details: { text: 'no' },
    });
  });

  it('shows no more of the authority’s words than a line, and nothing that turns it around', async () => {
    const statusString = [`a\u202eb\r\nc\u0000d${'x'.repeat(1000)}`];
    const body = ownError({ status: 'rejection', statusString, failInfo: null });
    const error = await send({ body }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'authority.refused', details: { failInfo: '–' } });
    expect(error.details.text).toMatch(/^a b c d x*…$|^a b c dx*…$/);
    expect(error.details.text.length).toBeLessThan(310);
  });

  it('is the clock when the authority says so', async () => {
    const body = ownError({ status: 'rejection', statusString: [], failInfo: ['badTime'] });
    const now = () => new Date(Date.now() + 20 * 60_000);
    await expect(send({ body }, { now })).rejects.toMatchObject({
      code: 'authority.clock-off',
      details: { minutes: 20 },
    });
  });
});

describe('protection by a shared secret', () => {
  const content = {
    header: { ...decodeHeader(), senderKid: null },
    body: { type: 'pkiConf' } as PkiBody,
    extraCerts: [],
  };

  function decodeHeader(): PkiHeader {
    const file = path.join(pki, '..', '01-ir-sig', 'pkiConf.der');
    return { ...decodeMessage(readFileSync(file)).header, protectionAlg: null };
  }

  it('PBMAC1 is HMAC over PBKDF2 (RFC 8018), computed here with other means', async () => {
    const protection = withSecret('pbmac1');
    if (protection.kind !== 'mac') throw new Error('no MAC');
    const message = decodeMessage(await protectMessage(content, protection));
    const parameters = der.readDer(message.header.protectionAlg!).at(1);
    const derivation = parameters.at(0).at(1);
    const [salt, count, length] = [derivation.at(0).value, derivation.at(1), derivation.at(2)];
    const stretched = pbkdf2Sync(
      protection.secret,
      salt,
      der.readSmallInteger(count),
      der.readSmallInteger(length),
      'sha256',
    );
    const value = createHmac('sha256', stretched).update(message.protectedPart).digest();
    expect(Buffer.from(message.protection!)).toEqual(value);
    expect(Buffer.from(message.header.senderKid!).toString()).toBe('R-1');
  });

  const hmac = der.seq(der.oid(cmpOids.hmacSha256));
  const sha256 = der.seq(der.oid(oids.sha256));
  const pbm = (salt: number, count: number) =>
    der.seq(
      der.oid(cmpOids.passwordBasedMac),
      der.seq(der.octets(Buffer.alloc(salt)), sha256, der.int(count), hmac),
    );
  const pbmac1 = (count: number, length: number) =>
    der.seq(
      der.oid(cmpOids.pbmac1),
      der.seq(
        der.seq(
          der.oid(cmpOids.pbkdf2),
          der.seq(der.octets(Buffer.alloc(8)), der.int(count), der.int(length), hmac),
        ),
        hmac,
      ),
    );

  it.each([
    ['iterations of the older MAC', pbm(16, 100_001)],
    ['no iterations', pbm(16, 0)],
    ['a negative number of iterations', pbm(16, -5)],
    ['a huge salt', pbm(129, 1000)],
    ['iterations of PBKDF2', pbmac1(1_000_001, 32)],
    ['a huge key', pbmac1(1000, 65)],
  ])('computes nothing beyond its bounds: %s', async (_, protectionAlg) => {
    const protection = withSecret('pbm');
    const bytes = (answer: Uint8Array) => {
      const message = decodeMessage(answer);
      return encodeMessage({ ...message, header: { ...message.header, protectionAlg } });
    };
    await expect(send({ protection, bytes }, { protection })).rejects.toMatchObject({
      code: 'authority.answer-unreadable',
    });
  });
});

describe('decoding', () => {
  it('takes no message that is too deep, too large or too long', () => {
    let deep: Uint8Array = der.nul();
    for (let level = 0; level < 5000; level++) deep = der.seq(deep);
    expect(() => decodeMessage(deep)).toThrow(DerError);
    expect(() => decodeMessage(Buffer.alloc((4 << 20) + 1))).toThrow(DerError);
    const file = path.join(pki, '..', '01-ir-sig', 'ip.der');
    const message = decodeMessage(readFileSync(file));
    const many = { ...message, extraCerts: Array<Uint8Array>(201).fill(der.seq()) };
    expect(() => decodeMessage(encodeMessage(many))).toThrow(DerError);
  });

  it('keeps a body that it does not speak, for others to refuse', () => {
    const file = path.join(pki, '..', '01-ir-sig', 'ip.der');
    const message = decodeMessage(readFileSync(file));
    const body: PkiBody = { type: 'other', number: 20, content: der.seq() };
    expect(decodeMessage(encodeMessage({ ...message, body })).body).toEqual({
      ...body,
      content: new Uint8Array(body.content),
    });
  });

  it('reads a template with a validity', () => {
    const notAfter = new Date('2051-01-02T03:04:05Z');
    const template = {
      ...emptyTemplate,
      validity: { notBefore: new Date('2027-01-01T00:00:00Z'), notAfter },
    };
    const certRequest = writeCertRequest({ certReqId: 0, template, controls: [] });
    const request = { certReqId: 0, template, controls: [], certRequest, popo: null, regInfo: [] };
    const file = path.join(pki, '..', '01-ir-sig', 'ip.der');
    const message = {
      ...decodeMessage(readFileSync(file)),
      body: { type: 'cr' as const, requests: [request] },
    };
    const { body } = decodeMessage(encodeMessage(message));
    expect(body.type === 'cr' ? body.requests[0]!.template : null).toEqual(template);
  });
});
