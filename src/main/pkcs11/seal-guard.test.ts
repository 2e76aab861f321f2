import { execFile } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type IssuedCertificate,
  issue,
  makeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import { type Keysim, makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import { withUsccCheck } from '../../../softhsm-fixtures/uscc.ts';
import { readSeal } from '../seals/ses/index.ts';
import type { SignRequest } from './api.ts';
import { digestApplication, type SealOfUse, type TokenData } from './data-api.ts';
import { endHosts, startHost, submit, typing } from './test-driver/host.ts';
import { type ForeignData, otherProgram } from './test-driver/other-program.ts';
import { SealWorkshop, sha256Of } from './test-driver/seals.ts';

/**
 * Misuse of seals, refused by the process that makes the signature. SoftHSM holds the keys, the simulator counts what was
 * asked of them; the seals lie on the token as another program may have put them there.
 */
const workshop = new SealWorkshop();
const strange = workshop.openssl.issue({
  subject: '/CN=Another root',
  extensions: ['basicConstraints = critical,CA:TRUE'],
});
const otherMaker = workshop.makerNamed('Another maker', strange);
const hour = 3_600_000;
const run = promisify(execFile);

let folder: string;
let world: PracticeWorld;
let keysim: Keysim;
let host: Awaited<ReturnType<typeof startHost>>;
/** The unit's certificate with its key, another one beside it, one without its key, and an enterprise's. */
let own: IssuedCertificate;
let beside: IssuedCertificate;
let keyless: IssuedCertificate;
let enterprise: IssuedCertificate;
/** Another certificate of the unit's own. */
let selfMaker: IssuedCertificate;

const seals: Record<string, TokenData> = {};
const digestOf = ({ label, value }: TokenData): ForeignData => ({
  application: digestApplication,
  label,
  value: Buffer.from(sha256Of(value), 'hex'),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-guard-'));
  world = await practiceUp(join(folder, 'world'));
  const ec = { keyType: 'EC-P256' } as const;
  own = await issue(world, { ...ec, label: '本章' });
  beside = await issue(world, { ...ec, label: '旁章' });
  keyless = await issue(world, { ...ec, label: '无钥', withKey: false });
  const code = withUsccCheck('91440300708461136');
  enterprise = await issue(world, {
    ...ec,
    label: '企业',
    subject: [{ O: ['某某有限公司'] }, { '2.5.4.97': [`NTRCN-${code}`] }, { CN: ['某某有限公司'] }],
  });
  const of = (certificate: IssuedCertificate) => ({ certificates: [certificate.der] });
  seals.good = workshop.seal(of(own));
  seals.byDigest = workshop.seal({ ...of(own), byDigest: true });
  seals.beside = workshop.seal(of(beside));
  seals.keyless = workshop.seal(of(keyless));
  seals.expired = workshop.seal({ ...of(own), until: -1000 });
  seals.early = workshop.seal({ ...of(own), from: hour });
  seals.unknownMaker = workshop.seal({ ...of(own), maker: otherMaker });
  selfMaker = await issue(world, { ...ec, label: '自制', onToken: false });
  seals.selfMade = workshop.seal({
    ...of(own),
    maker: { der: selfMaker.der, privateKey: selfMaker.privateKey! },
  });
  seals.wide = workshop.seal({ ...of(enterprise), size: 50 });
  seals.enterprise = workshop.seal({ ...of(enterprise), size: 45 });
  seals.credit = workshop.seal({ ...of(own), creditCode: code });
  seals.changed = { ...seals.good, label: workshop.number(), value: seals.good.value.slice() };
  // A byte of the picture.
  const at = Buffer.from(seals.changed.value).indexOf(readSeal(seals.good.value).picture.data) + 40;
  seals.changed.value[at]! ^= 1;
  await otherProgram(world, world.token, { create: Object.values(seals) });
  seals.absent = workshop.seal(of(own));
  seals.sameNumber = workshop.seal({ ...of(own), id: seals.good.label, name: '另一枚' });
  seals.stored = workshop.seal(of(own));
  await otherProgram(world, world.token, { create: [digestOf(seals.stored)] });
  keysim = await makeKeysim(world);
  host = await startHost(world, keysim.module, keysim.env);
}, 120_000);
afterAll(async () => {
  await endHosts();
  await keysim.close();
  workshop.close();
  rmSync(folder, { recursive: true, force: true });
});

const derOf = (path: string) => Uint8Array.from(new X509Certificate(readFileSync(path)).raw);

/** Signs with this seal as its stamp; the unit's certificate is the one that signs if nothing else is said. */
async function stamp(
  seal: TokenData,
  more: Partial<SealOfUse> = {},
  request: Partial<SignRequest> = {},
  person = typing(world.token.pin),
) {
  const drawn = readSeal(seal.value).picture.data;
  await keysim.control('calls reset');
  const outcome = await host.sign(
    {
      certificateSha256: own.sha256,
      scheme: 'ecdsa',
      seal: workshop.use(seal, drawn, more),
      ...request,
    },
    person,
  );
  const lines = (await keysim.control('calls')).split('\n');
  const calls = (name: string) =>
    Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1] ?? 0);
  const code = (outcome.error as { code?: string } | undefined)?.code;
  return { ...outcome, code, logins: calls('C_Login'), begun: calls('C_SignInit'), signed: calls('C_Sign') };
}

