import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from './bundle.ts';
import { baseline, seconds, timing, type BenchReport } from './measure.ts';

/** What a child process is to do with the file; `idle` only opens the database, for the memory it takes anyway. */
export type ImportTask = 'pipeline' | 'papa' | 'store' | 'idle';

/** What a child process answers on standard output. */
export interface ImportMeasure {
  readonly milliseconds: number;
  readonly rows: number;
  /** The most memory the whole process held, in bytes. */
  readonly peak: number;
}

const tasks: readonly ImportTask[] = ['pipeline', 'papa', 'store', 'idle'];

/**
 * Reads, checks and stores a CSV as the console does it, against Papa Parse alone and storing alone, each in a fresh process, in turns.
 */
export async function benchDraftImport(rows: number, rounds: number): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-bench-'));
  try {
    const file = path.join(folder, 'members.csv');
    writeMembers(file, rows);
    const scripts = await bundle('draft-import', {
      task: path.join(import.meta.dirname, 'draft-import-task.ts'),
      'import-worker': path.resolve(import.meta.dirname, '../main/uploads/import-worker.ts'),
    });
    const measures = new Map<ImportTask, ImportMeasure[]>(tasks.map((task) => [task, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const task of tasks) measures.get(task)?.push(measure(scripts, task, file, rows));
    }
    return report(rows, statSync(file).size, measures);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function report(rows: number, size: number, measures: ReadonlyMap<ImportTask, ImportMeasure[]>): BenchReport {
  const of = (task: ImportTask): ImportMeasure[] => measures.get(task) ?? [];
  const time = (task: ImportTask) => timing(of(task).map((it) => it.milliseconds));
  const peak = (task: ImportTask): number => Math.max(...of(task).map((it) => it.peak)) / 1_048_576;
  const ratio = time('pipeline').median / (time('papa').median + time('store').median);
  const megabytes = `${(size / 1_048_576).toFixed(1)} MB`;
  const memoryGoal = rows > 100_000 ? 250 : 150;
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

function measure(scripts: string, task: ImportTask, file: string, rows: number): ImportMeasure {
  const child = path.join(scripts, 'task.js');
  const { status, stdout } = spawnSync(process.execPath, [child, task, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the task ${task} ended with ${String(status)}`);
  const answer: ImportMeasure = JSON.parse(stdout);
  if (task !== 'idle' && answer.rows !== rows) throw new Error(`${task}: ${answer.rows} of ${rows} rows`);
  return answer;
}

/** Rows as an HR system writes them: a fifth of the names quoted, one error in a thousand. */
function writeMembers(file: string, rows: number): void {
  const descriptor = openSync(file, 'w');
  let text = 'First name,Email,Credits,Valid for (days),Department\n';
  for (let row = 1; row <= rows; row += 1) {
    const name = row % 5 === 0 ? `"Müller, Ann ${row}"` : `Søren ${row}`;
    const email = row % 1_000 === 0 ? `member${row}.firma.example` : `member.${row}@firma.example`;
    text += `${name},${email},${row % 4},${90 + (row % 3) * 90},Department ${row % 17}\n`;
    if (text.length > 1_000_000) {
      writeSync(descriptor, text);
      text = '';
    }
  }
  writeSync(descriptor, text);
  closeSync(descriptor);
}
