import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { Bridge } from '../../shared/contract/bridge.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import { QueryStore } from './query-store.ts';

interface BridgeAccess {
  readonly bridge: Bridge;
  readonly queries: QueryStore;
}

const BridgeContext = createContext<BridgeAccess | null>(null);

/**
 * Gives the screens below it one bridge and one store of its answers. A provider inside another starts with nothing
 * known: with the account as its key, no answer of one account can reach the next.
 */
export function BridgeProvider({ bridge, children }: { bridge: Bridge; children: ReactNode }) {
  const [access] = useState<BridgeAccess>(() => ({ bridge, queries: new QueryStore(bridge) }));
  useEffect(() => access.queries.connect(), [access]);
  return <BridgeContext value={access}>{children}</BridgeContext>;
}

/** The bridge and its answers; throws outside of a BridgeProvider, which is a bug. */
export function useBridge(): BridgeAccess {
  const access = useContext(BridgeContext);
  if (!access) throw new Error('useBridge needs a BridgeProvider above it');
  return access;
}

/** Calls back for every event of the bridge while mounted. */
export function useBridgeEvent(listener: (event: BridgeEvent) => void): void {
  const { bridge } = useBridge();
  useEffect(() => bridge.onEvent(listener), [bridge, listener]);
}
