import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  authorityHttp,
  type CertTemplate,
  CmpClient,
  type CmpProtection,
  type CmpSigner,
  type CrmfAttribute,
  cmpOids,
  decodeMessage,
  directoryName,
  emptyTemplate,
  encodeMessage,
  type NewKey,
  OrdersClient,
  type PkiBody,
  type PkiHeader,
  protectMessage,
  type ReceivedMessage,
  utf8Pairs,
  writeCertRequest,
} from '../../src/main/authority/index.ts';
import { type CertificateFacts, der, parseCertificate } from '../../src/main/certificates/index.ts';
import { spkiOf } from './certificate.ts';
import { type RunningAuthority, startAuthority } from './index.ts';
import { calmKnobs } from './knobs.ts';
import { certify, ensureAuthority, type Issuer, noteIssued } from './root.ts';

// Every check of the practice authority's CMP server by a request that fails it, and what it keeps between messages.

const dir = mkdtempSync(join(tmpdir(), 'authority-'));
const day = 86_400_000;
const http = authorityHttp();
let authority: RunningAuthority;
let issuing: Issuer;
let folder: string;
let root: CertificateFacts;

interface Holder extends CmpSigner {
  facts: CertificateFacts;
  privateKey: KeyObject;
}

const newPair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const sha256By = (key: KeyObject) => async (data: Uint8Array) => new Uint8Array(sign('sha256', data, key));

function newKey(): NewKey {
  const { publicKey, privateKey } = newPair();
  return { spki: spkiOf(publicKey), scheme: 'ecdsa', hash: 'sha256', sign: sha256By(privateKey) };
}

interface HolderOptions {
  name?: string;
  begins?: number;
  ends?: number;
  revoked?: boolean;
  selfSigned?: boolean;
  keyUsage?: ['keyEncipherment'];
}

async function holder(options: HolderOptions = {}): Promise<Holder> {
  const { publicKey, privateKey } = newPair();
  const now = Date.now();
  const made = await certify(
    {
      subject: [{ C: ['CN'] }, { O: ['练习单位'] }, { CN: [options.name ?? '公章'] }],
      publicKey,
      notBefore: new Date(now + (options.begins ?? -300 * day)),
      notAfter: new Date(now + (options.ends ?? 30 * day)),
      keyUsage: options.keyUsage ?? ['digitalSignature', 'nonRepudiation'],
    },
    options.selfSigned ? { selfKey: privateKey } : issuing,
  );
  if (!options.selfSigned)
    noteIssued(folder, made, options.revoked ? { at: new Date(now), reason: 'keyCompromise' } : undefined);
  const facts = parseCertificate(new Uint8Array(made.rawData));
  const common = { scheme: 'ecdsa' as const, hash: 'sha256' as const, sign: sha256By(privateKey) };
  return { ...common, facts, privateKey, certificate: facts.der, chain: [] };
}

beforeAll(async () => {
  authority = await startAuthority({ dir });
  const world = await ensureAuthority(dir);
  issuing = world.issuing;
  folder = world.folder;
  root = parseCertificate(new Uint8Array(world.root.certificate.rawData));
});
afterEach(() => void Object.assign(authority.knobs, calmKnobs));
afterAll(async () => {
  http.close();
  await authority.close();
  rmSync(dir, { recursive: true, force: true });
});

async function post(message: Uint8Array, url = authority.cmp): Promise<Uint8Array> {
  const headers = { 'content-type': 'application/pkixcmp' };
  const answer = await http.request({ method: 'POST', url, headers, body: message });
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/pkixcmp' } });
  return answer.body;
}

const clientOf = (signer: Holder, url = authority.cmp) =>
  new CmpClient({ url, http, protection: { kind: 'signature', signer }, roots: [root] });
const kurOf = (signer: Holder, order?: string) => ({
  kind: 'kur' as const,
  key: newKey(),
  subject: signer.facts.subject.raw,
  ...(order === undefined ? {} : { order }),
});

interface Kur {
  header?: Partial<PkiHeader>;
  template?: Partial<CertTemplate>;
  controls?: CrmfAttribute[];
  regInfo?: CrmfAttribute[];
  /** The key that proves possession; null: nothing does. */
  proof?: NewKey | null;
  popo?: { kind: 'raVerified' };
  certReqId?: number;
  twice?: boolean;
  body?: PkiBody;
  protection?: CmpProtection;
}

