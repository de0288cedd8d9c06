import type { OutboxItem } from '../../shared/contract/sync.ts';
import { formatCount, plural } from '../design/format.ts';

/** What an item is, without claiming more than its state. */
export function itemName({ command }: OutboxItem): string {
  if (command.kind === 'assign_member_credits') {
    return `${plural(command.credits, 'credit')} for ${command.memberName || command.memberEmail}`;
  }
  return `${plural(command.rows, 'row')} of ${command.fileName}, ${plural(command.credits, 'credit')}`;
}

/** `200 of 900 sent · 197 confirmed · 3 refused`; for one assignment whose it is. */
export function itemProgress({ command }: OutboxItem): string {
  if (command.kind === 'assign_member_credits') {
    return [
      command.memberEmail,
      `valid for ${plural(command.validityDays, 'day')}`,
      ...(command.note ? [command.note] : []),
    ].join(' · ');
  }
  return `${formatCount(command.sent)} of ${formatCount(command.rows)} sent · ${formatCount(command.confirmed)} confirmed · ${formatCount(command.refused)} refused`;
}
