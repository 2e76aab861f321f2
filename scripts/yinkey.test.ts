import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

// bin/yinkey in a checkout of cardboard: a program and a set-up that only tell how they were called.
let root = '';
const at = (...parts: string[]) => path.join(root, ...parts);
const LONG_AGO = new Date('2024-01-01');
const BUILT = new Date('2024-01-02');

function put(file: string, content = '', time = LONG_AGO) {
  mkdirSync(path.dirname(at(file)), { recursive: true });
  writeFileSync(at(file), content);
  utimesSync(at(file), time, time);
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'yinkey bin '));
  mkdirSync(at('bin'));
  copyFileSync(fileURLToPath(new URL('../bin/yinkey', import.meta.url)), at('bin/yinkey'));
  chmodSync(at('bin/yinkey'), 0o755);
  for (const file of [
    'package.json',
    'tsconfig.json',
    'package-lock.json',
    'node_modules/.package-lock.json',
  ])
    put(file, '{"type":"module"}');
  for (const file of [
    'src/a.ts',
    'softhsm-fixtures/index.ts',
    'scripts/build.mjs',
    '.cache/native/pkcs11js.stamp',
  ])
    put(file);
  for (const folder of ['src', 'softhsm-fixtures']) utimesSync(at(folder), LONG_AGO, LONG_AGO);
  put('out/.stamp', '', BUILT);
  put(
    'out/main/cli.js',
    `import { readFileSync } from 'node:fs';
     const [at, ...words] = process.argv.slice(2);
     console.log(JSON.stringify({ words, read: at === '-' ? '' : readFileSync(Number(at), 'utf8') }));`,
  );
  put(
    'scripts/setup/ensure.mjs',
    `import { fstatSync, readFileSync, writeFileSync } from 'node:fs';
     let three = 'closed';
     try { if (fstatSync(3).isFile()) three = 'open'; } catch {} // Node has descriptors of its own
     writeFileSync(${JSON.stringify(at('asked'))}, JSON.stringify({ words: process.argv.slice(2), input: readFileSync(0, 'utf8'), three }));
     console.log('set-up speaks');`,
  );
  mkdirSync(at('node_modules/.bin'));
  symlinkSync(process.execPath, at('node_modules/.bin/node'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function yinkey(words: string[], { input = '', three = '', program = at('bin/yinkey') } = {}) {
  writeFileSync(at('three'), three);
  const fd = openSync(at('three'), 'r');
  const result = spawnSync(program, words, { input, stdio: ['pipe', 'pipe', 'pipe', fd], encoding: 'utf8' });
  closeSync(fd);
  const asked = existsSync(at('asked')) ? JSON.parse(readFileSync(at('asked'), 'utf8')) : undefined;
  return { ...result, asked };
}

test('starts the program at once when all is made, with its words and descriptors as they came', () => {
  expect(yinkey(['3', 'stamp', 'a b.pdf'], { three: '1234' })).toMatchObject({
    status: 0,
    stdout: '{"words":["stamp","a b.pdf"],"read":"1234"}\n',
    stderr: '',
    asked: undefined,
  });
  expect(yinkey(['0'], { input: '5678' })).toMatchObject({ stdout: '{"words":[],"read":"5678"}\n' });
});

test('finds its checkout through links', () => {
  mkdirSync(at('elsewhere'));
  symlinkSync('../bin/yinkey', at('elsewhere/one'));
  symlinkSync(at('elsewhere/one'), at('elsewhere/two'));
  expect(yinkey(['-', 'x'], { program: at('elsewhere/two') })).toMatchObject({
    status: 0,
    stdout: '{"words":["x"],"read":""}\n',
  });
});

test.each([
  ['a source is younger', () => put('src/a.ts', '1', new Date('2024-01-03'))],
  ['a source is gone', () => rmSync(at('src/a.ts'))],
  ['the lockfile is younger', () => put('package-lock.json', '{}', new Date('2024-01-03'))],
  ['there is no build', () => rmSync(at('out/.stamp'))],
  ['the addon is not compiled', () => rmSync(at('.cache/native/pkcs11js.stamp'))],
])('sets up first when %s; the set-up sees neither input nor PIN', (_why, change) => {
  change();
  const result = yinkey(['3', 'keys'], { input: 'typed', three: '1234' });
  expect(result).toMatchObject({ status: 0, stdout: '{"words":["keys"],"read":"1234"}\n' });
  expect(result.stderr).toContain('set-up speaks');
  expect(result.asked).toEqual({ words: [], input: '', three: 'closed' });
});

test('a younger test file is no reason to set up', () => {
  put('src/a.test.ts', '', new Date('2024-01-03'));
  utimesSync(at('src'), LONG_AGO, LONG_AGO);
  expect(yinkey(['-'])).toMatchObject({ status: 0, asked: undefined });
});

test('ends with 2 when the set-up fails', () => {
  rmSync(at('out/.stamp'));
  put('scripts/setup/ensure.mjs', 'process.exit(1)');
  expect(yinkey(['-'])).toMatchObject({ status: 2, stdout: '' });
});
