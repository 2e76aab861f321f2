import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateFacts, parsePemCertificates } from '../../certificates/index.ts';
import { authorityHttp } from '../http.ts';
import { CmpClient, type CmpEndpoint, type CmpProtection, cmpOids, type NewKey } from './index.ts';

// Our client against OpenSSL's CMP server. It issues nothing: it answers with the certificate it was started with, which
// for a kur has to have the number of the old one.

const pki = path.join(import.meta.dirname, 'samples', 'pki');
const file = (name: string) => path.join(pki, name);
const certificate = (name: string): CertificateFacts => parsePemCertificates(readFileSync(file(name)))[0]!;
const root = certificate('root.crt');
const server = certificate('cmpsrv.crt');
const http = authorityHttp();
const processes: ChildProcess[] = [];

function key(name: string): NewKey {
  const privateKey = createPrivateKey(readFileSync(file(name)));
  return {
    spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    scheme: privateKey.asymmetricKeyType === 'ec' ? 'ecdsa' : 'rsa-pkcs1',
    hash: 'sha256',
    sign: async (message) => sign('sha256', message, { key: privateKey, dsaEncoding: 'der' }),
  };
}

function signedBy(name: string): CmpProtection {
  const signer = { ...key(`${name}.key`), certificate: certificate(`${name}.crt`).der, chain: [] };
  return { kind: 'signature', signer };
}

const reference = 'TEST-REF-01';
const secretOf = (text: string): CmpProtection => ({ kind: 'mac', reference, secret: Buffer.from(text) });
const secret = secretOf('test-secret-01');

/** Starts a server and answers its address as soon as it listens. */
async function start(...options: readonly string[]): Promise<string> {
  const common = ['cmp', '-config', '', '-port', '0', '-srv_trusted', 'root.crt'];
  const child = spawn('openssl', [...common, ...options], { cwd: pki, stdio: ['ignore', 'pipe', 'pipe'] });
  processes.push(child);
  return new Promise((resolve, reject) => {
    let words = '';
    const hear = (piece: Buffer) => {
      words += piece;
      const port = /ACCEPT \S*:(\d+)/.exec(words)?.[1];
      if (port) resolve(`http://127.0.0.1:${port}/pkix/`);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(words)));
  });
}

const rsaServer = ['-srv_cert', 'cmpsrv.crt', '-srv_key', 'cmpsrv.key', '-rsp_cert', 'ee-new-kur.crt'];
const withSecret = ['-srv_ref', reference, '-srv_secret', 'pass:test-secret-01'];
const answersLike = {
  plain: [...rsaServer, ...withSecret, '-rsp_capubs', 'root.crt'],
  ec: [...rsaServer.slice(0, 4), '-rsp_cert', 'eec-new-kur.crt', '-grant_implicitconf'],
  customer: ['-srv_cert', 'eec-old.crt', '-srv_key', 'eec-old.key', '-rsp_cert', 'ee-new-kur.crt'],
  polling: [...rsaServer, '-poll_count', '2', '-check_after', '7'],
  error: [...rsaServer, ...withSecret, '-send_error'],
  bareError: [...rsaServer, '-send_error', '-send_unprot_err'],
  bare: [...rsaServer, '-send_unprotected'],
  rejecting: [...rsaServer, '-pkistatus', '2', '-failure', '9', '-statusstring', 'not eligible'],
  mods: [...rsaServer, '-pkistatus', '1'],
};
let urls: Record<keyof typeof answersLike, string>;

beforeAll(async () => {
  const started = Object.entries(answersLike).map(async ([name, options]) => [name, await start(...options)]);
  urls = Object.fromEntries(await Promise.all(started));
});

afterAll(() => {
  for (const child of processes) child.kill();
  http.close();
});

const old = certificate('ee-old.crt');
const asks = (
  name: keyof typeof answersLike,
  protection: CmpProtection = signedBy('ee-old'),
  more: Partial<CmpEndpoint> = {},
) => new CmpClient({ url: urls[name], http, protection, roots: [root], ...more });
const wanted = { key: key('ee-new.key'), subject: old.subject.raw };

