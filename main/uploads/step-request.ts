import * as z from 'zod';
import { fix } from '../../shared/contract/upload-fixing.ts';

/** What a change over many rows was asked to do, as it is stored with its step. */
export const stepRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fix'), fix }),
  /** Without `rows` (a step from before an update) there is nothing to make, only to undo and to make again. */
  z.object({ kind: z.literal('skip_rows'), rows: z.array(z.number().int()).optional(), skipped: z.boolean() }),
  z.object({ kind: z.literal('skip_errors'), skipped: z.boolean() }),
  /** Texts for single rows, written down beforehand as the rows of the step. */
  z.object({ kind: z.literal('planned') }),
]);
export type StepRequest = z.infer<typeof stepRequest>;

/** What the step makes of `skipped` in each of its rows; null when it types something over cells. */
export function skippedBy(request: StepRequest): boolean | null {
  if (request.kind === 'planned') return null;
  if (request.kind === 'fix') return request.fix.kind === 'skip' ? true : null;
  return request.skipped;
}
