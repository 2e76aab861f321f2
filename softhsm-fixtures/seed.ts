import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { openSealMaker } from './authority/practice-seals.ts';
import { certify, ensureAuthority, noteIssued } from './authority/root.ts';
import type { SealStanding } from './authority/seal-maker.ts';
import { ensureBoundSeal, plainSeal, sealPictures } from './bound-seal.ts';
import { withDriver } from './driver.ts';
import { readIfThere, writeWhole } from './files.ts';
import type { Keysim } from './keysim/index.ts';
import { withLock } from './lock.ts';
import { describe, newPin, storeCertificate, writePinFile } from './token-content.ts';
import type { PracticeCertificate, PracticeKeyType, PracticeToken, PracticeWorld } from './types.ts';
import { withUsccCheck } from './uscc.ts';

/**
 * States of a certificate that a holder may find on a key: whole days left, `fresh` for years. 90: the authority's window
 * has just opened; 91: it opens tomorrow.
 */
export const seedStates = ['fresh', '91', '90', '30', '1', 'expired', 'revoked', 'locked'] as const;
export type SeedState = (typeof seedStates)[number];

export interface SeededCertificate {
  state: SeedState;
  token: PracticeToken;
  unit: string;
  creditCode: string;
  certificate: PracticeCertificate;
  der: Uint8Array;
}

const day = 86_400_000;
const hour = 3_600_000;

const units = [
  { unit: '云岭工程咨询有限公司', creditCode: withUsccCheck('91530100MA6K7LX20') },
  { unit: '滇池环境监测站', creditCode: withUsccCheck('12530100431204567') },
  { unit: '示范小学', creditCode: withUsccCheck('12530102MB0W34567') },
] as const;

/** Who stamps with the seals of the seeded keys. */
const administrator = '周敏';

interface Plan {
  state: SeedState;
  /** Number of the key, and of the unit that holds it. */
  key: number;
  seal: string;
  keyType: PracticeKeyType;
  /** From now, in milliseconds. */
  begins: number;
  ends: number;
  /** State of the seal that is bound to it; without: none is. */
  bound?: SealStanding['state'];
}

const plans: readonly Plan[] = [
  {
    state: 'fresh',
    key: 0,
    seal: '公章',
    keyType: 'EC-P256',
    begins: -day,
    ends: 3 * 365 * day,
    bound: 'normal',
  },
  {
    state: '91',
    key: 0,
    seal: '财务专用章',
    keyType: 'EC-P256',
    begins: -274 * day,
    ends: 91 * day + hour,
    bound: 'suspended',
  },
  { state: '90', key: 0, seal: '合同专用章', keyType: 'RSA-2048', begins: -275 * day, ends: 90 * day },
  { state: '30', key: 1, seal: '公章', keyType: 'EC-P256', begins: -335 * day, ends: 30 * day + 12 * hour },
  { state: '1', key: 1, seal: '业务专用章', keyType: 'EC-P256', begins: -364 * day, ends: day + 12 * hour },
  { state: 'expired', key: 2, seal: '公章', keyType: 'EC-P256', begins: -370 * day, ends: -5 * day },
  { state: 'revoked', key: 2, seal: '财务专用章', keyType: 'EC-P256', begins: -100 * day, ends: 265 * day },
  { state: 'locked', key: 3, seal: '公章', keyType: 'EC-P256', begins: -200 * day, ends: 165 * day },
];

const keyLabels = ['练习密钥盘 02', '练习密钥盘 03', '练习密钥盘 04', '练习密钥盘 05 锁'];

const tokenSchema = z.object({ label: z.string(), serial: z.string(), pin: z.string(), soPin: z.string() });
const seedsSchema = z.object({
  tokens: z.record(z.string(), tokenSchema),
  certificates: z.record(
    z.string(),
    z.object({
      token: z.string(),
      unit: z.string(),
      creditCode: z.string(),
      label: z.string(),
      der: z.string(),
    }),
  ),
  /** What the counter handed out with the enrolled key, and the certificate once it is there (enrol.ts). */
  enrolment: z.object({ reference: z.string(), secret: z.string(), der: z.string().optional() }).optional(),
});
type Seeds = z.infer<typeof seedsSchema>;

const seedsFile = (dir: string) => join(dir, 'seeds.json');

/** What is noted of the keys that a world has beside its own. */
export function readSeeds(dir: string): Seeds {
  const text = readIfThere(seedsFile(dir));
  if (text === null) return { tokens: {}, certificates: {} };
  return seedsSchema.parse(JSON.parse(text));
}

/** Under the world's lock, like the reading that came before. */
export function writeSeeds(dir: string, seeds: Seeds): void {
  writeWhole(seedsFile(dir), JSON.stringify(seeds, null, 2), 0o600);
}

