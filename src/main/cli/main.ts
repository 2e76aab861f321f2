import { runCli } from './run.ts';

// The command line as a program of its own; the packaged app calls runCli inside its own process instead.
process.exit(await runCli(process.argv.slice(2)));
