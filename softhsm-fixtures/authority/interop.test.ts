import { execFile } from 'node:child_process';
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withDriver } from '../driver.ts';
import { findSoftHsm } from '../module.ts';
import { toPem } from './certificate.ts';
import { type RunningAuthority, startAuthority } from './index.ts';
import { calmKnobs } from './knobs.ts';
import { certify, ensureAuthority, noteIssued } from './root.ts';

// OpenSSL's clients against the practice authority, as strangers use it: programs, files, keys in files and in SoftHSM.

const dir = mkdtempSync(join(tmpdir(), 'authority-'));
const file = (name: string) => join(dir, name);
const unit = { unit: 'Practice Unit Ltd', creditCode: '12530199MB1A27343Y', years: 2 };
const subject = (seal: string) =>
  `/C=CN/O=${unit.unit}/organizationIdentifier=NTRCN-${unit.creditCode}/OU=${seal}/CN=${unit.unit} ${seal}`;

let authority: RunningAuthority;

/** Runs `openssl` beside the server in this process. */
function openssl(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; words: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      'openssl',
      [...args],
      { cwd: dir, env: { ...process.env, ...env } },
      (error, stdout, stderr) => resolve({ code: error ? 1 : 0, words: `${stdout}${stderr}` }),
    );
    child.stdin?.end();
  });
}

async function newKey(name: string): Promise<string> {
  const made = await openssl([
    'genpkey',
    '-algorithm',
    'EC',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-out',
    name,
  ]);
  expect(made).toMatchObject({ code: 0 });
  return name;
}

const cmp = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  openssl(
    [
      ...['cmp', '-config', '', '-server', new URL(authority.url).host, '-path', '.well-known/cmp'],
      ...['-recipient', '/CN=practice', '-trusted', authority.root, '-cmd', command, ...args],
    ],
    env,
  );

const secretOf = ({ reference, secret }: { reference: string; secret: string }) => [
  ...['-ref', reference, '-secret', `pass:${secret}`, '-mac', 'hmacWithSHA256'],
];
const signedBy = (name: string) => ['-cert', `${name}.crt`, '-key', `${name}.key`];
const certificate = (name: string) => new X509Certificate(readFileSync(file(`${name}.crt`)));
const stateOf = (name: string) =>
  authority
    .certificates()
    .find(({ serialNumber }) => serialNumber === certificate(name).serialNumber.toLowerCase())?.state;

/** A certificate for a new key in a file, by a first request under a secret. */
async function holder(name: string, seal: string): Promise<void> {
  await newKey(`${name}.key`);
  const enrolment = authority.enrol({ ...unit, seal });
  const args = ['-newkey', `${name}.key`, '-subject', subject(seal), '-certout', `${name}.crt`];
  expect(await cmp('ir', [...secretOf(enrolment), ...args])).toMatchObject({ code: 0 });
}

