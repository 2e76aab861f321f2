import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorFields, type LogFields, log } from './log.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'yinkey-log-'));
});
afterEach(() => rm(folder, { recursive: true }));

const lines = async () =>
  (await readFile(path.join(folder, 'yinkey.log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the log', () => {
  it('keeps what came before it was open, and drops fields that it has no name for', async () => {
    log.info('start', { version: '1' });
    log.open(folder);
    log.warn('x', { code: 'a', pin: '87654321', path: '/home/li' } as LogFields);
    const all = await lines();
    expect(all.map(({ event }) => event)).toEqual(['start', 'x']);
    expect(all[1]).toEqual({ at: expect.any(String), level: 'warn', event: 'x', code: 'a' });
  });

  it('tells of an error its class, code and place, not its words or folders', () => {
    const error = Object.assign(new TypeError('cannot open /home/li/secret.pdf with 87654321'), {
      code: 'EACCES',
    });
    const fields = errorFields(new Error('outer secret', { cause: error }));
    expect(fields.cause).toMatchObject({ name: 'TypeError', code: 'EACCES' });
    expect(JSON.stringify(fields)).not.toMatch(/secret|87654321|home|\/src\//);
    expect(fields.stack[0]).toMatch(/log\.test\.ts:\d+/);
    expect(errorFields('a text with 87654321')).toEqual({ name: 'string', stack: [] });
  });

  it('keeps five files of a megabyte at most', async () => {
    log.open(folder);
    const details = 'x'.repeat(3900);
    for (let n = 0; n < 1800; n += 1) log.info('filler', { details });
    const names = (await readdir(folder)).sort();
    expect(names).toEqual(['yinkey.log', 'yinkey.log.1', 'yinkey.log.2', 'yinkey.log.3', 'yinkey.log.4']);
    for (const name of names) expect((await stat(path.join(folder, name))).size).toBeLessThanOrEqual(1 << 20);
  });

  it('never stops the client when it cannot write', () => {
    log.open('/dev/null/nowhere');
    expect(() => log.error('lost')).not.toThrow();
  });
});