describe.each([
  ['a signature', signedBy('ee-old')],
  ['a shared secret', secret],
])('requests protected by %s', (_, protection) => {
  it.each(['ir', 'cr', 'p10cr', 'kur'] as const)('%s brings a certificate and is confirmed', async (kind) => {
    const client = asks('plain', protection);
    const made = await client.make({ kind, ...wanted, oldCertificate: old.der, order: 'A-1', years: 2 });
    // Nothing but text: it goes through a store and comes back.
    const outcome = await client.send(JSON.parse(JSON.stringify(made)));
    if (outcome.kind !== 'issued') throw new Error(outcome.kind);
    expect(outcome).toMatchObject({ ownKey: true, implicit: false, withMods: false });
    expect(Buffer.compare(outcome.certificate, certificate('ee-new-kur.crt').der)).toBe(0);
    expect(outcome.transaction).toMatchObject({ state: 'issued', certReqId: kind === 'p10cr' ? -1 : 0 });
    expect(outcome.caPubs).toHaveLength(kind === 'ir' ? 1 : 0);
    await client.confirm(outcome.transaction, outcome.certificate, { ok: true });
  });

  it('revokes a certificate, and not one that the authority does not know', async () => {
    const client = asks('plain', protection);
    await client.revoke(old.der, 'superseded');
    await expect(client.revoke(server.der, 'superseded')).rejects.toMatchObject({
      code: 'authority.refused',
    });
  });

  it('asks about the authority', async () => {
    const answer = await asks('plain', protection).general([cmpOids.signKeyPairTypes]);
    expect(answer.infos).toEqual([{ type: cmpOids.signKeyPairTypes, value: null }]);
  });

  it('is told of an error that is proven', async () => {
    const client = asks('error', protection);
    const sent = client.send(await client.make({ kind: 'cr', ...wanted }));
    await expect(sent).rejects.toMatchObject({
      code: 'authority.refused',
      details: { status: 'rejection', failInfo: 'badRequest' },
    });
  });
});