/** A kur that is right in everything that is not said otherwise. */
async function kur(signer: Holder, change: Kur = {}): Promise<Uint8Array> {
  const key = newKey();
  const certReqId = change.certReqId ?? 0;
  const template: CertTemplate = {
    ...emptyTemplate,
    subject: signer.facts.subject.raw,
    publicKey: key.spki,
    ...change.template,
  };
  const controls = change.controls ?? [];
  const certRequest = writeCertRequest({ certReqId, template, controls });
  const proof = change.proof === undefined ? key : change.proof;
  const popo =
    change.popo ??
    (proof && {
      kind: 'signature' as const,
      input: null,
      algorithm: der.seq(der.oid('1.2.840.10045.4.3.2')),
      signature: await proof.sign(certRequest),
    });
  const request = { certReqId, template, controls, certRequest, popo, regInfo: change.regInfo ?? [] };
  const header: PkiHeader = {
    pvno: 2,
    sender: directoryName(signer.facts.subject.raw),
    recipient: directoryName(signer.facts.issuer.raw),
    messageTime: new Date(),
    protectionAlg: null,
    senderKid: null,
    recipKid: null,
    transactionId: randomBytes(16),
    senderNonce: randomBytes(16),
    recipNonce: null,
    freeText: [],
    generalInfo: [],
    ...change.header,
  };
  const body: PkiBody = change.body ?? {
    type: 'kur',
    requests: change.twice ? [request, request] : [request],
  };
  return protectMessage({ header, body, extraCerts: [] }, change.protection ?? { kind: 'signature', signer });
}

/** failInfo of an answer, wherever it stands; null for one that grants. */
function failInfo(answer: Uint8Array): string | null {
  const { body } = decodeMessage(answer);
  if (body.type === 'error') return body.status.failInfo?.join() ?? '';
  if ('responses' in body) return body.responses[0]!.status.failInfo?.join() ?? null;
  if (body.type === 'rp') return body.statuses[0]!.failInfo?.join() ?? null;
  return null;
}

const without = (message: Uint8Array, change: (read: ReceivedMessage) => Partial<ReceivedMessage>) => {
  const read = decodeMessage(message);
  return encodeMessage({ ...read, ...change(read) });
};
const oldId = (facts: CertificateFacts, serialNumber = facts.serialNumberDer): CrmfAttribute => ({
  type: '1.3.6.1.5.5.7.5.1.5',
  value: der.seq(directoryName(facts.issuer.raw), serialNumber),
});

