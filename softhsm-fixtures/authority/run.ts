// The practice authority as a program: `node run.ts --dir FOLDER`. Prints where it answers; ends on SIGTERM, SIGINT,
// and when the folder is gone. A second one for the same folder finds the first and leaves.
import { parseArgs } from 'node:util';
import { YinkeyError } from '../../src/shared/errors/index.ts';
import { findAuthority } from './background.ts';
import { type RunningAuthority, startAuthority } from './index.ts';

const { values } = parseArgs({ options: { dir: { type: 'string' } } });
const { dir } = values;
if (dir === undefined) {
  console.error('--dir FOLDER is missing');
  process.exit(2);
}

function tell(url: string, what: string): void {
  console.log(`practice authority (练习机构), ${what}: ${url}`);
  // Whoever started this one waits for it.
  if (process.connected) process.send?.({ url });
}

async function start(folder: string): Promise<RunningAuthority | null> {
  const known = await findAuthority(folder);
  if (known === null) {
    try {
      return await startAuthority({ dir: folder });
    } catch (error) {
      // Two at once: the other one has the port by now.
      const other = await findAuthority(folder);
      if (other === null) throw error;
      tell(other.url, 'running already');
      return null;
    }
  }
  tell(known.url, 'running already');
  return null;
}

try {
  const running = await start(dir);
  if (running) {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => void running.close());
    }
    tell(running.url, 'running');
    await running.closed;
  }
  process.exit(0);
} catch (error) {
  console.error(error instanceof YinkeyError ? `${error.code} ${JSON.stringify(error.details)}` : error);
  process.exit(1);
}
