import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { unzip } from './unzip.mjs';

interface Item {
  name: string;
  content?: string | Buffer;
  mode?: number;
  stored?: boolean;
  /** Lies told in the directory. */
  crc?: number;
  size?: number;
  flags?: number;
}

/** A ZIP made by hand, so that it can be wrong in any one place. */
function zip(items: Item[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const item of items) {
    const content = Buffer.from(item.content ?? '');
    const packed = item.stored ? content : deflateRawSync(content);
    const name = Buffer.from(item.name);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(item.flags ?? 0, 2);
    shared.writeUInt16LE(item.stored ? 0 : 8, 4);
    shared.writeUInt32LE(item.crc ?? crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(item.size ?? content.length, 18);
    shared.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((item.mode ?? 0) * 0x10000, 6);
    tail.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), shared, tail, name]));
    bodies.push(local);
    at += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(items.length, 8);
  end.writeUInt16LE(items.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...bodies, listing, end]);
}

let folder = '';
const target = () => path.join(folder, 'target');
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'unzip-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function unpack(content: Buffer, rename?: (name: string) => string | undefined) {
  const file = path.join(folder, 'a.zip');
  writeFileSync(file, content);
  return rename ? unzip(file, target(), rename) : unzip(file, target());
}

test('unpacks stored and deflated files, folders, modes and links', async () => {
  const long = 'seal '.repeat(200_000);
  const count = await unpack(
    zip([
      { name: 'a/', stored: true },
      { name: 'a/long.txt', content: long },
      { name: 'b/run.sh', content: '#!/bin/sh\n', stored: true, mode: 0o100755 },
      { name: 'b/link', content: '../a/long.txt', mode: 0o120777 },
    ]),
  );
  expect(count).toBe(3);
  expect(readFileSync(path.join(target(), 'a/long.txt'), 'utf8')).toBe(long);
  expect(statSync(path.join(target(), 'b/run.sh')).mode & 0o777).toBe(0o755);
  expect(readlinkSync(path.join(target(), 'b/link'))).toBe('../a/long.txt');
});

test('leaves out and renames as told', async () => {
  const items = [
    { name: 'Top/keep', content: '1' },
    { name: 'Top/drop', content: '2' },
  ];
  await unpack(zip(items), (name) => (name.endsWith('drop') ? undefined : name.slice(4)));
  expect(readFileSync(path.join(target(), 'keep'), 'utf8')).toBe('1');
  expect(existsSync(path.join(target(), 'drop'))).toBe(false);
});

test.each([
  ['a path that climbs out', { name: '../out', content: 'x' }, /leads out/],
  ['an absolute path', { name: '/out', content: 'x' }, /leads out/],
  ['a link that climbs out', { name: 'l', content: '../../etc', mode: 0o120777 }, /leads out/],
  ['an absolute link', { name: 'l', content: '/etc/passwd', mode: 0o120777 }, /leads out/],
  ['a wrong checksum', { name: 'f', content: 'x', crc: 1 }, /checksum/],
  ['more bytes than promised', { name: 'f', content: 'x'.repeat(100_000), size: 10 }, /longer than it says/],
  ['an encrypted entry', { name: 'f', content: 'x', flags: 1 }, /encrypted/],
] as [string, Item, RegExp][])('refuses %s', async (_what, item, reason) => {
  await expect(unpack(zip([item]))).rejects.toThrow(reason);
});

test('refuses what is cut short at any place', async () => {
  const whole = zip([{ name: 'f', content: 'some content that is long enough to be packed' }]);
  for (let length = 0; length < whole.length; length += 7) {
    await expect(unpack(whole.subarray(0, length))).rejects.toThrow();
  }
});
