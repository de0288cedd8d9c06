/** A change over many rows that goes on in slices; its draft can not be changed otherwise meanwhile. */
export interface RunningWork {
  /** Resolves when the work has ended or was stopped. Rejects when it met a fault; then it goes on with the next call. */
  readonly ended: Promise<unknown>;
  /** Asks the work to take back what it has done, and end. */
  cancel(): void;
  /** Asks the work to stop where it is, after the current slice: it goes on when the account is opened again. */
  stop(): void;
}
