import { openSync, readSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import {
  type PinField,
  type PinQuestion,
  type PinRequest,
  pinReplySchema,
} from '../../shared/contract/index.ts';
import { fromWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { Language } from '../../shared/i18n/index.ts';
import { createTexts } from '../../shared/i18n/index.ts';
import { sensibleLimits } from '../../shared/pin-policy.ts';

const maxSecretBytes = 255;

/** Where PINs come from: file descriptors that hold them, or the people at the terminal. */
export interface PinSource {
  /** Several fields may name one descriptor: it then holds one PIN a line, in the order they are asked for. */
  fds: Partial<Record<PinField, number | undefined>>;
  /** Given on the command line beforehand: the last try may be used without asking. */
  lastTryAgreed: boolean;
  language: Language;
}

const options: Record<PinField, string> = {
  pin: '--pin-fd',
  'new-pin': '--new-pin-fd',
  'so-pin': '--so-pin-fd',
  'new-so-pin': '--new-so-pin-fd',
};
const isSo = (field: PinField) => field === 'so-pin' || field === 'new-so-pin';

/**
 * Answers the token host's questions for PINs on `port`. From a file descriptor exactly one try is made: a wrong PIN,
 * or a new one outside the policy, ends the command. At the terminal the person decides about each further try.
 * `failure` holds what went wrong once the host has given up.
 */
export function answerPin(port: Port, source: PinSource): { failure: () => YinkeyError | undefined } {
  let failure: YinkeyError | undefined;
  const send = (message: PinRequest) => port.post(message);
  const give = (error: YinkeyError) => {
    failure = error;
    send({ type: 'cancel' });
  };
  port.onMessage((message) => {
    const reply = pinReplySchema.parse(message);
    if (reply.type === 'failed') {
      give(fromWireError(reply.error));
    } else if (reply.type === 'ask') {
      const refusal = source.fds[reply.field] === undefined ? undefined : refusalOf(reply);
      if (refusal) {
        give(refusal);
        return;
      }
      void answer(reply, source).then(send, (error: unknown) =>
        give(error instanceof YinkeyError ? error : new YinkeyError('unexpected', {}, { cause: error })),
      );
    }
  });
  return { failure: () => failure };
}

/** Why the PIN before, which no person stands behind, ends the command. */
function refusalOf({ field, wrong, refused, minLength, maxLength }: PinQuestion): YinkeyError | undefined {
  if (wrong) return new YinkeyError(isSo(field) ? 'token.so-pin-wrong' : 'token.pin-wrong');
  if (refused === null) return undefined;
  const details = { reason: refused, min: minLength, max: maxLength };
  const length = refused === 'too-short' || refused === 'too-long';
  return new YinkeyError(length ? 'token.new-pin-length' : 'token.new-pin-refused', details);
}

async function answer(ask: PinQuestion, source: PinSource): Promise<PinRequest> {
  const { t } = createTexts(source.language);
  const { field } = ask;
  const last = ask.state === 'final-try';
  const notAgreed = () => new YinkeyError(isSo(field) ? 'token.so-pin-last-try' : 'token.pin-last-try');
  const fd = source.fds[field];
  if (fd !== undefined) {
    if (last && !source.lastTryAgreed) throw notAgreed();
    if (ask.protectedPath) return { type: 'submit-on-pad', lastTryAgreed: last };
    return { type: 'submit', pin: secretFromDescriptor(fd, options[field]), lastTryAgreed: last };
  }
  const terminal = openTerminal(options[field]);
  try {
    if (ask.handOver) await terminal.ask(t('cli:pin.handOver'), true);
    if (ask.wrong) terminal.write(`${t(isSo(field) ? 'cli:pin.soWrong' : 'cli:pin.wrong')}\n`);
    if (ask.triesLeft !== null && (ask.wrong || ask.state !== 'ok')) {
      terminal.write(`${t('cli:pin.left', { count: ask.triesLeft })}\n`);
    }
    if (ask.refused) {
      const { min, max } = sensibleLimits(ask);
      terminal.write(`${t(`pin:policy.${ask.refused}`, { min, max })}\n`);
    }
    if (last && !source.lastTryAgreed) {
      const reply = await terminal.ask(t(isSo(field) ? 'cli:pin.soLast' : 'cli:pin.last'), true);
      if (!/^(y|yes|是)$/i.test(reply.trim())) throw notAgreed();
    }
    if (ask.protectedPath) {
      terminal.write(`${t(`cli:pin.padField.${field}`)}\n`);
      return { type: 'submit-on-pad', lastTryAgreed: last };
    }
    const pin = await typed(terminal, field, t);
    if (pin === '') throw new YinkeyError('token.pin-cancelled');
    return { type: 'submit', pin, lastTryAgreed: last };
  } finally {
    terminal.close();
  }
}

/** One line without echo; a new PIN twice, until both are the same. */
async function typed(terminal: Terminal, field: PinField, t: (key: string) => string): Promise<string> {
  for (;;) {
    const pin = await terminal.ask(t(`cli:pin.field.${field}`), false);
    if (pin === '' || field === 'pin' || field === 'so-pin') return pin;
    if ((await terminal.ask(t('cli:pin.again'), false)) === pin) return pin;
    terminal.write(`${t('cli:pin.differ')}\n`);
  }
}

/**
 * A secret from a descriptor that the caller opened: one line, or the rest of the data; 255 bytes at most. What stands
 * behind the line end is left in the descriptor for the next secret. Throws `usage` when there is none, or when the
 * descriptor is not open; `option` names it.
 */
export function secretFromDescriptor(fd: number, option: string): string {
  const buffer = Buffer.alloc(maxSecretBytes + 2);
  let length = 0;
  try {
    while (length < buffer.length && readSync(fd, buffer, length, 1, null) === 1) {
      length++;
      if (buffer[length - 1] === 0x0a) break;
    }
  } catch (error) {
    buffer.fill(0);
    throw new YinkeyError('usage', { what: `${option} ${fd}` }, { cause: error });
  }
  const text = buffer.toString('utf8', 0, length);
  buffer.fill(0);
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '' || Buffer.byteLength(secret) > maxSecretBytes) {
    throw new YinkeyError('usage', { what: `${option} ${fd}` });
  }
  return secret;
}

interface Terminal {
  write(text: string): void;
  ask(prompt: string, echo: boolean): Promise<string>;
  close(): void;
}

/** The terminal itself, not standard input: a PIN is typed by a person. Without one, `usage` asks for `option`. */
function openTerminal(option: string): Terminal {
  const [inPath, outPath] =
    process.platform === 'win32' ? ['\\\\.\\CONIN$', '\\\\.\\CONOUT$'] : ['/dev/tty', '/dev/tty'];
  let input: ReadStream;
  let output: WriteStream;
  try {
    input = new ReadStream(openSync(inPath, 'r+'));
    output = new WriteStream(openSync(outPath, 'r+'));
  } catch (error) {
    throw new YinkeyError('usage', { what: option }, { cause: error });
  }
  return {
    write: (text) => output.write(text),
    ask: (prompt, echo) => {
      output.write(`${prompt} `);
      return readLine(input, output, echo);
    },
    close: () => {
      input.destroy();
      output.destroy();
    },
  };
}

/** One line in raw mode: Enter ends it, backspace works, Ctrl+C and Ctrl+D give it up. */
function readLine(input: ReadStream, output: WriteStream, echo: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = '';
    input.setRawMode(true);
    const end = (done: () => void) => {
      input.setRawMode(false);
      input.off('data', onData);
      input.pause();
      output.write('\n');
      done();
    };
    const onData = (data: Buffer) => {
      for (const character of data.toString('utf8')) {
        if (character === '\r' || character === '\n') return end(() => resolve(line));
        if (character === '\u0003' || character === '\u0004')
          return end(() => reject(new YinkeyError('token.pin-cancelled')));
        if (character === '\u007f' || character === '\b') {
          if (line !== '' && echo) output.write('\b \b');
          line = [...line].slice(0, -1).join('');
        } else if (character >= ' ') {
          line += character;
          if (echo) output.write(character);
        }
      }
    };
    input.on('data', onData);
    input.resume();
  });
}
