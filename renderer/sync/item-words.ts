import type { OutboxItem } from '../../shared/contract/sync.ts';
import { formatCount, plural } from '../design/format.ts';
import { outboxStateWords, type Tone } from '../messages/state-words.ts';

/** What of an upload that has ended was not done; null for anything else. */
export function notDone({ command }: OutboxItem): { readonly rows: number; readonly needsAttention: boolean } | null {
  return command.kind === 'upload_members' ? command.notDone : null;
}

/** What an item calls itself. */
export function itemState(item: OutboxItem): { readonly text: string; readonly tone: Tone } {
  if (notDone(item) === null) return outboxStateWords[item.state];
  const isNothingDone = item.command.kind === 'upload_members' && item.command.confirmed === 0;
  return { text: isNothingDone ? 'Not done' : 'Partly done', tone: 'warning' };
}

/** What an item is, without claiming more than its state. */
export function itemName({ command }: OutboxItem): string {
  if (command.kind === 'upload_members') {
    return `${plural(command.rows, 'row')} of ${command.fileName}, ${plural(command.credits, 'credit')}`;
  }
  const who = command.memberName || command.memberEmail;
  switch (command.kind) {
    case 'assign_member_credits':
      return `${plural(command.credits, 'credit')} for ${who}`;
    case 'revoke_member_credits':
      return `Take back ${plural(command.credits, 'credit')} from ${who}`;
    case 'extend_member_credits':
      return `${plural(command.days, 'day')} longer for the credits of ${who}`;
    case 'set_member_status':
      return command.status === null ? `Change the status of ${who}` : `Make ${who} ${command.status}`;
  }
}

/** `200 of 900 sent · 197 confirmed · 3 refused`; for a command on one member whose it is. */
export function itemProgress({ command }: OutboxItem): string {
  switch (command.kind) {
    case 'assign_member_credits':
      return [
        command.memberEmail,
        `valid for ${plural(command.validityDays, 'day')}`,
        ...(command.note ? [command.note] : []),
      ].join(' · ');
    case 'revoke_member_credits':
      return [command.memberEmail, ...(command.reason ? [command.reason] : [])].join(' · ');
    case 'extend_member_credits':
    case 'set_member_status':
      return command.memberEmail;
    case 'upload_members':
      break;
  }
  return `${formatCount(command.sent)} of ${formatCount(command.rows)} sent · ${formatCount(command.confirmed)} confirmed · ${formatCount(command.refused)} refused`;
}