/**
 * Makes keys of practice units beside the world's own, with certificates in the states that are asked for (all of them
 * when none is named), and finds those that were made before. Two of them have seals: one normal, one suspended. They age from then on as certificates do. The PINs are in
 * `seeds.json`; that of the key in state `locked` nobody is told. SoftHSM counts no tries: `lockSeeds` locks that key
 * under the simulator.
 */
export function seedKeys(
  world: PracticeWorld,
  states: readonly SeedState[] = seedStates,
): Promise<SeededCertificate[]> {
  return withLock(world.dir, async () => {
    const seeds = readSeeds(world.dir);
    const authority = await ensureAuthority(world.dir);
    const maker = await openSealMaker(authority);
    const wanted = plans.filter(({ state }) => states.includes(state));
    await withDriver(world.module, world.env.SOFTHSM2_CONF, async (driver) => {
      const there = new Set((await driver.tokens()).map(({ serial }) => serial));
      for (const plan of wanted) {
        const label = keyLabels[plan.key]!;
        const holder = units[plan.key % units.length]!;
        let token = seeds.tokens[label];
        if (!token || !there.has(token.serial)) {
          const made = { label, pin: newPin(), soPin: newPin() };
          token = { ...made, ...(await driver.init(made)) };
          seeds.tokens[label] = token;
          for (const [state, { token: on }] of Object.entries(seeds.certificates)) {
            if (on === label) delete seeds.certificates[state];
          }
          there.add(token.serial);
        }
        const { serial, pin } = token;
        const bind = async (certificate: Uint8Array) => {
          if (!plan.bound) return;
          const wanted = {
            ...{ certificate, ...holder, name: plan.seal, administrator, state: plan.bound },
            kind: plan.seal === '财务专用章' ? ('finance' as const) : ('official' as const),
            picture: () => sealPictures({ path: plainSeal, millimetres: 42 }),
          };
          await ensureBoundSeal(driver, { serial, pin }, wanted, { maker, folder: authority.folder });
        };
        const noted = seeds.certificates[plan.state];
        if (noted) {
          await bind(Buffer.from(noted.der, 'base64'));
          continue;
        }
        const keyId = createHash('sha1').update(randomBytes(20)).digest('hex');
        const publicKey = await driver.generate({
          serial,
          pin,
          keyType: plan.keyType,
          keyId,
          label: plan.seal,
        });
        const now = Date.now();
        const certificate = await certify(
          {
            subject: [
              { C: ['CN'] },
              { O: [holder.unit] },
              { '2.5.4.97': [`NTRCN-${holder.creditCode}`] },
              { OU: [plan.seal] },
              { CN: [`${holder.unit} ${plan.seal}`] },
            ],
            publicKey,
            notBefore: new Date(now + plan.begins),
            notAfter: new Date(now + plan.ends),
            keyUsage: ['digitalSignature', 'nonRepudiation'],
          },
          authority.issuing,
        );
        const revoked =
          plan.state === 'revoked'
            ? { at: new Date(now - 2 * day), reason: 'keyCompromise' as const }
            : undefined;
        noteIssued(authority.folder, certificate, revoked);
        await storeCertificate(driver, { serial, pin }, { keyId, label: plan.seal, certificate });
        seeds.certificates[plan.state] = {
          token: label,
          ...holder,
          label: plan.seal,
          der: Buffer.from(certificate.rawData).toString('base64'),
        };
        writeSeeds(world.dir, seeds);
        await bind(new Uint8Array(certificate.rawData));
      }
    });
    writePinFile(world, seedPins(world.dir));
    return wanted.map(({ state }) => {
      const { token, unit, creditCode, label, der } = seeds.certificates[state]!;
      const content = new Uint8Array(Buffer.from(der, 'base64'));
      return {
        state,
        token: seeds.tokens[token]!,
        unit,
        creditCode,
        certificate: describe(label, content),
        der: content,
      };
    });
  });
}

/** The lines of PIN.txt about the seeded keys of a world; '' without any. */
export function seedPins(dir: string): string {
  const { tokens } = readSeeds(dir);
  const lines = Object.values(tokens).map(({ label, pin, soPin }) => {
    const shown = label === keyLabels[3] ? '无人知道 / nobody knows it' : pin;
    return `${label}   PIN: ${shown}   SO PIN: ${soPin}\n`;
  });
  return lines.join('');
}

/** Locks the PIN of the seeded key in state `locked` under the simulator, whose key names are serial numbers. */
export async function lockSeeds(keysim: Keysim, seeded: readonly SeededCertificate[]): Promise<void> {
  for (const { state, token } of seeded) {
    if (state === 'locked') await keysim.control(`tries ${token.serial} user 0`);
  }
}
