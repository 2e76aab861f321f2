import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_SECURITY_POLICY, fileOf, servePage } from './pages.ts';

let folder: string;
beforeAll(async () => {
  const outer = await mkdtemp(path.join(tmpdir(), 'yinkey-pages-'));
  await writeFile(path.join(outer, 'secret.json'), '{}');
  folder = path.join(outer, 'renderer');
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'index.html'), '<title>x</title>');
  await writeFile(path.join(folder, 'assets', 'a.b-1.js'), '1');
});
afterAll(() => rm(path.dirname(folder), { recursive: true }));

describe('the pages of the client', () => {
  it.each([
    ['yinkey://app/index.html', 'index.html', 'text/html; charset=utf-8'],
    ['yinkey://app/assets/a.b-1.js?x#y', 'assets/a.b-1.js', 'text/javascript; charset=utf-8'],
  ])('finds the file of %s', (url, name, mime) => {
    expect(fileOf(url, 'app')).toEqual({ name, mime });
  });

  it.each([
    'yinkey://pin/index.html',
    'yinkey://app.example/index.html',
    'yinkey://user@app/index.html',
    'https://app/index.html',
    'yinkey://app/',
    'yinkey://app/..%2fsecret.json',
    'yinkey://app/assets/..%5c..%5csecret.json',
    'yinkey://app//etc/x.json',
    'yinkey://app/%00.html',
    'yinkey://app/%ff.html',
    'yinkey://app/.hidden.json',
    'yinkey://app/index.exe',
    'not a url',
  ])('refuses %s', (url) => {
    expect(fileOf(url, 'app')).toBeUndefined();
  });

  it('never leaves its folder, whatever the path', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('..', '.', '%2e%2e', '\\', '%5c', ''), fc.string())),
        (parts) => {
          const file = fileOf(`yinkey://app/${parts.join('/')}.json`, 'app');
          if (file) expect(path.resolve('/r', file.name).startsWith('/r/')).toBe(true);
        },
      ),
    );
  });

  it('puts the policy on every answer, refusals included', async () => {
    const answers = await Promise.all([
      servePage(new Request('yinkey://app/index.html'), folder, 'app'),
      servePage(new Request('yinkey://app/none.html'), folder, 'app'),
      servePage(new Request('yinkey://app/..%2fsecret.json'), folder, 'app'),
      servePage(new Request('yinkey://app/index.html', { method: 'POST' }), folder, 'app'),
      // URLs fold these dots away themselves: what is left is a name inside the folder.
      servePage(new Request('yinkey://app/%2e%2e/secret.json'), folder, 'app'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 403, 405, 404]);
    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(await answers[0]?.text()).toBe('<title>x</title>');
  });

  it('has no loophole in its policy', () => {
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|https?:|data:/);
  });
});
