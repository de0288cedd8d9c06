import type * as z from 'zod';
import { classifyFailure } from './classify-failure.ts';
import { type ProjectAddress, type ProjectClient, projectClient } from './client.ts';
import { type Exchange, recordingFetch } from './exchange.ts';
import {
  type BucketEntriesAnswer,
  bucketEntriesAnswer,
  type DigestsAnswer,
  digestsAnswer,
} from './comparison-answers.ts';
import { commitAnswer, extendAnswer, revokeAnswer, stageAnswer, statusAnswer } from './command-answers.ts';
import type { Answer, Failure } from './failure.ts';
import { type UndoUploadAnswer, undoUploadAnswer, type UploadListAnswer, uploadListAnswer } from './upload-answers.ts';
import {
  type AssignmentsAnswer,
  assignmentsAnswer,
  type OutcomesAnswer,
  outcomesAnswer,
  type UploadOutcomesAnswer,
  uploadOutcomesAnswer,
} from './sending-answers.ts';
import {
  assignAnswer,
  changesAnswer,
  receiptsAnswer,
  type ChangesAnswer,
  uploadAnswer,
  type UploadAnswer,
  type UploadRowRequest,
} from './wire.ts';

const COMMAND_TIMEOUT_MS = 20_000;
/** The server ends a statement after 8 s, the undo of a whole upload after 20 s; what takes longer is the way there and back. */
const BULK_TIMEOUT_MS = 30_000;

/** The server counts every credit of a page: few, so that big uploads stay quick. */
const UPLOADS_A_PAGE = 20;

/** The server applies whole uploads for up to 20 s, after up to 4 s of waiting for locks. */
const COMMIT_TIMEOUT_MS = 45_000;
/** Fewer than the thousand rows that projects answer at most by default. */
const RECEIPTS_A_PAGE = 500;

export type AssignAnswer = z.infer<typeof assignAnswer>;

/** Gives the token to send with, and is told when the server did not take it. */
export interface TokenSource {
  token(): Promise<Answer<string>>;
  rejected(token: string): void;
}

/** One assignment of many, as the server takes it: the same words as a single one, so that each answers for the other. */
export interface AssignmentRequest {
  readonly requestId: string;
  readonly memberId: string;
  readonly credits: number;
  readonly validityDays: number;
  readonly note: string | null;
}

/** The Postgres functions of a project, called as the signed-in partner. Every answer is checked before it is believed. */
export interface PartnerFunctions {
  assign(
    requestId: string,
    command: {
      readonly memberId: string;
      readonly credits: number;
      readonly validityDays: number;
      readonly note: string | null;
    },
  ): Promise<Answer<AssignAnswer>>;
  /** Single assignments, each under its own id and with its own answer. At most 1,000, and 100,000 credits in all. */
  assignBatch(commands: readonly AssignmentRequest[]): Promise<Answer<AssignmentsAnswer>>;
  /** What the server has recorded under these ids, at most 1,000; what it has not is left out. */
  outcomes(requestIds: readonly string[]): Promise<Answer<OutcomesAnswer>>;
  /** What the server has recorded of the rows of an upload from one number to another: the first 5,000. */
  uploadOutcomes(
    uploadId: string,
    rows: { readonly first: number; readonly last: number },
  ): Promise<Answer<UploadOutcomesAnswer>>;
  revoke(
    requestId: string,
    command: { readonly memberId: string; readonly credits: number; readonly reason: string | null },
  ): Promise<Answer<z.infer<typeof revokeAnswer>>>;
  extend(
    requestId: string,
    command: { readonly memberId: string; readonly days: number },
  ): Promise<Answer<z.infer<typeof extendAnswer>>>;
  setStatus(
    requestId: string,
    command: { readonly memberId: string; readonly status: 'active' | 'inactive' },
  ): Promise<Answer<z.infer<typeof statusAnswer>>>;
  upload(uploadId: string, fileName: string, rows: readonly UploadRowRequest[]): Promise<Answer<UploadAnswer>>;
  /** Uploads from before an instant (null: the latest), or the one with this id. */
  listUploads(
    which: { readonly before: string | null } | { readonly uploadId: string },
  ): Promise<Answer<UploadListAnswer>>;
  undoUpload(requestId: string, uploadId: string, reason: string | null): Promise<Answer<UndoUploadAnswer>>;
  /** Keeps rows without any effect, for `commitUpload`. */
  stageUpload(
    uploadId: string,
    fileName: string,
    rows: readonly UploadRowRequest[],
  ): Promise<Answer<z.infer<typeof stageAnswer>>>;
  /** Applies every staged row, or none. */
  commitUpload(uploadId: string): Promise<Answer<z.infer<typeof commitAnswer>>>;
  /** What became of the rows of an upload: a page in the order of their numbers, from this one on. */
  uploadReceipts(uploadId: string, fromRow: number): Promise<Answer<z.infer<typeof receiptsAnswer>>>;
  /** One page of the feed after `cursor`; null begins at the beginning. */
  changes(cursor: string | null, limit: number): Promise<Answer<ChangesAnswer>>;
  /** Digests of the buckets from `first` to `last`, of `buckets` in all. */
  digests(buckets: number, range: { readonly first: number; readonly last: number }): Promise<Answer<DigestsAnswer>>;
  /** A page of what these buckets hold, each list behind an id (null: from its beginning). */
  bucketEntries(wanted: WantedEntries, limit: number): Promise<Answer<BucketEntriesAnswer>>;
}

