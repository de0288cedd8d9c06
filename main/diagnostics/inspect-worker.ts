import { parentPort, workerData } from 'node:worker_threads';
import { inspectDatabase } from '../cache/inspect-database.ts';

/** The worker thread: reads every page of each database, which takes a while, and answers once. */
const files: readonly string[] = workerData;
parentPort?.postMessage(files.map((file) => inspectDatabase(file)));
