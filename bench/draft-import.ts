import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from './bundle.ts';
import { writeMembers, writeWorkbook } from './draft-import-files.ts';
import { baseline, seconds, timing, type BenchReport, type Figure } from './measure.ts';

/** What a child process is to do with the file; `idle` only opens the database, for the memory it takes anyway. */
export type ImportTask = 'pipeline' | 'papa' | 'store' | 'idle' | 'cancel';

/** What a child process answers on standard output. */
export interface ImportMeasure {
  /** Of `cancel`: from the request to the end of the thread, the longest of several. */
  readonly milliseconds: number;
  readonly rows: number;
  /** The most memory the whole process held, in bytes. */
  readonly peak: number;
}

const tasks: readonly ImportTask[] = ['pipeline', 'papa', 'store', 'idle'];
const FEW_ROWS = 100_000;
const GIGABYTE = 1_073_741_824;
const MEBIBYTE = 1_048_576;

/**
 * Reads, checks and stores a CSV as the console does it, against Papa Parse alone and storing alone, each in a fresh process, in
 * turns; then the same rows as a workbook. Beyond 100,000 rows these are read too, to see whether the time grows with the rows.
 */
export async function benchDraftImport(rows: number, rounds: number): Promise<BenchReport> {
  return inFolder(async (folder, scripts) => {
    const file = path.join(folder, 'members.csv');
    const few = path.join(folder, 'few.csv');
    const sheet = path.join(folder, 'members.xlsx');
    writeMembers(file, rows);
    writeWorkbook(sheet, rows);
    const isMany = rows > FEW_ROWS;
    if (isMany) writeMembers(few, FEW_ROWS);
    const measures = new Map<ImportTask, ImportMeasure[]>(tasks.map((task) => [task, []]));
    const fewMeasures: ImportMeasure[] = [];
    const sheetMeasures: ImportMeasure[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const task of tasks) measures.get(task)?.push(measure(scripts, task, file, rows));
      sheetMeasures.push(measure(scripts, 'pipeline', sheet, rows));
      if (isMany) fewMeasures.push(measure(scripts, 'pipeline', few, FEW_ROWS));
    }
    const report = reportOf(rows, statSync(file).size, measures);
    const figures = [...report.figures, ...sheetFigures(sheetMeasures, rows)];
    if (isMany) figures.push(growth(fewMeasures, measures.get('pipeline') ?? [], rows));
    return { ...report, figures, data: { ...report.data, fewMeasures, sheetMeasures } };
  });
}

/** Reads a file of one gigabyte to its end, and cancels it at several moments. */
export async function benchGigabyte(): Promise<BenchReport> {
  return inFolder((folder, scripts) => {
    const file = path.join(folder, 'members.csv');
    const rows = writeMembers(file, 0, GIGABYTE);
    const idle = measure(scripts, 'idle', file, 0);
    const cancel = measure(scripts, 'cancel', file, 0);
    const whole = measure(scripts, 'pipeline', file, rows);
    const peak = whole.peak / MEBIBYTE;
    return {
      name: 'gigabyte',
      figures: [
        baseline('file', `${rows.toLocaleString('en')} rows, ${(statSync(file).size / MEBIBYTE).toFixed(0)} MB`),
        baseline('read, check, store, in a worker', `${(whole.milliseconds / 1_000).toFixed(1)} s`),
        {
          what: 'peak memory of the process',
          value: `${peak.toFixed(0)} MB (${(idle.peak / MEBIBYTE).toFixed(0)} MB with nothing read)`,
          goal: '≤ 250 MB',
          isMet: peak <= 250,
        },
        {
          what: 'the longest of its cancellations (removing, reading, looking at all of it)',
          value: `${cancel.milliseconds.toFixed(0)} ms`,
          goal: '≤ 200 ms',
          isMet: cancel.milliseconds <= 200,
        },
      ],
      data: { rows, whole, cancel, idle },
    };
  });
}

