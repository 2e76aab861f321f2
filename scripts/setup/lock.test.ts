import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.mjs';

let folder = '';
const lock = () => path.join(folder, 'x.lock');
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('lets one in at a time, in one process and in several', async () => {
  const log = path.join(folder, 'log');
  writeFileSync(log, '');
  const program = `
    import { withLock } from ${JSON.stringify(fileURLToPath(new URL('./lock.mjs', import.meta.url)))};
    import { existsSync, rmSync, writeFileSync } from 'node:fs';
    const inside = ${JSON.stringify(path.join(folder, 'inside'))};
    for (let turn = 0; turn < 5; turn += 1) {
      await withLock(${JSON.stringify(lock())}, async () => {
        writeFileSync(inside, '', { flag: 'wx' }); // fails when somebody else is in
        await new Promise(setImmediate);
        rmSync(inside);
      });
    }
    console.log('through');
  `;
  const children = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', program]));
  const results = await Promise.all(
    children.map(async (child) => {
      let output = '';
      child.stdout.on('data', (part) => {
        output += part;
      });
      const [code] = await once(child, 'close');
      return { code, output };
    }),
  );
  expect(results).toEqual([1, 2, 3].map(() => ({ code: 0, output: 'through\n' })));
  expect(existsSync(lock())).toBe(false);
  expect(readdirSync(folder)).toEqual(['log']);
});

test('takes over from an owner that is gone', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  mkdirSync(lock());
  writeFileSync(path.join(lock(), 'owner'), `${pid} 1`);
  expect(await withLock(lock(), async () => 'in')).toBe('in');
});

test.runIf(process.platform === 'linux')(
  'takes over when the number belongs to another process by now',
  async () => {
    mkdirSync(lock());
    writeFileSync(path.join(lock(), 'owner'), `${process.pid} 1`);
    expect(await withLock(lock(), async () => 'in')).toBe('in');
  },
);

test('takes over from a lock that names nobody', async () => {
  mkdirSync(lock());
  writeFileSync(path.join(lock(), 'owner'), '');
  expect(await withLock(lock(), async () => 'in')).toBe('in');
});

test('is free again when the work fails', async () => {
  await expect(
    withLock(lock(), async () => {
      throw new Error('broken');
    }),
  ).rejects.toThrow('broken');
  expect(existsSync(lock())).toBe(false);
});
