import type { Dashboard } from '../../shared/contract/dashboard.ts';
import { formatCount, formatFullMoment, formatMoment } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { allocationSource } from '../messages/state-words.ts';
import { openMember } from '../navigation/navigation-store.ts';
import classes from './dashboard-page.module.css';

/** The latest confirmed allocations; each leads to its member. */
export function RecentAllocations({ allocations }: { allocations: Dashboard['recentAllocations'] }) {
  return (
    <Card title="Recent allocations">
      {allocations.length === 0 ? (
        <p className={classes['chart-empty']}>Nothing was allocated yet.</p>
      ) : (
        <div className={classes['table-frame']}>
          <table className={classes['table']}>
            <thead>
              <tr>
                <th scope="col">Member</th>
                <th scope="col" data-align="end">
                  Credits
                </th>
                <th scope="col">From</th>
                <th scope="col">Confirmed</th>
              </tr>
            </thead>
            <tbody>
              {allocations.map(({ id, memberId, memberEmail, credits, source, at }) => (
                <tr key={id}>
                  <td>
                    {memberId ? (
                      <button type="button" className={classes['member-link']} onClick={() => openMember(memberId)}>
                        {memberEmail}
                      </button>
                    ) : (
                      memberEmail
                    )}
                  </td>
                  <td data-align="end">{formatCount(credits)}</td>
                  <td>{allocationSource(source)}</td>
                  <td>
                    <time dateTime={at} title={formatFullMoment(at)}>
                      {formatMoment(at)}
                    </time>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
