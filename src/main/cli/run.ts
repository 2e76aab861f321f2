import { asYinkeyError, exitCodes, failure, type Outcome, terminalLanguage } from './output.ts';
import { buildProgram, UsageShown } from './program.ts';
import { type CliHosts, Services } from './services.ts';

/**
 * Runs the command line: one JSON document on standard output with `--json`, lines for people without it, failures
 * on standard error. Returns the exit code.
 */
export async function runCli(args: string[], hosts: CliHosts): Promise<number> {
  const language = terminalLanguage(process.env);
  const json = args.includes('--json');
  const services = new Services(hosts);
  process.stdout.on('error', readerGone);
  let outcome: Outcome;
  let failed = false;
  try {
    outcome = await buildProgram(services, language).run(args);
  } catch (error) {
    if (error instanceof UsageShown) return error.exit;
    failed = true;
    outcome = failure(asYinkeyError(error), language);
  } finally {
    await services.close();
  }
  if (json) await write(process.stdout, `${JSON.stringify(outcome.json, null, 2)}\n`);
  const lines = outcome.lines.map((line) => `${line}\n`).join('');
  if (failed) await write(process.stderr, lines);
  else if (!json) await write(process.stdout, lines);
  return outcome.exit;
}

/** Waits until the text has left this process: a pipe that is cut short by exit would end in half a JSON. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => resolve());
  });
}

function readerGone(error: NodeJS.ErrnoException): void {
  // The reader went away (`yinkey keys | head`): nobody is left to tell.
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
}
