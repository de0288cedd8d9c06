import * as z from 'zod';
import { operation } from './operation.ts';
import { count, instant, uuid } from './values.ts';

/** What has become of the credits that an upload gave; together they are `credits`. */
const fate = { credits: count, unspent: count, used: count, expired: count, revoked: count };

export const pastUpload = z.object({
  uploadId: uuid,
  fileName: z.string(),
  /** Who sent it; null where nobody recorded that. */
  actor: z.string().nullable(),
  at: instant,
  created: count,
  updated: count,
  unchanged: count,
  refused: count,
  ...fate,
  /** The draft on this computer from which it was sent; null for uploads of others, and after the draft is gone. */
  draftId: uuid.nullable(),
});
export type PastUpload = z.infer<typeof pastUpload>;

const upload = z.object({ uploadId: uuid });

export const uploadHistoryOperations = {
  /** The partner's uploads from all computers, the latest first, before the instant of the last one shown. */
  'uploads.history': operation(
    'server',
    z.object({ before: instant.nullable() }),
    z.object({ uploads: z.array(pastUpload), more: z.boolean() }),
  ),
  /** What an undo would take back now (`unspent`, of so many `members`) and what it cannot. */
  'uploads.undoPreview': operation('server', upload, z.object({ ...fate, members: count })),
  /**
   * Takes back what an upload gave and nobody has spent. Nothing is queued offline: whoever asks waits for the answer, and keeps
   * `requestId` until there is one; asked again under it, the server answers from its record. `remaining`: unspent credits
   * that are left, because they were being spent or are more than one call takes; for them undo again under a new id.
   */
  'uploads.undoUpload': operation(
    'server',
    upload.extend({ reason: z.string().max(1_000).nullable(), requestId: uuid }),
    z.object({
      takenBack: count,
      spent: count,
      expired: count,
      members: count,
      remaining: count,
      balance: z.number().int(),
      replayed: z.boolean(),
    }),
  ),
};