describe('a request that is not in order is refused with its reason', () => {
  let one: Holder;
  let before: number;
  beforeAll(async () => {
    one = await holder();
    before = authority.certificates().length;
  });

  const cases: [string, string, () => Promise<Uint8Array>][] = [
    ['garbage', 'badDataFormat', async () => Buffer.from('no message')],
    ['version 1', 'unsupportedVersion', () => kur(one, { header: { pvno: 1 } })],
    [
      'no protection',
      'badMessageCheck',
      async () =>
        without(await kur(one), ({ header }) => ({
          protection: null,
          header: { ...header, protectionAlg: null },
        })),
    ],
    [
      'a protection over something else',
      'badMessageCheck',
      async () => {
        const other = decodeMessage(await kur(one));
        return without(await kur(one), () => ({ protection: other.protection }));
      },
    ],
    [
      'a signer who is not sent along',
      'badMessageCheck',
      async () => without(await kur(one), () => ({ extraCerts: [] })),
    ],
    ['a signer nobody knows', 'signerNotTrusted', async () => kur(await holder({ selfSigned: true }))],
    ['an expired signer', 'signerNotTrusted', async () => kur(await holder({ ends: -day }))],
    ['a signer of the future', 'signerNotTrusted', async () => kur(await holder({ begins: day }))],
    ['a revoked signer', 'certRevoked', async () => kur(await holder({ revoked: true }))],
    [
      'a signer that may not sign',
      'signerNotTrusted',
      async () => kur(await holder({ keyUsage: ['keyEncipherment'] })),
    ],
    [
      'another sender than the signer',
      'badMessageCheck',
      () => kur(one, { header: { sender: directoryName(der.seq()) } }),
    ],
    [
      'another senderKID than the signer’s',
      'badMessageCheck',
      () => kur(one, { header: { senderKid: randomBytes(20) } }),
    ],
    ['no transactionID', 'badDataFormat', () => kur(one, { header: { transactionId: null } })],
    ['a short transactionID', 'badDataFormat', () => kur(one, { header: { transactionId: randomBytes(8) } })],
    ['no senderNonce', 'badSenderNonce', () => kur(one, { header: { senderNonce: null } })],
    ['a short senderNonce', 'badSenderNonce', () => kur(one, { header: { senderNonce: randomBytes(8) } })],
    [
      'a clock that is a day off',
      'badTime',
      () => kur(one, { header: { messageTime: new Date(Date.now() - day) } }),
    ],
    ['two requests at once', 'badRequest', () => kur(one, { twice: true })],
    ['another certReqId', 'badRequest', () => kur(one, { certReqId: 1 })],
    ['no public key', 'badCertTemplate', () => kur(one, { template: { publicKey: null } })],
    ['no subject', 'badCertTemplate', () => kur(one, { template: { subject: null } })],
    [
      'another subject',
      'badCertTemplate',
      async () => kur(one, { template: { subject: (await holder({ name: '别的' })).facts.subject.raw } }),
    ],
    ['another issuer', 'badCertTemplate', () => kur(one, { template: { issuer: root.subject.raw } })],
    [
      'the same key again',
      'badCertTemplate',
      () => kur(one, { template: { publicKey: one.facts.spki }, proof: { ...one, spki: one.facts.spki } }),
    ],
    [
      'a key that is too weak',
      'badCertTemplate',
      async () => {
        const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
        return kur(one, { template: { publicKey: spkiOf(publicKey) } });
      },
    ],
    ['no proof of possession', 'badPOP', () => kur(one, { proof: null })],
    [
      'a proof that somebody is said to have seen',
      'badPOP',
      () => kur(one, { popo: { kind: 'raVerified' } }),
    ],
    ['a proof by another key', 'badPOP', () => kur(one, { proof: newKey() })],
    [
      'somebody else’s certificate to be replaced',
      'badCertId',
      async () => kur(one, { controls: [oldId((await holder({ name: '别的' })).facts)] }),
    ],
    [
      'a certificate to be replaced that does not exist',
      'badCertId',
      () => kur(one, { controls: [oldId(one.facts, der.int(4711))] }),
    ],
    ['a confirmation of nothing', 'badRequest', () => kur(one, { body: { type: 'certConf', statuses: [] } })],
    ['a poll for nothing', 'badRequest', () => kur(one, { body: { type: 'pollReq', certReqIds: [0] } })],
    ['an answer instead of a request', 'badRequest', () => kur(one, { body: { type: 'pkiConf' } })],
    [
      'a body that nobody speaks',
      'badRequest',
      () => kur(one, { body: { type: 'other', number: 9, content: der.seq() } }),
    ],
    [
      'revocation of nothing in particular',
      'badCertId',
      () =>
        kur(one, { body: { type: 'rr', requests: [{ template: emptyTemplate, crlEntryDetails: null }] } }),
    ],
    [
      'revocation of somebody else’s certificate',
      'notAuthorized',
      async () => {
        const { issuer, serialNumberDer } = (await holder({ name: '别的' })).facts;
        const template = { ...emptyTemplate, issuer: issuer.raw, serialNumber: serialNumberDer };
        return kur(one, { body: { type: 'rr', requests: [{ template, crlEntryDetails: null }] } });
      },
    ],
    [
      'a secret whose reference nobody knows',
      'badMessageCheck',
      () => kur(one, { protection: { kind: 'mac', reference: '00000000', secret: Buffer.from('x') } }),
    ],
    [
      'a wrong secret',
      'badMessageCheck',
      () => {
        const { reference } = authority.enrol({
          unit: '练习',
          creditCode: '12530199MB1A27343Y',
          seal: '章',
          years: 1,
        });
        return kur(one, { protection: { kind: 'mac', reference, secret: Buffer.from('x') } });
      },
    ],
  ];
  it.each(cases)('%s: %s', async (_, reason, make) => {
    expect(failInfo(await post(await make()))).toBe(reason);
  });

  it('nothing was issued for any of them', () => {
    const issued = authority.certificates().slice(before);
    expect(issued.filter(({ state }) => state === 'issued')).toEqual([]);
  });

  it('and one that is in order is granted', async () => {
    expect(failInfo(await post(await kur(one)))).toBeNull();
    expect(authority.certificates().at(-1)?.state).toBe('issued');
  });
});

