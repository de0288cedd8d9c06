import { IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { RoundTrigger, SyncRound } from '../../shared/contract/sync-history.ts';
import { usePages } from '../bridge/use-pages.ts';
import { EmptyState } from '../design/empty-state.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, formatFullMoment, formatMoment, plural } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { StateLabel } from '../design/state-label.tsx';
import { faultWords } from '../messages/error-words.ts';
import { Pager } from './pager.tsx';
import classes from './sync-page.module.css';

const STEP = 50;

const triggers: Readonly<Record<RoundTrigger, string>> = {
  timer: 'The clock',
  person: 'You',
  sign_in: 'Signing in',
  queued: 'Something planned',
  wake: 'The computer woke up',
  network: 'Another network',
};

const rowsOf = ({ rounds, total }: OperationOutput<'sync.history'>): { rows: SyncRound[]; total: number } => ({
  rows: rounds,
  total,
});

/** The syncs of this computer: when, by whom, how long, what they did, and why one ended early. */
export function RoundList() {
  const [wanted, setWanted] = useState(0);
  const pages = usePages<'sync.history', SyncRound>('sync.history', {}, rowsOf);
  const total = pages.total ?? 0;
  const offset = Math.min(wanted, Math.max(0, Math.floor((total - 1) / STEP) * STEP));
  const rounds = Array.from({ length: Math.min(STEP, total - offset) }, (_, index) => pages.rowAt(offset + index));
  if (pages.error) return <ErrorNotice error={pages.error} />;
  if (pages.total === 0) {
    return (
      <Card>
        <EmptyState icon={IconHistory} title="No sync yet">
          Each one is kept here with what it sent and read; the last 1,000.
        </EmptyState>
      </Card>
    );
  }
  return (
    <>
      {/* A wide table on a narrow screen is moved sideways, by the keyboard too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <section className={classes['rounds']} tabIndex={0} aria-label="History of syncs">
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Result</th>
              <th scope="col">Started by</th>
              <th scope="col" data-align="end">
                Took
              </th>
              <th scope="col" data-align="end">
                Sent
              </th>
              <th scope="col" data-align="end">
                Confirmed
              </th>
              <th scope="col" data-align="end">
                Refused
              </th>
              <th scope="col">Read from the server</th>
            </tr>
          </thead>
          <tbody>{rounds.map((round) => round && <Round key={round.round} round={round} />)}</tbody>
        </table>
      </section>
      <Pager
        label="Pages of syncs"
        offset={offset}
        step={STEP}
        total={total}
        onGo={(next) => {
          setWanted(next);
          pages.show(next, next + STEP - 1);
        }}
      />
    </>
  );
}

function Round({ round }: { round: SyncRound }) {
  return (
    <tr>
      <td>
        <time dateTime={round.startedAt} title={formatFullMoment(round.startedAt)}>
          {formatMoment(round.startedAt)}
        </time>
        {round.repeats > 1 && ` to ${formatMoment(round.endedAt)}, ${formatCount(round.repeats)} times`}
      </td>
      <td>
        {round.fault === null ? (
          <StateLabel tone="confirmed">Done</StateLabel>
        ) : (
          <StateLabel tone="warning">{`Ended early: ${faultWords(round.fault)}`}</StateLabel>
        )}
      </td>
      <td>{triggers[round.startedBy]}</td>
      <td data-align="end">{duration(round.milliseconds)}</td>
      <td data-align="end">{formatCount(round.sent)}</td>
      <td data-align="end">{formatCount(round.confirmed)}</td>
      <td data-align="end">{formatCount(round.refused)}</td>
      <td>{readWords(round)}</td>
    </tr>
  );
}

function readWords({ pulledMembers, pulledAllocations, removedMembers }: SyncRound): string {
  const parts = [
    ...(pulledMembers > 0 ? [plural(pulledMembers, 'member')] : []),
    ...(pulledAllocations > 0 ? [plural(pulledAllocations, 'allocation')] : []),
    ...(removedMembers > 0 ? [`${formatCount(removedMembers)} removed`] : []),
  ];
  return parts.length === 0 ? 'Nothing new' : parts.join(', ');
}

function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${milliseconds} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${Math.floor(milliseconds / 60_000)} min ${Math.round((milliseconds % 60_000) / 1_000)} s`;
}
