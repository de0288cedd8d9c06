import type { ApplicationFile, ApplicationState } from '../../main/settings/application-file.ts';

/** The settings of a console that nobody has used yet, kept in memory. */
export function memoryApplicationFile(): ApplicationFile {
  let state: ApplicationState = {
    appearance: 'system',
    lastServer: null,
    lastEmail: null,
    accounts: [],
    currentAccountId: null,
  };
  return { read: () => state, update: (change) => void (state = change(state)) };
}
