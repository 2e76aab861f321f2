import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { app } from 'electron';
import { parseArguments } from './arguments.ts';
import { hardenProcess } from './hardening.ts';
import { errorFields, log } from './log.ts';

// Thin on purpose: what has to happen before `ready`, and nothing that the first window doesn't need. Crash dumps
// would hold a process's memory, so no crash reporter is started.

const HEADLESS = '--ozone-platform=headless';
/** No window, no graphics, and of Chromium's own words only the fatal ones. */
const QUIET = [HEADLESS, '--disable-gpu', '--log-level=3'];
const args = parseArguments(process.argv.slice(1), process.cwd(), process.defaultApp ? 1 : 0);

process.on('uncaughtException', (error) => {
  log.error('uncaught', { error: errorFields(error) });
  // Its state is unknown now. Documents appear whole or not at all, so leaving loses nothing.
  app.exit(70);
});
process.on('unhandledRejection', (error) => log.error('unhandled', { error: errorFields(error) }));

if (args.cli && needsHeadless()) {
  process.exit(relaunchHeadless(args.cli));
} else if (args.cli) {
  const { cli } = args;
  // Not awaited here: Electron gets ready only after this module is done.
  void import('./cli.ts').then(async ({ runCliInApp }) => app.exit(await runCliInApp(cli)));
} else if (args.practice !== undefined && app.isPackaged) {
  console.error('--practice: there is no practice mode in an installed client');
  app.exit(2);
} else {
  hardenProcess();
  // Paper and text need no graphics card. Where there is none that works (remote desktops, virtual machines), Chromium
  // would try it first and begin anew in software, and the window would be usable later.
  app.disableHardwareAcceleration();
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

/** The command line needs no window, but Electron on Linux asks for a display unless it is told to do without. */
function needsHeadless(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY && !process.argv.includes(HEADLESS);
}

/** The same program once more, with every descriptor that may carry a PIN. Returns its exit code. */
function relaunchHeadless(cli: readonly string[]): number {
  const descriptors = cli.flatMap((word, index) =>
    /^--(pin|password)-fd$/.test(cli[index - 1] ?? '') ? [Number(word)] : [],
  );
  const highest = Math.max(2, ...descriptors.filter((fd) => Number.isInteger(fd) && fd < 1024));
  const stdio = Array.from({ length: highest + 1 }, (_, fd) =>
    fd <= 2 || descriptors.includes(fd) ? fd : ('ignore' as const),
  );
  const sandbox = process.argv.filter((word) => word === '--no-sandbox');
  return spawnSync(process.execPath, [...QUIET, ...sandbox, '--cli', ...cli], { stdio }).status ?? 70;
}
