import type { DraftStage } from '../../shared/contract/uploads.ts';
import type { OutboxItem, OutboxState } from '../../shared/contract/sync.ts';
import type { MemberStatus } from '../../shared/contract/values.ts';

export type Tone = 'neutral' | 'ready' | 'planned' | 'confirmed' | 'warning' | 'refused';

export const memberStatusWords: Readonly<Record<MemberStatus, { text: string; tone: Tone }>> = {
  active: { text: 'Active', tone: 'confirmed' },
  invited: { text: 'Invited', tone: 'planned' },
  inactive: { text: 'Inactive', tone: 'neutral' },
};

export const outboxStateWords: Readonly<Record<OutboxState, { text: string; tone: Tone; meaning: string }>> = {
  queued: { text: 'Planned', tone: 'planned', meaning: 'Waits on this computer and is sent next.' },
  sending: { text: 'Sending', tone: 'planned', meaning: 'On its way to the server.' },
  checking: {
    text: 'Checking',
    tone: 'warning',
    meaning:
      'It was sent, but the answer got lost. The console asks the server under the same number; nothing is done twice.',
  },
  held: { text: 'Waiting', tone: 'warning', meaning: 'Held back on this computer.' },
  refused: { text: 'Refused', tone: 'refused', meaning: 'The server decided against it. Nothing was changed.' },
  confirmed: { text: 'Confirmed', tone: 'confirmed', meaning: 'Done, with a receipt of the server.' },
};

export const heldReasonWords: Readonly<Record<NonNullable<OutboxItem['heldReason']>, string>> = {
  signed_out: 'Waits until you sign in again.',
  paused: 'Paused by you. Resume to go on.',
  stopped: 'Stopped by you. Rows that were confirmed stay confirmed.',
  insufficient_credits:
    'The balance is used up. The rest waits here and goes on by itself once credits are added to the balance.',
  newer_version: 'Queued by a newer Partner Console. Install that version again to send it.',
  outdated_client:
    'The server does not take this from this version of the console. Update the console, then send it again.',
  recovered: 'Found again after the data on this computer was damaged. Look whether it is still wanted, then send it.',
  unreadable: 'What is stored on this computer has been damaged. It is never sent; discard it and enter it anew.',
};

export const draftStageWords: Readonly<Record<DraftStage, { text: string; tone: Tone }>> = {
  receiving: { text: 'File not complete', tone: 'warning' },
  columns: { text: 'Columns to check', tone: 'planned' },
  reading: { text: 'Being read', tone: 'planned' },
  fix: { text: 'To review', tone: 'planned' },
  queued: { text: 'Waits to be sent', tone: 'planned' },
  sending: { text: 'Sending', tone: 'planned' },
  paused: { text: 'Paused', tone: 'warning' },
  stopped: { text: 'Stopped', tone: 'warning' },
  done: { text: 'Done', tone: 'confirmed' },
};

const sourceWords: Readonly<Record<string, string>> = {
  console: 'Assigned here',
  upload: 'Upload',
  rpc: 'Web system',
  legacy: 'Before the records began',
};

/** Where an allocation came from; an unknown source keeps its name. */
export function allocationSource(source: string): string {
  return sourceWords[source] ?? source;
}

const sessionStatusWords: Readonly<Record<string, string>> = {
  completed: 'Completed',
  scheduled: 'Scheduled',
  cancelled: 'Cancelled',
  no_show: 'Missed',
};

/** The status of a member's session; an unknown one keeps its name. */
export function sessionStatus(status: string): string {
  return sessionStatusWords[status] ?? status;
}