async function inFolder(
  work: (folder: string, scripts: string) => Promise<BenchReport> | BenchReport,
): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-bench-'));
  try {
    const scripts = await bundle('draft-import', {
      task: path.join(import.meta.dirname, 'draft-import-task.ts'),
      'import-worker': path.resolve(import.meta.dirname, '../main/uploads/import-worker.ts'),
    });
    return await work(folder, scripts);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function reportOf(rows: number, size: number, measures: ReadonlyMap<ImportTask, ImportMeasure[]>): BenchReport {
  const of = (task: ImportTask): ImportMeasure[] => measures.get(task) ?? [];
  const time = (task: ImportTask) => timing(of(task).map((it) => it.milliseconds));
  const peak = (task: ImportTask): number => Math.max(...of(task).map((it) => it.peak)) / MEBIBYTE;
  const ratio = time('pipeline').median / (time('papa').median + time('store').median);
  const megabytes = `${(size / MEBIBYTE).toFixed(1)} MB`;
  const memoryGoal = rows > FEW_ROWS ? 250 : 150;
  return {
    name: 'draft-import',
    figures: [
      baseline('file', `${rows.toLocaleString('en')} rows, ${megabytes}`),
      baseline('pipeline: read, check, store, in a worker', seconds(time('pipeline'))),
      baseline('Papa Parse alone', seconds(time('papa'))),
      baseline('storing alone', seconds(time('store'))),
      {
        what: 'pipeline ÷ (parsing + storing)',
        value: ratio.toFixed(2),
        goal: '≤ 1.30',
        isMet: ratio <= 1.3,
      },
      {
        what: 'peak memory of the process',
        value: `${peak('pipeline').toFixed(0)} MB (${peak('idle').toFixed(0)} MB with nothing read)`,
        goal: `≤ ${memoryGoal} MB`,
        isMet: peak('pipeline') <= memoryGoal,
      },
      baseline('rows per second', Math.round((rows / time('pipeline').median) * 1_000).toLocaleString('en')),
    ],
    data: { rows, bytes: size, ratio, measures: Object.fromEntries(measures) },
  };
}

/** The time of many rows against that of few: linear means that eleven times is enough for ten times the rows. */
function growth(few: readonly ImportMeasure[], many: readonly ImportMeasure[], rows: number): Figure {
  const of = (measures: readonly ImportMeasure[]): number => timing(measures.map((it) => it.milliseconds)).median;
  const times = of(many) / of(few);
  const goal = (1.1 * rows) / FEW_ROWS;
  return {
    what: `the time of ${FEW_ROWS.toLocaleString('en')} rows, so many times`,
    value: times.toFixed(1),
    goal: `≤ ${goal.toFixed(1)}`,
    isMet: times <= goal,
  };
}

function sheetFigures(measures: readonly ImportMeasure[], rows: number): Figure[] {
  const peak = Math.max(...measures.map((it) => it.peak)) / MEBIBYTE;
  const goal = rows > FEW_ROWS ? 250 : 150;
  return [
    baseline('the same rows as a workbook', seconds(timing(measures.map((it) => it.milliseconds)))),
    {
      what: 'peak memory with a workbook',
      value: `${peak.toFixed(0)} MB`,
      goal: `≤ ${goal} MB`,
      isMet: peak <= goal,
    },
  ];
}

/** `rows`: how many the child has to answer; 0 where it stores none to the end. */
function measure(scripts: string, task: ImportTask, file: string, rows: number): ImportMeasure {
  const child = path.join(scripts, 'task.js');
  const { status, stdout } = spawnSync(process.execPath, [child, task, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the task ${task} ended with ${String(status)}`);
  const answer: ImportMeasure = JSON.parse(stdout);
  if (task !== 'idle' && task !== 'cancel' && answer.rows !== rows) {
    throw new Error(`${task}: ${answer.rows} of ${rows} rows`);
  }
  return answer;
}
