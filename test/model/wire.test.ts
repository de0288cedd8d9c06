import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasWire } from '../sync/sync-harness.ts';
import { seedOr, usePlace } from './hold-model.ts';
import { closePlace, openPlace } from './place.ts';
import { runLife } from './run-life.ts';
import { life } from './steps.ts';
import { startWireProject } from './wire-project.ts';

/** How many lives PostgREST is asked for as well: each takes ten times as long there. */
const runs = Number(process.env['MODEL_WIRE_RUNS'] ?? 12);

describe.skipIf(!hasWire)('the model behind PostgREST', () => {
  const place = usePlace();

  it(`ends ${String(runs)} lives as without it`, { timeout: 600_000 }, async () => {
    const wire = await openPlace(startWireProject);
    try {
      for (const one of fc.sample(life, { seed: seedOr(41), numRuns: runs })) {
        const [behind, without] = await Promise.all([runLife(wire, one), runLife(place(), one)]);
        expect(behind).toEqual(without);
      }
    } finally {
      await closePlace(wire);
    }
  });
});
