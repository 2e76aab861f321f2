import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSoftHsm } from '../../../softhsm-fixtures/index.ts';
import { examineModule, hashModule, readImages } from './module-file.ts';
import type { Bytes } from './module-image.ts';

const softHsm = findSoftHsm();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-module-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** Counts what is read, so that a test can bound it. */
function inMemory(content: Buffer): Bytes & { taken: () => number } {
  let taken = 0;
  return {
    size: content.length,
    taken: () => taken,
    read: async (offset, length) => {
      if (offset < 0 || offset >= content.length || length <= 0) return Buffer.alloc(0);
      const part = content.subarray(offset, Math.min(offset + length, content.length));
      taken += part.length;
      return part;
    },
  };
}

/** A small DLL with these exports, laid out as a linker does: one section, export directory at its start. */
function dll(machine: number, names: string[], flags = 0x2000): Buffer {
  const wide = machine !== 0x14c;
  const buffer = Buffer.alloc(0x600);
  buffer.write('MZ', 0, 'latin1');
  buffer.writeUInt32LE(0x80, 60);
  buffer.write('PE\0\0', 0x80, 'latin1');
  buffer.writeUInt16LE(machine, 0x84);
  buffer.writeUInt16LE(1, 0x86);
  const optional = wide ? 240 : 224;
  buffer.writeUInt16LE(optional, 0x94);
  buffer.writeUInt16LE(flags, 0x96);
  buffer.writeUInt16LE(wide ? 0x20b : 0x10b, 0x98);
  const directories = 0x98 + (wide ? 112 : 96);
  buffer.writeUInt32LE(16, directories - 4);
  buffer.writeUInt32LE(0x1000, directories);
  const section = 0x98 + optional;
  buffer.writeUInt32LE(0x1000, section + 12);
  buffer.writeUInt32LE(0x400, section + 16);
  buffer.writeUInt32LE(0x200, section + 20);
  buffer.writeUInt32LE(names.length, 0x200 + 24);
  buffer.writeUInt32LE(0x1040, 0x200 + 32);
  let at = 0x100;
  for (const [index, name] of [...names].sort().entries()) {
    buffer.writeUInt32LE(0x1000 + at, 0x240 + index * 4);
    buffer.write(`${name}\0`, 0x200 + at, 'latin1');
    at += name.length + 1;
  }
  return buffer;
}

function dylib(type: number, name: string, kind = 0x0f, fileType = 6): Buffer {
  const buffer = Buffer.alloc(256);
  buffer.writeUInt32LE(0xfeedfacf, 0);
  buffer.writeUInt32LE(type, 4);
  buffer.writeUInt32LE(fileType, 12);
  buffer.writeUInt32LE(1, 16);
  buffer.writeUInt32LE(24, 20);
  buffer.writeUInt32LE(2, 32);
  buffer.writeUInt32LE(24, 36);
  buffer.writeUInt32LE(64, 40);
  buffer.writeUInt32LE(1, 44);
  buffer.writeUInt32LE(96, 48);
  buffer.writeUInt32LE(64, 52);
  buffer.writeUInt32LE(1, 64);
  buffer.writeUInt8(kind, 68);
  buffer.write(`\0${name}\0`, 96, 'latin1');
  return buffer;
}

function universal(...images: Buffer[]): Buffer {
  const head = Buffer.alloc(4096);
  head.writeUInt32BE(0xcafebabe, 0);
  head.writeUInt32BE(images.length, 4);
  const body = images.map((image) => Buffer.concat([image, Buffer.alloc(4096 - image.length)]));
  for (const [index] of images.entries()) head.writeUInt32BE(4096 * (index + 1), 8 + index * 20 + 8);
  return Buffer.concat([head, ...body]);
}

