import { generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type CertificateFacts, parseCertificate } from '../../src/main/certificates/index.ts';
import { sealKindSchema } from '../../src/shared/domain/seals.ts';
import { writeWhole } from '../files.ts';
import type * as x509 from '../x509.ts';
import {
  type Authority,
  certify,
  keyFilesPassphrase,
  noteIssued,
  readKeyFiles,
  saveKeyFiles,
} from './root.ts';
import { SealMaker, type SealRecord, type SealStanding } from './seal-maker.ts';

/** Who makes the practice seals, as their header names it (Vid). */
const vendor = 'YINKEY-PRACTICE';

/** Path of the status list under the authority's address. */
export const statusListPath = '/seals/status.der';

/**
 * Certificate and key of the practice seal maker, made when they are not there or not of this authority. Called under the
 * world's lock: set-up and server share them.
 */
async function ensureSealMaker(
  authority: Authority,
): Promise<{ certificate: CertificateFacts; key: KeyObject }> {
  const { folder, issuing } = authority;
  const files = {
    keyPath: join(folder, 'practice-seal-maker-key.pem'),
    certificatePath: join(folder, 'seal-maker.pem'),
    passphrase: keyFilesPassphrase(folder),
  };
  const kept = readKeyFiles(files);
  const ours = await kept?.certificate.verify({ publicKey: issuing.certificate, signatureOnly: true });
  if (kept && ours) {
    noteIssued(folder, kept.certificate, { profile: 'seal-maker' });
    return { certificate: factsOf(kept.certificate), key: kept.privateKey };
  }
  // RSA signs without chance: the same seal has the same bytes whenever it is written.
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const certificate = await certify(
    {
      subject: [{ C: ['CN'] }, { O: ['印钥练习'] }, { CN: ['印钥练习电子印章制作系统'] }],
      publicKey,
      notBefore: issuing.certificate.notBefore,
      // The standard's verifiers refuse a seal whose maker's certificate has ended: it outlives all that it makes.
      notAfter: issuing.certificate.notAfter,
      keyUsage: ['digitalSignature', 'nonRepudiation'],
    },
    issuing,
  );
  saveKeyFiles(files, { certificate, privateKey });
  noteIssued(folder, certificate, { profile: 'seal-maker' });
  return { certificate: factsOf(certificate), key: privateKey };
}

const factsOf = (certificate: x509.X509Certificate) => parseCertificate(new Uint8Array(certificate.rawData));

/** The practice seal maker of an authority; `url`: where its server answers, for the address of the status list. */
export async function openSealMaker(
  authority: Authority,
  { now = () => new Date(), url = authority.url }: { now?: () => Date; url?: string } = {},
): Promise<SealMaker> {
  const maker = await ensureSealMaker(authority);
  const chain = [new Uint8Array(authority.issuing.certificate.rawData)];
  return new SealMaker({ maker: { ...maker, chain }, vendor, now, statusUrl: `${url}${statusListPath}` });
}

const bytes = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const time = z.iso.datetime().transform((text) => new Date(text));

const notedSchema = z.object({
  id: z.string().regex(/^\d{14}$/),
  certificate: bytes,
  name: z.string(),
  kind: sealKindSchema,
  unit: z.string(),
  creditCode: z.string(),
  administrator: z.string(),
  widthMm: z.number(),
  heightMm: z.number(),
  picture: bytes,
  smallPicture: bytes,
  createdAt: time,
  state: z.enum(['normal', 'suspended', 'cancelled']),
  since: time,
  /** Serial number of the key that it was written to; null: it has not been yet. */
  key: z.string().nullable(),
});

/** A seal that the practice set-up made without the server. */
export type NotedSeal = SealRecord & SealStanding & { key: string | null };

const notedFolder = (folder: string) => join(folder, 'seals');

/**
 * Notes a seal that the practice set-up made, so that the authority knows it, as `noteIssued` does with certificates. The
 * server takes a number in once; what it says of the seal from then on is in its own database.
 */
export function noteSeal(folder: string, seal: NotedSeal): void {
  mkdirSync(notedFolder(folder), { recursive: true, mode: 0o700 });
  const text = (content: Uint8Array) => Buffer.from(content).toString('base64');
  const noted = {
    ...seal,
    certificate: text(seal.certificate),
    picture: text(seal.picture),
    smallPicture: text(seal.smallPicture),
  };
  writeWhole(join(notedFolder(folder), `${seal.id}.json`), JSON.stringify(noted), 0o600);
}

/** The seals that the set-up noted, by their numbers; those in `known` are not read again. What can't be read is passed over. */
export function notedSeals(folder: string, known: ReadonlySet<string> = new Set()): NotedSeal[] {
  return names(notedFolder(folder))
    .filter((name) => /^\d{14}\.json$/.test(name) && !known.has(name.slice(0, 14)))
    .sort()
    .flatMap((name) => {
      const read = notedSchema.safeParse(json(readFileSync(join(notedFolder(folder), name), 'utf8')));
      return read.success ? [read.data] : [];
    });
}

/** Numbers of seals that the set-up makes are below this, those of the server from it on: they can't meet. */
export const firstServerNumber = 10_000_000;

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
