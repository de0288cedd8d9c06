import type { AppError } from '../../shared/app-error.ts';
import type { ClearedField, ColumnMapping, ReadingOptions } from '../../shared/contract/uploads.ts';

/** What the worker thread is told. */
export interface ImportJob {
  readonly databaseFile: string;
  readonly sourceFile: string;
  readonly draftId: string;
  readonly options: ReadingOptions;
  readonly mapping: ColumnMapping;
  /** Fields whose blank cells clear the member's value. */
  readonly clearBlank: readonly ClearedField[];
  /** The draft has rows with edits, which go only when the whole file can be read. */
  readonly hasRows: boolean;
  /** JSON of the file's analysis with the options as chosen now, to be stored with the rows. */
  readonly analysis: string;
  /** Milliseconds since 1970, of the application's clock. */
  readonly now: number;
  /** One number in shared memory; 1 says stop. Looked at after every piece and every batch. */
  readonly cancelled: Int32Array<SharedArrayBuffer>;
  /** Of the console's own connection, see `OpenDatabase`. */
  readonly writers: Int32Array<SharedArrayBuffer>;
}

/** What the worker thread says. `started` is the first word, `finished` the last, whatever the outcome. */
export type ImportReport =
  | { readonly report: 'started' }
  | { readonly report: 'reading'; readonly bytes: number; readonly rows: number }
  | { readonly report: 'checking'; readonly done: number; readonly total: number; readonly rows: number }
  | { readonly report: 'finished'; readonly error: AppError | null };
