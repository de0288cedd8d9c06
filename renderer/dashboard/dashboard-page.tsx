import { Button } from '@mantine/core';
import { IconFileUpload, IconUsers } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import type { Dashboard } from '../../shared/contract/dashboard.ts';
import { useQuery } from '../bridge/use-query.ts';
import { BalanceStrip } from '../design/balance-strip.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatAge, formatCount, formatMoment, isStale, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card, Page } from '../design/page.tsx';
import { openMembers, openUpload } from '../navigation/navigation-store.ts';
import { DashboardTiles } from './dashboard-tiles.tsx';
import classes from './dashboard-page.module.css';
import { FirstPull } from './first-pull.tsx';
import { FirstSteps } from './first-steps.tsx';
import { RecentAllocations } from './recent-allocations.tsx';
import { WaitingUploads } from './waiting-uploads.tsx';

// Charts are the heaviest part of the window: the numbers do not wait for them.
const DashboardCharts = lazy(() =>
  import('./dashboard-charts.tsx').then((module) => ({ default: module.DashboardCharts })),
);

/** Balance, members, credits and what expires next, from this computer's cache with its age. */
export function DashboardPage() {
  const { data, error } = useQuery('dashboard.read', {});
  return (
    <Page
      title={data?.partnerName || 'Dashboard'}
      note={data && <Age asOf={data.asOf} />}
      actions={
        // Without members there is nobody to assign to, and the first steps lead to the upload.
        !isEmpty(data) && (
          <>
            <Button variant="default" leftSection={<IconUsers size={16} aria-hidden />} onClick={() => openMembers()}>
              Assign credits
            </Button>
            <Button leftSection={<IconFileUpload size={16} aria-hidden />} onClick={() => openUpload('new')}>
              New upload
            </Button>
          </>
        )
      }
    >
      {error && <ErrorNotice error={error} />}
      <WaitingUploads />
      {data && (data.asOf === null ? <FirstPull balance={data.balance} /> : <Figures dashboard={data} />)}
    </Page>
  );
}

/** True for a partner who is known to have no members yet. */
function isEmpty(dashboard: Dashboard | undefined): boolean {
  if (!dashboard || dashboard.asOf === null) return false;
  return dashboard.members.active + dashboard.members.inactive === 0;
}

function Age({ asOf }: { asOf: string | null }) {
  if (asOf === null) return <>Not yet read from the server</>;
  if (!isStale(asOf)) return <>As of {formatMoment(asOf)}</>;
  return (
    <span className={classes['stale']}>
      Data from {formatMoment(asOf)}, {formatAge(asOf)}
    </span>
  );
}

function Figures({ dashboard }: { dashboard: Dashboard }) {
  const { balance, lowBalance, expiring } = dashboard;
  return (
    <>
      {lowBalance && balance.confirmed !== null && (
        <Notice tone="warning" title={`The balance is low: ${plural(balance.confirmed, 'credit')} left to assign`}>
          Top up before your next upload, so that every row can be paid.
        </Notice>
      )}
      {expiring.within30Days > 0 && (
        <Notice
          tone="warning"
          title={`${plural(expiring.within30Days, 'credit')} ${expiring.within30Days === 1 ? 'expires' : 'expire'} within 30 days`}
          actions={
            <Button
              size="xs"
              variant="default"
              onClick={() => openMembers({ credits: 'expiring_30' }, { by: 'next_expiry', direction: 'ascending' })}
            >
              Show whose
            </Button>
          }
        />
      )}
      <Card title="Balance">
        <BalanceStrip balance={balance} size="large" />
      </Card>
      {isEmpty(dashboard) ? (
        <FirstSteps hasBalance={(balance.confirmed ?? 0) > 0} planned={balance.planned} />
      ) : (
        <>
          <DashboardTiles dashboard={dashboard} />
          <Suspense fallback={<div className={classes['charts-place']} />}>
            <DashboardCharts expiryByWeek={dashboard.expiryByWeek} allocatedByMonth={dashboard.allocatedByMonth} />
          </Suspense>
          <RecentAllocations allocations={dashboard.recentAllocations} />
        </>
      )}
      <p className="visually-hidden" aria-live="polite">
        {balance.left === null ? '' : `${formatCount(balance.left)} credits left after sync`}
      </p>
    </>
  );
}
