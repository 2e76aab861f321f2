import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';

const practiceSchema = z.object({
  module: z.string(),
  moduleSha256: z.string(),
  trust: z.string(),
  /** Where the practice authority is. */
  authority: z.object({ url: z.string() }).optional(),
});

/** What the command line needs to know of a practice world: its driver (agreed when it was made) and its root. */
export type PracticeFacts = z.infer<typeof practiceSchema> & { dir: string };

/**
 * The practice world that SOFTHSM2_CONF points into, if it does. The file is read through a schema without the
 * PINs: they are not for this process.
 */
export function practiceAround(env: NodeJS.ProcessEnv): PracticeFacts | undefined {
  const conf = env.SOFTHSM2_CONF;
  if (!conf) return undefined;
  const dir = path.dirname(path.resolve(conf));
  try {
    const facts = practiceSchema.parse(JSON.parse(readFileSync(path.join(dir, 'practice.json'), 'utf8')));
    return { ...facts, dir };
  } catch {
    // Another SoftHSM set-up than ours: nothing to find here.
    return undefined;
  }
}

/** The user's data folder, the same one that the windowed client uses. `YINKEY_DATA` moves it. */
export function dataFolder(env: NodeJS.ProcessEnv, practice: PracticeFacts | undefined): string {
  if (env.YINKEY_DATA) return path.resolve(env.YINKEY_DATA);
  if (practice) return path.join(practice.dir, 'client');
  if (process.platform === 'win32')
    return path.join(env.APPDATA ?? path.join(homedir(), 'AppData', 'Roaming'), 'YinKey');
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support', 'YinKey');
  return path.join(env.XDG_CONFIG_HOME ?? path.join(homedir(), '.config'), 'YinKey');
}
