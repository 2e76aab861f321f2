import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { PictureFacts } from '../documents/index.ts';
import { SEAL_BYTES_LIMIT, type Store } from '../store/index.ts';

/** What the client takes from practice.json. The practice PINs are not in it, and would not pass this schema. */
const practiceSchema = z.object({
  dir: z.string(),
  module: z.string(),
  moduleSha256: z.string().regex(/^[0-9a-f]{64}$/),
  env: z.object({ SOFTHSM2_CONF: z.string() }),
  trust: z.string(),
  seals: z.array(z.object({ label: z.string(), path: z.string(), millimetres: z.number().positive() })),
  documents: z.array(z.string()),
  /** Where the practice authority is. */
  authority: z.object({ url: z.string() }).optional(),
});
export type Practice = z.infer<typeof practiceSchema>;

/**
 * Reads a practice world.
 * @throws YinkeyError practice.missing when there is none in the folder or it can't be read
 */
export function readPractice(folder: string): Practice {
  try {
    return practiceSchema.parse(JSON.parse(readFileSync(path.join(folder, 'practice.json'), 'utf8')));
  } catch (error) {
    throw new YinkeyError('practice.missing', { folder: path.basename(folder) }, { cause: error });
  }
}

const seededSchema = z.array(z.string());

/** What was laid into this client before. What the user removed since stays removed. */
function seeds(store: Store): { has(file: string): boolean; add(file: string): void } {
  const done = new Set(store.settings.get('practice.seeded', seededSchema));
  return {
    has: (file) => done.has(file),
    add: (file) => {
      done.add(file);
      store.settings.set('practice.seeded', seededSchema, [...done]);
    },
  };
}

/** Agrees the world's driver, by the hash that its maker wrote down, and lists its documents. */
export function seedDocuments(practice: Practice, store: Store, now = () => new Date()): void {
  const pinned = store.modules.list().find((module) => module.path === practice.module);
  if (pinned?.sha256 !== practice.moduleSha256) {
    store.modules.agree(practice.module, practice.moduleSha256, now());
  }
  const seeded = seeds(store);
  // The first document of the list ends on top.
  for (const file of [...practice.documents].reverse()) {
    if (seeded.has(file)) continue;
    store.recent.put({ path: file, name: path.basename(file), openedAt: now(), stamped: false });
    seeded.add(file);
  }
}

/** Lays in the world's seal pictures; `describe` is the document host's reading of a picture. */
export async function seedSeals(
  practice: Practice,
  store: Store,
  describe: (png: Uint8Array) => Promise<PictureFacts>,
  now = () => new Date(),
): Promise<void> {
  const seeded = seeds(store);
  for (const seal of practice.seals) {
    if (seeded.has(seal.path)) continue;
    const png = await readFile(seal.path);
    if (png.byteLength > SEAL_BYTES_LIMIT) throw new YinkeyError('seal.too-large', { name: seal.label });
    const { sha256, widthPx, heightPx } = await describe(png);
    // Its maker knows the size exactly; the picture's resolution gives it to the next whole pixel.
    const widthMm = seal.millimetres;
    const heightMm = (seal.millimetres * heightPx) / widthPx;
    store.pictures.add({ name: seal.label, sha256, widthPx, heightPx, widthMm, heightMm }, png, now());
    seeded.add(seal.path);
  }
}
