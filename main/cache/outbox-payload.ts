import * as z from 'zod';
import { memberSituation } from '../../shared/contract/sync.ts';
import { uploadMode } from '../../shared/contract/uploads.ts';
import { count, uuid } from '../../shared/contract/values.ts';
import { parseStored } from './parse-stored.ts';

/** What every command on one member carries. */
const ofMember = {
  memberId: uuid,
  /** As known when it was queued, for showing it should the member be gone. */
  memberName: z.string(),
  memberEmail: z.string(),
  /** What the person saw when they decided; nobody wrote it down before version 3. */
  seen: memberSituation.nullable().default(null),
};

/** What an outbox item carries. Parsed again on every load: a console of another version may have written it. */
export const assignPayload = z.object({
  ...ofMember,
  credits: z.number().int(),
  validityDays: z.number().int(),
  note: z.string().nullable(),
});
export type AssignPayload = z.input<typeof assignPayload>;

const revokePayload = z.object({ ...ofMember, credits: z.number().int(), reason: z.string().nullable() });
const extendPayload = z.object({ ...ofMember, days: z.number().int() });
const statusPayload = z.object({ ...ofMember, status: z.enum(['active', 'inactive']) });

/** A command on one member. */
export type MemberCommand =
  | { readonly kind: 'assign_member_credits'; readonly payload: z.input<typeof assignPayload> }
  | { readonly kind: 'revoke_member_credits'; readonly payload: z.input<typeof revokePayload> }
  | { readonly kind: 'extend_member_credits'; readonly payload: z.input<typeof extendPayload> }
  | { readonly kind: 'set_member_status'; readonly payload: z.input<typeof statusPayload> };
export type MemberCommandKind = MemberCommand['kind'];

/** The rows themselves stay in `draft_rows`; `rows` and `credits` are what was queued. */
export const uploadPayload = z.object({
  draftId: uuid,
  fileName: z.string(),
  rows: count,
  credits: count,
  /** Version 1 knew nothing else. */
  mode: uploadMode.default('valid_only'),
  /** A blank name clears the member's. */
  clearsNames: z.boolean().default(false),
  /** What the seals of its rows are made with: rows as an earlier submission of their draft had them are not taken for this one's. */
  submission: z.string().default(''),
});
export type UploadPayload = z.infer<typeof uploadPayload>;

/** The version written today. An item of a later one is held as `newer_version` and left untouched. */
export const PAYLOAD_VERSION = 3;

/** The receipt of a command on one member. */
export const commandReceipt = z.object({
  /** The first row that the ledger got for it; null where it got none. */
  allocationId: uuid.nullable(),
  /** Null where the answer told none. */
  balance: z.number().int().nullable(),
  /** When the credits that it gave or moved expire. */
  expiresAt: z.string().nullable(),
  replayed: z.boolean(),
});
export type CommandReceipt = z.infer<typeof commandReceipt>;

/** Grows with every chunk that was answered; `balance` is the server's after the latest. */
export const uploadReceipt = z.object({
  confirmed: count,
  refused: count,
  /** Rows that a fault of the disk has taken away: whether they were sent is not known. */
  lost: count.default(0),
  balance: z.number().int().nullable(),
  /** Of one that has ended, once somebody has let go of the rows that were not done: how many these were. */
  left: count.optional(),
});
export type UploadReceipt = z.infer<typeof uploadReceipt>;

/** Of an upload without any answer yet. */
export const noReceipt: UploadReceipt = { confirmed: 0, refused: 0, lost: 0, balance: null };

export const refusal = z.object({ reason: z.string(), shortfall: z.number().int().nullable() });
export type Refusal = z.infer<typeof refusal>;

/** The payload of an item, or null when this version of the console cannot know all that it means. */
export function readPayload<Payload>(
  item: { readonly payload_version: number; readonly payload: string },
  schema: z.ZodType<Payload>,
): Payload | null {
  if (item.payload_version > PAYLOAD_VERSION) return null;
  const parsed = schema.safeParse(parseStored(item.payload));
  return parsed.success ? parsed.data : null;
}

/** The command on one member that an item stands for; null for an upload, and where this version cannot know all that it means. */
export function readCommand(item: {
  readonly kind: MemberCommandKind | 'upload_members';
  readonly payload_version: number;
  readonly payload: string;
}): MemberCommand | null {
  switch (item.kind) {
    case 'assign_member_credits':
      return withKind(item.kind, readPayload(item, assignPayload));
    case 'revoke_member_credits':
      return withKind(item.kind, readPayload(item, revokePayload));
    case 'extend_member_credits':
      return withKind(item.kind, readPayload(item, extendPayload));
    case 'set_member_status':
      return withKind(item.kind, readPayload(item, statusPayload));
    case 'upload_members':
      return null;
  }
}

function withKind<Kind extends string, Payload>(
  kind: Kind,
  payload: Payload | null,
): { kind: Kind; payload: Payload } | null {
  return payload === null ? null : { kind, payload };
}
