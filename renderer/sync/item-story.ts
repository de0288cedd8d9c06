import type { OutboxItem, SyncStatus } from '../../shared/contract/sync.ts';
import { formatCount, formatDay, formatMoment, plural } from '../design/format.ts';
import { faultWords } from '../messages/error-words.ts';
import { refusalWords } from '../messages/refusal-words.ts';
import { outboxStateWords } from '../messages/state-words.ts';
import { notDone } from './item-words.ts';

/** Where an item is, why it is there, and what happens next, by itself or by the person. */
export interface ItemStory {
  readonly where: string;
  readonly why: string;
  readonly next: string;
}

/** What it depends on whether and when something goes out. */
export type Surroundings = Pick<SyncStatus, 'signedIn' | 'paused' | 'connection' | 'fault'>;

const here = 'On this computer';

/** The story of an item, as the sync stands now. */
export function itemStory(item: OutboxItem, sync: Surroundings): ItemStory {
  switch (item.state) {
    case 'queued':
      return { where: here, why: whyQueued(item, sync), next: nextOfQueued(item, sync) };
    case 'sending':
      return { where: 'On its way', why: outboxStateWords.sending.meaning, next: 'The answer is on its way back.' };
    case 'checking':
      return {
        where: 'Sent; the answer got lost',
        why: outboxStateWords.checking.meaning,
        next: nextOfChecking(item, sync),
      };
    case 'held':
      return { where: here, ...heldStory(item) };
    case 'refused':
      return { where: 'On this computer; the server has not done it', ...refusedStory(item) };
    case 'confirmed':
      return notDone(item) === null
        ? { where: 'On the server', why: receiptText(item), next: nextOfDone(item) }
        : endedStory(item);
  }
}

/** Of an upload that has ended without all of its rows. */
function endedStory(item: OutboxItem): ItemStory {
  const { command, changedAt } = item;
  const { rows, confirmed, refused } = { rows: 0, confirmed: 0, refused: 0, ...command };
  const others = rows - confirmed - refused;
  const left = notDone(item);
  const since = rows - confirmed - (left?.rows ?? 0);
  const counts = [
    `${formatCount(confirmed)} confirmed`,
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
    ...(others > 0 ? [`${formatCount(others)} not done`] : []),
    ...(since > 0 ? [`${formatCount(since)} of these done by another upload since`] : []),
  ];
  return {
    where: confirmed > 0 ? 'What was confirmed is on the server' : 'On this computer; the server has done none of it',
    why: `Ended ${formatMoment(changedAt)}: ${counts.join(', ')}.`,
    next: left?.needsAttention
      ? 'Open the upload: rows that were not done can be corrected and sent from there. Or discard them.'
      : 'Rows that were not done can still be corrected and sent from the upload.',
  };
}

function nextOfDone({ command }: OutboxItem): string {
  const others = command.kind === 'upload_members' ? command.rows - command.confirmed : 0;
  return others > 0 ? `Nothing here: ${plural(others, 'row')} went on in another upload.` : 'Nothing: it is done.';
}

function whyQueued(item: OutboxItem, { signedIn, paused }: Surroundings): string {
  if (!signedIn) return 'Waits on this computer: nobody is signed in.';
  if (paused) return 'Waits on this computer: you have paused sending.';
  if (item.lastError) return `The last attempt did not get through: ${faultWords(item.lastError)}.`;
  return 'Waits on this computer for its turn.';
}

function nextOfQueued(item: OutboxItem, sync: Surroundings): string {
  if (!sync.signedIn) return 'Waits until you sign in again, then goes out by itself.';
  if (sync.paused) return 'Resume sending, and it goes out.';
  if (item.nextAttemptAt) return `Sent again by itself ${atOrLater(item.nextAttemptAt, sync)}.`;
  return whenPossible(sync) === null ? 'Sent next, by itself.' : `Sent by itself ${whenPossible(sync) ?? ''}.`;
}

