import * as z from 'zod';
import { uploadMode } from '../../shared/contract/uploads.ts';
import { count, uuid } from '../../shared/contract/values.ts';

/** What an outbox item carries. Parsed again on every load: a console of another version may have written it. */
export const assignPayload = z.object({
  memberId: uuid,
  /** As known when it was queued, for showing it should the member be gone. */
  memberName: z.string(),
  memberEmail: z.string(),
  credits: z.number().int(),
  validityDays: z.number().int(),
  note: z.string().nullable(),
});
export type AssignPayload = z.infer<typeof assignPayload>;

/** The rows themselves stay in `draft_rows`; `rows` and `credits` are what was queued. */
export const uploadPayload = z.object({
  draftId: uuid,
  fileName: z.string(),
  rows: count,
  credits: count,
  /** Version 1 knew nothing else. */
  mode: uploadMode.default('valid_only'),
});
export type UploadPayload = z.infer<typeof uploadPayload>;

/** The version written today. An item of a later one is held as `newer_version` and left untouched. */
export const PAYLOAD_VERSION = 2;

export const assignReceipt = z.object({
  allocationId: uuid,
  balance: z.number().int(),
  expiresAt: z.string(),
  replayed: z.boolean(),
});
export type AssignReceipt = z.infer<typeof assignReceipt>;

/** Grows with every chunk that was answered; `balance` is the server's after the latest. */
export const uploadReceipt = z.object({
  confirmed: count,
  refused: count,
  balance: z.number().int().nullable(),
});
export type UploadReceipt = z.infer<typeof uploadReceipt>;

export const refusal = z.object({ reason: z.string(), shortfall: z.number().int().nullable() });
export type Refusal = z.infer<typeof refusal>;

/** The payload of an item, or null when this version of the console cannot know all that it means. */
export function readPayload<Payload>(
  item: { readonly payload_version: number; readonly payload: string },
  schema: z.ZodType<Payload>,
): Payload | null {
  if (item.payload_version > PAYLOAD_VERSION) return null;
  const parsed = schema.safeParse(JSON.parse(item.payload));
  return parsed.success ? parsed.data : null;
}
