import { createHash, generateKeyPairSync, type KeyObject, randomInt } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RevocationReason } from '../src/shared/domain/certificates.ts';
import { YinkeyError } from '../src/shared/errors/index.ts';
import { openSealMaker } from './authority/practice-seals.ts';
import {
  type Authority,
  certify,
  ensureAuthority,
  type Issuer,
  type KeyUsageName,
  namesPlaces,
  noteIssued,
} from './authority/root.ts';
import { ensureBoundSeal, sealPictures } from './bound-seal.ts';
import { ensureDocuments } from './documents.ts';
import { type Driver, type TokenContent, withDriver } from './driver.ts';
import type { EnrolledKey } from './enrol.ts';
import { readIfThere, writeWhole } from './files.ts';
import { withLock } from './lock.ts';
import { findSoftHsm } from './module.ts';
import { ensureSeals } from './seals.ts';
import { seedPins } from './seed.ts';
import { describe, newPin, storeCertificate, writePinFile } from './token-content.ts';
import type { PracticeCertificate, PracticeKeyType, PracticeToken, PracticeWorld } from './types.ts';
import { withUsccCheck } from './uscc.ts';
import * as x509 from './x509.ts';

export { type FoundAuthority, openAuthority } from './authority/background.ts';
export { findSoftHsm } from './module.ts';
export { lockSeeds, type SeededCertificate, type SeedState, seedKeys } from './seed.ts';
export type { PracticeCertificate, PracticeKeyType, PracticeToken, PracticeWorld } from './types.ts';

const day = 86_400_000;
const organization = '云南省示范区住房保障中心';
const creditCode = withUsccCheck('12530199MB1A27343');
/** Who stamps with the practice seal. */
const administrator = '李明华';
const signingUsage: readonly KeyUsageName[] = ['digitalSignature', 'nonRepudiation'];

/** The two certificates of the practice key. */
const planned: { label: string; keyType: PracticeKeyType; days: number }[] = [
  { label: '公章', keyType: 'RSA-2048', days: 365 },
  { label: '财务专用章', keyType: 'EC-P256', days: 3 * 365 },
];

/** Issued anew when less is left: practice must not begin with an expired certificate. */
const freshDays = 7;

interface State {
  label: string;
  serial: string | null;
  pin: string;
  soPin: string;
}

