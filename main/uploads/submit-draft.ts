import { randomUUID } from 'node:crypto';
import type { DraftDetail, DryRun, UploadMode } from '../../shared/contract/uploads.ts';
import { MAX_CREDITS_PER_ALLOCATION, MAX_WHOLE_ROWS } from '../../shared/contract/values.ts';
import { err, ok } from '../../shared/result.ts';
import { readBalance } from '../cache/balance.ts';
import { type CheckFigures, countExistingMembers, firstRowBeyond, readCheckFigures } from '../cache/draft-figures.ts';
import { lastRow } from '../cache/draft-tallies.ts';
import { clearsNames } from '../cache/clears-names.ts';
import { type DraftRecord, sameFileSubmittedAt } from '../cache/drafts.ts';
import { inSlices } from '../cache/in-slices.ts';
import {
  endStopped,
  markReadyRows,
  pauseUpload,
  queueUpload,
  resumeUpload,
  stopUpload,
} from '../cache/upload-items.ts';
import { draftDetail } from './draft-detail.ts';
import { compareWithLastUpload } from './last-upload.ts';
import { findDraft, findEditable, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { recheckInSlices } from './recheck.ts';
import { workOn } from './running-work.ts';

/** Row numbers that are looked up among the members in one piece: about a millisecond. */
const LOOKED_UP_AT_ONCE = 500;
/** Rows that are marked, or given back, in one piece: about a millisecond. */
const MARKED_AT_ONCE = 200;
const GIVEN_BACK_AT_ONCE = 200;

/**
 * What the upload would do and cost, from what this computer knows: nothing is asked of the server. Rows with errors and
 * skipped rows are left out. Errors: `not_found`, `conflict`.
 */
export async function dryRun(uploads: OpenUploads, draftId: string): Promise<UploadResult<DryRun>> {
  const found = findEditable(uploads, draftId);
  if (!found.ok) return found;
  const { database } = uploads;
  const lastUpload = await compareWithLastUpload(uploads, found.value.draft);
  const counted = await existingMembersOf(uploads, found.value.draft);
  if (!counted.ok) return counted;
  const figures = readCheckFigures(database, draftId);
  // Rows may have been changed while they were counted; whoever looks is told to look again.
  const existingMembers = Math.min(counted.value.rows, figures.ready);
  const outbox = readBalance(database);
  const leftAfter = outbox.left === null ? null : outbox.left - figures.credits;
  return ok({
    newMembers: figures.ready - existingMembers,
    existingMembers,
    changed: Math.min(counted.value.changed, existingMembers),
    credits: figures.credits,
    errors: figures.errors,
    skipped: figures.skipped,
    warnings: figures.warnings,
    ready: figures.ready,
    // Planned is what waits in the outbox and in this draft.
    balance: { ...outbox, planned: outbox.planned + figures.credits, left: leftAfter },
    leftAfter,
    exceeds: exceeds(uploads, draftId, outbox.left, leftAfter),
    sameFileSentAt: sameFileSubmittedAt(database, found.value.draft),
    lastUpload,
  });
}

/** Each row is looked up among the members: in slices, while everything else goes on. */
async function existingMembersOf(
  { database }: OpenUploads,
  draft: DraftRecord,
): Promise<UploadResult<{ rows: number; changed: number }>> {
  const { draft_id: draftId } = draft;
  const isCleared = clearsNames(draft);
  const last = lastRow(database, draftId);
  const existing = { rows: 0, changed: 0 };
  let after = 0;
  const outcome = await inSlices(database, () => {
    const through = after + LOOKED_UP_AT_ONCE;
    const some = countExistingMembers(database, draftId, { after, through }, isCleared);
    existing.rows += some.rows;
    existing.changed += some.changed;
    after = through;
    return after < last;
  });
  return outcome === 'ended' ? ok(existing) : err({ code: 'conflict', what: 'draft_busy' });
}

function exceeds(
  uploads: OpenUploads,
  draftId: string,
  available: number | null,
  leftAfter: number | null,
): DryRun['exceeds'] {
  if (available === null || leftAfter === null || leftAfter >= 0) return null;
  const row = firstRowBeyond(uploads.database, draftId, available);
  return row === null ? null : { row, by: -leftAfter };
}

/**
 * Queues every ready row as one item of the outbox, in one transaction at the end: until then nothing is queued. Submitting again
 * answers the same. Errors: `not_found`, `conflict` (being read), `cancelled`, `invalid_input` when no row is ready; as a whole also while a
 * row has an error that is not skipped, and when the server would not take as much at once. Compared once more with members and what
 * waits, right before: where other rows or credits would be sent than were seen, nothing is (`rows_changed`).
 */
export async function submitDraft(
  uploads: OpenUploads,
  draftId: string,
  mode: UploadMode,
  now: number,
): Promise<UploadResult<DraftDetail>> {
  const known = findDraft(uploads, draftId);
  if (!known.ok) return known;
  if (known.value.draft.item_id !== null) return ok(draftDetail(uploads, draftId));
  const found = findEditable(uploads, draftId);
  if (!found.ok) return found;
  const { database } = uploads;
  const fault = faultOf(readCheckFigures(database, draftId), mode);
  if (fault !== null) return err({ code: 'invalid_input', field: 'rows', reason: fault });
  return workOn(uploads, draftId, async (isStopped) => {
    const seen = readCheckFigures(database, draftId);
    const isRechecked = (await recheckInSlices(uploads, draftId, isStopped)) !== null;
    // The account may be closed right behind the last slice.
    if (!isRechecked || !database.isOpen) return err({ code: 'cancelled' });
    const left = readCheckFigures(database, draftId);
    if (left.ready !== seen.ready || left.credits !== seen.credits) {
      return err({ code: 'invalid_input', field: 'rows', reason: 'rows_changed' });
    }
    const outcome = await queueInSlices(uploads, draftId, mode, now, isStopped);
    return outcome === 'ended' ? ok(draftDetail(uploads, draftId)) : err({ code: 'cancelled' });
  });
}

function queueInSlices(
  { database }: OpenUploads,
  draftId: string,
  mode: UploadMode,
  now: number,
  isStopped: () => boolean,
): Promise<'ended' | 'stopped'> {
  const last = lastRow(database, draftId);
  const submission = randomUUID();
  let after = 0;
  return inSlices(
    database,
    () => {
      const through = after + MARKED_AT_ONCE;
      markReadyRows(database, draftId, { after, through }, submission);
      after = through;
      if (after < last) return true;
      queueUpload(database, draftId, now, mode, submission);
      return false;
    },
    { isStopped },
  );
}

function faultOf(figures: CheckFigures, mode: UploadMode): string | null {
  if (mode === 'all_or_nothing') {
    if (figures.errors > 0) return 'rows_with_errors';
    if (figures.ready > MAX_WHOLE_ROWS) return 'too_many_rows_at_once';
    if (figures.credits > MAX_CREDITS_PER_ALLOCATION) return 'too_many_credits_at_once';
  }
  return figures.ready === 0 ? 'no_ready_row' : null;
}

/** Holds the upload back after its current chunk. Nothing happens when it has ended. */
export function pauseDraft(uploads: OpenUploads, draftId: string, now: number): UploadResult<DraftDetail> {
  return steer(uploads, draftId, (itemId) => pauseUpload(uploads.database, itemId, now));
}

/** Lets a paused upload, or one that waited for balance, go on. */
export function resumeDraft(uploads: OpenUploads, draftId: string, now: number): UploadResult<DraftDetail> {
  return steer(uploads, draftId, (itemId) => resumeUpload(uploads.database, itemId, now));
}

/** Sends no further row; rows without an answer come back as `waiting`, confirmed ones stay confirmed. */
export async function stopDraft(
  uploads: OpenUploads,
  draftId: string,
  now: number,
): Promise<UploadResult<DraftDetail>> {
  const { database } = uploads;
  let stopped: string | null = null;
  const steered = steer(uploads, draftId, (itemId) => {
    if (stopUpload(database, itemId, now)) stopped = itemId;
  });
  if (!steered.ok || stopped === null) return steered;
  const itemId = stopped;
  // What is left when the console ends meanwhile, the sender gives back.
  await inSlices(database, () => endStopped(database, itemId, now, GIVEN_BACK_AT_ONCE));
  return database.isOpen ? ok(draftDetail(uploads, draftId)) : err({ code: 'cancelled' });
}

function steer(uploads: OpenUploads, draftId: string, work: (itemId: string) => unknown): UploadResult<DraftDetail> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  const { item_id } = found.value.draft;
  if (item_id === null) return err({ code: 'not_found', what: 'item' });
  work(item_id);
  return ok(draftDetail(uploads, draftId));
}
