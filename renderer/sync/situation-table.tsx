import type { MemberSituation, OutboxItem } from '../../shared/contract/sync.ts';
import { formatCount, formatMoment } from '../design/format.ts';
import { memberStatusWords } from '../messages/state-words.ts';
import classes from './sync-page.module.css';

/** Whether the member or the balance is no longer what the command was decided on. */
export function hasChanged({ seen, now, state }: OutboxItem): boolean {
  if (seen === null || now === null || state === 'confirmed') return false;
  return (
    seen.available !== now.available ||
    seen.creditsAssigned !== now.creditsAssigned ||
    seen.status !== now.status ||
    seen.balance !== now.balance
  );
}

interface SituationTableProps {
  readonly item: OutboxItem;
  readonly seen: MemberSituation;
  readonly now: MemberSituation;
}

/** What was known when a command was planned, what the server says now, and what would be there with the command. */
export function SituationTable({ item, seen, now }: SituationTableProps) {
  const mine = withCommand(now, item.command);
  const rows: [string, (of: MemberSituation) => string][] = [
    ['Credits available', (of) => formatCount(of.available)],
    ['Credits assigned', (of) => formatCount(of.creditsAssigned)],
    ['Status', (of) => memberStatusWords[of.status].text],
    ['Balance', (of) => (of.balance === null ? '–' : formatCount(of.balance))],
  ];
  return (
    <table className={classes['situation']}>
      <caption>Changed since it was planned</caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">Figure</span>
          </th>
          <th scope="col">When planned{seen.asOf && `, as of ${formatMoment(seen.asOf)}`}</th>
          <th scope="col">Server now{now.asOf && `, as of ${formatMoment(now.asOf)}`}</th>
          <th scope="col">With this item</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([label, text]) => (
          <tr key={label} data-changed={text(seen) !== text(now) || undefined}>
            <th scope="row">{label}</th>
            <td>{text(seen)}</td>
            <td>
              {text(now)}
              {text(seen) !== text(now) && <span className="visually-hidden"> (changed)</span>}
            </td>
            <td>{text(mine)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function withCommand(now: MemberSituation, command: OutboxItem['command']): MemberSituation {
  const balance = (change: number): number | null => (now.balance === null ? null : now.balance + change);
  switch (command.kind) {
    case 'assign_member_credits':
      return {
        ...now,
        available: now.available + command.credits,
        creditsAssigned: now.creditsAssigned + command.credits,
        balance: balance(-command.credits),
      };
    case 'revoke_member_credits':
      return {
        ...now,
        available: Math.max(0, now.available - command.credits),
        creditsAssigned: Math.max(0, now.creditsAssigned - command.credits),
        balance: balance(command.credits),
      };
    case 'set_member_status':
      return { ...now, status: command.status ?? now.status };
    case 'extend_member_credits':
    case 'upload_members':
      return now;
  }
}
