import { Worker } from 'node:worker_threads';
import type { AppError } from '../../shared/app-error.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { ImportJob, ImportReport } from './import-job.ts';

/** A worker thread that reads a file. */
export interface RunningImport {
  /**
   * Resolves when the reading has ended, whatever the outcome; at once when it was cancelled before it began, since it will then
   * touch nothing. `unreadable_file` (`too_large`) when its thread ran out of memory. Rejects when it died of a bug.
   */
  readonly ended: Promise<Result<null, AppError>>;
  /** Resolves when the thread is gone and with it its connection to the database. */
  readonly gone: Promise<unknown>;
  /** Asks the thread to stop; it does so after its current piece or batch, within 200 ms. */
  cancel(): void;
}

/**
 * The thread's heap. What it reads dies young; without a limit the engine would rather let it pile up than collect it.
 * The longest record that is taken still fits.
 */
const HEAP = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 160 };

/** Starts the worker thread. `onReport` hears of its progress. */
export function runImport(
  worker: URL,
  job: Omit<ImportJob, 'cancelled'>,
  onReport: (report: ImportReport) => void,
): RunningImport {
  const cancelled = new Int32Array(new SharedArrayBuffer(4));
  const workerData: ImportJob = { ...job, cancelled };
  const thread = new Worker(worker, { workerData, resourceLimits: HEAP });
  let hasStarted = false;
  let endNow: (outcome: Result<null, AppError>) => void = () => undefined;
  const ended = new Promise<Result<null, AppError>>((resolve, reject) => {
    endNow = resolve;
    thread.on('message', (report: ImportReport) => {
      if (report.report === 'started') hasStarted = true;
      else if (report.report === 'finished') resolve(report.error === null ? ok(null) : err(report.error));
      else onReport(report);
    });
    thread.on('error', (error) => {
      if (isOutOfMemory(error)) resolve(err({ code: 'unreadable_file', reason: 'too_large' }));
      else reject(error);
    });
    thread.on('exit', (code) => {
      reject(new Error(`the import worker ended with code ${code} and no result`));
    });
  });
  const gone = new Promise((resolve) => {
    thread.once('exit', resolve);
  });
  const cancel = (): void => {
    Atomics.store(cancelled, 0, 1);
    // It may be pausing.
    Atomics.notify(cancelled, 0);
    // Starting a thread takes a while; somebody who says stop need not wait for it.
    if (!hasStarted) endNow(err({ code: 'cancelled' }));
  };
  return { ended, gone, cancel };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
