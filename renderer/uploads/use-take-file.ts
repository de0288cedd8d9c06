import { useCallback, useRef, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import { useBridge } from '../bridge/bridge-provider.tsx';
import { needsOtherFile } from '../messages/error-words.ts';
import { openUpload } from '../navigation/navigation-store.ts';
import { transferFile } from './transfer-file.ts';

interface Transfer {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  readonly done: number;
}

interface TakeFile {
  /** The file on its way; null when none is. */
  readonly transfer: Transfer | null;
  readonly error: AppError | null;
  readonly take: (file: File) => void;
  readonly cancel: () => void;
}

/** Takes one file at a time in, has it recognised and opens its upload. A file that cannot be one leaves no draft. */
export function useTakeFile(): TakeFile {
  const { bridge } = useBridge();
  const [transfer, setTransfer] = useState<Transfer | null>(null);
  const [error, setError] = useState<AppError | null>(null);
  const running = useRef<AbortController | null>(null);

  const run = useCallback(
    async (file: File): Promise<void> => {
      if (running.current) return;
      const controller = new AbortController();
      running.current = controller;
      const end = (failure: AppError): void => {
        running.current = null;
        setTransfer(null);
        setError(failure);
      };
      setError(null);
      const onProgress = (done: number): void => setTransfer({ name: file.name, size: file.size, done });
      onProgress(0);
      const moved = await transferFile({ bridge, file, onProgress, signal: controller.signal });
      if (!moved.ok) return end(moved.error);
      const draftId = moved.value;
      const analysed = await bridge.call('uploads.analyse', { draftId, options: null });
      if (!analysed.ok && needsOtherFile(analysed.error)) {
        await bridge.call('uploads.discard', { draftId });
        return end(analysed.error);
      }
      openUpload({ draftId });
    },
    [bridge],
  );
  const take = useCallback((file: File) => void run(file), [run]);
  const cancel = useCallback(() => running.current?.abort(), []);
  return { transfer, error, take, cancel };
}
