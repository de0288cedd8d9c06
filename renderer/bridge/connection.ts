import { create } from 'zustand';

/**
 * How the window reaches the console's own core (not the server): `lost` when it went away and is being looked for,
 * `replaced` when the console was opened in another window, `stopped` when the core ended on purpose.
 */
export type CoreConnection = 'open' | 'lost' | 'replaced' | 'stopped';

interface ConnectionState {
  readonly connection: CoreConnection;
}

/** Set by the WebSocket bridge alone; in Electron the core lives as long as the window. */
export const useConnection = create<ConnectionState>(() => ({ connection: 'open' }));
