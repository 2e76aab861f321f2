import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findAuthority, openAuthority } from './background.ts';
import { startAuthority } from './index.ts';
import { ensureAuthority } from './root.ts';

const scratch = mkdtempSync(join(tmpdir(), 'background-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the authority as a process of its own', () => {
  it('is found by everybody who wants it, ends when its world is gone or it is told to', async () => {
    const dir = join(scratch, 'world');
    const [one, two] = await Promise.all([openAuthority(dir), openAuthority(dir)]);
    expect(two).toEqual(one);
    expect(await findAuthority(dir)).toEqual(one);
    expect(one).toMatchObject({ api: `${one.url}/api`, url: (await ensureAuthority(dir)).url });
    expect((await fetch(`${one.api}/catalogue`)).status).toBe(200);
    await expect(startAuthority({ dir })).rejects.toMatchObject({ code: 'practice.failed' });
    process.kill(one.pid, 'SIGTERM');
    await expect.poll(() => runs(one.pid)).toBe(false);
    expect(await findAuthority(dir)).toBeNull();
    const again = await openAuthority(dir);
    rmSync(dir, { recursive: true });
    await expect.poll(() => runs(again.pid)).toBe(false);
  });

  it('does not take another program on its port for itself', async () => {
    const dir = join(scratch, 'taken');
    const { port } = await ensureAuthority(dir);
    const other = createServer((_, answer) => answer.end('something else'));
    other.listen(port, '127.0.0.1');
    await once(other, 'listening');
    const told = { code: 'practice.failed', details: { reason: expect.stringContaining(String(port)) } };
    await expect(openAuthority(dir)).rejects.toMatchObject(told);
    await expect(startAuthority({ dir })).rejects.toMatchObject(told);
    other.closeAllConnections();
    other.close();
  });
});
