import { parentPort, workerData } from 'node:worker_threads';
import { connect } from '../cache/open.ts';
import type { ImportJob, ImportReport } from './import-job.ts';
import { copyLog, importRows } from './import-rows.ts';

/** The worker thread: its own connection to the account's database, one file, one report at the end. */
const job: ImportJob = workerData;
const report = (message: ImportReport): void => parentPort?.postMessage(message);
report({ report: 'started' });
const database = connect(job.databaseFile);
try {
  const result = await importRows(database, job, report);
  report({ report: 'finished', error: result.ok ? null : result.error });
  copyLog(database);
} finally {
  database.close();
}
