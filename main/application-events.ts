import type { BridgeEvent, ChangedTable } from '../shared/contract/events.ts';

/** Says which data changed, after the transaction that changed it has been committed. */
export type Announce = (...tables: ChangedTable[]) => void;

/** Events of the running console, for any number of windows. */
export interface ApplicationEvents {
  readonly announce: Announce;
  readonly emit: (event: BridgeEvent) => void;
  /** Answers the function that ends the subscription. */
  readonly onEvent: (listener: (event: BridgeEvent) => void) => () => void;
}

/** An announcer without subscribers. A listener that throws does not keep the others from hearing. */
export function createApplicationEvents(onListenerFault: (error: unknown) => void): ApplicationEvents {
  const listeners = new Set<(event: BridgeEvent) => void>();
  const emit = (event: BridgeEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        onListenerFault(error);
      }
    }
  };
  return {
    emit,
    announce: (...tables) => emit({ event: 'tables_changed', tables: [...new Set(tables)] }),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
