import type { ReactNode } from 'react';
import type { MemberDetail } from '../../shared/contract/members.ts';
import {
  daysUntil,
  formatCount,
  formatDay,
  formatDaysUntil,
  formatFullMoment,
  formatMoment,
  plural,
} from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { allocationSource, outboxStateWords, sessionStatus } from '../messages/state-words.ts';
import { openSection } from '../navigation/navigation-store.ts';
import classes from './member-panel.module.css';

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes['part']} aria-label={title}>
      <h3 className={classes['part-title']}>{title}</h3>
      {children}
    </section>
  );
}

function plannedWords({ origin, credits, days, status }: MemberDetail['planned'][number]): string {
  switch (origin) {
    case 'assign':
    case 'upload':
      return plural(credits, 'credit');
    case 'revoke':
      return `${plural(credits, 'credit')} taken back`;
    case 'extend':
      return `Expiry ${plural(days ?? 0, 'day')} later`;
    case 'status':
      return status === null ? 'Change of status' : `Made ${status}`;
  }
}

/** Commands on this member that wait on this computer; never among what is confirmed. */
export function PlannedItems({ planned }: { planned: MemberDetail['planned'] }) {
  if (planned.length === 0) return null;
  return (
    <Part title="Planned">
      <ul className={classes['list']}>
        {planned.map((item) => {
          const { text, tone, meaning } = outboxStateWords[item.state];
          return (
            <li key={item.itemId} className={classes['line']}>
              <div>
                <strong>{plannedWords(item)}</strong>
                <p className={classes['detail']}>
                  {item.origin === 'upload' ? 'from an upload' : 'queued here'}, {formatMoment(item.queuedAt)}
                </p>
                {item.state !== 'queued' && <p className={classes['detail']}>{meaning}</p>}
              </div>
              <div className={classes['end']}>
                <StateLabel tone={tone}>{text}</StateLabel>
                {item.state === 'refused' && (
                  <button type="button" className={classes['link']} onClick={() => openSection('sync')}>
                    Resolve in Sync
                  </button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
    </Part>
  );
}

/** Confirmed credits by the day they expire, soonest first. */
export function CreditsByExpiry({ credits }: { credits: MemberDetail['creditsByExpiry'] }) {
  return (
    <Part title="Credits by expiry">
      {credits.length === 0 ? (
        <p className={classes['detail']}>No credits were given yet.</p>
      ) : (
        <table className={classes['table']}>
          <thead>
            <tr>
              <th scope="col">Expires</th>
              <th scope="col" data-align="end">
                Available
              </th>
              <th scope="col" data-align="end">
                Used
              </th>
              <th scope="col" data-align="end">
                Expired
              </th>
            </tr>
          </thead>
          <tbody>
            {credits.map((group) => {
              const soon = group.available > 0 && daysUntil(group.expiresAt) <= 30;
              return (
                <tr key={group.expiresAt}>
                  <td>
                    {formatDay(group.expiresAt)}
                    <p className={classes['detail']} data-soon={soon || undefined}>
                      {formatDaysUntil(group.expiresAt)}
                    </p>
                  </td>
                  <td data-align="end">{formatCount(group.available)}</td>
                  <td data-align="end">{formatCount(group.used)}</td>
                  <td data-align="end">{formatCount(group.expired)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Part>
  );
}

/** What the server has confirmed for this member, newest first. */
export function AllocationHistory({ allocations }: { allocations: MemberDetail['allocations'] }) {
  return (
    <Part title="Allocation history">
      {allocations.length === 0 ? (
        <p className={classes['detail']}>Nothing confirmed yet.</p>
      ) : (
        <ul className={classes['list']}>
          {allocations.map((allocation) => (
            <li key={allocation.id} className={classes['line']}>
              <div>
                <strong>{historyTitle(allocation)}</strong>
                <p className={classes['detail']}>{historyDetail(allocation)}</p>
                {allocation.note && <p className={classes['note']}>{allocation.note}</p>}
              </div>
              <time className={classes['detail']} dateTime={allocation.at} title={formatFullMoment(allocation.at)}>
                {formatMoment(allocation.at)}
              </time>
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

type HistoryEntry = MemberDetail['allocations'][number];

/** What happened, in words: taken back and moved are told apart from given without a colour or a sign. */
function historyTitle({ kind, credits, expiresAt }: HistoryEntry): string {
  const counted = plural(Math.abs(credits), 'credit');
  switch (kind) {
    case 'allocation':
      return counted;
    case 'revocation':
      return `${counted} revoked`;
    case 'extension':
      return expiresAt === null
        ? `Expiry of ${counted} moved`
        : `Expiry of ${counted} moved to ${formatDay(expiresAt)}`;
  }
}

function historyDetail({ kind, source, actor, expiresAt }: HistoryEntry): string {
  const by = actor === null ? '' : ` by ${actor}`;
  const day = expiresAt === null ? '' : formatDay(expiresAt);
  switch (kind) {
    case 'allocation':
      return `${allocationSource(source)}${by}${day === '' ? '' : `, expires ${day}`}`;
    case 'revocation':
      return `Back in the balance${by}${day === '' ? '' : `, would have expired ${day}`}`;
    case 'extension':
      return `Extended${by}`;
  }
}

/** What the member spent credits on. */
export function Sessions({ sessions }: { sessions: MemberDetail['sessions'] }) {
  return (
    <Part title="Sessions">
      {sessions.length === 0 ? (
        <p className={classes['detail']}>No sessions.</p>
      ) : (
        <ul className={classes['list']}>
          {sessions.map((session) => (
            <li key={session.id} className={classes['line']}>
              <span>{sessionStatus(session.status)}</span>
              <span className={classes['detail']}>
                {session.scheduledAt ? formatMoment(session.scheduledAt) : 'no date yet'}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}
