import path from 'node:path';
import { portPair } from '../../shared/hosts/index.ts';
import { runCli } from './run.ts';
import { spawnNodeHost } from './spawn.ts';

// The command line as a Node program of its own; the packaged app calls runCli inside its own process instead.
const here = import.meta.dirname;
const code = await runCli(process.argv.slice(2), {
  tokenHost: spawnNodeHost(path.join(here, 'token-host.js')),
  documentHost: spawnNodeHost(path.join(here, 'document-host.js')),
  channel: portPair,
  practiceBundle: path.join(here, '..', 'fixtures', 'index.js'),
  simulatorControl: path.join(here, '..', '..', '.cache', 'native', 'keysim-control'),
});
process.exit(code);