describe('a seal that may be used', () => {
  it.each(['good', 'byDigest', 'stored'])('stamps (%s)', async (name) => {
    const { error, value, said, logins } = await stamp(seals[name]!);
    expect(error).toBeUndefined();
    expect(value?.signature.length).toBeGreaterThan(60);
    expect(said).toEqual(['ask', 'checking', 'accepted']);
    expect(logins).toBe(1);
  });

  it('is asked about on its maker’s list', async () => {
    const statusList = workshop.statusList({ [seals.good!.label]: 'normal' });
    expect(await stamp(seals.good!, { statusList })).toMatchObject({ error: undefined, logins: 1 });
  });

  it('may be as large as the rules allow', async () => {
    const request = { certificateSha256: enterprise.sha256 };
    expect(await stamp(seals.enterprise!, {}, request)).toMatchObject({ error: undefined, logins: 1 });
  });

  it('stamps with a key of one session that takes its time', async () => {
    await keysim.control('set max-sessions = 1');
    await keysim.control('set latency.C_GetAttributeValue = 1');
    const before = host.sent.length;
    expect(await stamp(seals.good!)).toMatchObject({ error: undefined, logins: 1 });
    const clocks = host.sent.slice(before).filter((message) => {
      const { kind, phase } = message as { kind: string; phase?: string };
      return kind === 'phase' && phase === 'find';
    });
    // Each seal is read on a clock of its own, before the login and again after it.
    expect(clocks.length).toBeGreaterThan(2 * (Object.keys(seals).length - 3));
    await keysim.control('clear');
  });
});

describe('misuse is refused before anybody is asked for a PIN:', () => {
  type Case = [string, string, string, (() => Partial<SealOfUse>)?, signer?: () => IssuedCertificate];
  const listed = (seal: string, state: 'suspended' | 'cancelled') => () => ({
    statusList: workshop.statusList({ [seals[seal]!.label]: state }),
  });
  it.each<Case>([
    ['the seal of another certificate', 'beside', 'seal.not-listed'],
    ['the seal of another key', 'keyless', 'seal.other-key', () => ({}), () => keyless],
    ['expired', 'expired', 'seal.expired'],
    ['not yet valid', 'early', 'seal.not-yet-valid'],
    ['suspended', 'good', 'seal.suspended', listed('good', 'suspended')],
    ['cancelled', 'good', 'seal.cancelled', listed('good', 'cancelled')],
    ['never issued', 'good', 'seal.not-issued', listed('beside', 'suspended')],
    [
      'a list of another maker',
      'good',
      'seal.status-unproven',
      () => ({ statusList: workshop.statusList({}, otherMaker) }),
    ],
    ['a maker whom nobody knows', 'unknownMaker', 'seal.maker-unknown'],
    [
      'made by its own unit',
      'selfMade',
      'seal.maker-unknown',
      () => ({ roots: [derOf(world.trust)], pool: [derOf(world.issuing)] }),
    ],
    ['no root at all', 'good', 'seal.unproven', () => ({ roots: [] })],
    [
      'a maker who was revoked',
      'good',
      'seal.maker-revoked',
      () => ({ revoked: [{ sha256: sha256Of(workshop.maker.der), since: null }] }),
    ],
    [
      'another picture drawn',
      'good',
      'seal.picture-differs',
      () => ({ drawnSha256: sha256Of(Buffer.from('another')) }),
    ],
    ['its own picture changed', 'changed', 'seal.signature-wrong'],
    [
      'another seal in the document',
      'good',
      'seal.swapped',
      () => ({ embeddedSha256: sha256Of(seals.beside!.value) }),
    ],
    ['another one of its number on the key', 'sameNumber', 'seal.swapped'],
    ['not on this key', 'absent', 'seal.not-on-key'],
    ['of another unit by its credit code', 'credit', 'seal.credit-code'],
    ['of 50 mm for an enterprise', 'wide', 'seal.oversize', () => ({}), () => enterprise],
  ])('%s', async (_, name, code, more, signer = () => own) => {
    const outcome = await stamp(seals[name]!, more?.(), { certificateSha256: signer().sha256 });
    expect(outcome.code).toBe(code);
    expect(outcome.value).toBeUndefined();
    expect(outcome.said).toEqual(['failed']);
    expect(outcome).toMatchObject({ logins: 0, begun: 0, signed: 0 });
  });

  it('a question that makes no sense', async () => {
    const seal = { ...workshop.use(seals.good!, Buffer.alloc(0)), drawnSha256: 'none' };
    const { error, replies } = await host.sign(
      { certificateSha256: own.sha256, scheme: 'ecdsa', seal },
      typing(''),
    );
    expect(error).toMatchObject({ code: 'request.invalid' });
    expect(replies).toEqual([]);
  });
});

