import * as z from 'zod';
import { operation } from './operation.ts';
import { count, instant, nothing } from './values.ts';

/** What is looked at, in the order in which it is shown: the way to the server first, then this computer. */
export const checkNames = [
  'proxy',
  'name',
  'connection',
  'sign_in_server',
  'data_server',
  'clock',
  'versions',
  'folder',
  'disk',
  'keyring',
  'database',
  'outbox',
] as const;
export const checkName = z.enum(checkNames);
export type CheckName = z.infer<typeof checkName>;

/** `skipped`: it could not be looked at, because of something above it or because the person ended the checks. */
export const verdict = z.enum(['pass', 'warn', 'fail', 'skipped']);
export type Verdict = z.infer<typeof verdict>;

export const checkResult = z.object({
  check: checkName,
  verdict,
  /** In English, without personal data: what was found, and what an IT person does about it. */
  found: z.string(),
  next: z.string().nullable(),
  milliseconds: count,
});
export type CheckResult = z.infer<typeof checkResult>;

export const diagnosticsOperations = {
  /**
   * Looks at everything. Each result comes as a `diagnostic` event when it is there; the answer has all of them, and as one plain
   * text for IT. A second call while one runs ends the first.
   */
  'diagnostics.run': operation(
    'cache',
    nothing,
    z.object({ startedAt: instant, results: z.array(checkResult), text: z.string() }),
  ),
  /** Ends the checks that run; what was not looked at is `skipped`. */
  'diagnostics.cancel': operation('cache', nothing, nothing),
  /** The last results, versions, counts of the outbox, the last syncs and the end of the log, without personal data: JSON. */
  'diagnostics.bundle': operation('cache', nothing, z.object({ fileName: z.string(), text: z.string() })),
};
