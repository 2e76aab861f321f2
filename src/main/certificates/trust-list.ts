import { randomBytes, verify } from 'node:crypto';
import { mkdir, readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, parseCertificate } from './parse.ts';
import { parsePemCertificates } from './trust.ts';

/**
 * The list of roots that a release or an update brings: JSON whose `roots` are DER in base64. `signature` is ECDSA P-256
 * with SHA-256 (DER, base64) over "yinkey trust list 1\n" and the JSON text of `[version, issued, roots]`.
 */
const signedListSchema = z.object({
  version: z.number().int().positive(),
  issued: z.iso.datetime(),
  roots: z.array(z.string().max(20_000)).max(500),
  signature: z.string().max(500),
});
export type SignedTrustList = z.infer<typeof signedListSchema>;

/** What the signature of a list covers. */
export function trustListMessage(list: Pick<SignedTrustList, 'version' | 'issued' | 'roots'>): Buffer {
  const { version, issued, roots } = list;
  return Buffer.from(`yinkey trust list 1\n${JSON.stringify([version, issued, roots])}`, 'utf8');
}

/**
 * Reads a signed list. `key`: SubjectPublicKeyInfo in DER, of whoever makes releases.
 * @throws YinkeyError `trust.unreadable` when it is none, `trust.list-unproven` when it isn't signed with that key
 */
export function readTrustList(text: string, key: Uint8Array): { version: number; roots: CertificateFacts[] } {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new YinkeyError('trust.unreadable', { reason: 'json' }, { cause: error });
  }
  const list = signedListSchema.safeParse(content);
  if (!list.success) throw new YinkeyError('trust.unreadable', { reason: 'format' }, { cause: list.error });
  const { version, roots, signature } = list.data;
  const publicKey = { key: Buffer.from(key), format: 'der' as const, type: 'spki' as const };
  if (!verify('sha256', trustListMessage(list.data), publicKey, Buffer.from(signature, 'base64'))) {
    throw new YinkeyError('trust.list-unproven', { version });
  }
  return { version, roots: roots.map((root) => parseCertificate(Buffer.from(root, 'base64'))) };
}

/** A root and where it comes from. */
export interface Anchor {
  facts: CertificateFacts;
  source: 'shipped' | 'own' | 'system' | 'practice';
}

export interface TrustListOptions {
  /** Folder `trust` of the user's data: roots of the user's own, and `trust-list.json`, an update of the shipped list. */
  folder: string;
  /** Root of a practice world. */
  practice?: string | undefined;
  /** The list that came with the release, as text, and the key that it and its updates are signed with. */
  shipped?: { text: string; key: Uint8Array } | undefined;
  /** The system's roots, where the user wants them and they can be read. */
  system?: (() => Promise<CertificateFacts[]>) | undefined;
  /** Told the names of files that can't be read. */
  unreadable?: Unreadable | undefined;
}

type Unreadable = (name: string) => void;

const UPDATE = 'trust-list.json';
const isRootFile = (name: string) => /\.(pem|crt|cer)$/i.test(name);

/** Whom this client trusts to say who somebody is. */
export class TrustList {
  #options: TrustListOptions;

  constructor(options: TrustListOptions) {
    this.#options = options;
  }

  /** All roots, each once: the user's own first, then practice, shipped, system. `unreadable` in the option's place. */
  async anchors(unreadable = this.#options.unreadable): Promise<Anchor[]> {
    const { practice, system } = this.#options;
    const found: Anchor[] = [];
    for (const { certificates } of await this.#own(unreadable)) {
      found.push(...certificates.map((facts) => ({ facts, source: 'own' as const })));
    }
    if (practice) {
      for (const facts of await readRoots(practice, unreadable)) found.push({ facts, source: 'practice' });
    }
    for (const facts of (await this.#newest(unreadable))?.roots ?? [])
      found.push({ facts, source: 'shipped' });
    for (const facts of (await system?.()) ?? []) found.push({ facts, source: 'system' });
    const seen = new Set<string>();
    return found.filter(({ facts }) => !seen.has(facts.sha256) && seen.add(facts.sha256));
  }

  /** The certificates alone, as a verification wants them. */
  async roots(unreadable = this.#options.unreadable): Promise<CertificateFacts[]> {
    return (await this.anchors(unreadable)).map(({ facts }) => facts);
  }

  /** The user trusts this certificate from now on. */
  async add(facts: CertificateFacts): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    const body = Buffer.from(facts.der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
    const pem = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    await replace(path.join(folder, `${facts.sha256.slice(0, 32)}.pem`), pem);
  }

  /**
   * The user no longer trusts it.
   * @throws YinkeyError `trust.not-own` when it is none of the user's own
   */
  async remove(sha256: string): Promise<void> {
    const files = (await this.#own()).filter(({ certificates }) =>
      certificates.some((each) => each.sha256 === sha256),
    );
    if (files.length === 0) throw new YinkeyError('trust.not-own', {});
    for (const { file, certificates } of files) {
      const rest = certificates.filter((each) => each.sha256 !== sha256);
      await unlink(file);
      for (const facts of rest) await this.add(facts);
    }
  }

  /**
   * Takes an update of the shipped list, if it is newer and signed.
   * @throws YinkeyError `trust.unreadable`, `trust.list-unproven`
   */
  async update(text: string): Promise<{ version: number; taken: boolean }> {
    const { folder, shipped } = this.#options;
    if (!shipped) throw new YinkeyError('trust.list-unproven', {});
    const { version } = readTrustList(text, shipped.key);
    const current = (await this.#newest())?.version ?? 0;
    if (version <= current) return { version, taken: false };
    await mkdir(folder, { recursive: true });
    await replace(path.join(folder, UPDATE), text);
    return { version, taken: true };
  }

  async #newest(
    unreadable?: Unreadable,
  ): Promise<{ version: number; roots: CertificateFacts[] } | undefined> {
    const { shipped, folder } = this.#options;
    if (!shipped) return undefined;
    const mine = readTrustList(shipped.text, shipped.key);
    let text: string;
    try {
      text = await readFile(path.join(folder, UPDATE), 'utf8');
    } catch {
      // Nobody has brought an update.
      return mine;
    }
    try {
      const update = readTrustList(text, shipped.key);
      return update.version > mine.version ? update : mine;
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
      unreadable?.(UPDATE);
      return mine;
    }
  }

  async #own(unreadable?: Unreadable): Promise<{ file: string; certificates: CertificateFacts[] }[]> {
    const { folder } = this.#options;
    let names: string[] = [];
    try {
      names = await readdir(folder);
    } catch (error) {
      // Nobody has put roots there yet.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unreadable?.(path.basename(folder));
    }
    const files = names
      .filter(isRootFile)
      .sort()
      .map((name) => path.join(folder, name));
    return Promise.all(
      files.map(async (file) => ({ file, certificates: await readRoots(file, unreadable) })),
    );
  }
}

async function readRoots(file: string, unreadable?: Unreadable): Promise<CertificateFacts[]> {
  try {
    return parsePemCertificates(await readFile(file));
  } catch {
    unreadable?.(path.basename(file));
    return [];
  }
}

/** Whole or not at all. */
async function replace(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomBytes(4).toString('hex')}.part`;
  await writeFile(beside, text, { mode: 0o600 });
  await rename(beside, file);
}