describe('what is kept between messages', () => {
  it('the same bytes again get the same answer; the transaction is taken', async () => {
    const one = await holder();
    const message = await kur(one);
    const before = authority.certificates().length;
    authority.knobs.loseResponse = 1;
    await expect(post(message)).rejects.toMatchObject({ code: 'authority.unreachable' });
    const first = await post(message);
    expect(Buffer.from(await post(message))).toEqual(Buffer.from(first));
    expect(authority.certificates()).toHaveLength(before + 1);
    const { transactionId } = decodeMessage(message).header;
    expect(failInfo(await post(await kur(one, { header: { transactionId } })))).toBe('transactionIdInUse');
  });

  it('polling goes on after a restart, and so does the certificate that was never confirmed', async () => {
    const one = await holder();
    const client = clientOf(one);
    Object.assign(authority.knobs, { pollCount: 2, checkAfter: 7 });
    const sent = await client.send(await client.make(kurOf(one)));
    expect(sent).toMatchObject({ kind: 'waiting' });
    const restart = async () => {
      const knobs = { ...authority.knobs };
      await authority.close();
      authority = await startAuthority({ dir, knobs });
    };
    await restart();
    const polled = await client.poll(sent.transaction);
    expect(polled).toMatchObject({ kind: 'waiting', checkAfterSeconds: 7 });
    await restart();
    const issued = await client.poll(polled.transaction);
    if (issued.kind !== 'issued') throw new Error('still waiting');
    await restart();
    await client.confirm(issued.transaction, issued.certificate, { ok: true });
    await client.confirm(issued.transaction, issued.certificate, { ok: true });
    expect(authority.certificates().at(-1)?.state).toBe('good');
    await expect(
      client.confirm(issued.transaction, issued.certificate, { ok: false, reason: 'late' }),
    ).rejects.toMatchObject({ code: 'authority.refused', details: { failInfo: 'certConfirmed' } });
  });

  it('a message of a transaction comes from who began it, with a nonce of it, for its certificate', async () => {
    const one = await holder();
    const other = await holder();
    const client = clientOf(one);
    const issued = await client.send(await client.make(kurOf(one)));
    if (issued.kind !== 'issued') throw new Error('waiting');
    const { transaction, certificate } = issued;
    const yes = { ok: true } as const;
    const refused = (failInfo: string) => ({ code: 'authority.refused', details: { failInfo } });
    await expect(clientOf(other).confirm(transaction, certificate, yes)).rejects.toMatchObject(
      refused('notAuthorized'),
    );
    const strayed = { ...transaction, recipNonce: randomBytes(16).toString('hex') };
    await expect(client.confirm(strayed, certificate, yes)).rejects.toMatchObject(
      refused('badRecipientNonce'),
    );
    await expect(client.confirm(transaction, one.certificate, yes)).rejects.toMatchObject(
      refused('badCertId'),
    );
    await expect(client.poll(transaction)).rejects.toMatchObject(refused('badRequest'));
    await client.confirm(transaction, certificate, { ok: false, reason: 'not mine' });
    const { serialNumber } = parseCertificate(certificate);
    expect(authority.certificates().find((entry) => entry.serialNumber === serialNumber)?.state).toBe(
      'revoked',
    );
  });

  it('a client that gives up has what it was sent revoked', async () => {
    const one = await holder();
    const client = clientOf(one);
    const issued = await client.send(await client.make(kurOf(one)));
    const { transactionId, recipNonce } = issued.transaction;
    const status = { status: 'rejection' as const, statusString: [], failInfo: null };
    const header = {
      transactionId: Buffer.from(transactionId, 'hex'),
      recipNonce: Buffer.from(recipNonce!, 'hex'),
    };
    const body: PkiBody = { type: 'error', status, errorCode: null, errorDetails: [] };
    const answer = decodeMessage(await post(await kur(one, { header, body })));
    expect(answer.body.type).toBe('pkiConf');
    expect(authority.certificates().at(-1)?.state).toBe('revoked');
  });
});

