import * as z from 'zod';
import { separators } from '../csv/separators.ts';
import { operation } from './operation.ts';
import { balanceNumbers, count, instant, nothing, slice, uuid } from './values.ts';

/** The last three are chosen by hand only: their letters cannot be told from those of Windows-1252 by looking. */
export const textEncoding = z.enum([
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1250',
  'windows-1254',
  'iso-8859-2',
  'macintosh',
  'windows-1251',
  'windows-1253',
  'windows-1257',
]);
export type TextEncoding = z.infer<typeof textEncoding>;
export const separator = z.enum(separators);
export type Separator = z.infer<typeof separator>;

/** What a column of the file can become. `status` is read for warnings only; `ignore` changes nothing. */
export const uploadField = z.enum([
  'email',
  'first_name',
  'credits',
  'validity_days',
  'expires_on',
  'status',
  'ignore',
]);
export type UploadField = z.infer<typeof uploadField>;

/** One entry a column of the file, in file order. */
export const columnMapping = z.array(uploadField).max(10_000);
export type ColumnMapping = z.infer<typeof columnMapping>;

/** Fields whose blank cells clear the member's value; in all others a blank cell changes nothing. */
export const clearBlank = z.array(uploadField.extract(['first_name']));
export type ClearedField = z.infer<typeof clearBlank>[number];

/** How a file is read. A spreadsheet has a sheet; its encoding (`utf-8`) and separator (`,`) then mean nothing. */
export const readingOptions = z.object({
  encoding: textEncoding,
  separator,
  /** Null for a text file, and for the first visible sheet. */
  sheet: z.string().nullable().default(null),
});
export type ReadingOptions = z.infer<typeof readingOptions>;

export const fileAnalysis = z.object({
  encoding: textEncoding,
  separator,
  /** As it stands in the file. */
  columns: z.array(
    z.object({
      header: z.string(),
      samples: z.array(z.string()),
      /** A person said in an earlier upload what a column of this name is used for. */
      remembered: z.literal(true).optional(),
    }),
  ),
  mapping: columnMapping,
  /** True when every column was recognised and nothing needs a decision: the Columns step may be skipped. */
  allMatched: z.boolean(),
  // What analyses that were stored before spreadsheets could be read do not have.
  format: z.enum(['text', 'spreadsheet']).default('text'),
  /** The sheets of a spreadsheet, in the order of its tabs. */
  sheets: z.array(z.object({ name: z.string(), hidden: z.boolean() })).default([]),
  sheet: z.string().nullable().default(null),
  /** Words of the file in the encodings that fit best, the best first; empty when every encoding reads the same. */
  decoded: z.array(z.object({ encoding: textEncoding, names: z.array(z.string()) })).default([]),
  /** False when another encoding fits nearly as well: somebody should look at the names. */
  encodingCertain: z.boolean().default(true),
  /** What may be other than the person thinks. `count`: hidden rows, merged areas, formulas, rows of another width, or lines that are not read. */
  warnings: z
    .array(
      z.object({
        code: z.enum([
          'hidden_rows',
          'merged_cells',
          'formulas_without_value',
          'separator_uncertain',
          'lines_above_table',
        ]),
        count,
      }),
    )
    .default([]),
  /** A file of ours that came back: the draft its receipts name, if this computer still has it. `rows`: of that draft. */
  reattach: z.object({ draftId: uuid, fileName: z.string(), rows: count }).nullable().optional(),
});
export type FileAnalysis = z.infer<typeof fileAnalysis>;

