import path from 'node:path';

/** What the command line of the client may say. */
export interface LaunchArguments {
  /** Folder of a practice world; refused in packaged builds. */
  practice: string | undefined;
  /** Where the client keeps its data instead of the usual place (tests, portable use). */
  userData: string | undefined;
  /** PDF files to open, absolute. */
  files: string[];
  /** The command line client inside the packaged app: everything after `--cli`. */
  cli: string[] | undefined;
}

/**
 * Reads the client's own switches from `argv` (without the executable); what Chromium or Electron takes is passed
 * over. Paths are resolved against `cwd`. In development the first plain argument is the app's folder (`skip`).
 */
export function parseArguments(argv: readonly string[], cwd: string, skip = 0): LaunchArguments {
  const result: LaunchArguments = { practice: undefined, userData: undefined, files: [], cli: undefined };
  // Before --cli stand only switches for Electron itself, as relaunching without a display puts them.
  const cli = argv.findIndex(
    (argument) => !/^--(ozone-platform=headless|disable-gpu|log-level=3|no-sandbox)$/.test(argument),
  );
  if (argv[cli] === '--cli') return { ...result, cli: argv.slice(cli + 1) };
  let plain = 0;
  for (const argument of argv) {
    const folder = (name: string) => {
      const value = argument.startsWith(`--${name}=`) ? argument.slice(name.length + 3) : '';
      return value === '' ? undefined : path.resolve(cwd, value);
    };
    if (argument.startsWith('-')) {
      result.practice = folder('practice') ?? result.practice;
      result.userData = folder('user-data') ?? result.userData;
      continue;
    }
    plain += 1;
    if (plain > skip && argument.toLowerCase().endsWith('.pdf'))
      result.files.push(path.resolve(cwd, argument));
  }
  return result;
}
