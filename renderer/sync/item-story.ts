import type { OutboxItem, SyncStatus } from '../../shared/contract/sync.ts';
import { formatDay, formatMoment } from '../design/format.ts';
import { faultWords } from '../messages/error-words.ts';
import { refusalWords } from '../messages/refusal-words.ts';
import { outboxStateWords } from '../messages/state-words.ts';

/** Where an item is, why it is there, and what happens next, by itself or by the person. */
export interface ItemStory {
  readonly where: string;
  readonly why: string;
  readonly next: string;
}

type Surroundings = Pick<SyncStatus, 'paused' | 'connection'>;

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
      return { where: 'On the server', why: receiptText(item), next: 'Nothing: it is done.' };
  }
}

function whyQueued(item: OutboxItem, { paused }: Surroundings): string {
  if (paused) return 'Waits on this computer: you have paused sending.';
  if (item.lastError) return `The last attempt did not get through: ${faultWords(item.lastError)}.`;
  return 'Waits on this computer for its turn.';
}

function nextOfQueued(item: OutboxItem, { paused, connection }: Surroundings): string {
  if (paused) return 'Resume sending, and it goes out.';
  if (item.nextAttemptAt) return `Sent again by itself at ${formatMoment(item.nextAttemptAt)}.`;
  return connection === 'offline' ? 'Sent by itself once the server can be reached.' : 'Sent next, by itself.';
}

function nextOfChecking(item: OutboxItem, { paused, connection }: Surroundings): string {
  if (paused) return 'Resume sending, and the server is asked.';
  if (item.nextAttemptAt) return `Asked again by itself at ${formatMoment(item.nextAttemptAt)}.`;
  return connection === 'offline' ? 'Asked by itself once the server can be reached.' : 'Asked next, by itself.';
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
      return {
        why:
          lastError === 'forgotten'
            ? 'The server confirmed it once and does not know it any more: it was put back from a backup.'
            : lastError === 'journal'
              ? 'Found again in the second journal: it was cut off while it was written down (a full disk, a power cut), or the database has lost it. Whether it was sent is not known.'
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