describe('a first certificate under a secret', () => {
  const form = { unit: '练习单位', creditCode: '12530199MB1A27343Y', seal: '公章', years: 3 };

  it.each(['pbm', 'pbmac1'] as const)(
    '%s: for the registered name; a refused one can be had again',
    async (algorithm) => {
      const { reference, secret } = authority.enrol(form);
      const protection = { kind: 'mac' as const, reference, secret: Buffer.from(secret), algorithm };
      const client = new CmpClient({ url: authority.cmp, http, protection, roots: [root] });
      const part = (type: string, text: Uint8Array) => der.setOf(der.seq(der.oid(type), text));
      const country = part('2.5.4.6', der.element(der.tags.printableString, Buffer.from('CN')));
      const common = (text: string) => [
        country,
        part('2.5.4.10', der.utf8(form.unit)),
        part('2.5.4.97', der.utf8(`NTRCN-${form.creditCode}`)),
        part('2.5.4.11', der.utf8(form.seal)),
        part('2.5.4.3', der.utf8(text)),
      ];
      const request = (text: string) => ({
        kind: 'ir' as const,
        key: newKey(),
        subject: der.seq(...common(text)),
      });
      await expect(client.send(await client.make(request('别的名称')))).rejects.toMatchObject({
        details: { failInfo: 'badCertTemplate' },
      });
      const name = `${form.unit} ${form.seal}`;
      const first = await client.send(await client.make(request(name)));
      if (first.kind !== 'issued') throw new Error('waiting');
      await expect(client.send(await client.make(request(name)))).rejects.toMatchObject({
        details: { failInfo: 'notAuthorized' },
      });
      await client.confirm(first.transaction, first.certificate, { ok: false, reason: 'mistake' });
      const second = await client.send(await client.make(request(name)));
      if (second.kind !== 'issued') throw new Error('waiting');
      await client.confirm(second.transaction, second.certificate, { ok: true });
      const facts = parseCertificate(second.certificate);
      expect(facts.subject.commonName).toBe(name);
      expect(facts.notAfter.getUTCFullYear()).toBe(new Date().getUTCFullYear() + 3);
    },
  );
});

describe('a renewal for an order', () => {
  const ordered = async (one: Holder) => {
    const orders = new OrdersClient({ url: authority.url, http });
    const request = { certificateSha256: one.facts.sha256, years: 2 };
    return { orders, order: await orders.create(request, randomBytes(16).toString('hex')) };
  };

  it('paid and confirmed, it is issued until the order’s end; a second try replaces what was not confirmed', async () => {
    const one = await holder();
    const client = clientOf(one, authority.ordersCmp);
    const { orders, order } = await ordered(one);
    const refused = { code: 'authority.refused', details: { failInfo: 'notAuthorized' } };
    const send = async () => client.send(await client.make(kurOf(one, order.id)));
    await expect(send()).rejects.toMatchObject(refused);
    authority.pay(order.id);
    await expect(send()).rejects.toMatchObject(refused);
    await orders.confirm(order.id, one);
    const first = await send();
    const second = await send();
    if (second.kind !== 'issued' || first.kind !== 'issued') throw new Error('waiting');
    await expect(client.confirm(first.transaction, first.certificate, { ok: true })).rejects.toMatchObject({
      details: { failInfo: 'certRevoked' },
    });
    expect((await orders.read(order.id)).state).toBe('issued');
    await client.confirm(second.transaction, second.certificate, { ok: true });
    expect(await orders.read(order.id)).toMatchObject({ state: 'done', notAfter: order.notAfter });
    expect(parseCertificate(second.certificate).notAfter.toISOString()).toBe(
      new Date(Math.floor(Date.parse(order.notAfter) / 1000) * 1000).toISOString(),
    );
    expect(authority.certificates(order.id).map(({ state }) => state)).toEqual(['revoked', 'good']);
    await expect(send()).rejects.toMatchObject(refused);
  });

  it('needs an order that is known, in the window, for a kur of the old key', async () => {
    const one = await holder();
    const early = await holder({ ends: 91 * day });
    const plain = await post(await kur(one), authority.ordersCmp);
    const unknown = await kur(one, { regInfo: [utf8Pairs({ order: 'nothing-like-an-order' })] });
    const soon = await kur(early, { regInfo: [utf8Pairs({ order: 'nothing-like-an-order' })] });
    expect(failInfo(plain)).toBe('badRequest');
    expect(failInfo(await post(unknown, authority.ordersCmp))).toBe('badRequest');
    expect(failInfo(await post(soon, authority.ordersCmp))).toBe('notAuthorized');
    const cr = clientOf(one, authority.ordersCmp);
    await expect(cr.send(await cr.make({ ...kurOf(one), kind: 'cr' }))).rejects.toMatchObject({
      details: { failInfo: 'badRequest' },
    });
  });
});

