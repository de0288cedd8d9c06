import * as z from 'zod';
import { operation } from './operation.ts';
import { nothing } from './values.ts';

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

export const applicationOperations = {
  'application.info': operation('cache', nothing, applicationInfo),
  'application.setAppearance': operation('cache', z.object({ appearance }), nothing),
};
