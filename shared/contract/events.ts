import * as z from 'zod';
import { checkResult } from './diagnostics.ts';
import { count, uuid } from './values.ts';

/** Names of what can change; a screen reads again when one of its names is announced. */
export const changedTable = z.enum([
  'session',
  'partner',
  'members',
  'allocations',
  'outbox',
  'drafts',
  'draft_rows',
  'sync',
  'settings',
]);
export type ChangedTable = z.infer<typeof changedTable>;

/** Events from main to every window. Closed like the operations. */
export const bridgeEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('tables_changed'), tables: z.array(changedTable) }),
  /** Progress of reading one draft; `total` is null while it is not known. Bytes while reading, rows while checking. */
  z.object({
    event: z.literal('import_progress'),
    draftId: uuid,
    phase: z.enum(['reading', 'checking']),
    done: count,
    total: count.nullable(),
    rows: count,
  }),
  /** Progress of a change over many rows of one draft: a fix, a skip, undo or redo. */
  z.object({ event: z.literal('fix_progress'), draftId: uuid, done: count, total: count }),
  /** Progress of writing rows of one draft into a file. */
  z.object({ event: z.literal('export_progress'), draftId: uuid, done: count, total: count }),
  z.object({ event: z.literal('pull_progress'), members: count, allocations: count }),
  /** A comparison with the server: so many of its buckets are compared, so many of them differ; members read anew. */
  z.object({
    event: z.literal('compare_progress'),
    buckets: count,
    compared: count,
    differing: count,
    members: count,
  }),
  /** One result of the diagnostics that run. */
  z.object({ event: z.literal('diagnostic'), result: checkResult }),
  /** The application menu asks the window to do something. */
  z.object({ event: z.literal('command'), command: z.enum(['new_upload', 'sync_now', 'show_shortcuts', 'search']) }),
]);
export type BridgeEvent = z.infer<typeof bridgeEvent>;
