import { useCallback, useEffect, useRef, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import { checkNames, type CheckResult } from '../../shared/contract/diagnostics.ts';
import { useBridge, useBridgeEvent } from '../bridge/bridge-provider.tsx';
import { useCommand } from '../bridge/use-command.ts';

interface Diagnostics {
  /** Those that are there, in the order in which people read them. */
  readonly results: readonly CheckResult[];
  readonly total: number;
  /** Once all are there. */
  readonly report: OperationOutput<'diagnostics.run'> | null;
  readonly running: boolean;
  readonly error: AppError | null;
  readonly run: () => void;
  readonly cancel: () => void;
}

/** Runs the diagnostics and shows each finding as it comes. They end when the screen is left. */
export function useDiagnostics(): Diagnostics {
  const { bridge } = useBridge();
  const command = useCommand('diagnostics.run');
  const [results, setResults] = useState<readonly CheckResult[]>([]);
  const [report, setReport] = useState<OperationOutput<'diagnostics.run'> | null>(null);
  const { running, run: start } = command;

  const onEvent = useCallback((event: BridgeEvent) => {
    if (event.event !== 'diagnostic') return;
    setResults((before) => inOrder([...before.filter(({ check }) => check !== event.result.check), event.result]));
  }, []);
  useBridgeEvent(onEvent);

  const run = useCallback(() => {
    setResults([]);
    setReport(null);
    void start({}).then((answer) => {
      if (!answer.ok) return;
      setResults(answer.value.results);
      setReport(answer.value);
    });
  }, [start]);
  const cancel = useCallback(() => void bridge.call('diagnostics.cancel', {}), [bridge]);
  useEffect(() => {
    if (!running) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') cancel();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [running, cancel]);
  // Nobody reads the findings of a screen that was left.
  const isRunning = useRef(false);
  useEffect(() => {
    isRunning.current = running;
  }, [running]);
  useEffect(
    () => () => {
      if (isRunning.current) cancel();
    },
    [cancel],
  );

  return { results, total: checkNames.length, report, running, error: command.error, run, cancel };
}

function inOrder(results: readonly CheckResult[]): CheckResult[] {
  return results.toSorted((a, b) => checkNames.indexOf(a.check) - checkNames.indexOf(b.check));
}