beforeAll(async () => {
  authority = await startAuthority({ dir });
  await holder('holder', 'Seal');
});
afterEach(() => void Object.assign(authority.knobs, calmKnobs));
afterAll(async () => {
  await authority.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('openssl cmp with a shared secret', () => {
  it('ir: a first certificate, the root and the chain with it, once', async () => {
    const enrolment = authority.enrol({ ...unit, seal: 'First' });
    await newKey('first.key');
    const args = [...secretOf(enrolment), '-newkey', 'first.key', '-subject', subject('First')];
    const outputs = ['-certout', 'first.crt', '-cacertsout', 'root.crt', '-extracertsout', 'extra.crt'];
    expect(await cmp('ir', [...args, ...outputs])).toMatchObject({ code: 0 });
    expect(new X509Certificate(readFileSync(file('root.crt'))).raw).toEqual(
      new X509Certificate(readFileSync(authority.root)).raw,
    );
    const made = certificate('first');
    expect(made.checkIssued(new X509Certificate(readFileSync(file('extra.crt'))))).toBe(true);
    expect(made.publicKey.equals(createPublicKey(readFileSync(file('first.key'))))).toBe(true);
    expect(new Date(made.validTo).getUTCFullYear()).toBe(new Date().getUTCFullYear() + 2);
    expect(stateOf('first')).toBe('good');
    const again = await cmp('ir', [...args, '-certout', 'second.crt']);
    expect(again.code).toBe(1);
    expect(again.words).toMatch(/notAuthorized/);
  });

  it('cr and p10cr; rr and kur for what came of it', async () => {
    await newKey('cr.key');
    await newKey('csr.key');
    const request = ['-key', 'csr.key', '-subj', subject('Csr'), '-out', 'new.csr'];
    expect(await openssl(['req', '-new', ...request])).toMatchObject({ code: 0 });
    const secret = secretOf(authority.enrol({ ...unit, seal: 'Cr' }));
    const args = ['-newkey', 'cr.key', '-subject', subject('Cr'), '-certout', 'cr.crt'];
    expect(await cmp('cr', [...secret, ...args])).toMatchObject({ code: 0 });
    const other = secretOf(authority.enrol({ ...unit, seal: 'Csr' }));
    expect(await cmp('p10cr', [...other, '-csr', 'new.csr', '-certout', 'csr.crt'])).toMatchObject({
      code: 0,
    });
    await newKey('cr2.key');
    const renewal = ['-oldcert', 'cr.crt', '-newkey', 'cr2.key', '-certout', 'cr2.crt'];
    expect(await cmp('kur', [...secret, ...renewal])).toMatchObject({ code: 0 });
    expect(await cmp('rr', [...secret, '-oldcert', 'cr.crt', '-revreason', '4'])).toMatchObject({ code: 0 });
    expect([stateOf('cr'), stateOf('cr2'), stateOf('csr')]).toEqual(['revoked', 'good', 'good']);
  });

  it('genm; and a wrong secret, which issues nothing', async () => {
    const enrolment = authority.enrol({ ...unit, seal: 'General' });
    const asked = await cmp('genm', [...secretOf(enrolment), '-infotype', 'signKeyPairTypes']);
    expect(asked).toMatchObject({ code: 0, words: expect.stringContaining('id-it-signKeyPairTypes') });
    const before = authority.certificates().length;
    const wrong = secretOf({ ...enrolment, secret: 'somebody elses' });
    const args = ['-newkey', 'holder.key', '-subject', subject('General'), '-certout', 'no.crt'];
    const refused = await cmp('ir', [...wrong, ...args]);
    expect(refused.code).toBe(1);
    expect(authority.certificates()).toHaveLength(before);
  });
});

describe('openssl cmp with a certificate', () => {
  it('kur, on both addresses; the old certificate stays', async () => {
    await newKey('renewed.key');
    await newKey('pkix.key');
    const args = ['-newkey', 'renewed.key', '-certout', 'renewed.crt'];
    expect(await cmp('kur', [...signedBy('holder'), ...args])).toMatchObject({ code: 0 });
    const pkix = ['-newkey', 'pkix.key', '-certout', 'pkix.crt', '-path', 'pkix/'];
    expect(await cmp('kur', [...signedBy('holder'), ...pkix])).toMatchObject({ code: 0 });
    const length = (one: X509Certificate) => Date.parse(one.validTo) - Date.parse(one.validFrom);
    expect(length(certificate('renewed'))).toBe(length(certificate('holder')));
    expect(certificate('renewed').subject).toBe(certificate('holder').subject);
    expect([stateOf('holder'), stateOf('renewed'), stateOf('pkix')]).toEqual(['good', 'good', 'good']);
  });

  it('ir, cr, p10cr, genm, and rr, after which it is good for nothing', async () => {
    await holder('busy', 'Busy');
    await newKey('ir.key');
    const request = ['-key', 'ir.key', '-subj', subject('Busy'), '-out', 'busy.csr'];
    expect(await openssl(['req', '-new', ...request])).toMatchObject({ code: 0 });
    const by = signedBy('busy');
    const wanted = ['-newkey', 'ir.key', '-subject', subject('Busy')];
    expect(await cmp('ir', [...by, ...wanted, '-certout', 'ir.crt'])).toMatchObject({ code: 0 });
    expect(await cmp('cr', [...by, ...wanted, '-certout', 'cr3.crt'])).toMatchObject({ code: 0 });
    expect(await cmp('p10cr', [...by, '-csr', 'busy.csr', '-certout', 'p10.crt'])).toMatchObject({ code: 0 });
    expect(await cmp('genm', [...by, '-infotype', 'signKeyPairTypes'])).toMatchObject({ code: 0 });
    expect(await cmp('rr', [...by, '-oldcert', 'busy.crt', '-revreason', '1'])).toMatchObject({ code: 0 });
    expect(stateOf('busy')).toBe('revoked');
    const late = await cmp('cr', [...by, ...wanted, '-certout', 'late.crt']);
    expect(late).toMatchObject({ code: 1, words: expect.stringContaining('certRevoked') });
  });

  it('implicit confirmation where it is granted, and none where it is not', async () => {
    await newKey('implicit.key');
    const args = [...signedBy('holder'), '-newkey', 'implicit.key', '-implicit_confirm'];
    const granted = await cmp('kur', [...args, '-certout', 'granted.crt']);
    expect(granted.code).toBe(0);
    expect(granted.words).not.toMatch(/CERTCONF/);
    authority.knobs.implicitConfirm = false;
    const denied = await cmp('kur', [...args, '-certout', 'denied.crt']);
    expect(denied.code).toBe(0);
    expect(denied.words).toMatch(/CERTCONF/);
    expect([stateOf('granted'), stateOf('denied')]).toEqual(['good', 'good']);
  });

  it('waiting and polling; a certificate that nobody confirms is revoked in time', async () => {
    await newKey('polled.key');
    Object.assign(authority.knobs, { pollCount: 3, checkAfter: 0 });
    const args = [...signedBy('holder'), '-newkey', 'polled.key'];
    const polled = await cmp('kur', [...args, '-certout', 'polled.crt']);
    expect(polled.code).toBe(0);
    expect(polled.words.match(/sending POLLREQ/g)).toHaveLength(3);
    authority.knobs.pollCount = 0;
    expect((await cmp('kur', [...args, '-disable_confirm', '-certout', 'silent.crt'])).code).toBe(0);
    expect([stateOf('polled'), stateOf('silent')]).toEqual(['good', 'issued']);
    authority.knobs.confirmWithin = 0;
    await fetch(authority.crl);
    expect(stateOf('silent')).toBe('revoked');
  });

  it('tells why it refuses; whose answer it is, is seen', async () => {
    await newKey('refused.key');
    const args = [...signedBy('holder'), '-newkey', 'refused.key', '-certout', 'refused.crt'];
    authority.knobs.refuse = { text: 'papers are missing', failInfo: 'addInfoNotAvailable' };
    const refused = await cmp('kur', args);
    expect(refused.code).toBe(1);
    expect(refused.words).toMatch(/addInfoNotAvailable.*papers are missing/s);
    authority.knobs.refuse = null;

    const noProof = await cmp('kur', [...args, '-popo', '-1']);
    expect(noProof).toMatchObject({ code: 1, words: expect.stringContaining('badPOP') });
    Object.assign(authority.knobs, { clockOffset: 86_400_000, unprotectedErrors: true });
    const clock = await cmp('kur', [...args, '-unprotected_errors']);
    expect(clock).toMatchObject({ code: 1, words: expect.stringContaining('badTime') });
    Object.assign(authority.knobs, { clockOffset: 0, unprotectedErrors: false, wrongSigner: true });
    expect((await cmp('kur', args)).code).toBe(1);
    Object.assign(authority.knobs, { wrongSigner: false, surprise: 'other-key' });
    const surprised = await cmp('kur', args);
    expect(surprised.code).toBe(1);
    const states = new Set(
      authority
        .certificates()
        .slice(-2)
        .map(({ state }) => state),
    );
    // The one that a stranger's answer held was never confirmed; the one with another's key was refused.
    expect(states).toEqual(new Set(['issued', 'revoked']));
  });
});

describe('openssl with keys in SoftHSM', () => {
  const pin = 'pin-4711';
  const conf = file('softhsm2.conf');
  const engine = ['-engine', 'pkcs11', '-keyform', 'engine'];
  const key = (id: string) => `pkcs11:token=interop;id=%${id};type=private;pin-value=${pin}`;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const module = findSoftHsm();
    mkdirSync(file('tokens'));
    writeFileSync(
      conf,
      `directories.tokendir = ${file('tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    env = { SOFTHSM2_CONF: conf, PKCS11_MODULE_PATH: module };
    const world = await ensureAuthority(dir);
    const oldKeys = await withDriver(module, conf, async (driver) => {
      const { serial } = await driver.init({ label: 'interop', soPin: 'so-4711', pin });
      const make = (keyId: string, keyType: 'EC-P256' | 'RSA-2048') =>
        driver.generate({ serial, pin, keyType, keyId, label: keyId });
      return [await make('01', 'RSA-2048'), await make('02', 'EC-P256'), await make('03', 'EC-P256')];
    });
    const issue = async (publicKey: KeyObject, name: string) => {
      const now = Date.now();
      const made = await certify(
        {
          subject: [{ C: ['CN'] }, { O: ['练习单位'] }, { CN: ['公章'] }],
          publicKey,
          notBefore: new Date(now - 86_400_000),
          notAfter: new Date(now + 30 * 86_400_000),
          keyUsage: ['digitalSignature', 'nonRepudiation'],
        },
        world.issuing,
      );
      noteIssued(world.folder, made);
      writeFileSync(file(`${name}.crt`), toPem(new Uint8Array(made.rawData)));
    };
    await issue(oldKeys[0]!, 'token-rsa');
    await issue(oldKeys[1]!, 'token-ec');
  });

  it.each([
    ['RSA', 'token-rsa', '01', '03'],
    ['P-256', 'token-ec', '02', '03'],
  ])('kur, p10cr and rr with an old key of %s', async (_, name, old, fresh) => {
    const by = [...engine, '-cert', `${name}.crt`, '-key', key(old)];
    const kur = ['-newkey', key(fresh), '-certout', `${name}-new.crt`];
    expect(await cmp('kur', [...by, ...kur], env)).toMatchObject({ code: 0 });
    expect(certificate(`${name}-new`).subject).toBe(certificate(name).subject);
    const csr = [...engine, '-key', key(fresh), '-utf8', '-subj', '/C=CN/O=练习单位/CN=公章'];
    expect(await openssl(['req', '-new', ...csr, '-out', 'token.csr'], env)).toMatchObject({ code: 0 });
    const p10 = ['-csr', 'token.csr', '-certout', `${name}-p10.crt`];
    expect(await cmp('p10cr', [...by, ...p10], env)).toMatchObject({ code: 0 });
    expect(await cmp('rr', [...by, '-oldcert', `${name}.crt`], env)).toMatchObject({ code: 0 });
    expect([stateOf(name), stateOf(`${name}-new`)]).toEqual(['revoked', 'good']);
  });
});

describe('what others ask the authority', () => {
  const fetchTo = async (url: string, name: string, body?: Buffer, type = '') => {
    const asked = body
      ? await fetch(url, { method: 'POST', body: new Uint8Array(body), headers: { 'content-type': type } })
      : await fetch(url);
    expect(asked.status).toBe(200);
    writeFileSync(file(name), Buffer.from(await asked.arrayBuffer()));
  };
  let issuing: string;

  beforeAll(async () => {
    issuing = join(dir, 'authority', 'issuing.pem');
    await holder('gone', 'Gone');
    expect(authority.revoke(certificate('gone').serialNumber.toLowerCase(), 'keyCompromise')).toBe(true);
  });

  it('openssl ocsp: good, revoked with its reason, unknown; nonce or none', async () => {
    const ask = (...more: string[]) =>
      openssl(['ocsp', '-issuer', issuing, '-url', authority.ocsp, '-CAfile', authority.root, ...more]);
    const good = await ask('-sha256', '-cert', 'holder.crt');
    expect(good.words).toMatch(/holder\.crt: good/);
    expect(good.words).toMatch(/Response verify OK/);
    expect(good.words).not.toMatch(/WARNING/);
    const revoked = await ask('-no_nonce', '-cert', 'gone.crt', '-cert', 'holder.crt');
    expect(revoked.words).toMatch(/gone\.crt: revoked[\s\S]*Reason: keyCompromise/);
    expect(revoked.words).toMatch(/holder\.crt: good/);
    expect((await ask('-serial', '0x4711')).words).toMatch(/0x4711: unknown/);
    const stranger = await openssl([
      ...['ocsp', '-issuer', authority.root, '-cert', issuing, '-url', authority.ocsp],
      ...['-CAfile', authority.root, '-verify_other', issuing],
    ]);
    expect(stranger.words).toMatch(/: unknown/);
    authority.knobs.wrongSigner = true;
    expect((await ask('-cert', 'holder.crt')).words).toMatch(/Response Verify Failure/);
  });

  it('OCSP by GET, and what can’t be read', async () => {
    const made = await openssl([
      'ocsp',
      '-no_nonce',
      '-issuer',
      issuing,
      '-cert',
      'holder.crt',
      '-reqout',
      'q.der',
    ]);
    expect(made.code).toBe(0);
    const request = encodeURIComponent(readFileSync(file('q.der')).toString('base64'));
    await fetchTo(`${authority.ocsp}/${request}`, 'r.der');
    const read = [
      '-no_nonce',
      '-issuer',
      issuing,
      '-cert',
      'holder.crt',
      '-CAfile',
      authority.root,
      '-respin',
      'r.der',
    ];
    expect((await openssl(['ocsp', ...read])).words).toMatch(/holder\.crt: good/);
    await fetchTo(authority.ocsp, 'bad.der', Buffer.from('no request'), 'application/ocsp-request');
    expect(readFileSync(file('bad.der')).toString('hex')).toBe('30030a0101');
  });

  it('openssl ts: three digests, nonce, with and without certificate; what is not stamped', async () => {
    writeFileSync(file('data.txt'), 'data');
    const type = 'application/timestamp-query';
    for (const args of [['-sha256', '-cert'], ['-sha384', '-cert', '-no_nonce'], ['-sha512']]) {
      const query = ['ts', '-query', '-data', 'data.txt', ...args, '-out', 'q.tsq'];
      expect(await openssl(query)).toMatchObject({ code: 0 });
      await fetchTo(authority.tsa, 'r.tsr', readFileSync(file('q.tsq')), type);
      const verify = ['ts', '-verify', '-queryfile', 'q.tsq', '-in', 'r.tsr', '-CAfile', authority.root];
      const tsa = join(dir, 'authority', 'tsa.pem');
      writeFileSync(file('middle.pem'), readFileSync(issuing, 'utf8') + readFileSync(tsa, 'utf8'));
      const untrusted = args.includes('-cert') ? issuing : 'middle.pem';
      const seen = await openssl([...verify, '-untrusted', untrusted]);
      expect(seen.words).toMatch(/Verification: OK/);
    }
    for (const [args, reason] of [
      [['-sha1'], 'unrecognized or unsupported algorithm'],
      [['-sha256', '-tspolicy', '1.2.3'], 'unacceptedPolicy|requested TSA policy is not supported'],
    ] as const) {
      await openssl(['ts', '-query', '-data', 'data.txt', ...args, '-out', 'q.tsq']);
      await fetchTo(authority.tsa, 'r.tsr', readFileSync(file('q.tsq')), type);
      const shown = await openssl(['ts', '-reply', '-in', 'r.tsr', '-text']);
      expect(shown.words).toMatch(/Status: Rejected/);
      expect(shown.words).toMatch(new RegExp(reason));
    }
    await fetchTo(authority.tsa, 'r.tsr', Buffer.from('garbage'), type);
    expect((await openssl(['ts', '-reply', '-in', 'r.tsr', '-text'])).words).toMatch(/Rejected/);
  });

  it('openssl verify with CRLs of the whole chain; x509 and crl have no complaint', async () => {
    await fetchTo(authority.crl, 'issuing.crl');
    await fetchTo(`${authority.url}/crl/root.crl`, 'root.crl');
    await fetchTo(`${authority.url}/ca/issuing.cer`, 'issuing.cer');
    const crls: string[] = [];
    for (const name of ['issuing', 'root']) {
      const shown = await openssl([
        'crl',
        '-inform',
        'DER',
        '-in',
        `${name}.crl`,
        '-text',
        '-out',
        `${name}.crl.pem`,
      ]);
      expect(shown).toMatchObject({ code: 0, words: '' });
      crls.push('-CRLfile', `${name}.crl.pem`);
    }
    const text = readFileSync(file('issuing.crl.pem'), 'utf8');
    expect(text).toMatch(/X509v3 CRL Number/);
    expect(text).toMatch(/Key Compromise/);
    const check = ['-x509_strict', '-crl_check_all', '-CAfile', authority.root, '-untrusted', issuing];
    expect(await openssl(['verify', ...check, ...crls, 'holder.crt'])).toMatchObject({ code: 0 });
    const revoked = await openssl(['verify', ...check, ...crls, 'gone.crt']);
    expect(revoked).toMatchObject({ code: 1, words: expect.stringContaining('certificate revoked') });
    for (const name of ['cmp', 'ocsp', 'tsa']) {
      const purpose = name === 'tsa' ? ['-purpose', 'timestampsign'] : [];
      const path = join(dir, 'authority', `${name}.pem`);
      const seen = await openssl(['verify', ...check, ...crls, ...purpose, path]);
      expect(seen).toMatchObject({ code: 0 });
    }
    const shown = await openssl(['x509', '-in', 'holder.crt', '-noout', '-text']);
    expect(shown.code).toBe(0);
    expect(shown.words).toContain(`URI:${authority.crl}`);
    expect(shown.words).toContain(`OCSP - URI:${authority.ocsp}`);
    expect(new X509Certificate(readFileSync(file('issuing.cer'))).fingerprint256).toBe(
      new X509Certificate(readFileSync(issuing)).fingerprint256,
    );
  });
});
