// A small ZIP reader (APPNOTE 6.3: stored and deflated entries, no encryption, no ZIP64), so that the set-up needs no
// program that a fresh machine may lack. Entries are streamed, their CRC-32 is checked, and none can land outside
// the target folder.
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, open, symlink, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const FILE_TYPE = 0o170000;
const SYMLINK = 0o120000;

/** @typedef {{ name: string, method: number, flags: number, crc: number, packed: number, size: number, at: number, mode: number }} Entry */

/**
 * Unpacks a ZIP file.
 * @param {string} file
 * @param {string} target a folder, made when missing
 * @param {(name: string) => string | undefined} [rename] the path an entry gets, undefined to leave it out
 * @returns {Promise<number>} how many files were written
 * @throws Error when the file is damaged or holds something this reader doesn't take
 */
export async function unzip(file, target, rename = (name) => name) {
  const handle = await open(file, 'r');
  try {
    let count = 0;
    for (const entry of await entriesOf(handle)) {
      const name = rename(entry.name);
      if (name === undefined) continue;
      const full = inside(target, name);
      if (name.endsWith('/')) {
        await mkdir(full, { recursive: true });
        continue;
      }
      await mkdir(path.dirname(full), { recursive: true });
      await extract(handle, entry, full, target);
      count += 1;
    }
    return count;
  } finally {
    await handle.close();
  }
}

function inside(/** @type {string} */ target, /** @type {string} */ name) {
  const full = path.resolve(target, name);
  if (name.includes('\0') || name.includes('\\') || !full.startsWith(path.resolve(target) + path.sep))
    throw new Error(`ZIP entry leads out of its folder: ${JSON.stringify(name)}`);
  return full;
}

/** @returns {Promise<Entry[]>} */
async function entriesOf(/** @type {import('node:fs/promises').FileHandle} */ handle) {
  const { size } = await handle.stat();
  const tail = await readAt(handle, Math.max(0, size - 65_557), Math.min(size, 65_557));
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end -= 1;
  if (end < 0) throw new Error('not a ZIP file, or cut short');
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  const start = tail.readUInt32LE(end + 16);
  if (count === 0xffff || start === 0xffffffff) throw new Error('ZIP64 is not supported');
  if (start + length > size) throw new Error('ZIP directory lies outside the file');
  const directory = await readAt(handle, start, length);
  /** @type {Entry[]} */
  const entries = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > length || directory.readUInt32LE(at) !== CENTRAL)
      throw new Error('ZIP directory is damaged');
    const nameLength = directory.readUInt16LE(at + 28);
    const extra = directory.readUInt16LE(at + 30);
    const comment = directory.readUInt16LE(at + 32);
    if (at + 46 + nameLength + extra + comment > length) throw new Error('ZIP directory is damaged');
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
      flags: directory.readUInt16LE(at + 8),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      packed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      mode: directory.readUInt32LE(at + 38) >>> 16,
      at: directory.readUInt32LE(at + 42),
    });
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

/**
 * @param {import('node:fs/promises').FileHandle} handle
 * @param {Entry} entry
 * @param {string} full
 * @param {string} target
 */
async function extract(handle, entry, full, target) {
  if (entry.flags & 1) throw new Error(`${entry.name}: encrypted entries are not supported`);
  if (entry.method !== 0 && entry.method !== 8)
    throw new Error(`${entry.name}: unknown method ${entry.method}`);
  const local = await readAt(handle, entry.at, 30);
  if (local.readUInt32LE(0) !== LOCAL) throw new Error(`${entry.name}: entry is damaged`);
  const start = entry.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);

  if ((entry.mode & FILE_TYPE) === SYMLINK) {
    if (entry.size > 4096) throw new Error(`${entry.name}: link is too long`);
    /** @type {Buffer[]} */
    const parts = [];
    const collect = new Writable({
      write(part, _encoding, done) {
        parts.push(part);
        done();
      },
    });
    await pump(handle, entry, start, collect);
    const link = Buffer.concat(parts).toString('utf8');
    if (path.isAbsolute(link)) throw new Error(`${entry.name}: link leads out of its folder`);
    inside(target, path.relative(target, path.resolve(path.dirname(full), link)));
    await unlink(full).catch(() => {}); // nothing there is the usual case
    await symlink(link, full);
    return;
  }
  await pump(handle, entry, start, createWriteStream(full));
  if (entry.mode & 0o777) await chmod(full, entry.mode & 0o777);
}

/**
 * @param {import('node:fs/promises').FileHandle} handle
 * @param {Entry} entry
 * @param {number} start
 * @param {Writable} sink
 */
async function pump(handle, entry, start, sink) {
  let crc = 0;
  let size = 0;
  const check = new Transform({
    transform(chunk, _encoding, done) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      // A bomb is stopped at the size it promised.
      done(size > entry.size ? new Error(`${entry.name}: longer than it says`) : null, chunk);
    },
  });
  const source = blocks(handle, start, entry.packed);
  if (entry.method === 8) await pipeline(source, createInflateRaw(), check, sink);
  else await pipeline(source, check, sink);
  if (size !== entry.size || crc !== entry.crc) throw new Error(`${entry.name}: checksum does not match`);
}

async function* blocks(
  /** @type {import('node:fs/promises').FileHandle} */ handle,
  /** @type {number} */ start,
  /** @type {number} */ length,
) {
  for (let done = 0; done < length; ) {
    const part = await readAt(handle, start + done, Math.min(256 * 1024, length - done));
    done += part.length;
    yield part;
  }
}

async function readAt(
  /** @type {import('node:fs/promises').FileHandle} */ handle,
  /** @type {number} */ position,
  /** @type {number} */ length,
) {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead !== length) throw new Error('ZIP file is cut short');
  return buffer;
}
