import type { SoakReport } from './run-soak.ts';

/** What a person reads of a run: outcomes by kind, figures, faults, and the verdict in the last line. */
export function formatReport(report: SoakReport): string {
  const { operations, seconds, counts, busy, deadlocks, feedPages, faults } = report;
  const lines = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...lines.map(([label, count]) => `  ${String(count).padStart(7)}  ${label}`),
    `${String(operations)} operations in ${seconds.toFixed(0)} s (${(operations / seconds).toFixed(0)} a second), ${String(feedPages)} pages of the feed, ${String(busy)} calls sent again because the server was too busy, ${String(deadlocks)} deadlocks`,
    ...faults.slice(0, 30).map((fault) => `FAULT: ${fault}`),
    faults.length === 0 ? 'The soak holds.' : `The soak FAILED: ${String(faults.length)} kinds of fault.`,
    '',
  ].join('\n');
}