/** Buckets of members and buckets of the ledger, of `buckets` in all. */
export interface WantedEntries {
  readonly buckets: number;
  readonly members: readonly number[];
  readonly allocations: readonly number[];
  readonly afterMember: string | null;
  readonly afterAllocation: string | null;
}

/** The functions of one project. `now` in milliseconds since 1970. */
export function createPartnerFunctions(
  project: ProjectAddress,
  fetch: typeof globalThis.fetch,
  tokens: TokenSource,
  now: () => number,
): PartnerFunctions {
  async function call<Schema extends z.ZodType>(
    request: (client: ProjectClient) => PromiseLike<{ data: unknown }>,
    schema: Schema,
    timeoutMs: number,
  ): Promise<Answer<z.output<Schema>>> {
    const token = await tokens.token();
    if (!token.ok) return { ok: false, failure: notSent(token.failure) };
    const exchanges: Exchange[] = [];
    const recorded = recordingFetch(fetch, timeoutMs, (exchange) => exchanges.push(exchange));
    const { data } = await request(projectClient(project, recorded, token.value));
    const exchange = exchanges.at(-1) ?? null;
    if (exchange?.kind === 'answer' && exchange.status >= 200 && exchange.status < 300) {
      const parsed = schema.safeParse(data);
      if (parsed.success) return { ok: true, value: parsed.data };
    }
    const failure: Failure = classifyFailure(exchange, now());
    if (failure.kind === 'sign_in') tokens.rejected(token.value);
    return { ok: false, failure };
  }

  // A default argument is left out, never sent as null: the schema's types know no null arguments.
  return {
    assign: (requestId, command) =>
      call(
        (client) =>
          client.rpc('assign_member_credits', {
            p_request_id: requestId,
            p_member_id: command.memberId,
            p_credits: command.credits,
            p_validity_days: command.validityDays,
            ...(command.note === null ? {} : { p_note: command.note }),
          }),
        assignAnswer,
        COMMAND_TIMEOUT_MS,
      ),
    assignBatch: (commands) =>
      call(
        (client) =>
          client.rpc('send_assignments', {
            p_commands: commands.map(({ requestId, memberId, credits, validityDays, note }) => ({
              request_id: requestId,
              member_id: memberId,
              credits,
              validity_days: validityDays,
              note,
            })),
          }),
        assignmentsAnswer,
        BULK_TIMEOUT_MS,
      ),
    outcomes: (requestIds) =>
      call(
        (client) => client.rpc('command_outcomes', { p_request_ids: [...requestIds] }),
        outcomesAnswer,
        COMMAND_TIMEOUT_MS,
      ),
    uploadOutcomes: (uploadId, { first, last }) =>
      call(
        (client) => client.rpc('upload_outcomes', { p_id: uploadId, p_first_row: first, p_last_row: last }),
        uploadOutcomesAnswer,
        BULK_TIMEOUT_MS,
      ),
    revoke: (requestId, { memberId, credits, reason }) =>
      call(
        (client) =>
          client.rpc('revoke_member_credits', {
            p_request_id: requestId,
            p_member_id: memberId,
            p_credits: credits,
            ...(reason === null ? {} : { p_reason: reason }),
          }),
        revokeAnswer,
        COMMAND_TIMEOUT_MS,
      ),
    extend: (requestId, { memberId, days }) =>
      call(
        (client) =>
          client.rpc('extend_member_credits', { p_request_id: requestId, p_member_id: memberId, p_days: days }),
        extendAnswer,
        COMMAND_TIMEOUT_MS,
      ),
    setStatus: (requestId, { memberId, status }) =>
      call(
        (client) =>
          client.rpc('set_member_status', { p_request_id: requestId, p_member_id: memberId, p_status: status }),
        statusAnswer,
        COMMAND_TIMEOUT_MS,
      ),
    upload: (uploadId, fileName, rows) =>
      call(
        (client) =>
          client.rpc('upload_members', {
            p_upload_id: uploadId,
            p_file_name: fileName,
            p_rows: rows.map((row) => ({ ...row })),
          }),
        uploadAnswer,
        BULK_TIMEOUT_MS,
      ),
    listUploads: (which) =>
      call(
        (client) =>
          client.rpc('list_member_uploads', {
            p_limit: UPLOADS_A_PAGE,
            ...('uploadId' in which ? { p_id: which.uploadId } : {}),
            ...('before' in which && which.before !== null ? { p_before: which.before } : {}),
          }),
        uploadListAnswer,
        BULK_TIMEOUT_MS,
      ),
    undoUpload: (requestId, uploadId, reason) =>
      call(
        (client) =>
          client.rpc('undo_member_upload', {
            p_request_id: requestId,
            p_upload_id: uploadId,
            ...(reason === null ? {} : { p_reason: reason }),
          }),
        undoUploadAnswer,
        BULK_TIMEOUT_MS,
      ),
    stageUpload: (uploadId, fileName, rows) =>
      call(
        (client) =>
          client.rpc('stage_member_upload', {
            p_upload_id: uploadId,
            p_file_name: fileName,
            p_rows: rows.map((row) => ({ ...row })),
          }),
        stageAnswer,
        BULK_TIMEOUT_MS,
      ),
    commitUpload: (uploadId) =>
      call((client) => client.rpc('commit_member_upload', { p_upload_id: uploadId }), commitAnswer, COMMIT_TIMEOUT_MS),
    uploadReceipts: (uploadId, fromRow) =>
      call(
        (client) =>
          client
            .from('member_upload_rows')
            .select('row_no,outcome,reason,shortfall,member_id,allocation_id,credits,expires_at,credits_assigned')
            .eq('upload_id', uploadId)
            .gte('row_no', fromRow)
            .order('row_no')
            .limit(RECEIPTS_A_PAGE),
        receiptsAnswer,
        BULK_TIMEOUT_MS,
      ),
    changes: (cursor, limit) =>
      call(
        (client) => client.rpc('partner_changes', { p_limit: limit, ...(cursor === null ? {} : { p_cursor: cursor }) }),
        changesAnswer,
        BULK_TIMEOUT_MS,
      ),
    digests: (buckets, { first, last }) =>
      call(
        (client) => client.rpc('partner_digests', { p_buckets: buckets, p_first: first, p_last: last }),
        digestsAnswer,
        BULK_TIMEOUT_MS,
      ),
    bucketEntries: ({ buckets, members, allocations, afterMember, afterAllocation }, limit) =>
      call(
        (client) =>
          client.rpc('partner_bucket_entries', {
            p_buckets: buckets,
            p_members: [...members],
            p_allocations: [...allocations],
            p_limit: limit,
            ...(afterMember === null ? {} : { p_after_member: afterMember }),
            ...(afterAllocation === null ? {} : { p_after_allocation: afterAllocation }),
          }),
        bucketEntriesAnswer,
        BULK_TIMEOUT_MS,
      ),
  };
}

/** Without a token the call itself never left: it had no effect, and nothing on the way has said anything about it. */
function notSent(failure: Failure): Failure {
  if (failure.kind === 'unreachable') {
    return { kind: 'unreachable', fault: failure.fault, detail: failure.detail, mayHaveActed: false };
  }
  return failure.kind === 'unavailable' ? { ...failure, mayHaveActed: false, tooSlow: false } : failure;
}
