import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/**
 * Everything a log line may say beside its event, by construction: no free text of a user, no path, no document name,
 * no PIN has a field to stand in. A type error where a caller tries.
 */
export interface LogFields {
  channel?: string;
  code?: string;
  contents?: number;
  details?: string;
  exit?: number | string;
  host?: string;
  level?: string;
  line?: string;
  millis?: number;
  permission?: string;
  pid?: number;
  platform?: string;
  practice?: boolean;
  reason?: string;
  scheme?: string;
  version?: string;
  /** Class, system code and stack (our own files' names and lines) of an unexpected error. */
  error?: { name: string; code?: string; stack: string[]; cause?: LogFields['error'] };
}

const fieldNames: ReadonlySet<string> = new Set<keyof LogFields>([
  'channel',
  'code',
  'contents',
  'details',
  'exit',
  'host',
  'level',
  'line',
  'millis',
  'permission',
  'pid',
  'platform',
  'practice',
  'reason',
  'scheme',
  'version',
  'error',
]);

const FILES = 5;
const FILE_BYTES = 1 << 20;
const LINE_CHARACTERS = 4096;
const STACK_LINES = 12;

/** What an error may tell the log: its class, its code, and where; never its message, which may quote a user. */
export function errorFields(error: unknown, depth = 0): NonNullable<LogFields['error']> {
  if (!(error instanceof Error)) return { name: typeof error, stack: [] };
  const code = (error as { code?: unknown }).code;
  const frames = (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, STACK_LINES)
    // Only the file's own name: folders name people.
    .map((line) => line.trim().replace(/(?:file:\/\/)?[^\s()]*[\\/]([^\\/()]+)/g, '$1'));
  return {
    name: error.name,
    stack: frames,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(error.cause !== undefined && depth < 3 ? { cause: errorFields(error.cause, depth + 1) } : {}),
  };
}

/**
 * The client's own log: one JSON object a line, in the user's data folder, five files of 1 MB, local only. Lines that
 * come before `open` are kept (the first 200) and written then.
 */
class Log {
  #file: string | undefined;
  #bytes = 0;
  #early: string[] = [];
  #least = LEVELS.indexOf('info');

  /** Begins writing to `folder`/yinkey.log. A folder that can't be written silences the log, never the client. */
  open(folder: string, least: Level = 'info'): void {
    this.#least = LEVELS.indexOf(least);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#file = path.join(folder, 'yinkey.log');
      this.#bytes = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    } catch {
      this.#file = undefined;
    }
    const early = this.#early;
    this.#early = [];
    for (const line of early) this.#append(line);
  }

  debug(event: string, fields: LogFields = {}): void {
    this.#write('debug', event, fields);
  }
  info(event: string, fields: LogFields = {}): void {
    this.#write('info', event, fields);
  }
  warn(event: string, fields: LogFields = {}): void {
    this.#write('warn', event, fields);
  }
  error(event: string, fields: LogFields = {}): void {
    this.#write('error', event, fields);
  }

  #write(level: Level, event: string, fields: LogFields): void {
    if (LEVELS.indexOf(level) < this.#least) return;
    const allowed = Object.fromEntries(Object.entries(fields).filter(([name]) => fieldNames.has(name)));
    const line = JSON.stringify({ at: new Date().toISOString(), level, event, ...allowed });
    this.#append(line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…"}` : line);
  }

  #append(line: string): void {
    if (this.#file === undefined) {
      if (this.#early.length < 200) this.#early.push(line);
      return;
    }
    const bytes = Buffer.byteLength(line) + 1;
    try {
      if (this.#bytes + bytes > FILE_BYTES) this.#rotate(this.#file);
      // Synchronous: the line before a crash is the one that matters.
      appendFileSync(this.#file, `${line}\n`, { mode: 0o600 });
      this.#bytes += bytes;
    } catch {
      // A full disk must not stop the client; there is nowhere left to say so.
    }
  }

  #rotate(file: string): void {
    rmSync(`${file}.${FILES - 1}`, { force: true });
    for (let n = FILES - 2; n >= 0; n -= 1) {
      const from = n === 0 ? file : `${file}.${n}`;
      if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${file}.${n + 1}`);
    }
    this.#bytes = 0;
  }
}

export const log = new Log();
