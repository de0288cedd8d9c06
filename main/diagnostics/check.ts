import type { CheckName, Verdict } from '../../shared/contract/diagnostics.ts';

/** What a check found, and what somebody does about it (null: nothing to do). */
export interface Finding {
  readonly verdict: Verdict;
  readonly found: string;
  readonly next: string | null;
}

/** One thing to look at. It never blocks, never changes anything, and ends soon after `signal` says so. */
export interface Check {
  readonly name: CheckName;
  /** Milliseconds, after which it counts as failed. */
  readonly limit: number;
  /** What to do when no answer came within the limit. */
  readonly ifLate: string;
  readonly run: (signal: AbortSignal) => Promise<Finding> | Finding;
}

export const pass = (found: string): Finding => ({ verdict: 'pass', found, next: null });
export const warn = (found: string, next: string): Finding => ({ verdict: 'warn', found, next });
export const fail = (found: string, next: string): Finding => ({ verdict: 'fail', found, next });
export const skip = (found: string): Finding => ({ verdict: 'skipped', found, next: null });

/** The operating system's or Node's code of an error, else its class; never its message, which may quote data. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