function nextOfChecking(item: OutboxItem, sync: Surroundings): string {
  if (!sync.signedIn) return 'Sign in again, and the server is asked by itself.';
  if (sync.paused) return 'Resume sending, and the server is asked.';
  if (item.nextAttemptAt) return `Asked again by itself ${atOrLater(item.nextAttemptAt, sync)}.`;
  return whenPossible(sync) === null ? 'Asked next, by itself.' : `Asked by itself ${whenPossible(sync) ?? ''}.`;
}

/** What stands in the way of everything at present; null where nothing does. */
function whenPossible({ connection, fault }: Surroundings): string | null {
  if (connection === 'offline') return 'once the server can be reached';
  return fault === null ? null : `once the server answers as it should: now ${faultWords(fault)}`;
}

function atOrLater(instant: string, sync: Surroundings): string {
  const time = `at ${formatMoment(instant)}`;
  if (sync.connection !== 'offline') return time;
  return `${time}, or once the server can be reached`;
}

function heldStory({ heldReason, lastError, mayBeDone }: OutboxItem): Omit<ItemStory, 'where'> {
  switch (heldReason) {
    case 'signed_out':
      return { why: 'Nobody is signed in.', next: 'Waits until you sign in again, then goes on by itself.' };
    case 'paused':
      return { why: 'Paused by you.', next: 'Retry, or resume its upload.' };
    case 'stopped':
      return { why: 'Stopped by you. Rows that were confirmed stay confirmed.', next: 'Retry sends what is left.' };
    case 'insufficient_credits':
      return {
        why: 'The balance is used up.',
        next: 'Goes on by itself once credits are added to the balance; or discard what you no longer want.',
      };
    case 'newer_version':
      return {
        why: mayBeDone
          ? 'A newer Partner Console queued it, and sent it: whether it was done is not known.'
          : 'A newer Partner Console queued it.',
        next: mayBeDone
          ? 'Install that version again: it asks the server. Until then it cannot be discarded.'
          : 'Install that version again, and it goes on.',
      };
    case 'outdated_client':
      return {
        why: 'The server does not take this from this version of the console.',
        next: 'Update the console, then retry.',
      };
    case 'recovered':
      if (lastError === 'taken_back') {
        return {
          why: 'It was discarded or corrected, or about to be, when the end of the database’s log was lost. It was not sent.',
          next: 'Discard it; or send it, if it is wanted after all.',
        };
      }
      return {
        why:
          lastError === 'forgotten'
            ? 'The server confirmed it once and does not know it any more: it was put back from a backup.'
            : lastError === 'journal'
              ? 'Found again in the second journal: it was cut off while it was written down (a full disk, a power cut), or the database has lost it, or what became of it. Whether it was sent is not known.'
              : 'Found again after the data on this computer was damaged: whether it was sent before is not known.',
        next: 'Look whether it is still wanted, then send it under its old number: it cannot be done twice.',
      };
    case 'unreadable':
      return {
        why: 'What is stored is not what was queued: the disk or another program has changed it.',
        next: mayBeDone
          ? 'It is not sent again. Look whether it was done before; then discard it, and enter it anew only if it was not.'
          : 'It is never sent. Discard it and enter it anew.',
      };
    case null:
      return { why: outboxStateWords.held.meaning, next: 'Retry, or discard it.' };
  }
}

function refusedStory({ refusal }: OutboxItem): Omit<ItemStory, 'where'> {
  if (refusal === null) return { why: outboxStateWords.refused.meaning, next: 'Retry, edit or discard it.' };
  const { title, next } = refusalWords(refusal.reason, refusal.shortfall);
  return { why: `${title}.`, next };
}

function receiptText({ changedAt, receipt }: OutboxItem): string {
  return [
    `Confirmed ${formatMoment(changedAt)}`,
    ...(receipt?.allocationId ? [`receipt ${receipt.allocationId.slice(0, 8)}`] : []),
    ...(receipt?.expiresAt ? [`expires ${formatDay(receipt.expiresAt)}`] : []),
    ...(receipt?.replayed ? ['found by its number after a lost answer'] : []),
  ].join(' · ');
}
