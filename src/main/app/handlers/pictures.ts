import { open } from 'node:fs/promises';
import path from 'node:path';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { SEAL_BYTES_LIMIT } from '../../store/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

/** Signature pictures: chosen by the user, described by the document host, kept in the store. */
export function pictureHandlers(services: Services): HandlersOf<'pictures'> {
  const { store, reader, dialogs } = services;
  return {
    'pictures.list': async () => {
      await services.seeded;
      return store.pictures.list();
    },
    'pictures.choose': async () => {
      const file = await dialogs.open('picture');
      if (file === undefined) return null;
      const png = await readPicture(file);
      const { sha256, widthPx, heightPx, widthMm, heightMm } = await reader.picture(png);
      const facts = { sha256, widthPx, heightPx, widthMm, heightMm };
      return store.pictures.add({ name: path.parse(file).name, ...facts }, png, new Date());
    },
    'pictures.forget': ({ id }) => store.pictures.forget(id) as undefined,
    'pictures.bytes': ({ id }) => store.pictures.bytes(id),
  };
}

/** @throws YinkeyError seal.not-found, seal.not-a-picture (a folder, a pipe), seal.too-large */
export async function readPicture(file: string): Promise<Uint8Array> {
  const name = path.basename(file);
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    throw new YinkeyError('seal.not-found', { name }, { cause: error });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new YinkeyError('seal.not-a-picture', { name });
    if (stat.size > SEAL_BYTES_LIMIT) {
      throw new YinkeyError('seal.too-large', { name, bytes: stat.size, limit: SEAL_BYTES_LIMIT });
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
