/** A change over many rows that goes on in slices; its draft can not be changed otherwise meanwhile. */
export interface RunningWork {
  /** Resolves when the work has ended or was stopped. Rejects when it met a fault; then it goes on with the next call. */
  readonly ended: Promise<unknown>;
  /** Asks the work to take back what it has done, and end. */
  cancel(): void;
  /** Asks the work to stop where it is, after the current slice: it goes on when the account is opened again. */
  stop(): void;
}

/**
 * Does work on a draft that nothing else may change meanwhile. `work` is given the question whether it is to end where it is: because the
 * person cancels it, or the account is closed.
 */
export async function workOn<T>(
  uploads: { readonly works: Map<string, RunningWork> },
  draftId: string,
  work: (isStopped: () => boolean) => Promise<T>,
): Promise<T> {
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  const ended = work(() => isStopped);
  uploads.works.set(draftId, { ended, cancel: stop, stop });
  try {
    return await ended;
  } finally {
    uploads.works.delete(draftId);
  }
}