describe('examineModule', () => {
  it('takes SoftHSM, with the hash that openssl prints', async () => {
    const facts = await examineModule(softHsm);
    const [, sha256] = execFileSync('openssl', ['dgst', '-sha256', softHsm]).toString().trim().split('= ');
    expect(facts.sha256).toBe(sha256);
    expect(await hashModule(softHsm)).toBe(sha256);
  });

  it('takes a module whose sections are stripped, and refuses libraries without the entry', async () => {
    const source = file('module.c', 'int C_GetFunctionList(void **list) { *list = 0; return 5; }');
    const module = join(folder, 'module.so');
    execFileSync('cc', ['-shared', '-fPIC', '-s', '-o', module, source]);
    await expect(examineModule(module)).resolves.toMatchObject({ path: module });

    const otherSource = file('other.c', 'int NSC_GetFunctionList(void) { return 0; }');
    const other = join(folder, 'other.so');
    execFileSync('cc', ['-shared', '-fPIC', '-o', other, otherSource]);
    await expect(examineModule(other)).rejects.toMatchObject({
      code: 'driver.not-a-module',
      details: { reason: 'no-entry' },
    });

    const importer = file(
      'importer.c',
      'extern int C_GetFunctionList(void*); int f(void) { return C_GetFunctionList(0); }',
    );
    const importing = join(folder, 'importing.so');
    execFileSync('cc', ['-shared', '-fPIC', '-o', importing, importer]);
    await expect(examineModule(importing)).rejects.toMatchObject({ details: { reason: 'no-entry' } });
  });

  it('names what is no module', async () => {
    const cases: [string, string][] = [
      [
        file('text.so', 'just some text that is long enough to hold a header of any of the formats, surely'),
        'format',
      ],
      [file('empty.so', ''), 'format'],
      [file('short.so', readFileSync(softHsm).subarray(0, 40)), 'format'],
      [folder, 'folder'],
    ];
    for (const [path, reason] of cases) {
      await expect(examineModule(path)).rejects.toMatchObject({
        code: 'driver.not-a-module',
        details: { path, reason },
      });
    }
    await expect(examineModule(join(folder, 'nowhere.so'))).rejects.toMatchObject({
      code: 'driver.not-found',
    });
    await expect(examineModule(join(folder, 'text.so', 'below'))).rejects.toMatchObject({
      code: 'driver.not-found',
    });
    // A truncated library: its header is whole, its tables are gone.
    const cut = file('cut.so', readFileSync(softHsm).subarray(0, 2000));
    await expect(examineModule(cut)).rejects.toMatchObject({ code: 'driver.not-a-module' });
  });

  it('reads DLLs of every width', async () => {
    const entry = ['C_Finalize', 'C_GetFunctionList', 'C_Initialize', 'DllMain'];
    const x64 = file('x64.dll', dll(0x8664, entry));
    await expect(examineModule(x64, 'win32-x64')).resolves.toMatchObject({ path: x64 });
    await expect(examineModule(file('ia32.dll', dll(0x14c, entry)), 'win32-ia32')).resolves.toBeDefined();
    await expect(examineModule(file('arm.dll', dll(0xaa64, entry)), 'win32-x64')).rejects.toMatchObject({
      code: 'driver.wrong-architecture',
      details: { needs: 'win32-x64', has: 'win32-arm64' },
    });
    await expect(examineModule(x64, 'linux-x64')).rejects.toMatchObject({ details: { has: 'win32-x64' } });
    for (const names of [[], ['C_GetFunctionLis'], ['C_GetFunctionListEx'], ['A', 'Z']]) {
      await expect(examineModule(file('n.dll', dll(0x8664, names)), 'win32-x64')).rejects.toMatchObject({
        details: { reason: 'no-entry' },
      });
    }
    await expect(examineModule(file('p.exe', dll(0x8664, entry, 0)), 'win32-x64')).rejects.toMatchObject({
      details: { reason: 'program' },
    });
  });

  it('reads Mach-O, universal files too', async () => {
    const name = '_C_GetFunctionList';
    const both = universal(dylib(0x01000007, name), dylib(0x0100000c, name));
    const path = file('both.dylib', both);
    for (const needs of ['darwin-x64', 'darwin-arm64']) {
      await expect(examineModule(path, needs)).resolves.toMatchObject({ path });
    }
    await expect(examineModule(path, 'linux-x64')).rejects.toMatchObject({
      code: 'driver.wrong-architecture',
      details: { has: 'darwin-x64, darwin-arm64' },
    });
    const imported = file('imported.dylib', dylib(0x0100000c, name, 0x01));
    await expect(examineModule(imported, 'darwin-arm64')).rejects.toMatchObject({
      details: { reason: 'no-entry' },
    });
    const program = file('program', dylib(0x0100000c, name, 0x0f, 2));
    await expect(examineModule(program, 'darwin-arm64')).rejects.toMatchObject({
      details: { reason: 'program' },
    });
    const java = Buffer.alloc(256);
    java.writeUInt32BE(0xcafebabe, 0);
    java.writeUInt32BE(52, 4);
    await expect(examineModule(file('A.class', java))).rejects.toMatchObject({
      details: { reason: 'format' },
    });
  });

  it('holds against damaged files: no crash, bounded reading', async () => {
    const real = readFileSync(softHsm);
    const seeds = [
      Buffer.concat([real.subarray(0, 4096), real.subarray(-4096)]),
      dll(0x8664, ['C_GetFunctionList']),
      universal(dylib(0x0100000c, '_C_GetFunctionList')),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(8191), fc.nat(255)), { maxLength: 40 }),
        fc.nat(8192),
        async (seed, changes, length) => {
          const content = Buffer.from(seed.subarray(0, Math.max(64, length)));
          for (const [at, value] of changes) content[at % Math.min(content.length, 512)] = value;
          const bytes = inMemory(content);
          const images = await readImages(bytes);
          expect(images.length).toBeLessThanOrEqual(32);
          expect(bytes.taken()).toBeLessThan(content.length * 200 + 65_536);
        },
      ),
      { numRuns: 2000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 64, maxLength: 2048 }), async (content) => {
        await readImages(inMemory(Buffer.from(content)));
      }),
    );
  });
});
