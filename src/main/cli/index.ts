/** The command line, to be run as a program of its own (main.ts) or inside the packaged app. */
export { runCli } from './run.ts';
