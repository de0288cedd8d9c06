/** An undo as it was sent: asked again, it must be the very same, or the server takes it for another. */
interface UndoRequest {
  readonly requestId: string;
  readonly reason: string;
}

/** Undo commands whose answer is not here yet, by upload. */
const unanswered = new Map<string, UndoRequest>();

/** The undo of an upload that was sent and has no answer, or null. */
export function unansweredUndo(uploadId: string): UndoRequest | null {
  return unanswered.get(uploadId) ?? null;
}

/** What is to be sent: the unanswered command again, so that nothing is done twice, or else a new one with this reason. */
export function undoRequest(uploadId: string, reason: string): UndoRequest {
  const request = unanswered.get(uploadId) ?? { requestId: crypto.randomUUID(), reason };
  unanswered.set(uploadId, request);
  return request;
}

/** To be called when the command was answered, or never left this computer. */
export function forgetUndo(uploadId: string): void {
  unanswered.delete(uploadId);
}
