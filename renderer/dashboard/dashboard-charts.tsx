import { BarChart } from '@mantine/charts';
import type { Dashboard } from '../../shared/contract/dashboard.ts';
import { formatCount, formatMonth, formatShortDay } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import classes from './dashboard-page.module.css';

type DashboardChartsProps = Pick<Dashboard, 'expiryByWeek' | 'allocatedByMonth'>;

interface Bar {
  readonly label: string;
  readonly Credits: number;
}

/** What expires when, and what was given when. Each chart has its figures as a table for screen readers. */
export function DashboardCharts({ expiryByWeek, allocatedByMonth }: DashboardChartsProps) {
  const weeks = expiryByWeek.map(({ weekStart, credits }) => ({
    label: formatShortDay(`${weekStart}T12:00:00`),
    Credits: credits,
  }));
  const months = allocatedByMonth.map(({ month, credits }) => ({ label: formatMonth(month), Credits: credits }));
  return (
    <div className={classes['charts']}>
      <Card title="Expiring by week">
        <Bars
          bars={weeks}
          color="amber.5"
          first="Week from"
          empty="No unused credits expire in the next twelve weeks."
        />
      </Card>
      <Card title="Allocated by month">
        <Bars bars={months} color="iris.5" first="Month" empty="Nothing was allocated in the last twelve months." />
      </Card>
    </div>
  );
}

interface BarsProps {
  readonly bars: Bar[];
  readonly color: string;
  readonly first: string;
  readonly empty: string;
}

function Bars({ bars, color, first, empty }: BarsProps) {
  if (bars.every((bar) => bar.Credits === 0)) return <p className={classes['chart-empty']}>{empty}</p>;
  return (
    <>
      <div aria-hidden>
        <BarChart
          h={200}
          data={bars}
          dataKey="label"
          series={[{ name: 'Credits', color }]}
          gridAxis="x"
          tickLine="none"
          xAxisProps={{ interval: 'equidistantPreserveStart' }}
          valueFormatter={formatCount}
          maxBarWidth={34}
          barProps={{ radius: [4, 4, 0, 0], isAnimationActive: false }}
          barChartProps={{ accessibilityLayer: false, margin: { top: 8 } }}
          tooltipAnimationDuration={0}
        />
      </div>
      <table className="visually-hidden">
        <thead>
          <tr>
            <th scope="col">{first}</th>
            <th scope="col">Credits</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.label}>
              <th scope="row">{bar.label}</th>
              <td>{formatCount(bar.Credits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
