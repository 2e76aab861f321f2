import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import type Database from 'better-sqlite3';
import { YinkeyError } from '../../shared/errors/index.ts';
import { migrations } from './migrations/index.ts';

/** Above this size (bytes) the start looks at pages and rows only, not at every index (a second and more). */
const FULL_CHECK_BELOW = 64 << 20;

/** Why a database was put aside. */
export type Unusable = 'store.damaged' | 'store.newer';

export interface OpenedDatabase {
  database: Database;
  /** The file that could not be used, under the name it is kept by. */
  aside: { code: Unusable; kept: string } | null;
}

/**
 * Opens the database, checks it and brings its schema up to date. One that is damaged, that is no database, or that a
 * newer client wrote is renamed (with its -wal and -shm) and a new one is begun; nothing is ever deleted.
 * @param nativeBinding path of the compiled addon where the packaged one doesn't fit the runtime
 * @throws YinkeyError store.failed when the file can't be opened, read or written at all
 */
export async function openDatabase(
  file: string,
  nativeBinding: string | undefined,
  now: Date,
): Promise<OpenedDatabase> {
  const { default: Sqlite } = await import('better-sqlite3');
  const options = { timeout: 5000, ...(nativeBinding === undefined ? {} : { nativeBinding }) };
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const existing = openChecked(Sqlite, file, options);
    if (typeof existing !== 'string') return { database: existing, aside: null };
    const kept = putAside(file, now);
    const fresh = openChecked(Sqlite, file, options);
    if (typeof fresh === 'string') throw new Error('a new database is unusable');
    return { database: fresh, aside: { code: existing, kept } };
  } catch (error) {
    throw new YinkeyError('store.failed', { reason: codeOf(error) }, { cause: error });
  }
}

function openChecked(
  Sqlite: typeof Database,
  file: string,
  options: { timeout: number; nativeBinding?: string },
): Database | Unusable {
  let database: Database | undefined;
  try {
    database = new Sqlite(file, options);
    database.pragma('foreign_keys = ON');
    database.pragma('trusted_schema = OFF');
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version > migrations.length) {
      database.close();
      return 'store.newer';
    }
    if (!isSound(database, file)) {
      database.close();
      return 'store.damaged';
    }
    database.pragma('journal_mode = WAL');
    // An entry of the audit log that was told as written survives a power cut.
    database.pragma('synchronous = FULL');
    migrate(database);
    return database;
  } catch (error) {
    database?.close();
    if (['SQLITE_NOTADB', 'SQLITE_CORRUPT'].some((code) => codeOf(error).startsWith(code))) {
      return 'store.damaged';
    }
    throw error;
  }
}

function isSound(database: Database, file: string): boolean {
  const large = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > FULL_CHECK_BELOW;
  const findings = database.pragma(large ? 'quick_check(1)' : 'integrity_check(1)', { simple: true });
  return findings === 'ok';
}

function migrate(database: Database): void {
  const version = () => Number(database.pragma('user_version', { simple: true }));
  if (version() === migrations.length) return;
  database
    .transaction(() => {
      // Read again under the lock: the command line may have done it meanwhile.
      for (let n = version(); n < migrations.length; n += 1) {
        database.exec(migrations[n] as string);
        database.pragma(`user_version = ${n + 1}`);
      }
    })
    .immediate();
}

function putAside(file: string, now: Date): string {
  const stamp = now.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
  const { dir, name, ext } = path.parse(file);
  let kept = '';
  for (let n = 1; kept === '' || existsSync(path.join(dir, kept)); n += 1) {
    kept = `${name}-kept-${stamp}${n > 1 ? `-${n}` : ''}${ext}`;
  }
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, path.join(dir, kept + suffix));
  }
  return kept;
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown';
}
