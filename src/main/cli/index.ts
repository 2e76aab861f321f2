/** The command line, for the packaged app, which runs it inside its own process. */
export { runCli } from './run.ts';
