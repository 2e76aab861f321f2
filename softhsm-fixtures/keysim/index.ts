import { spawn } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ensureKeysim, keysimControlPath, keysimPath } from '../../scripts/setup/keysim.mjs';
import type { PracticeWorld } from '../types.ts';

type Settings = Record<string, string | number | boolean>;

/**
 * What the simulator is to do; every setting is in native/keysim/README.md. `true` and `false` become yes and no.
 */
export interface KeysimConfig {
  /** For all keys, or for the library as a whole. */
  settings?: Settings;
  /** By the key's name; without any, each token of the practice world is a key named by its serial number. */
  keys?: Record<string, Settings>;
  faults?: Settings[];
}

export interface Keysim {
  /** The simulator's library. */
  module: string;
  /** What a process that loads it has to have in its environment. */
  env: { SOFTHSM2_CONF: string; PKCS11_KEYSIM_CONF: string };
  /** The practice world with the simulator as its module. */
  world: PracticeWorld;
  /** The configuration's path. */
  configuration: string;
  /** The control socket, served while a process has the library in use. */
  socket: string;
  /** One command (README.md, "Commands"), with or without such a process. Its answer without the closing "ok". */
  control(line: string): Promise<string>;
  /** Removes the configuration and everything the simulator has written; no process may use it any more. */
  close(): Promise<void>;
}

const word = (value: string | number | boolean) =>
  typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);

function section(head: string | null, settings: Settings): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    const line = `${name} = ${word(value)}`;
    if (/[\r\n]/.test(line)) throw new RangeError('a setting is one line');
    return `${line}\n`;
  });
  return (head === null ? '' : `[${head}]\n`) + lines.join('');
}

/** The text of a configuration. */
function keysimText(module: string, config: KeysimConfig): string {
  return [
    section(null, { module, ...config.settings }),
    ...Object.entries(config.keys ?? {}).map(([name, settings]) => section(`key ${name}`, settings)),
    ...(config.faults ?? []).map((fault) => section('fault', fault)),
  ].join('');
}

/** The command goes in by standard input: it may hold the PIN that somebody types on a pad. */
async function command(configuration: string, line: string): Promise<string> {
  if (/[\r\n]/.test(line)) throw new RangeError('a command is one line');
  const child = spawn(keysimControlPath(), [configuration], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(`${line}\n`);
  const [answer, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (!answer.endsWith('ok\n'))
    throw new Error(`${line.split(' ', 2).join(' ')} ...: ${(answer || complaint).trim()}`);
  return answer.slice(0, -'ok\n'.length);
}

/**
 * Puts the key simulator over a practice world: compiles it where need be and writes `keysim.conf` beside the world's
 * softhsm2.conf, where the library looks for it. One at a time in a world.
 */
export async function makeKeysim(world: PracticeWorld, config: KeysimConfig = {}): Promise<Keysim> {
  await ensureKeysim();
  const folder = dirname(world.env.SOFTHSM2_CONF);
  const configuration = join(folder, 'keysim.conf');
  writeFileSync(configuration, keysimText(world.module, config), { mode: 0o600 });
  const module = keysimPath();
  return {
    module,
    env: { ...world.env, PKCS11_KEYSIM_CONF: configuration },
    world: { ...world, module },
    configuration,
    socket: join(folder, 'keysim.sock'),
    control: (line) => command(configuration, line),
    async close() {
      for (const name of readdirSync(folder))
        if (name.startsWith('keysim.')) rmSync(join(folder, name), { force: true });
    },
  };
}
