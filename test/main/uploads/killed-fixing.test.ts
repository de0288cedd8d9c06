import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../main/cache/open.ts';
import { seededRandom } from '../../soak/random.ts';
import { change, fixedFile } from './fixing-process.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

const childProcess = fileURLToPath(new URL('./fixing-process.ts', import.meta.url));
/** `KILLS=100 npx vitest run --project unit test/main/uploads/killed-fixing.test.ts` for a long run; `KILL_SEED=n` for the same moments again. */
const KILLS = Number(process.env['KILLS'] ?? 12);
const seed = Number(process.env['KILL_SEED'] ?? Math.floor(Math.random() * 1_000_000));

const open = new Set<UploadsHarness>();
afterEach(async () => {
  for (const uploads of open) await uploads.close();
  open.clear();
});
function harness(folder?: string): UploadsHarness {
  const uploads = openHarness(folder);
  open.add(uploads);
  return uploads;
}

/** Everything that people and rules have made of a draft, and what can be undone and made again. */
function stateOf(uploads: UploadsHarness): string {
  const hash = createHash('sha256');
  for (const sql of [
    `select row_no, cells, edits, email_key, first_name, credits, issues, severity, skipped from draft_rows order by row_no`,
    'select code, row_severity, skipped, row_no, field, severity from draft_issues order by code, row_no',
    'select code, skipped, severity, sum(rows) from draft_issue_tallies group by 1, 2, 3 having sum(rows) > 0 order by 1, 2, 3',
    'select severity, skipped, sum(rows), sum(credits) from draft_tallies group by 1, 2 having sum(rows) > 0 order by 1, 2',
    'select position from draft_changes order by position',
    'select undo_position from drafts',
  ]) {
    hash.update(JSON.stringify(uploads.database.all(sql)));
  }
  return hash.digest('hex');
}

/** Starts the process and kills it `delay` milliseconds after it has begun to work. Answers the last change it has acknowledged. */
async function workAndKill(folder: string, draftId: string, first: number, delay: number): Promise<number> {
  const child = spawn(process.execPath, [childProcess, folder, draftId, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), delay);
      output += text.toString();
    });
    // After everything that it wrote has been read.
    child.on('close', (_, endedBy) => resolve(endedBy));
  });
  expect(signal).toBe('SIGKILL');
  const acknowledged = output.split('\n').slice(1, -1).map(Number);
  return acknowledged.at(-1) ?? first - 1;
}

describe('a process that is killed while it changes many rows', () => {
  test(`has made each change wholly or not at all at the next start, ${KILLS} times, with every acknowledged one (seed ${seed})`, async () => {
    // The same changes, made without interruption.
    const reference = harness();
    const draft = await reference.read(fixedFile());
    const expected = [stateOf(reference)];
    const killed = harness();
    const { draftId } = await killed.read(fixedFile());
    expect(stateOf(killed)).toBe(expected[0]);

    const random = seededRandom(seed);
    let made = 0;
    let interrupted = 0;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      killed.database.close();
      const delay = random.integer(0, 250);
      const last = await workAndKill(killed.folder, draftId, made, delay);
      while (expected.length < last + 3) {
        await change(reference, draft.draftId, expected.length - 1);
        expected.push(stateOf(reference));
      }
      interrupted += stepsAtWork(killed.folder);

      killed.restart();
      await settled(killed, draftId);
      const state = stateOf(killed);
      // What was acknowledged is there; the change on its way is wholly there, or has never been.
      const found = [last + 1, last + 2].find((changes) => expected[changes] === state);
      expect(found, `kill ${kill} after ${delay} ms, change ${last + 1}`).toBeDefined();
      made = found ?? 0;
    }
    expect(killed.database.get('pragma integrity_check')).toEqual({ integrity_check: 'ok' });
    // Had no kill met a change half done, nothing would have been shown.
    expect(interrupted).toBeGreaterThan(0);
  }, 300_000);
});

/** How many changes the kill has met half done. */
function stepsAtWork(folder: string): number {
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(`the database does not open: ${JSON.stringify(opened.error)}`);
  const found = opened.value.get<{ steps: number }>('select count(*) as steps from draft_steps where work is not null');
  opened.value.close();
  return found?.steps ?? 0;
}

/** What the kill interrupted goes on with the first call. */
async function settled(uploads: UploadsHarness, draftId: string): Promise<void> {
  for (;;) {
    const { work } = await uploads.value('uploads.read', { draftId });
    if (work === null) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
