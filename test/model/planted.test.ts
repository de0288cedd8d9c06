import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { plantedFaults } from './plants.ts';
import { closePlace, openPlace } from './place.ts';
import { type Place, runLife } from './run-life.ts';
import { life } from './steps.ts';

/** Lives that have to be enough to find any of them. */
const LIVES = 100;

describe('the model finds', () => {
  let place: Place;
  beforeAll(async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    place = await openPlace();
  });
  afterAll(() => closePlace(place));

  it.for(plantedFaults)('that $name', { timeout: 120_000 }, async ({ plant, found, name, seed = 3 }) => {
    const { failed, numRuns, errorInstance } = await fc.check(
      fc.asyncProperty(life, async (one) => {
        await runLife(place, one, plant());
      }),
      { seed, numRuns: LIVES, endOnFailure: true },
    );
    console.info(`${name}: found in life ${String(numRuns)}`);
    expect(failed).toBe(true);
    expect(String(errorInstance)).toMatch(found);
  });
});
