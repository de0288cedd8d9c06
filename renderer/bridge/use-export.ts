import { useCallback, useRef, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { Bridge } from '../../shared/contract/bridge.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { ExportRequest } from '../../shared/contract/upload-files.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { useBridge, useBridgeEvent } from './bridge-provider.tsx';
import { saveFile } from './save-file.ts';

export interface Export {
  readonly error: AppError | null;
  /** How much of the file is made, 0 to 1; null when none is being made. */
  readonly share: number | null;
  readonly run: (what: ExportRequest) => void;
  readonly cancel: () => void;
}

interface Running {
  readonly what: ExportRequest;
  readonly abort: AbortController;
}

/** Makes a file and hands it to the system, which asks where to keep it: the same in Electron and in a browser. */
export function useExport(): Export {
  const { bridge } = useBridge();
  const [share, setShare] = useState<number | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const running = useRef<Running | null>(null);
  const onEvent = useCallback((event: BridgeEvent) => {
    const what = running.current?.what;
    if (event.event !== 'export_progress' || what?.kind !== 'rows' || what.draftId !== event.draftId) return;
    setShare(event.total === 0 ? 0 : event.done / event.total);
  }, []);
  useBridgeEvent(onEvent);

  const run = useCallback(
    (what: ExportRequest) => {
      if (running.current) return;
      const abort = new AbortController();
      running.current = { what, abort };
      setError(null);
      setShare(0);
      fetchFile(bridge, what, abort.signal)
        .then((file) => {
          if (file.ok) saveFile(file.value);
          else if (file.error.code !== 'cancelled') setError(file.error);
        })
        .catch(reportError)
        .finally(() => {
          running.current = null;
          setShare(null);
        });
    },
    [bridge],
  );
  const cancel = useCallback(() => {
    const current = running.current;
    if (!current) return;
    current.abort.abort();
    if (current.what.kind === 'rows') void bridge.call('exports.cancel', { draftId: current.what.draftId });
  }, [bridge]);
  return { error, share, run, cancel };
}

async function fetchFile(bridge: Bridge, what: ExportRequest, signal: AbortSignal): Promise<Result<File, AppError>> {
  const begun = await bridge.call('exports.begin', { what });
  if (!begun.ok) return begun;
  const { exportId, fileName, size } = begun.value;
  const file = await readPieces(bridge, exportId, size, signal);
  await bridge.call('exports.end', { exportId });
  return file.ok ? ok(new File(file.value, fileName)) : file;
}

async function readPieces(
  bridge: Bridge,
  exportId: string,
  size: number,
  signal: AbortSignal,
): Promise<Result<Uint8Array<ArrayBuffer>[], AppError>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  while (offset < size) {
    if (signal.aborted) return err({ code: 'cancelled' });
    const piece = await bridge.call('exports.read', { exportId, offset });
    if (!piece.ok) return piece;
    const { bytes } = piece.value;
    if (bytes.length === 0) break;
    pieces.push(new Uint8Array(bytes));
    offset += bytes.length;
  }
  return ok(pieces);
}
