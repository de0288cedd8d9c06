import * as z from 'zod';
import { changesAnswer, serverInstant } from './wire.ts';

/** The JSON that the functions answer by which a console compares its copy, as `supabase/migrations` defines it. */

const count = z.number().int().min(0);
/** The first 12 bytes of a SHA-256 in hexadecimal; null of nothing. */
const digest = z
  .string()
  .regex(/^[0-9a-f]{24}$/)
  .nullable();

/** `partner_digests(p_buckets, p_first, p_last)` */
export const digestsAnswer = z.object({
  partner_id: z.guid(),
  /** Bucket, members, their digest, entries of the ledger, their digest. Buckets that hold nothing are left out. */
  buckets: z.array(z.tuple([count, count, digest, count, digest])),
  /** The position of the feed that the digests stand for. */
  cursor: z.string(),
  server_time: serverInstant,
});
export type DigestsAnswer = z.infer<typeof digestsAnswer>;

/** `partner_bucket_entries(p_buckets, p_members, p_allocations, p_after_member, p_after_allocation, p_limit)` */
export const bucketEntriesAnswer = z.object({
  partner_id: z.guid(),
  members: changesAnswer.shape.members,
  allocations: changesAnswer.shape.allocations,
  has_more: z.boolean(),
  server_time: serverInstant,
});
export type BucketEntriesAnswer = z.infer<typeof bucketEntriesAnswer>;
