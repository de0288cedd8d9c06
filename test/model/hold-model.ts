import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { closePlace, openPlace } from './place.ts';
import { type Place, runLife } from './run-life.ts';
import { life } from './steps.ts';

/** MODEL_RUNS: lives that are the same in each run, of which each of two files lives its half; a tenth as many are new in each run. */
export const runs = Number(process.env['MODEL_RUNS'] ?? 1_000);
/**
 * MODEL_SEED: other lives, or those of a run that failed again. The halves live the same ones where nothing is said: a change is judged
 * by what it changes. MODEL_SHRINK=1 looks for the shortest life that goes wrong as well.
 */
export const seedOr = (usually: number): number => Number(process.env['MODEL_SEED'] ?? usually);
const endOnFailure = process.env['MODEL_SHRINK'] === undefined;

/** What is sure to happen in hundreds of lives. */
const usual = [
  'assign done',
  'assign insufficient_credits',
  'assign taken back',
  'revoke done',
  'revoke insufficient_unspent',
  'extend done',
  'extend no_unspent_credits',
  'status done',
  'upload done',
  'upload row done',
];

/** A place that is there for the tests of a file. */
export function usePlace(): () => Place {
  let place: Place | null = null;
  beforeAll(async () => {
    // Delays are not what is asked for here; with even ones a seed brings the same life again.
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    place = await openPlace();
  });
  afterAll(async () => {
    if (place !== null) await closePlace(place);
  });
  return () => {
    if (place === null) throw new Error('no place yet');
    return place;
  };
}

/** Runs so many of the lives: several files take a part each, so that neither processor waits for the other. */
export function holdModel(part: 1 | 2 | 3, lives: number, seed: number): void {
  const place = usePlace();

  it(`holds for ${String(lives)} lives of a console`, { timeout: 1_200_000 }, async () => {
    console.info(`MODEL_SEED=${String(seed)}, part ${String(part)}: ${String(lives)} lives`);
    const ended = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(life, async (one) => {
        const { outcomes } = await runLife(place(), one);
        for (const what of outcomes) ended.set(what, (ended.get(what) ?? 0) + 1);
      }),
      { seed: seed + part - 1, numRuns: lives, endOnFailure },
    );
    console.info([...ended].map(([what, times]) => `${what}: ${String(times)}`).join(', '));
    // Lives in which nothing happens would prove nothing.
    expect(lives < 500 ? [] : usual.filter((what) => !ended.has(what))).toEqual([]);
    const [{ violations } = { violations: null }] = await place().project.sql<{ violations: unknown[] | null }[]>`
      select public.partner_invariants() -> 'violations' as violations`;
    expect(violations).toEqual([]);
  });
}
