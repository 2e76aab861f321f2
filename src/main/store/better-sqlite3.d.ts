// The part of better-sqlite3 that the store uses; the package ships no types.
declare module 'better-sqlite3' {
  export interface Statement {
    run(...values: unknown[]): { changes: number; lastInsertRowid: number | bigint };
    get(...values: unknown[]): unknown;
    all(...values: unknown[]): unknown[];
    iterate(...values: unknown[]): IterableIterator<unknown>;
  }

  export interface Options {
    timeout?: number;
    /** Path of the compiled addon, where the packaged one doesn't fit the runtime. */
    nativeBinding?: string;
  }

  export default class Database {
    constructor(file: string, options?: Options);
    prepare(sql: string): Statement;
    exec(sql: string): this;
    pragma(text: string, options?: { simple?: boolean }): unknown;
    transaction<A extends unknown[], R>(
      work: (...values: A) => R,
    ): ((...values: A) => R) & { immediate(...values: A): R };
    close(): this;
  }
}