function readState(path: string): State | null {
  const text = readIfThere(path);
  if (text === null) return null;
  try {
    const { label, serial, pin, soPin } = JSON.parse(text) as Partial<State>;
    if (typeof label !== 'string' || typeof pin !== 'string' || typeof soPin !== 'string') return null;
    return { label, pin, soPin, serial: typeof serial === 'string' ? serial : null };
  } catch {
    // A state file that can't be read means a new token; the old one is found by its label and made anew.
    return null;
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const keyIdOf = (label: string) => createHash('sha1').update(`practice ${label}`).digest('hex');
const derOf = (certificate: x509.X509Certificate) => Buffer.from(certificate.rawData);

function subjectOf(label: string): Record<string, string[]>[] {
  return [
    { C: ['CN'] },
    { O: [organization] },
    // organizationIdentifier in the form of ETSI EN 319 412-1: a national registration number
    { '2.5.4.97': [`NTRCN-${creditCode}`] },
    { OU: [label] },
    { CN: [`${organization} ${label}`] },
  ];
}

/** The token of this state in working order: found, its PIN put right, or made. */
async function ensureToken(driver: Driver, state: State): Promise<{ serial: string; content: TokenContent }> {
  const tokens = await driver.tokens();
  const known = tokens.find((token) => token.serial === state.serial);
  if (known) {
    const open = () => driver.content(known.serial, state.pin);
    const reset = () => driver.resetPin(known.serial, state.soPin, state.pin).then(open);
    // Neither PIN fits a token that somebody else initialised: then a new one is made beside it.
    const content = await open().catch(() => reset().catch(() => null));
    if (content) return { serial: known.serial, content };
  }
  const { label, pin, soPin } = state;
  const half = tokens.find((token) => token.label === label && token.serial !== state.serial);
  const made = half
    ? await driver
        .init({ serial: half.serial, label, pin, soPin })
        .catch(() => driver.init({ label, pin, soPin }))
    : await driver.init({ label, pin, soPin });
  return { serial: made.serial, content: await driver.content(made.serial, pin) };
}

async function ensureCertificates(
  driver: Driver,
  token: { serial: string; pin: string },
  content: TokenContent,
  authority: Authority,
): Promise<{ certificates: PracticeCertificate[]; first: Uint8Array }> {
  const now = Date.now();
  const { certificate: issuing } = authority.issuing;
  const certificates: PracticeCertificate[] = [];
  const ders: Uint8Array[] = [];
  for (const { label, keyType, days } of planned) {
    const keyId = keyIdOf(label);
    const stored = content.certificates.find((entry) => entry.keyId === keyId);
    const old =
      stored && content.privateKeys.includes(keyId)
        ? new x509.X509Certificate(stored.der as Uint8Array<ArrayBuffer>)
        : null;
    const fresh = old !== null && old.notAfter.getTime() - now > freshDays * day;
    const ours =
      old && namesPlaces(old, authority) && (await old.verify({ publicKey: issuing, signatureOnly: true }));
    if (old && fresh && ours) {
      certificates.push(describe(label, derOf(old)));
      ders.push(derOf(old));
      continue;
    }
    await driver.remove(token.serial, token.pin, keyId);
    const publicKey = await driver.generate({ ...token, keyType, keyId, label });
    const notBefore = new Date(now - day);
    const notAfter = new Date(now + days * day);
    const request = { subject: subjectOf(label), publicKey, notBefore, notAfter, keyUsage: signingUsage };
    const certificate = await certify(request, authority.issuing);
    noteIssued(authority.folder, certificate);
    await storeCertificate(driver, token, { keyId, label, certificate });
    certificates.push(describe(label, derOf(certificate)));
    ders.push(derOf(certificate));
  }
  const chainId = keyIdOf('issuing');
  const chained = content.certificates.find((entry) => entry.keyId === chainId);
  if (!chained || !derOf(issuing).equals(chained.der)) {
    await storeCertificate(driver, token, {
      keyId: chainId,
      label: '印钥练习签发机构',
      certificate: issuing,
    });
  }
  return { certificates, first: ders[0]! };
}

async function up(dir: string): Promise<PracticeWorld> {
  const module = findSoftHsm();
  const tokens = join(dir, 'tokens');
  const conf = join(dir, 'softhsm2.conf');
  const statePath = join(dir, 'secrets.json');
  mkdirSync(tokens, { recursive: true, mode: 0o700 });
  const settings = `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`;
  if (readIfThere(conf) !== settings) writeWhole(conf, settings);
  const authority = await ensureAuthority(dir);

  let state = readState(statePath);
  if (!state) {
    state = { label: '练习密钥盘 01', serial: null, pin: newPin(), soPin: newPin() };
    // Written before the token is made: a token that was cut off half-way can then be made anew.
    writeWhole(statePath, JSON.stringify(state, null, 2), 0o600);
  }
  // Drawn and made while the key works.
  const [makingMaker, makingPictures] = [openSealMaker(authority), ensureSeals(dir)];
  // Whoever comes first to wait for them tells; until then nobody does.
  for (const making of [makingMaker, makingPictures]) making.catch(() => {});
  const settle = async (current: State) =>
    withDriver(module, conf, async (driver) => {
      const { serial, content } = await ensureToken(driver, current);
      if (serial !== current.serial)
        writeWhole(statePath, JSON.stringify({ ...current, serial }, null, 2), 0o600);
      const token = { serial, pin: current.pin };
      const { certificates, first } = await ensureCertificates(driver, token, content, authority);
      const wanted = {
        certificate: first,
        name: planned[0]!.label,
        kind: 'official' as const,
        unit: organization,
        creditCode,
        administrator,
        picture: async () => sealPictures((await makingPictures)[0]!),
      };
      const maker = await makingMaker;
      const seal = await ensureBoundSeal(driver, token, wanted, { maker, folder: authority.folder });
      return { serial, certificates, seal };
    });
  const wanted = state;
  const made = await settle(wanted).catch(async (error: unknown) => {
    // The token folder itself may be damaged. It is put aside, never deleted, and practice starts with a new token;
    // when that fails as well, the folder was not the reason and comes back.
    const aside = `${tokens}.damaged-${Date.now()}`;
    renameSync(tokens, aside);
    mkdirSync(tokens, { mode: 0o700 });
    return settle({ ...wanted, serial: null }).catch(() => {
      rmSync(tokens, { recursive: true });
      renameSync(aside, tokens);
      throw error;
    });
  });
  const seals = await makingPictures;
  const world: PracticeWorld = {
    dir,
    module,
    env: { SOFTHSM2_CONF: conf },
    token: { label: wanted.label, serial: made.serial, pin: wanted.pin, soPin: wanted.soPin },
    certificates: made.certificates,
    authority: { url: authority.url, port: authority.port },
    trust: authority.rootPath,
    issuing: authority.issuingPath,
    seal: made.seal,
    picture: seals[0]!.path,
    seals,
    documents: ensureDocuments(dir),
  };
  writePublicFacts(world);
  return world;
}

/**
 * What the client reads of the world: everything but the PINs, which are for the person at the keyboard
 * (PIN.txt) and never for the client's own processes.
 */
function writePublicFacts(world: PracticeWorld): void {
  const { pin, soPin, ...token } = world.token;
  const facts = { ...world, token, moduleSha256: sha256(readFileSync(world.module)) };
  writeWhole(join(world.dir, 'practice.json'), JSON.stringify(facts, null, 2));
  writePinFile(world, seedPins(world.dir));
}

/**
 * A whole practice world in `dir`: SoftHSM token, root and issuing authority, certificates, seal pictures and
 * sample documents. Finds what is there, makes what is missing, and may be called from several processes at once.
 * @throws YinkeyError `practice.missing` without SoftHSM, `practice.failed` when it can't be made
 */
export async function practiceUp(dir: string): Promise<PracticeWorld> {
  const folder = resolve(dir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return await withLock(folder, () => up(folder));
  } catch (error) {
    if (error instanceof YinkeyError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new YinkeyError('practice.failed', { reason }, { cause: error });
  }
}

/** The key that is enrolled at the world's running authority (enrol.ts), loaded when it is wanted: few want the client. */
export async function enrolPracticeKey(world: PracticeWorld, authorityUrl: string): Promise<EnrolledKey> {
  const enrol = await import('./enrol.ts');
  return enrol.enrolPracticeKey(world, authorityUrl);
}

/** Makes one more token in the world. `pin: null` leaves the user PIN unset. */
export function makeToken(
  world: PracticeWorld,
  options: { label: string; pin?: string | null },
): Promise<PracticeToken> {
  const token = {
    label: options.label,
    pin: options.pin === undefined ? newPin() : options.pin,
    soPin: newPin(),
  };
  return withLock(world.dir, () =>
    withDriver(world.module, world.env.SOFTHSM2_CONF, async (driver) => {
      const { serial } = await driver.init(token);
      return { ...token, serial };
    }),
  );
}

export interface IssueOptions {
  /** Where it goes; the practice key when left out. */
  token?: PracticeToken;
  label?: string;
  subject?: Record<string, string[]>[];
  keyType?: PracticeKeyType;
  /** Certify this key instead of a new one. Nothing but the certificate can then go to the token. */
  publicKey?: KeyObject;
  notBefore?: Date;
  notAfter?: Date;
  /** null: no keyUsage extension. Default: digitalSignature and nonRepudiation. */
  keyUsage?: readonly KeyUsageName[] | null;
  /** false: nothing goes to a token, the private key is returned. */
  onToken?: boolean;
  /** false: the certificate goes to the token, its private key does not. */
  withKey?: boolean;
  /** false: the key pair goes to the token, its certificate does not. */
  withCertificate?: boolean;
  /** Who signs: the issuing authority, the root, or the key itself (an untrusted certificate). */
  issuer?: 'issuing' | 'root' | 'self';
  /** Makes it an authority's certificate. */
  pathLength?: number;
  extensions?: x509.Extension[];
  /** Noted by the authority as revoked. */
  revoked?: { at: Date; reason: RevocationReason };
}

export interface IssuedCertificate extends PracticeCertificate {
  der: Buffer;
  pem: string;
  keyId: string;
  publicKey: KeyObject;
  /** Only when the key was not made on a token. */
  privateKey: KeyObject | null;
}

function softwareKey(keyType: PracticeKeyType): { publicKey: KeyObject; privateKey: KeyObject } {
  if (keyType === 'EC-P256') return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  if (keyType === 'EC-P384') return generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  return generateKeyPairSync('rsa', { modulusLength: Number(keyType.slice('RSA-'.length)) });
}

/** Issues one more certificate from the practice authority, in every state a test may want it. */
export function issue(world: PracticeWorld, options: IssueOptions = {}): Promise<IssuedCertificate> {
  const {
    keyType = 'RSA-2048',
    label = '测试证书',
    onToken = true,
    withKey = true,
    withCertificate = true,
  } = options;
  const token = options.token ?? world.token;
  const keyId = createHash('sha1')
    .update(`${label} ${randomInt(2 ** 47)}`)
    .digest('hex');
  return withLock(world.dir, async () => {
    const authority = await ensureAuthority(world.dir);
    const now = Date.now();
    const sign = async (
      publicKey: KeyObject,
      privateKey: KeyObject | null,
    ): Promise<x509.X509Certificate> => {
      let issuer: Issuer | { selfKey: KeyObject } = authority.issuing;
      if (options.issuer === 'root') issuer = authority.root;
      if (options.issuer === 'self') {
        if (!privateKey) throw new Error('a certificate that signs itself needs a key outside the token');
        issuer = { selfKey: privateKey };
      }
      const certificate = await certify(
        {
          subject: options.subject ?? subjectOf(label),
          publicKey,
          notBefore: options.notBefore ?? new Date(now - day),
          notAfter: options.notAfter ?? new Date(now + 365 * day),
          keyUsage: options.keyUsage === undefined ? signingUsage : options.keyUsage,
          pathLength: options.pathLength,
          extensions: options.extensions,
        },
        issuer,
      );
      if (issuer === authority.issuing) noteIssued(authority.folder, certificate, options.revoked);
      return certificate;
    };
    const finish = (
      certificate: x509.X509Certificate,
      publicKey: KeyObject,
      privateKey: KeyObject | null,
    ) => ({
      ...describe(label, derOf(certificate)),
      der: derOf(certificate),
      pem: `${certificate.toString('pem')}\n`,
      keyId,
      publicKey,
      privateKey,
    });
    const given = options.publicKey ? { publicKey: options.publicKey, privateKey: null } : null;
    if (!onToken) {
      const pair = given ?? softwareKey(keyType);
      return finish(await sign(pair.publicKey, pair.privateKey), pair.publicKey, pair.privateKey);
    }
    const { serial, pin } = token;
    if (pin === null) throw new Error('a token without a user PIN takes no keys');
    return withDriver(world.module, world.env.SOFTHSM2_CONF, async (driver) => {
      const pair =
        given ??
        (withKey
          ? { publicKey: await driver.generate({ serial, pin, keyType, keyId, label }), privateKey: null }
          : softwareKey(keyType));
      const certificate = await sign(pair.publicKey, pair.privateKey);
      if (withCertificate) await storeCertificate(driver, { serial, pin }, { keyId, label, certificate });
      return finish(certificate, pair.publicKey, pair.privateKey);
    });
  });
}
