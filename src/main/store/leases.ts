import { randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';
import { YinkeyError } from '../../shared/errors/index.ts';

/** What nobody is heard of for so long (ms) is free again, even where its process number lives on. */
export const LEASE_MILLIS = 60_000;

/** The right to work on one row of a journal; held by one process at a time. */
export interface Lease {
  readonly id: string;
  readonly owner: string;
}

export interface ThisProcess {
  pid: number;
  alive: (pid: number) => boolean;
}

export const thisProcess: ThisProcess = {
  pid: process.pid,
  alive: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      // It is there, and another user's.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
};

/** The leases on the rows of one table, in its columns `lease_owner`, `lease_pid` and `lease_until`. */
export class Leases {
  #database;
  #read;
  #take;
  #keep;
  #release;
  #process: ThisProcess;

  /** @param table one of this store's own names, never anything from outside */
  constructor(database: Database, table: 'seal_applications' | 'renewals', process_: ThisProcess) {
    this.#database = database;
    this.#process = process_;
    this.#read = database.prepare(
      `SELECT lease_owner AS owner, lease_pid AS pid, lease_until AS until FROM ${table} WHERE id = ?`,
    );
    this.#take = database.prepare(
      `UPDATE ${table} SET lease_owner = ?, lease_pid = ?, lease_until = ? WHERE id = ?`,
    );
    this.#keep = database.prepare(`UPDATE ${table} SET lease_until = ? WHERE id = ? AND lease_owner = ?`);
    this.#release = database.prepare(
      `UPDATE ${table} SET lease_owner = NULL, lease_pid = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?`,
    );
  }

  /** Takes the right to work on a row; undefined while another process (or another part of this one) has it. */
  take(id: string, now: Date): Lease | undefined {
    return written(() =>
      this.#database
        .transaction(() => {
          if (this.held(id, now)) return undefined;
          const owner = `${this.#process.pid}.${randomBytes(8).toString('hex')}`;
          const until = now.getTime() + LEASE_MILLIS;
          const { changes } = this.#take.run(owner, this.#process.pid, until, id) as { changes: number };
          return changes === 1 ? { id, owner } : undefined;
        })
        .immediate(),
    );
  }

  /** Whether somebody works on it now. */
  held(id: string, now: Date): boolean {
    const lease = this.#read.get(id) as
      | { owner: string | null; pid: number | null; until: number | null }
      | undefined;
    if (!lease?.owner || lease.pid === null || lease.until === null) return false;
    return lease.until > now.getTime() && this.#process.alive(lease.pid);
  }

  /**
   * Says that the holder is still at it; false when it no longer holds it, or when it could not be written: it is called by
   * a clock, where nobody could take an error, and the next write of the journal tells the same.
   */
  keep({ id, owner }: Lease, now: Date): boolean {
    try {
      return written(
        () => (this.#keep.run(now.getTime() + LEASE_MILLIS, id, owner) as { changes: number }).changes === 1,
      );
    } catch (error) {
      if (error instanceof YinkeyError && error.code === 'store.failed') return false;
      throw error;
    }
  }

  release({ id, owner }: Lease): void {
    written(() => this.#release.run(id, owner));
  }
}

/** A write that fails (full disk, locked file) has a code of its own. @throws YinkeyError store.failed */
export function written<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (error instanceof YinkeyError) throw error;
    const code = (error as { code?: unknown }).code;
    throw new YinkeyError(
      'store.failed',
      { reason: typeof code === 'string' ? code : 'write' },
      { cause: error },
    );
  }
}
