import path from 'node:path';
import { app, MessageChannelMain } from 'electron';
import { hostEnvironment } from '../../shared/hosts/index.ts';
import { runCli } from '../cli/index.ts';
import { hostSpawner, portOf } from './hosts.ts';
import { nativeBinding } from './start-store.ts';

/** The command line inside the app: the same hosts, as utility processes; no window, no practice worlds. */
export async function runCliInApp(args: string[]): Promise<number> {
  // Utility processes can't be started before.
  await app.whenReady();
  const out = path.join(app.getAppPath(), 'out');
  const environment = hostEnvironment(process.env);
  return runCli(args, {
    tokenHost: hostSpawner({ out, script: 'token-host.js', environment }),
    documentHost: hostSpawner({ out, script: 'document-host.js', environment }),
    channel: () => {
      const { port1, port2 } = new MessageChannelMain();
      return [portOf(port1), portOf(port2)];
    },
    nativeBinding: nativeBinding(),
  });
}
