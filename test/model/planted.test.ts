import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usePlace } from './hold-model.ts';
import { plantedFaults } from './plants.ts';
import { runLife } from './run-life.ts';
import { life } from './steps.ts';

/** Lives that have to be enough to find any of them. */
const LIVES = 100;

describe('the model finds', () => {
  const place = usePlace();

  it.for(plantedFaults)('that $name', { timeout: 120_000 }, async ({ plant, found, name, seed = 3 }) => {
    const { failed, numRuns, errorInstance } = await fc.check(
      fc.asyncProperty(life, async (one) => {
        await runLife(place(), one, plant());
      }),
      { seed, numRuns: LIVES, endOnFailure: true },
    );
    console.info(`${name}: found in life ${String(numRuns)}`);
    expect(failed).toBe(true);
    expect(String(errorInstance)).toMatch(found);
  });
});
