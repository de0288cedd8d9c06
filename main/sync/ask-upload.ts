import type { OpenDatabase } from '../cache/database.ts';
import { MOST_ROWS_ASKED, rowsInDoubt } from '../cache/land-upload.ts';
import { askFrom, attemptedUpTo, endUnsentDoubt, type OutboxRow, readUploadToSend } from '../cache/outbox.ts';
import { endStopped, giveBackRows, waitForBalance } from '../cache/upload-items.ts';
import type { Failure } from '../remote/failure.ts';
import type { UploadAnswer } from '../remote/wire.ts';
import { landInParts } from './land-in-parts.ts';
import { readRowAnswer } from './row-answer.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { faultCode, settleFailure } from './settle-failure.ts';

type UploadInDoubt = OutboxRow & { readonly draft_id: string; readonly in_doubt_through: number };

/** `unknown`: the item as it is now, with rows whose fate the server does not know. */
export type AskedUpload = { readonly unknown: OutboxRow } | { readonly ended: Failure | null };

/**
 * Asks what became of the rows whose answer was lost, without sending them again, and writes down what the server knows. Rows that
 * it does not know may still be on their way: they have to be sent again under the upload's id.
 */
export async function askUpload(
  database: OpenDatabase,
  item: UploadInDoubt,
  { functions, clock, announce, random }: SendDependencies,
): Promise<AskedUpload> {
  const rows = rowsInDoubt(database, item, item.in_doubt_through);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return { unknown: item };
  const answer = await functions.uploadOutcomes(item.item_id, { first: first.row, last: last.row });
  // Closed meanwhile: the next start asks again.
  if (!database.isOpen) return { ended: null };
  const now = clock.now();
  if (!answer.ok) {
    const { failure } = answer;
    // A server that cannot answer this question can still be sent the rows again.
    if (failure.kind === 'outdated' || failure.kind === 'refused' || faultCode(failure) === 'wrong_shape') {
      return unknownNow(database, item.item_id);
    }
    const lasting = settleFailure(database, item, item.in_doubt_through, failure, now, random);
    announce('outbox', 'drafts', 'draft_rows');
    return { ended: lasting };
  }
  const recorded = new Map<number, UploadAnswer['rows'][number]>(answer.value.rows.map((row) => [row.row, row]));
  const known = rows.filter(({ row }) => recorded.has(row));
  if (known.length > 0) {
    const answers = known.flatMap(({ row }) => recorded.get(row) ?? []).map(readRowAnswer);
    const isShort = answers.some((row) => row.reason === 'insufficient_credits');
    if (!(await landInParts(database, item.item_id, known, { rows: answers, balance: answer.value.balance }, now))) {
      return { ended: null };
    }
    // The rows behind the one that the balance could not pay were not attempted: they wait for balance, as if the answer had come.
    if (isShort && known.length < rows.length) {
      database.transaction(() => {
        attemptedUpTo(database, item.item_id, known.at(-1)?.row ?? -1);
        waitForBalance(database, item.item_id, now);
      });
    }
    announce('outbox', 'drafts', 'draft_rows', 'partner', 'members', 'allocations');
  }
  return unknownNow(database, item.item_id);
}

/** Settled, held back or stopped meanwhile, its rows are not sent again now. */
function unknownNow(database: OpenDatabase, itemId: string): AskedUpload {
  const unknown = readUploadToSend(database, itemId);
  return unknown?.in_doubt_through == null ? { ended: null } : { unknown };
}

/** A request from before the account was opened, with whose process it ended, may still be at work on the server: longer than it takes for any. In milliseconds. */
const LONGEST_REQUEST_MS = 30_000;

/**
 * The next step in ending an upload that was found again after a fault of the disk, and that nobody wants to be sent: asks for rows that may
 * have been sent before, writes down what the server knows, and gives back what it does not. A request from before the fault ended with the
 * process that sent it: what it has not recorded some time after, it will not. Answers as `sendUploadChunk`.
 */
export async function askStopped(
  database: OpenDatabase,
  item: UploadInDoubt,
  { functions, clock, announce, random, openedAt }: SendDependencies,
): Promise<Failure | null> {
  // Either way: the clock may have been set back since.
  if (Math.abs(clock.now() - openedAt) < LONGEST_REQUEST_MS) {
    askFrom(database, item.item_id, openedAt + LONGEST_REQUEST_MS);
    announce('outbox');
    return null;
  }
  const rows = rowsInDoubt(database, item, item.in_doubt_through, item.sent_through ?? -1);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) {
    endUnsentDoubt(database, item.item_id);
    endStopped(database, item.item_id, clock.now());
    announce('outbox', 'drafts', 'draft_rows');
    return null;
  }
  const answer = await functions.uploadOutcomes(item.item_id, { first: first.row, last: last.row });
  if (!database.isOpen) return null;
  const now = clock.now();
  if (!answer.ok) {
    const lasting = settleFailure(database, item, item.in_doubt_through, answer.failure, now, random);
    announce('outbox', 'drafts', 'draft_rows');
    return lasting;
  }
  const recorded = new Set(answer.value.rows.map(({ row }) => row));
  // Of receipts in between that are known here already, an answer can be full: of what is behind it nothing is said.
  const told = recorded.size < MOST_ROWS_ASKED ? last.row : Math.max(...recorded);
  const known = rows.filter(({ row }) => recorded.has(row));
  const asked = new Set(rows.map(({ row }) => row));
  const answers = answer.value.rows.filter(({ row }) => asked.has(row)).map(readRowAnswer);
  const isLanded = await landInParts(
    database,
    item.item_id,
    known,
    { rows: answers, balance: answer.value.balance },
    now,
  );
  if (!isLanded) return null;
  giveBackRows(
    database,
    item.item_id,
    rows.filter(({ row }) => row <= told && !recorded.has(row)).map(({ row }) => row),
    now,
  );
  announce('outbox', 'drafts', 'draft_rows', 'partner', 'members', 'allocations');
  return null;
}
