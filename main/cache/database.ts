import type { Journal } from './journal.ts';

/** What a parameter or a column can be. */
export type SqlValue = string | number | bigint | null | Uint8Array;
/** Positional values, or one object of values for `@name` parameters. */
export type SqlParameters = readonly SqlValue[] | readonly [Readonly<Record<string, SqlValue>>];

/**
 * A database that the holder may only read. A function that takes this promises not to write; a `WriteDatabase` can be
 * given to it, never the other way round. Statements are prepared once per SQL text: texts must be constant or few.
 * `Row` states what the query selects; it is not checked at run time.
 */
export interface ReadDatabase {
  /** The first row, or undefined. */
  get<Row>(sql: string, ...parameters: SqlParameters): Row | undefined;
  all<Row>(sql: string, ...parameters: SqlParameters): Row[];
  /** Row by row; nothing else may be written through this handle until the loop ends. */
  iterate<Row>(sql: string, ...parameters: SqlParameters): IterableIterator<Row>;
}

/** A database that the holder may change. */
export interface WriteDatabase extends ReadDatabase {
  /** Answers the number of rows changed. */
  run(sql: string, ...parameters: SqlParameters): number;
  /** Several statements without parameters; not cached. */
  execute(sql: string): void;
  /** BEGIN IMMEDIATE … COMMIT, or ROLLBACK when `work` throws. Inside another transaction it is a savepoint. */
  transaction<T>(work: () => T): T;
}

/** A database with the duty to close it. */
export interface OpenDatabase extends WriteDatabase {
  /** Absolute path of the database file. */
  readonly file: string;
  readonly isOpen: boolean;
  /**
   * One number in shared memory: how many transactions of this connection go on or wait for another one's. A thread that writes much
   * looks at it and gives way: SQLite alone would let who waits ask again only now and then.
   */
  readonly writers: Int32Array<SharedArrayBuffer>;
  /** From here on the outbox and the drafts are also written down there, before each commit. Closed with the database. */
  journalTo(journal: Journal): void;
  close(): void;
}