describe('what changes while the PIN is typed is seen before the key signs:', () => {
  /** Types the PIN when another program has been at the key. */
  async function stampMeanwhile(
    seal: TokenData,
    meanwhile: Parameters<typeof otherProgram>[2],
    request: Partial<SignRequest> = {},
    nth = 1,
  ) {
    let asked = 0;
    let answer: (request: ReturnType<typeof submit>) => void = () => {};
    const drawn = readSeal(seal.value).picture.data;
    await keysim.control('calls reset');
    const outcome = await host.sign(
      { certificateSha256: own.sha256, scheme: 'ecdsa', seal: workshop.use(seal, drawn), ...request },
      (reply) => {
        if (reply.type !== 'ask') return undefined;
        if (++asked !== nth) return submit(world.token.pin);
        void otherProgram(world, world.token, meanwhile).then(() => answer(submit(world.token.pin)));
        return undefined;
      },
      (given) => {
        answer = given;
      },
    );
    const calls = await keysim.control('calls');
    return { ...outcome, calls };
  }

  it.each<[string, string, () => ForeignData[]]>([
    ['taken away', 'good', () => []],
    ['changed for another one of its number', 'good', () => [{ ...seals.sameNumber! }]],
    ['its digest changed', 'stored', () => [{ ...digestOf(seals.absent!), label: seals.stored!.label }]],
  ])('%s', async (_, name, create) => {
    const seal = seals[name]!;
    try {
      const outcome = await stampMeanwhile(seal, { remove: [seal.label], create: create() });
      expect(outcome.error).toMatchObject({ code: 'seal.swapped' });
      expect(outcome.said).toEqual(['ask', 'checking', 'accepted']);
      expect(outcome.calls).toMatch(/^C_Login 1$/m);
      expect(outcome.calls).not.toMatch(/^C_Sign/m);
    } finally {
      await otherProgram(world, world.token, {
        remove: [seal.label],
        create: [name === 'stored' ? digestOf(seal) : seal],
      });
    }
  });

  it('with a key that wants its PIN for each signature', async () => {
    const tool = (...args: string[]) =>
      run(
        'pkcs11-tool',
        [
          '--module',
          world.module,
          '--token-label',
          world.token.label,
          '--login',
          '--pin',
          world.token.pin,
          ...args,
        ],
        { env: { ...process.env, ...world.env } },
      );
    await tool('--keypairgen', '--key-type', 'EC:prime256v1', '--id', 'e7', '--always-auth');
    await tool('--read-object', '--type', 'pubkey', '--id', 'e7', '-o', join(folder, 'e7.der'));
    const spki = readFileSync(join(folder, 'e7.der'));
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const certificate = await issue(world, { publicKey, onToken: false });
    writeFileSync(join(folder, 'e7.crt'), certificate.der);
    await tool('--write-object', join(folder, 'e7.crt'), '--type', 'cert', '--id', 'e7');
    const seal = workshop.seal({ certificates: [certificate.der] });
    await otherProgram(world, world.token, { create: [seal] });
    const request = { certificateSha256: certificate.sha256 };
    const fine = await stamp(seal, {}, request);
    expect(fine).toMatchObject({
      error: undefined,
      said: ['ask', 'checking', 'ask', 'checking', 'accepted'],
    });
    const outcome = await stampMeanwhile(seal, { remove: [seal.label] }, request, 2);
    expect(outcome).toMatchObject({
      error: { code: 'seal.swapped' },
      said: ['ask', 'checking', 'ask', 'checking', 'failed'],
    });
    expect(outcome.calls).toMatch(/^C_SignInit 1$/m);
    expect(outcome.calls).not.toMatch(/^C_Sign /m);
  });

  it('a key that turns out not to hold the private key', async () => {
    // Nothing at all is shown of keys here before the login.
    const token = await makeToken(world, { label: '空盘' });
    const certificate = await issue(world, { token, keyType: 'EC-P256', withKey: false });
    const seal = workshop.seal({ certificates: [certificate.der] });
    await otherProgram(world, { ...token, pin: token.pin! }, { create: [seal] });
    const outcome = await stamp(
      seal,
      {},
      { serial: token.serial, label: token.label, certificateSha256: certificate.sha256 },
      typing(token.pin!),
    );
    expect(outcome).toMatchObject({ code: 'seal.other-key', logins: 1, begun: 0, signed: 0 });
  });
});
