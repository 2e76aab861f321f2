import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

/** An answer is short; more is not from the simulator. */
const maxAnswer = 1 << 20;

/**
 * One command to the key simulator (native/keysim/README.md, "Commands"): to the process that has it in use, or where
 * none has, to its files. Errors: practice.missing without a simulated key, practice.failed with its reason.
 */
export async function sim(
  services: Services,
  words: string[],
  options: CommonOptions & { conf?: string },
): Promise<Outcome> {
  const configuration = configurationOf(options.conf);
  const line = words.join(' ');
  if (/[\r\n]/.test(line)) throw new YinkeyError('usage', { what: 'sim' });
  const socket = path.join(path.dirname(configuration), 'keysim.sock');
  const answer =
    (await throughSocket(socket, line)) ??
    (await throughProgram(services.simulatorControl, configuration, line));
  const lines = answer.split('\n').filter((each) => each !== '');
  const last = lines.pop();
  if (last !== 'ok')
    throw new YinkeyError('practice.failed', { reason: (last ?? '').replace(/^error /, '') });
  return { json: { answer: lines }, lines, exit: exitCodes.done };
}

/** As the simulator itself finds it: named, or beside SoftHSM's configuration. */
function configurationOf(given: string | undefined): string {
  const { PKCS11_KEYSIM_CONF, SOFTHSM2_CONF } = process.env;
  const beside = SOFTHSM2_CONF ? path.join(path.dirname(SOFTHSM2_CONF), 'keysim.conf') : undefined;
  const found = given ?? PKCS11_KEYSIM_CONF ?? beside;
  if (found === undefined || !existsSync(found)) throw new YinkeyError('practice.missing');
  return path.resolve(found);
}

/** The answer of the process that has the simulator in use; undefined where there is none. */
function throughSocket(socket: string, line: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    let answer = '';
    connection.setEncoding('utf8');
    connection.once('connect', () => connection.end(`${line}\n`));
    connection.on('data', (data: string) => {
      answer += data;
      if (answer.length > maxAnswer) connection.destroy(new Error('too long an answer'));
    });
    connection.once('end', () => resolve(answer === '' ? undefined : answer));
    connection.once('error', (cause: NodeJS.ErrnoException) => {
      // Nobody listens, or the one that did has just ended.
      if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTSOCK'].includes(cause.code ?? ''))
        resolve(undefined);
      else reject(new YinkeyError('practice.failed', { reason: cause.message }, { cause }));
    });
  });
}

function throughProgram(program: string | undefined, configuration: string, line: string): Promise<string> {
  if (program === undefined) throw new YinkeyError('practice.missing');
  return new Promise((resolve, reject) => {
    execFile(program, [configuration, line], { maxBuffer: maxAnswer }, (cause, stdout, stderr) => {
      // A refused command ends with 1 and says why on its output.
      if (stdout !== '') resolve(stdout);
      else reject(new YinkeyError('practice.failed', { reason: stderr.trim().slice(0, 300) }, { cause }));
    });
  });
}
