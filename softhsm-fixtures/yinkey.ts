import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../bin/yinkey', import.meta.url));

export interface YinkeyRun {
  code: number | null;
  out: string;
  err: string;
  json: () => never;
}

/**
 * Runs bin/yinkey as a script would; `fds[3]` is what descriptor 3 holds, `env` comes on top of this process's own.
 */
export function runYinkey(
  args: readonly string[],
  {
    fds = {},
    env = {},
    cwd,
    hear,
  }: {
    fds?: Record<number, string>;
    env?: NodeJS.ProcessEnv;
    cwd?: string;
    /** Hears all that was said on standard error up to then. */
    hear?: (text: string) => void;
  } = {},
): Promise<YinkeyRun> {
  const last = Math.max(2, ...Object.keys(fds).map(Number));
  const stdio = Array.from({ length: last + 1 }, (_, fd): 'ignore' | 'pipe' =>
    fd === 1 || fd === 2 || fds[fd] !== undefined ? 'pipe' : 'ignore',
  );
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio, env: { ...process.env, LANG: 'C.UTF-8', ...env } });
    let out = '';
    let err = '';
    child.stdout?.on('data', (data: Buffer) => {
      out += data;
    });
    child.stderr?.on('data', (data: Buffer) => {
      err += data;
      hear?.(err);
    });
    for (const [fd, text] of Object.entries(fds)) {
      const pipe = child.stdio[Number(fd)] as NodeJS.WritableStream;
      // The program may refuse before it reads a PIN.
      pipe.on('error', () => {});
      pipe.end(text);
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err, json: () => JSON.parse(out) as never }));
  });
}