describe('P-256', () => {
  const subject = certificate('eec-old.crt').subject.raw;

  it('is renewed, and implicit confirmation is taken when it is granted', async () => {
    const client = asks('ec', signedBy('eec-old'));
    const made = await client.make({ kind: 'kur', key: key('eec-new.key'), subject, implicitConfirm: true });
    const outcome = await client.send(made);
    if (outcome.kind !== 'issued') throw new Error(outcome.kind);
    expect(outcome).toMatchObject({ ownKey: true, implicit: true, transaction: { state: 'confirmed' } });
    await client.confirm(outcome.transaction, outcome.certificate, { ok: true });
    const rejected = client.confirm(outcome.transaction, outcome.certificate, { ok: false, reason: 'late' });
    await expect(rejected).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('has to be confirmed where implicit confirmation is asked for and not granted', async () => {
    const client = asks('plain');
    const outcome = await client.send(await client.make({ kind: 'kur', ...wanted, implicitConfirm: true }));
    expect(outcome).toMatchObject({ kind: 'issued', implicit: false, transaction: { state: 'issued' } });
    if (outcome.kind === 'issued')
      await client.confirm(outcome.transaction, outcome.certificate, { ok: true });
  });
});

describe('an authority that does something else', () => {
  const send = async (client: CmpClient) => client.send(await client.make({ kind: 'kur', ...wanted }));

  it('is asked again for a request that waits', async () => {
    const first = await send(asks('polling'));
    expect(first).toMatchObject({ kind: 'waiting', checkAfterSeconds: 0, transaction: { state: 'waiting' } });
    // Another client goes on with it, as after a restart.
    const client = asks('polling');
    const second = await client.poll(JSON.parse(JSON.stringify(first.transaction)));
    expect(second).toMatchObject({ kind: 'waiting', checkAfterSeconds: 7 });
    const third = await client.poll(second.transaction);
    if (third.kind !== 'issued') throw new Error(third.kind);
    await client.confirm(third.transaction, third.certificate, { ok: true });
  });

  it('is sent the same request again when its answer was lost', async () => {
    const client = asks('plain');
    const made = await client.make({ kind: 'kur', ...wanted });
    await client.send(made);
    const again = await client.send(made);
    expect(again).toMatchObject({ kind: 'issued', ownKey: true });
    if (again.kind === 'issued') await client.confirm(again.transaction, again.certificate, { ok: true });
  });

  it('sends the certificate of another key: seen, and rejected', async () => {
    const client = asks('plain');
    const made = await client.make({ kind: 'kur', key: key('eec-new.key'), subject: old.subject.raw });
    const outcome = await client.send(made);
    if (outcome.kind !== 'issued') throw new Error(outcome.kind);
    expect(outcome.ownKey).toBe(false);
    await client.confirm(outcome.transaction, outcome.certificate, { ok: false, reason: 'another key' });
  });

  it('does not know the certificate that is to be replaced', async () => {
    const client = asks('plain');
    const made = await client.make({ kind: 'kur', ...wanted, oldCertificate: server.der });
    await expect(client.send(made)).rejects.toMatchObject({
      code: 'authority.refused',
      details: { status: 'rejection', text: expect.stringContaining('wrong certid') },
    });
  });

  it('refuses with its reason', async () => {
    await expect(send(asks('rejecting'))).rejects.toMatchObject({
      code: 'authority.refused',
      details: { status: 'rejection', failInfo: 'badPOP', text: 'not eligible' },
    });
  });

  it('grants with changes', async () => {
    const outcome = await send(asks('mods'));
    expect(outcome).toMatchObject({ kind: 'issued', withMods: true });
  });

  it('reports an error without proof', async () => {
    await expect(send(asks('bareError'))).rejects.toMatchObject({ code: 'authority.error-unproven' });
  });

  it('sends a certificate without proof', async () => {
    await expect(send(asks('bare'))).rejects.toMatchObject({
      code: 'authority.answer-untrusted',
      details: { reason: 'unprotected' },
    });
  });

  it('was given another secret', async () => {
    await expect(send(asks('plain', secretOf('test-secret-02'), {}))).rejects.toMatchObject({
      code: 'request.invalid',
    });
    const client = asks('plain', secretOf('test-secret-02'));
    const made = await client.make({ kind: 'ir', ...wanted });
    await expect(client.send(made)).rejects.toMatchObject({ code: 'authority.secret-wrong' });
  });

  it('is not under a root that is trusted', async () => {
    await expect(send(asks('plain', undefined, { roots: [server] }))).resolves.toBeTruthy();
    await expect(send(asks('plain', undefined, { roots: [old] }))).rejects.toMatchObject({
      code: 'authority.answer-untrusted',
      details: { reason: expect.stringContaining('chain-') },
    });
  });

  it('is a customer of the same authority, unless it is named', async () => {
    await expect(send(asks('customer'))).rejects.toMatchObject({
      code: 'authority.answer-untrusted',
      details: { reason: 'signer-not-authorized' },
    });
    const recipient = certificate('eec-old.crt').subject.raw;
    await expect(send(asks('customer', undefined, { recipient }))).resolves.toMatchObject({ kind: 'issued' });
  });

  it('has a clock that differs by a day, or its certificate was not valid by ours', async () => {
    const day = 86_400_000;
    const tomorrow = () => new Date(Date.now() + day);
    await expect(send(asks('plain', undefined, { now: tomorrow }))).rejects.toMatchObject({
      code: 'authority.clock-off',
      details: { minutes: expect.closeTo(1440, -1) },
    });
    const longAgo = () => new Date(root.notBefore.getTime() - day);
    await expect(send(asks('plain', undefined, { now: longAgo }))).rejects.toMatchObject({
      code: 'authority.clock-off',
    });
  });

  it('is no authority at this path', async () => {
    const client = asks('plain', undefined, { url: urls.plain.replace('/pkix/', '/nothing/') });
    await expect(send(client)).rejects.toMatchObject({ code: 'authority.not-an-authority' });
  });
});
