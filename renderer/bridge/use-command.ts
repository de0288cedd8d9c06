import { useCallback, useRef, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import { err, type Result } from '../../shared/result.ts';
import { useBridge } from './bridge-provider.tsx';

/** An operation that acts. `run` never throws; `error` is that of the last run until the next one starts. */
export interface Command<Name extends OperationName> {
  readonly run: (input: OperationInput<Name>) => Promise<Result<OperationOutput<Name>, AppError>>;
  readonly running: boolean;
  readonly error: AppError | null;
  readonly clearError: () => void;
}

/** Runs one acting operation and keeps whether it runs and how it failed. */
export function useCommand<Name extends OperationName>(name: Name): Command<Name> {
  const { bridge } = useBridge();
  const [runs, setRuns] = useState(0);
  const [error, setError] = useState<AppError | null>(null);
  const latest = useRef(0);

  const run = useCallback(
    async (input: OperationInput<Name>) => {
      latest.current += 1;
      const mine = latest.current;
      setRuns((count) => count + 1);
      setError(null);
      const result = await bridge
        .call(name, input)
        .catch((): Result<OperationOutput<Name>, AppError> => err({ code: 'unexpected', incident: 'bridge' }));
      setRuns((count) => count - 1);
      if (!result.ok && mine === latest.current) setError(result.error);
      return result;
    },
    [bridge, name],
  );
  const clearError = useCallback(() => setError(null), []);
  return { run, running: runs > 0, error, clearError };
}
