import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasWire } from '../sync/sync-harness.ts';
import { closePlace, openPlace } from './place.ts';
import { type Place, runLife } from './run-life.ts';
import { life } from './steps.ts';
import { startWireProject } from './wire-project.ts';

const runs = Number(process.env['MODEL_RUNS'] ?? 1_000);
/** Lives that PostgREST is asked for as well: each takes ten times as long there. */
const wireRuns = Number(process.env['MODEL_WIRE_RUNS'] ?? 12);
const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);

/** What is sure to happen in so many lives. */
const usual = [
  'assign done',
  'assign insufficient_credits',
  'assign member_inactive',
  'assign member_not_found',
  'assign taken back',
  'revoke done',
  'revoke insufficient_unspent',
  'extend done',
  'extend no_unspent_credits',
  'status done',
  'upload done',
  'upload rows_refused',
  'upload row done',
  'upload row member_inactive',
];

describe('the model', () => {
  let place: Place;
  beforeAll(async () => {
    // Delays are not what is asked for here; with even ones a seed brings the same life again.
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    place = await openPlace();
  });
  afterAll(() => closePlace(place));

  it(`holds for ${String(runs)} lives of a console`, async () => {
    console.info(`MODEL_SEED=${String(seed)} MODEL_RUNS=${String(runs)}`);
    const ended = new Map<string, number>();
    await fc.assert(
      // Two at a time: one thinks while the other waits for the server.
      fc.asyncProperty(life, life, async (...both) => {
        const lives = await Promise.all(both.map((one) => runLife(place, one)));
        for (const what of lives.flatMap(({ outcomes }) => outcomes)) ended.set(what, (ended.get(what) ?? 0) + 1);
      }),
      { seed, numRuns: Math.ceil(runs / 2), endOnFailure: process.env['MODEL_SHRINK'] === undefined },
    );
    console.info([...ended].map(([what, times]) => `${what}: ${String(times)}`).join(', '));
    // Lives in which nothing happens would prove nothing.
    expect(runs < 500 ? [] : usual.filter((what) => !ended.has(what))).toEqual([]);
    const [{ violations } = { violations: null }] = await place.project.sql<{ violations: unknown[] | null }[]>`
        select public.partner_invariants() -> 'violations' as violations`;
    expect(violations).toEqual([]);
  }, 600_000);

  it.skipIf(!hasWire)(
    'ends every life behind PostgREST as without it',
    async () => {
      const wire = await openPlace(startWireProject);
      try {
        for (const one of fc.sample(life, { seed, numRuns: wireRuns })) {
          const [behind, without] = await Promise.all([runLife(wire, one), runLife(place, one)]);
          expect(behind).toEqual(without);
        }
      } finally {
        await closePlace(wire);
      }
    },
    600_000,
  );
});
