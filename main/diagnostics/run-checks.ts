import type { CheckResult } from '../../shared/contract/diagnostics.ts';
import { type Check, errorCode, fail, type Finding, skip } from './check.ts';

/**
 * Runs the checks of each lane one after the other and the lanes beside each other: within a lane one builds on what the one before
 * learned. `onResult` hears of each at once. Never throws: a check that does is a failed one. The order of the answer is that of the
 * lanes.
 */
export async function runChecks(
  lanes: readonly (readonly Check[])[],
  onResult: (result: CheckResult) => void,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const results = await Promise.all(
    lanes.map(async (lane) => {
      const done: CheckResult[] = [];
      for (const check of lane) {
        const result = await runOne(check, signal);
        done.push(result);
        onResult(result);
      }
      return done;
    }),
  );
  return results.flat();
}

async function runOne(check: Check, signal: AbortSignal): Promise<CheckResult> {
  const startedAt = performance.now();
  const finding = signal.aborted ? skip('Not looked at: the checks were ended.') : await limited(check, signal);
  return { check: check.name, ...finding, milliseconds: Math.round(performance.now() - startedAt) };
}

/** The finding, or what stands for it when the limit or the person comes first. */
async function limited(check: Check, signal: AbortSignal): Promise<Finding> {
  const limit = new AbortController();
  const stop = AbortSignal.any([signal, limit.signal]);
  const timer = setTimeout(() => limit.abort(), check.limit);
  try {
    const stopped = new Promise<Finding>((resolve) => {
      stop.addEventListener(
        'abort',
        () =>
          resolve(
            limit.signal.aborted
              ? fail(`No answer within ${Math.round(check.limit / 1_000)} seconds.`, check.ifLate)
              : skip('Not looked at to the end: the checks were ended.'),
          ),
        { once: true },
      );
    });
    return await Promise.race([attempt(check, stop), stopped]);
  } finally {
    clearTimeout(timer);
    // Ends what the check may have left open, a connection that nobody waits for any more.
    limit.abort();
  }
}

async function attempt(check: Check, signal: AbortSignal): Promise<Finding> {
  try {
    return await check.run(signal);
  } catch (error) {
    return fail(`The check itself failed (${errorCode(error)}).`, 'Send this to the makers of Partner Console.');
  }
}
