import path from 'node:path';
import { app } from 'electron';
import { parseArguments } from './arguments.ts';
import { hardenProcess } from './hardening.ts';
import { errorFields, log } from './log.ts';

// Thin on purpose: what has to happen before `ready`, and nothing that the first window doesn't need. Crash dumps
// would hold a process's memory, so no crash reporter is started.

const args = parseArguments(process.argv.slice(1), process.cwd(), process.defaultApp ? 1 : 0);

process.on('uncaughtException', (error) => {
  log.error('uncaught', { error: errorFields(error) });
  // Its state is unknown now. Documents appear whole or not at all, so leaving loses nothing.
  app.exit(70);
});
process.on('unhandledRejection', (error) => log.error('unhandled', { error: errorFields(error) }));

if (args.cli) {
  const { cli } = args;
  // Not awaited here: Electron gets ready only after this module is done.
  void import('./cli.ts').then(async ({ runCliInApp }) => app.exit(await runCliInApp(cli)));
} else if (args.practice !== undefined && app.isPackaged) {
  console.error('--practice: there is no practice mode in an installed client');
  app.exit(2);
} else {
  hardenProcess();
  const userData = args.userData ?? (args.practice ? path.join(args.practice, 'client') : undefined);
  if (userData !== undefined) app.setPath('userData', userData);
  if (app.requestSingleInstanceLock({ files: args.files })) {
    const { startClient } = await import('./client.ts');
    startClient(args);
  } else {
    // The one that is running opens the files and comes to the front.
    app.quit();
  }
}
