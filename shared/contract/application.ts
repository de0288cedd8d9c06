import * as z from 'zod';
import { operation } from './operation.ts';
import { count, instant, nothing } from './values.ts';

export const appearance = z.enum(['system', 'light', 'dark']);
export type Appearance = z.infer<typeof appearance>;

export const applicationInfo = z.object({
  version: z.string(),
  host: z.enum(['electron', 'browser', 'terminal', 'test']),
  operatingSystem: z.enum(['mac', 'windows', 'linux']),
  appearance,
  /** The project this console talks to before anybody typed one; null when none is preset. */
  presetServer: z.object({ url: z.string(), publishableKey: z.string() }).nullable(),
  /** The demo sign-in of the sandbox, only when the console runs in front of one. */
  demo: z.object({ email: z.string(), password: z.string() }).nullable(),
});
export type ApplicationInfo = z.infer<typeof applicationInfo>;

/** Data on this computer was damaged, and was made anew from what could be read of it; or the second journal knew more than it. */
const cacheRecovery = z.object({
  recovery: count,
  happenedAt: instant,
  reason: z.enum(['corrupt', 'journal']),
  /** How many came back. */
  items: count,
  drafts: count,
  /** Tables of which a part could not be read; for `journal`, entries that only a later version of the console can read. */
  lost: count,
  /** Name of the damaged file beside the new one; empty where none was set aside. */
  setAside: z.string(),
});
export type CacheRecovery = z.infer<typeof cacheRecovery>;

export const applicationOperations = {
  'application.info': operation('cache', nothing, applicationInfo),
  /** The latest that nobody has dismissed yet; null when there is none. */
  'application.recovery': operation('cache', nothing, z.object({ latest: cacheRecovery.nullable() })),
  'application.dismissRecovery': operation('cache', nothing, nothing),
  'application.setAppearance': operation('cache', z.object({ appearance }), nothing),
};
