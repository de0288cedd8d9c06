import { useCallback, useSyncExternalStore } from 'react';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import { useBridge } from './bridge-provider.tsx';
import type { QueryName } from './operation-tables.ts';
import type { Snapshot } from './query-store.ts';

/**
 * The answer of one reading operation, kept fresh: it is read again when its tables change, and the last data stays
 * on screen meanwhile. Inputs are compared by value.
 */
export function useQuery<Name extends QueryName>(
  name: Name,
  input: OperationInput<Name>,
): Snapshot<OperationOutput<Name>> {
  const { queries } = useBridge();
  const key = JSON.stringify(input);
  const watch = useCallback(
    (listener: () => void) => queries.watch(name, JSON.parse(key) as OperationInput<Name>, listener),
    [queries, name, key],
  );
  return useSyncExternalStore(watch, () => queries.snapshot(name, input));
}
