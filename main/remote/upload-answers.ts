import * as z from 'zod';
import { serverInstant } from './wire.ts';

/** The JSON that the functions answer which tell of uploads and undo them, as `supabase/migrations` defines it. */

const integer = z.number().int();
const count = integer.min(0);

const uploadEntry = z.object({
  upload_id: z.guid(),
  file_name: z.string(),
  /** Null where nobody recorded it: an upload from before it was kept that gave no credits. */
  actor: z.string().nullable(),
  created_at: serverInstant,
  created: count,
  updated: count,
  unchanged: count,
  refused: count,
  credits: count,
  unspent: count,
  used: count,
  expired: count,
  revoked: count,
  /** Who still holds unspent credits of it. */
  members: count,
});
export type UploadEntry = z.infer<typeof uploadEntry>;

/** `list_member_uploads(p_before, p_limit, p_id)`: the latest first. */
export const uploadListAnswer = z.object({
  uploads: z.array(uploadEntry),
  has_more: z.boolean(),
  server_time: serverInstant,
});
export type UploadListAnswer = z.infer<typeof uploadListAnswer>;

const money = { balance: integer, replayed: z.boolean() };
const fate = { used: count, expired: count };

/** `undo_member_upload(p_request_id, p_upload_id, p_reason)`; `credits` were taken back, `remaining` are unspent still. */
export const undoUploadAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('undone'),
    upload_id: z.guid(),
    credits: integer.min(1),
    members: integer.min(1),
    remaining: count,
    before: z.object({ balance: integer }),
    after: z.object({ balance: integer }),
    ...fate,
    ...money,
  }),
  z.object({ outcome: z.enum(['no_unspent_credits', 'balance_too_large']), ...fate, ...money }),
  z.object({ outcome: z.literal('upload_not_found'), ...money }),
]);
export type UndoUploadAnswer = z.infer<typeof undoUploadAnswer>;
