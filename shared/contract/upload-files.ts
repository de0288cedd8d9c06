import * as z from 'zod';
import { operation } from './operation.ts';
import { itemFilter } from './sync-filter.ts';
import { draftDetail } from './uploads.ts';
import { count, nothing, uuid } from './values.ts';

export const fileFormat = z.enum(['csv', 'xlsx']);
export type FileFormat = z.infer<typeof fileFormat>;

/** The languages of header names that a template can be had in. */
export const templateLanguage = z.enum(['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'pl', 'tr', 'sv']);
export type TemplateLanguage = z.infer<typeof templateLanguage>;

/** Which rows of a draft: every row, or only those that were refused, have errors, were left out or have no answer. */
export const exportedRows = z.enum(['all', 'problems']);
export type ExportedRows = z.infer<typeof exportedRows>;

/** What a file is made of. Rows keep the columns of their file, and get status, reason, field and receipt behind them. */
export const exportRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('template'), format: fileFormat, language: templateLanguage }),
  /** The items of the outbox that a filter shows, newest first. */
  z.object({ kind: z.literal('outbox'), format: fileFormat, filter: itemFilter }),
  z.object({ kind: z.literal('rows'), draftId: uuid, rows: exportedRows, format: fileFormat }),
]);
export type ExportRequest = z.infer<typeof exportRequest>;

const exported = z.object({ exportId: uuid });

export const uploadFileOperations = {
  /**
   * Makes a file, to be read in pieces and ended. Progress of many rows comes as `export_progress`. `invalid_input` with the reason
   * `too_many_rows` or `cell_too_long` when a workbook cannot hold the rows: a CSV can.
   */
  'exports.begin': operation(
    'cache',
    z.object({ what: exportRequest }),
    exported.extend({ fileName: z.string(), size: count }),
  ),
  /** Bytes from `offset` on, at most 1 MiB; none at the end. */
  'exports.read': operation(
    'cache',
    exported.extend({ offset: count }),
    z.object({ bytes: z.instanceof(Uint8Array<ArrayBufferLike>) }),
  ),
  /** Takes the file away. Nothing happens when it is gone already. */
  'exports.end': operation('cache', exported, nothing),
  /** Stops making the file of a draft; `exports.begin` then answers `cancelled`. */
  'exports.cancel': operation('cache', z.object({ draftId: uuid }), nothing),
  /**
   * Takes the changes of a returned error file (`draftId`, analysed or read) over into the draft it came from, as one step of undo;
   * the returned file's own draft goes. Rows that were confirmed stay as they are and are counted; `unknown` rows carry no receipt of
   * that draft, and are kept in one of their own (`keptIn`). `ignoredChanges` rows differ in columns that carry no field. When it was sent already, its rows without an effect come back as a new draft, which is answered.
   */
  'uploads.reattach': operation(
    'cache',
    z.object({ draftId: uuid, into: uuid }),
    z.object({
      draft: draftDetail,
      changed: count,
      confirmedLeft: count,
      unknown: count,
      keptIn: uuid.nullable(),
      ignoredChanges: count,
    }),
  ),
};
