import type { CheckResult, Verdict } from '../../shared/contract/diagnostics.ts';
import { plural } from '../design/format.ts';

/** What all findings come to, the worst first. */
export function summaryWords(results: readonly CheckResult[]): string {
  const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
  const failed = count('fail');
  const warned = count('warn');
  const skipped = count('skipped');
  const parts = [
    ...(failed > 0 ? [`${plural(failed, 'check')} failed`] : []),
    ...(warned > 0 ? [`${plural(warned, 'check')} to look at`] : []),
    ...(skipped > 0 ? [`${plural(skipped, 'check')} skipped`] : []),
  ];
  return parts.length === 0 ? 'Everything is in order.' : `${parts.join(', ')}.`;
}
