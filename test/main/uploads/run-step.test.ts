import { expect, test } from 'vitest';
import { openUploads } from '../../../main/uploads/open-uploads.ts';
import { sweepSteps } from '../../../main/uploads/run-step.ts';
import { spoilPages } from '../../builders/spoiled-pages.ts';
import { openHarness } from './uploads-harness.ts';

test('the sweep of steps that nobody waits for tells of a damaged database, and never rejects', async () => {
  const harness = openHarness();
  const { database, folder } = harness;
  const uploads = openUploads({ database, folder });
  spoilPages(database, 'draft_steps');
  const told: string[] = [];
  const dependencies = {
    account: () => ({ database, folder }),
    announce: () => undefined,
    emit: () => undefined,
    wakeSender: () => undefined,
    onDamage: () => told.push('damage'),
    clock: { now: () => 0, after: () => () => undefined },
    log: (_level: string, event: string) => told.push(event),
    importWorker: new URL(import.meta.url),
  };
  await sweepSteps({ dependencies, uploads });
  expect(told).toEqual(['steps_not_swept', 'damage']);
  await harness.close();
});
