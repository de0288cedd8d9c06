import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import Papa from 'papaparse';
import { openDatabase } from '../main/cache/open.ts';
import type { OpenDatabase } from '../main/cache/database.ts';
import { insertDraftRows, type NewDraftRow } from '../main/cache/draft-rows.ts';
import { insertDraft } from '../main/cache/drafts.ts';
import { Cancelled } from '../main/uploads/cancelled.ts';
import { checkedColumns } from '../main/uploads/checked-columns.ts';
import type { ImportJob } from '../main/uploads/import-job.ts';
import { RecordReader } from '../main/uploads/record-reader.ts';
import { runImport } from '../main/uploads/run-import.ts';
import { readSourceFacts } from '../main/uploads/source-facts.ts';
import { readSourceText } from '../main/uploads/source-text.ts';
import { checkRow, ruleContext } from '../shared/csv/check-row.ts';
import type { UploadField } from '../shared/contract/uploads.ts';
import type { ImportMeasure } from './draft-import.ts';

/** One measurement in a process of its own, bundled beside the import worker: `node task.js pipeline|papa|store|idle|cancel FILE`. */
const [, , task, file = ''] = process.argv;
const draftId = '00000000-0000-4000-8000-000000000000';
const mapping: UploadField[] = ['first_name', 'email', 'credits', 'validity_days', 'ignore'];
const BATCH_ROWS = 2_000;

function openDraft(folder: string): OpenDatabase {
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(`no database: ${opened.error.code}`);
  insertDraft(opened.value, { draftId, fileName: 'members.csv', stage: 'columns' }, 0);
  return opened.value;
}

const countRows = (database: OpenDatabase): number =>
  database.get<{ rows: number }>('select count(*) as rows from draft_rows')?.rows ?? 0;

function jobOf(database: OpenDatabase): Omit<ImportJob, 'cancelled'> {
  return {
    databaseFile: database.file,
    writers: database.writers,
    sourceFile: file,
    draftId,
    options: { encoding: 'utf-8', separator: ',', sheet: null },
    mapping,
    clearBlank: [],
    hasRows: false,
    analysis: '{}',
    now: Date.now(),
  };
}

async function pipeline(database: OpenDatabase): Promise<[number, number]> {
  const worker = pathToFileURL(path.join(import.meta.dirname, 'import-worker.js'));
  const job = jobOf(database);
  const start = performance.now();
  const result = await runImport(worker, job, () => undefined).ended;
  const milliseconds = performance.now() - start;
  if (!result.ok) throw new Error(result.error.code);
  return [milliseconds, countRows(database)];
}

/** When a reading is cancelled. Milliseconds after its start. */
const CANCELLED_AFTER = [20, 300, 3_000, 100, 8_000, 50];

/** The longest time from a request to stop to the end of the thread, or of the look at the whole file. */
async function cancel(database: OpenDatabase): Promise<[number, number]> {
  const worker = pathToFileURL(path.join(import.meta.dirname, 'import-worker.js'));
  const job = jobOf(database);
  let longest = 0;
  for (const after of CANCELLED_AFTER) {
    const running = runImport(worker, job, () => undefined);
    await setTimeout(after);
    const start = performance.now();
    running.cancel();
    await running.ended;
    longest = Math.max(longest, performance.now() - start);
  }
  return [Math.max(longest, await cancelLook()), 0];
}

async function cancelLook(): Promise<number> {
  let start = Number.POSITIVE_INFINITY;
  const stop = (): void => {
    if (performance.now() >= start) throw new Cancelled();
  };
  const looking = readSourceFacts(file, stop).then(
    () => 0,
    () => performance.now() - start,
  );
  await setTimeout(200);
  start = performance.now();
  return looking;
}

/** As its documentation reads a large file: a stream, chunk by chunk. */
async function papa(): Promise<[number, number]> {
  const start = performance.now();
  let rows = 0;
  await new Promise<void>((resolve, reject) => {
    Papa.parse<string[], NodeJS.ReadableStream>(createReadStream(file, 'utf8'), {
      delimiter: ',',
      skipEmptyLines: true,
      chunk: (results) => {
        rows += results.data.length;
      },
      complete: () => resolve(),
      error: reject,
    });
  });
  return [performance.now() - start, rows - 1];
}

/** The same rows, read and checked before the clock starts. */
function store(database: OpenDatabase): [number, number] {
  const context = ruleContext(mapping, ',', new Date().toISOString().slice(0, 10));
  const reader = new RecordReader(',');
  const records: string[][] = [];
  for (const piece of readSourceText(file, 'utf-8')) for (const record of reader.push(piece.text)) records.push(record);
  const rows: NewDraftRow[] = records.slice(1).map((cells, index) => ({
    rowNo: index + 1,
    cells: JSON.stringify(cells),
    checked: checkedColumns(checkRow(cells, null, context)),
  }));
  const start = performance.now();
  for (let first = 0; first < rows.length; first += BATCH_ROWS) {
    database.transaction(() => {
      insertDraftRows(database, draftId, rows.slice(first, first + BATCH_ROWS));
    });
  }
  return [performance.now() - start, countRows(database)];
}

/** In bytes. On Linux the kernel's own count: the other one begins with what the parent process held. */
function peakMemory(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return Number(kilobytes ?? process.resourceUsage().maxRSS) * 1_024;
}

const folder = mkdtempSync(path.join(path.dirname(file), 'task-'));
const database = openDraft(folder);
const [milliseconds, rows] =
  task === 'pipeline'
    ? await pipeline(database)
    : task === 'papa'
      ? await papa()
      : task === 'store'
        ? store(database)
        : task === 'cancel'
          ? await cancel(database)
          : [0, 0];
database.close();
rmSync(folder, { recursive: true });
const measure: ImportMeasure = { milliseconds, rows, peak: peakMemory() };
process.stdout.write(JSON.stringify(measure));
