import type { AppError } from '../../shared/app-error.ts';
import type { Bridge } from '../../shared/contract/bridge.ts';
import { err, ok, type Result } from '../../shared/result.ts';

/** Bytes of one piece; the contract allows 1 MiB, and each is acknowledged before the next is read. */
const PIECE = 1024 * 1024;

interface TransferOptions {
  readonly bridge: Bridge;
  readonly file: File;
  readonly onProgress: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Hands a file to main piece by piece, so that no whole file stands in memory, and answers the id of its draft. A
 * cancelled or failed transfer leaves no draft behind.
 */
export async function transferFile({
  bridge,
  file,
  onProgress,
  signal,
}: TransferOptions): Promise<Result<string, AppError>> {
  const begun = await bridge.call('uploads.begin', { fileName: file.name, size: file.size });
  if (!begun.ok) return begun;
  const { draftId } = begun.value;
  for (let offset = 0; offset < file.size; offset += PIECE) {
    const failure = signal.aborted ? ({ code: 'cancelled' } as const) : await sendPiece(bridge, draftId, file, offset);
    if (failure) {
      await bridge.call('uploads.discard', { draftId });
      return err(failure);
    }
    onProgress(Math.min(file.size, offset + PIECE));
  }
  return ok(draftId);
}

async function sendPiece(bridge: Bridge, draftId: string, file: File, offset: number): Promise<AppError | null> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.slice(offset, offset + PIECE).arrayBuffer());
  } catch {
    // The file was moved, changed or its drive taken away while it was read.
    return { code: 'invalid_input', field: 'fileName', reason: 'unreadable' };
  }
  const sent = await bridge.call('uploads.append', { draftId, bytes });
  return sent.ok ? null : sent.error;
}
