import type { WriteDatabase } from './database.ts';
import { letRestGo } from './ended-in-part.ts';
import { instantAt } from './instant.ts';
import { type OutboxRow, queueCommand, readItem } from './outbox.ts';
import { isAsQueued } from './outbox-checksum.ts';
import { type AssignPayload, assignPayload, type MemberCommand, readCommand, readPayload } from './outbox-payload.ts';
import { readSituation } from './situation.ts';
import { endStopped, resumeUpload, setStage, stopUpload } from './upload-items.ts';

/** Why a decision of a person about an item cannot be carried out. */
export type DecisionFault = 'not_found' | 'item_sending' | 'newer_version' | 'unreadable';
export type Decision = { readonly itemId: string } | { readonly fault: DecisionFault };

/**
 * Lets an item go on. A refused command on one member becomes a new command under a new id, because its refusal is recorded under the old
 * one; everything else keeps its id and is due at once. One transaction.
 */
export function retryItem(database: WriteDatabase, itemId: string, now: number): Decision {
  return database.transaction(() => {
    const item = readItem(database, itemId);
    if (item === undefined || item.state === 'confirmed' || item.replaced_by !== null) return { fault: 'not_found' };
    if (item.held_reason === 'newer_version' && item.state === 'held') return { fault: 'newer_version' };
    if (!isAsQueued(item) || (item.state === 'held' && item.held_reason === 'unreadable'))
      return { fault: 'unreadable' };
    if (item.kind === 'upload_members' && (item.state === 'held' || item.state === 'refused')) {
      resumeUpload(database, itemId, now);
      return { itemId };
    }
    if (item.state === 'refused') {
      const command = readCommand(item);
      return command === null ? { fault: 'newer_version' } : replace(database, item, command, now);
    }
    database.run(
      // What was found again after a fault of the disk may have been sent before: the server is asked for it first. Once it is on its way
      // again, it is no longer what the server is known to have forgotten.
      `update outbox set next_attempt_at = null, held_reason = null, last_error = iif(held_reason = 'recovered', null, last_error),
         in_doubt_through = iif(kind = 'upload_members', in_doubt_through, null),
         state = case when state <> 'held' then state when held_reason = 'recovered' then 'checking' else 'queued' end, changed_at = ?
       where item_id = ?`,
      instantAt(now),
      itemId,
    );
    return { itemId };
  });
}

/**
 * Whether an item may have had its effect, as far as this computer can know: nothing may take its place under another id then. What was found
 * again after a fault of the disk may have been sent; only of what the server itself has forgotten, and of what was taken back unsent, is the contrary known.
 */
export function mayHaveActed(
  item: Pick<OutboxRow, 'state' | 'held_reason' | 'last_error' | 'in_doubt_through'>,
): boolean {
  if (item.state === 'sending' || item.state === 'checking' || item.in_doubt_through !== null) return true;
  if (item.last_error === 'forgotten' || item.last_error === 'taken_back') return false;
  return item.state === 'held' && item.held_reason === 'recovered';
}

/**
 * Replaces an assignment that surely had no effect by a corrected one, under a new id. One transaction. `item_sending` for one that may have
 * had its effect; `not_found` also for an upload: its rows are corrected in its draft.
 */
export function editItem(
  database: WriteDatabase,
  itemId: string,
  change: Pick<AssignPayload, 'credits' | 'validityDays' | 'note'>,
  now: number,
): Decision {
  return database.transaction(() => {
    const item = readItem(database, itemId);
    if (item === undefined || item.kind !== 'assign_member_credits') return { fault: 'not_found' };
    if (item.state === 'confirmed' || item.replaced_by !== null) return { fault: 'not_found' };
    if (item.held_reason === 'newer_version' && item.state === 'held') return { fault: 'newer_version' };
    if (mayHaveActed(item)) return { fault: 'item_sending' };
    if (!isAsQueued(item)) return { fault: 'unreadable' };
    const payload = readPayload(item, assignPayload);
    if (payload === null) return { fault: 'newer_version' };
    return replace(database, item, { kind: item.kind, payload: { ...payload, ...change } }, now);
  });
}

/**
 * Takes an item back. Never one whose fate is not known. An upload of which nothing was sent goes back to its draft; of another,
 * the rows that were not sent are stopped, and its receipts stay. One that was found again after a fault of the disk is asked for before
 * it ends; one that cannot be read goes, and its draft is never offered again. Of one that has ended in part the rest is let go. One transaction.
 */
export function discardItem(database: WriteDatabase, itemId: string, now: number): Decision {
  return database.transaction(() => {
    const item = readItem(database, itemId);
    if (item === undefined) return { fault: 'not_found' };
    if (item.state === 'confirmed') return letRestGo(database, itemId) ? { itemId } : { fault: 'not_found' };
    if (item.state === 'sending' || item.state === 'checking') return { fault: 'item_sending' };
    const isUpload = item.kind === 'upload_members' && item.draft_id !== null;
    if (item.in_doubt_through !== null) {
      if (item.state === 'held' && item.held_reason === 'recovered' && isUpload) {
        stopUpload(database, itemId, now);
        return { itemId };
      }
      if (item.state !== 'held' || item.held_reason !== 'unreadable') return { fault: 'item_sending' };
      if (isUpload) setStage(database, item.draft_id, 'stopped', now);
      database.run('delete from outbox where item_id = ?', itemId);
      return { itemId };
    }
    if (isUpload) {
      if (!hasAnswers(database, item.draft_id)) returnToDraft(database, item.item_id, item.draft_id, now);
      else if (stopUpload(database, itemId, now)) endStopped(database, itemId, now);
      return { itemId };
    }
    database.run('delete from outbox where item_id = ?', itemId);
    return { itemId };
  });
}

/** Whether any row of a draft has been decided by the server, whatever its item says. */
function hasAnswers(database: WriteDatabase, draftId: string): boolean {
  const sql = `select 1 as found from draft_rows where draft_id = ? and result in ('confirmed', 'refused') limit 1`;
  return database.get(sql, draftId) !== undefined;
}

function returnToDraft(database: WriteDatabase, itemId: string, draftId: string, now: number): void {
  database.run(
    `update drafts set stage = 'fix', item_id = null, changed_at = ? where draft_id = ?`,
    instantAt(now),
    draftId,
  );
  database.run('delete from outbox where item_id = ?', itemId);
}

function replace(database: WriteDatabase, item: OutboxRow, command: MemberCommand, now: number): Decision {
  const itemId = queueCommand(database, command, now, readSituation(database, command.payload.memberId));
  database.run('update outbox set replaced_by = ? where item_id = ?', itemId, item.item_id);
  // A refusal stays on record; only it is nobody's task any more.
  if (item.state !== 'refused') database.run('delete from outbox where item_id = ?', item.item_id);
  return { itemId };
}