describe('the knobs', () => {
  it('are turned over HTTP too, not by a web page, and only to what they mean', async () => {
    const url = `${authority.url}/practice/knobs`;
    const json = { 'content-type': 'application/json' };
    const turn = (body: object, headers = {}) =>
      fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { ...json, ...headers } });
    expect(await (await turn({ pollCount: 2 })).json()).toEqual({ ...calmKnobs, pollCount: 2 });
    expect(authority.knobs.pollCount).toBe(2);
    expect((await turn({ pollCount: -1 })).status).toBe(400);
    expect((await turn({ nonsense: 1 })).status).toBe(400);
    expect((await turn({ down: true }, { origin: 'http://elsewhere.example' })).status).toBe(403);
    expect(await (await fetch(url, { method: 'DELETE' })).json()).toEqual(calmKnobs);
  });

  it('down, and up again', async () => {
    const one = await holder();
    const client = clientOf(one);
    authority.knobs.down = true;
    const transaction = await client.make(kurOf(one));
    await expect(client.send(transaction)).rejects.toMatchObject({ code: 'authority.unreachable' });
    authority.knobs.down = false;
    expect(await client.send(transaction)).toMatchObject({ kind: 'issued', withMods: false });
  });

  it.each([
    ['other-name', ({ subject }: CertificateFacts) => subject.commonName !== '公章'],
    ['shorter-validity', ({ notAfter }: CertificateFacts) => notAfter.getTime() < Date.now() + 31 * day],
  ] as const)('a certificate with %s', async (surprise, seen) => {
    const one = await holder();
    const client = clientOf(one);
    authority.knobs.surprise = surprise;
    const issued = await client.send(await client.make(kurOf(one)));
    if (issued.kind !== 'issued') throw new Error('waiting');
    expect(seen(parseCertificate(issued.certificate))).toBe(true);
  });

  it('an answer that stands there twice; one of a stranger; one too slow', async () => {
    const one = await holder();
    const client = clientOf(one);
    const send = async () => client.send(await client.make(kurOf(one)));
    authority.knobs.answerTwice = true;
    await expect(send()).rejects.toMatchObject({ code: 'authority.answer-unreadable' });
    Object.assign(authority.knobs, { answerTwice: false, wrongSigner: true });
    await expect(send()).rejects.toMatchObject({ code: 'authority.answer-untrusted' });
    Object.assign(authority.knobs, { wrongSigner: false, slow: 60_000 });
    const late = http.request({ method: 'GET', url: authority.crl, deadlineMillis: 20 });
    await expect(late).rejects.toMatchObject({ code: 'authority.timeout' });
  });

  it('genm tells the chain, the key types, and the root’s successor when there is one', async () => {
    const client = clientOf(await holder());
    const ask = (type: string) => client.general([type]);
    const { caCerts } = await ask(cmpOids.caCerts);
    expect(caCerts.map((content) => parseCertificate(content).isCa)).toEqual([true, true]);
    expect((await ask(cmpOids.signKeyPairTypes)).keyTypes).toContain('1.2.840.10045.2.1');
    const request = async () => {
      const body: PkiBody = { type: 'genm', infos: [{ type: cmpOids.rootCaCert, value: root.der }] };
      const answer = decodeMessage(await post(await kur(await holder(), { body })));
      if (answer.body.type !== 'genp') throw new Error('no genp');
      return answer.body.infos[0]!;
    };
    expect((await request()).value).toBeNull();
    authority.knobs.rootUpdate = true;
    const update = der.readDer((await request()).value!);
    const [fresh, bridge, back] = [update.at(0), update.at(1).inner, update.at(2).inner].map(({ raw }) =>
      parseCertificate(raw),
    );
    expect(fresh!.subject.text).toBe(root.subject.text);
    expect(fresh!.spki).not.toEqual(root.spki);
    expect(bridge!.spki).toEqual(fresh!.spki);
    expect(bridge!.authorityKeyId).toBe(root.subjectKeyId);
    expect(back!.spki).toEqual(root.spki);
    expect(back!.authorityKeyId).toBe(fresh!.subjectKeyId);
  });
});
