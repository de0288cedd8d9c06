import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedOr, usePlace } from './hold-model.ts';
import { runLife } from './run-life.ts';
import { life, loss, lossyLife } from './steps.ts';

/** LOST_LOG_RUNS: so many lives. */
const lives = Number(process.env['LOST_LOG_RUNS'] ?? 100);

describe('the model, where databases lose the ends of their logs', () => {
  const place = usePlace();

  it(`holds for ${String(lives)} lives`, { timeout: 1_200_000 }, async () => {
    const seed = seedOr(91);
    console.info(`MODEL_SEED=${String(seed)}: ${String(lives)} lives`);
    const ended = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.oneof(life, lossyLife), loss, async (one, lost) => {
        const { outcomes } = await runLife(place(), one, {}, lost);
        for (const what of outcomes) ended.set(what, (ended.get(what) ?? 0) + 1);
      }),
      { seed, numRuns: lives, endOnFailure: process.env['MODEL_SHRINK'] === undefined },
    );
    console.info([...ended].map(([what, times]) => `${what}: ${String(times)}`).join(', '));
    expect(['assign done', 'upload row done'].filter((what) => !ended.has(what))).toEqual([]);
  });
});
