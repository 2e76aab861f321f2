import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { installGap } from './packages.mjs';
import { hashOf, readStamp, treeHash, writeStamp } from './stamp.mjs';

let folder = '';
const at = (...parts: string[]) => path.join(folder, ...parts);
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stamp-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a hash keeps its parts apart', () => {
  expect(hashOf('ab', 'c')).not.toBe(hashOf('a', 'bc'));
});

test('a tree has another hash when a file is changed, touched, added, removed or renamed', () => {
  mkdirSync(at('src', 'deep'), { recursive: true });
  writeFileSync(at('src', 'a.ts'), '1');
  writeFileSync(at('src', 'deep', 'b.ts'), '2');
  const look = () => treeHash(folder, ['src', 'missing.json'], (name) => name.endsWith('.test.ts'));
  const seen = [look()];
  expect(look()).toBe(seen[0]);
  const changes = [
    () => writeFileSync(at('src', 'a.ts'), '12'),
    () => utimesSync(at('src', 'deep', 'b.ts'), 1, 1),
    () => writeFileSync(at('src', 'deep', 'c.ts'), ''),
    () => rmSync(at('src', 'deep', 'c.ts')),
    () => writeFileSync(at('missing.json'), '{}'),
  ];
  for (const change of changes) {
    change();
    const now = look();
    expect(now).not.toBe(seen.at(-1));
    seen.push(now);
  }
  writeFileSync(at('src', 'a.test.ts'), 'tests are not part of the build');
  expect(look()).toBe(seen.at(-1));
});

test('a stamp comes back as written, and leaves nothing else', () => {
  expect(readStamp(at('made', 'x.stamp'))).toBeUndefined();
  writeStamp(at('made', 'x.stamp'), 'abc');
  expect(readStamp(at('made', 'x.stamp'))).toBe('abc');
  expect(readdirSync(at('made'))).toEqual(['x.stamp']);
});

const lockfile = {
  packages: {
    '': { version: '1.0.0' },
    'node_modules/a': { version: '1.2.3', integrity: 'sha512-a' },
    'node_modules/b': { version: '2.0.0', integrity: 'sha512-b', optional: true },
  },
};

function install(packages: Record<string, object>) {
  writeFileSync(at('package-lock.json'), JSON.stringify(lockfile));
  for (const name of Object.keys(packages)) {
    mkdirSync(at(name), { recursive: true });
    writeFileSync(at(name, 'package.json'), '{}');
  }
  mkdirSync(at('node_modules'), { recursive: true });
  writeFileSync(at('node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

test('an install is whole when every package is there, optional ones apart', () => {
  install({ 'node_modules/a': lockfile.packages['node_modules/a'] });
  expect(installGap(folder)).toBeUndefined();
});

test('an install is not whole when it is missing, cut short, damaged or old', () => {
  writeFileSync(at('package-lock.json'), JSON.stringify(lockfile));
  expect(installGap(folder)).toBe('no finished install');
  mkdirSync(at('node_modules', 'a'), { recursive: true });
  expect(installGap(folder)).toBe('no finished install');

  install(lockfile.packages);
  expect(installGap(folder)).toBeUndefined();
  rmSync(at('node_modules', 'b'), { recursive: true });
  expect(installGap(folder)).toMatch(/node_modules\/b is missing/);

  install({ 'node_modules/a': { version: '1.2.2', integrity: 'sha512-old' } });
  expect(installGap(folder)).toMatch(/node_modules\/a/);
  writeFileSync(at('node_modules', '.package-lock.json'), '{"packages":');
  expect(installGap(folder)).toBe('no finished install');
});

test('a damaged lockfile is said to be one', () => {
  writeFileSync(at('package-lock.json'), '<<<<<<<');
  expect(() => installGap(folder)).toThrow(/package-lock.json/);
});