export const rowIssue = z.object({
  /** Stable code of the rule, e.g. `email_invalid`; words live in the renderer's messages. */
  code: z.string(),
  severity: z.enum(['error', 'warning']),
  field: uploadField.nullable(),
  /** Data for the message: the value found, the row it collides with, a suggestion. */
  data: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type RowIssue = z.infer<typeof rowIssue>;

export const rowState = z.enum(['ready', 'error', 'skipped', 'queued', 'confirmed', 'refused', 'waiting']);
export const uploadRow = z.object({
  /** Line of the table in the file: 1 is the first row below the header, as shown to people as `row 1`. */
  row: z.number().int().min(1),
  /** Values of the mapped fields as text, edits included. */
  values: z.partialRecord(uploadField, z.string()),
  issues: z.array(rowIssue),
  state: rowState,
  /** Whether the e-mail is known in the cache: `new`, `existing`, or null when there is no valid e-mail. */
  member: z.enum(['new', 'existing']).nullable(),
  /** The server's answer once there is one. */
  outcome: z
    .object({
      outcome: z.string(),
      reason: z.string().nullable(),
      shortfall: z.number().int().nullable(),
      allocationId: uuid.nullable(),
    })
    .nullable(),
});
export type UploadRow = z.infer<typeof uploadRow>;

export const draftStage = z.enum([
  'receiving',
  'columns',
  'reading',
  'fix',
  'queued',
  'sending',
  'paused',
  'stopped',
  'done',
]);
export type DraftStage = z.infer<typeof draftStage>;

/** `valid_only`: rows with errors stay behind, the others go as far as the balance lasts. `all_or_nothing`: every row, or none. */
export const uploadMode = z.enum(['valid_only', 'all_or_nothing']);
export type UploadMode = z.infer<typeof uploadMode>;

export const draftSummary = z.object({
  draftId: uuid,
  fileName: z.string(),
  stage: draftStage,
  rows: count,
  errors: count,
  warnings: count,
  skipped: count,
  confirmed: count,
  refused: count,
  /** Rows that were queued and have no answer yet. */
  waiting: count,
  credits: count,
  createdAt: instant,
  changedAt: instant,
  /** Set when reading failed: the file stays, the person can choose other options or another file. */
  failure: z.string().nullable(),
  /** SHA-256 of the file in hexadecimal, by which the same file is recognised; null for rows of an earlier upload. */
  fingerprint: z.string().nullable().optional(),
  /** How it was submitted; null before that. */
  mode: uploadMode.nullable().optional(),
});
export type DraftSummary = z.infer<typeof draftSummary>;

/** Rows by what the rules found, or by the server's answer. */
export const rowsToShow = z.enum(['all', 'errors', 'warnings', 'skipped', 'ready', 'refused', 'confirmed']);

export const draftDetail = draftSummary.extend({
  analysis: fileAnalysis.nullable(),
  /**
   * How the file would be read otherwise than its rows were: looked at, and not read yet. The rows stand as `analysis` says until they
   * are read again. Lost when the console ends.
   */
  look: fileAnalysis.nullable().optional(),
  outboxItemId: uuid.nullable(),
  /** As it was chosen when the rows were read last. */
  clearBlank: clearBlank.optional(),
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  /** Steps of correction that are in effect: what reading the file again gives up. */
  corrections: count.optional(),
  /** A change over many rows that is going on (also one that a crash interrupted): the rows cannot be changed meanwhile. */
  work: z.object({ done: count, total: count }).nullable().optional(),
});
export type DraftDetail = z.infer<typeof draftDetail>;

export const dryRun = z.object({
  newMembers: count,
  existingMembers: count,
  /** Of the existing members: those who get credits or another first name. */
  changed: count.optional(),
  credits: count,
  errors: count,
  skipped: count,
  warnings: count,
  ready: count,
  balance: balanceNumbers,
  /** Left after this upload, counting what is planned; null when the balance is not known. */
  leftAfter: z.number().int().nullable(),
  /** The first row that the balance cannot pay, and by how much all rows together exceed it. */
  exceeds: z.object({ row: z.number().int(), by: count }).nullable(),
  /** An earlier upload of a file with the same content. */
  sameFileSentAt: instant.nullable(),
  /** The last upload of the same file, known by its content or else by its name, and how many members differ from it. */
  lastUpload: z
    .object({
      draftId: uuid,
      fileName: z.string(),
      sentAt: instant,
      sameContent: z.boolean(),
      added: count,
      removed: count,
      changed: count,
    })
    .nullable()
    .optional(),
});
export type DryRun = z.infer<typeof dryRun>;

const draft = z.object({ draftId: uuid });

export const uploadOperations = {
  'uploads.list': operation('cache', nothing, z.object({ drafts: z.array(draftSummary) })),
  'uploads.read': operation('cache', draft, draftDetail),
  /** The file travels in pieces of at most 1 MiB, in order, each acknowledged (this is the back-pressure). */
  'uploads.begin': operation('cache', z.object({ fileName: z.string().min(1).max(255), size: count }), draft),
  'uploads.append': operation(
    'cache',
    draft.extend({ bytes: z.instanceof(Uint8Array<ArrayBufferLike>) }),
    z.object({ received: count }),
  ),
  /** Ends the transfer and recognises encoding, separator and columns; rows that were read stay, the answer is their `look`. */
  'uploads.analyse': operation('cache', draft.extend({ options: readingOptions.nullable() }), draftDetail),
  /** Reads and checks every row in a worker; progress comes as events; answers when all is stored. */
  'uploads.importRows': operation(
    'cache',
    draft.extend({
      options: readingOptions,
      mapping: columnMapping,
      clearBlank: clearBlank.default([]),
    }),
    draftDetail,
  ),
  /** Stops reading; the draft stays at the step before. */
  'uploads.cancelImport': operation('cache', draft, draftDetail),
  'uploads.rows': operation(
    'cache',
    draft.extend({
      show: rowsToShow,
      /** Only rows that break this rule. */
      code: z.string().nullable().optional(),
      ...slice.shape,
    }),
    z.object({ rows: z.array(uploadRow), total: count }),
  ),
  'uploads.editCell': operation(
    'cache',
    draft.extend({ row: z.number().int().min(1), field: uploadField, value: z.string().max(1_000_000) }),
    z.object({ row: uploadRow, draft: draftDetail }),
  ),
  'uploads.setSkipped': operation(
    'cache',
    draft.extend({
      rows: z.union([z.literal('all_errors'), z.array(z.number().int().min(1)).max(10_000)]),
      skipped: z.boolean(),
    }),
    draftDetail,
  ),
  'uploads.undo': operation('cache', draft, draftDetail),
  'uploads.redo': operation('cache', draft, draftDetail),
  'uploads.dryRun': operation('cache', draft, dryRun),
  /**
   * Queues the rows that are neither skipped nor wrong as one item of the outbox. `all_or_nothing` is refused while a row has an
   * error, above 50,000 rows and above 100,000 credits.
   */
  'uploads.submit': operation('queue', draft.extend({ mode: uploadMode.default('valid_only') }), draftDetail),
  /** Ends after the current chunk; `resume` goes on. */
  'uploads.pause': operation('cache', draft, draftDetail),
  'uploads.resume': operation('queue', draft, draftDetail),
  /** Rows without an answer are not sent any more and come back as rows of the draft's result; confirmed ones stay confirmed. */
  'uploads.stop': operation('cache', draft, draftDetail),
  /** A draft of the refused and unsent rows and of those that stayed behind with errors, to correct and send under a new id; the same one until it is discarded. */
  'uploads.retryRefused': operation('cache', draft, draftDetail),
  'uploads.discard': operation('cache', draft, nothing),
};
