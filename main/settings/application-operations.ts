import { ok } from '../../shared/result.ts';
import type { Handlers } from '../application.ts';
import type { Announce } from '../application-events.ts';
import type { Platform } from '../platform/platform.ts';
import type { ApplicationFile } from './application-file.ts';

/** What a window needs to know first, and the appearance. Needs nobody to be signed in. */
export function applicationOperations(
  platform: Platform,
  file: ApplicationFile,
  announce: Announce,
): Pick<Handlers, 'application.info' | 'application.setAppearance'> {
  return {
    'application.info': () =>
      ok({
        version: platform.version,
        host: platform.kind,
        operatingSystem: platform.operatingSystem,
        appearance: file.read().appearance,
        presetServer: platform.presetServer,
        demo: platform.demo,
      }),
    'application.setAppearance': ({ appearance }) => {
      file.update((state) => ({ ...state, appearance }));
      announce('settings');
      return ok({});
    },
  };
}
