import { openSync, readSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { type PinRequest, pinReplySchema } from '../../shared/contract/index.ts';
import { fromWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { Language } from '../../shared/i18n/index.ts';
import { createTexts } from '../../shared/i18n/index.ts';

const maxSecretBytes = 255;

/** Where the PIN comes from: a file descriptor that holds it, or the person at the terminal. */
export interface PinSource {
  fd: number | undefined;
  /** Given on the command line beforehand: the last try may be used without asking. */
  lastTryAgreed: boolean;
  language: Language;
}

/**
 * Answers the token host's questions for a PIN on `port`. From a file descriptor exactly one try is made: a wrong
 * PIN ends the command. At the terminal the person decides about each further try.
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
      if (reply.wrong && source.fd !== undefined) {
        give(new YinkeyError('token.pin-wrong'));
        return;
      }
      void answer(reply, source).then(send, (error: unknown) =>
        give(error instanceof YinkeyError ? error : new YinkeyError('unexpected', {}, { cause: error })),
      );
    }
  });
  return { failure: () => failure };
}

async function answer(
  ask: { state: string; wrong: boolean; protectedPath: boolean },
  source: PinSource,
): Promise<PinRequest> {
  const texts = createTexts(source.language);
  const last = ask.state === 'final-try';
  if (source.fd !== undefined) {
    if (last && !source.lastTryAgreed) throw new YinkeyError('token.pin-last-try');
    if (ask.protectedPath) return { type: 'submit-on-pad', lastTryAgreed: last };
    return { type: 'submit', pin: secretFromDescriptor(source.fd, '--pin-fd'), lastTryAgreed: last };
  }
  const terminal = openTerminal();
  try {
    if (ask.wrong) terminal.write(`${texts.t('cli:pin.wrong')}\n`);
    if (last && !source.lastTryAgreed) {
      const reply = await terminal.ask(texts.t('cli:pin.last'), true);
      if (!/^(y|yes|是)$/i.test(reply.trim())) throw new YinkeyError('token.pin-last-try');
    }
    if (ask.protectedPath) {
      terminal.write(`${texts.t('cli:pin.pad')}\n`);
      return { type: 'submit-on-pad', lastTryAgreed: last };
    }
    const pin = await terminal.ask(texts.t('cli:pin.prompt'), false);
    if (pin === '') throw new YinkeyError('token.pin-cancelled');
    return { type: 'submit', pin, lastTryAgreed: last };
  } finally {
    terminal.close();
  }
}

/**
 * A secret from a descriptor that the caller opened: up to the first line end or the end of the data, 255 bytes at
 * most. Throws `usage` when there is none, or when the descriptor is not open; `option` names it.
 */
export function secretFromDescriptor(fd: number, option: string): string {
  const buffer = Buffer.alloc(maxSecretBytes + 2);
  let length = 0;
  try {
    while (length < buffer.length && !buffer.subarray(0, length).includes(0x0a)) {
      const count = readSync(fd, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
  } catch (error) {
    throw new YinkeyError('usage', { what: `${option} ${fd}` }, { cause: error });
  }
  const text = buffer.toString('utf8', 0, length);
  buffer.fill(0);
  const secret = text.split(/\r?\n/, 1)[0] ?? '';
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

/** The terminal itself, not standard input: a PIN is typed by a person. Without one, `usage` asks for --pin-fd. */
function openTerminal(): Terminal {
  const [inPath, outPath] =
    process.platform === 'win32' ? ['\\\\.\\CONIN$', '\\\\.\\CONOUT$'] : ['/dev/tty', '/dev/tty'];
  let input: ReadStream;
  let output: WriteStream;
  try {
    input = new ReadStream(openSync(inPath, 'r+'));
    output = new WriteStream(openSync(outPath, 'r+'));
  } catch (error) {
    throw new YinkeyError('usage', { what: '--pin-fd' }, { cause: error });
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
