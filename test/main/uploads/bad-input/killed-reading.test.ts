import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { OpenDatabase } from '../../../../main/cache/database.ts';
import type { TestConsole } from '../../../builders/console.ts';
import { openAccount, storedRows } from './file-reader.ts';
import { killedFile, killedRows, openSignedIn, type Acknowledged } from './reading-process.ts';

/** `KILLS=100 npx vitest run --project unit test/main/uploads/bad-input/killed-reading` for as many as the promise names. */
const kills = Number(process.env['KILLS'] ?? 12);
const seed = Number(process.env['KILL_SEED'] ?? Math.trunc(Math.random() * 4_294_967_296));
process.stdout.write(`killed readings: ${kills} kills, seed ${seed}\n`);

const childProcess = fileURLToPath(new URL('./reading-process.ts', import.meta.url));
const dataFolder = mkdtempSync(path.join(tmpdir(), 'partner-console-killed-reading-'));
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

/** From 0 to 1, the same ones for the same seed. */
let state = seed;
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 4_294_967_296;
}

/** Runs the core and kills it `delay` milliseconds after it has told `behind`. Answers what it has acknowledged. */
async function workAndKill(first: number, behind: string, delay: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [...process.execArgv, childProcess, dataFolder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.stdout.on('data', (text: Buffer) => {
      const isBefore = !output.includes(behind);
      output += text.toString();
      if (isBefore && output.includes(behind)) setTimeout(() => child.kill('SIGKILL'), delay);
    });
    // After everything that it wrote has been read.
    child.on('close', (_, endedBy) => resolve(endedBy));
  });
  expect(signal).toBe('SIGKILL');
  return output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Acknowledged);
}

/** The rows that the file of a number has to give, in a few letters. */
function wantedRows(number: number): string {
  const hash = createHash('sha256');
  for (let row = 1; row <= killedRows; row += 1) {
    const address = `m${row}${row % 10 === 0 ? '@@' : '@'}firma${number}.example`;
    hash.update(
      JSON.stringify([row, [`Name, ${row}`, address, String(number)], ...(row % 10 === 0 ? ['email_invalid'] : [])]),
    );
  }
  return hash.digest('hex');
}

function readRows(database: OpenDatabase, draftId: string): string {
  const hash = createHash('sha256');
  for (const row of storedRows(database, draftId)) hash.update(JSON.stringify(row));
  return hash.digest('hex');
}

/**
 * Says what is wrong with a draft after the kill, by the last step that was acknowledged; null when nothing is. A draft that stands at
 * its columns is read to its end first.
 */
async function faultOf(
  partnerConsole: TestConsole,
  database: OpenDatabase,
  { draftId, number, step }: Acknowledged,
): Promise<string | null> {
  const found = await partnerConsole.call('uploads.read', { draftId });
  // Of a file that was still being taken nothing is left.
  if (!found.ok) return step === 'begun' && found.error.code === 'not_found' ? null : 'the draft is gone';
  const edits = database.all<{ edits: string }>(
    'select edits from draft_rows where draft_id = ? and edits is not null',
    draftId,
  );
  const edited = edits.map((row) => row.edits).join();
  if (step === 'edited' && edited === '') return 'the edit is lost';
  if (edited !== '' && edited !== JSON.stringify({ first_name: `Edited ${number}` })) return `other edits: ${edited}`;
  if (found.value.stage === 'columns') {
    if (step !== 'begun' && step !== 'analysed') return 'the rows are lost';
    // Rows of a reading that did not end count for nothing.
    if (found.value.rows !== 0 || found.value.failure !== null) return 'half a reading counts';
    await readToEnd(partnerConsole, draftId);
  }
  const { stage, rows, errors, credits } = await partnerConsole.value('uploads.read', { draftId });
  const wrong = killedRows / 10;
  const isRight = stage === 'fix' && rows === killedRows && errors === wrong && credits === (rows - wrong) * number;
  if (!isRight) return JSON.stringify({ stage, rows, errors, credits });
  return readRows(database, draftId) === wantedRows(number) ? null : 'other rows than the file has';
}

async function readToEnd(partnerConsole: TestConsole, draftId: string): Promise<void> {
  const { analysis } = await partnerConsole.value('uploads.analyse', { draftId, options: null });
  if (analysis === null) throw new Error('no analysis');
  const { encoding, separator, sheet, mapping } = analysis;
  await partnerConsole.value('uploads.importRows', { draftId, options: { encoding, separator, sheet }, mapping });
}

test(
  `a reading that is killed ${kills} times begins anew or is complete, and loses nothing that was acknowledged`,
  async () => {
    expect(killedFile(1).split('\n')).toHaveLength(killedRows + 2);
    let next = 1;
    let halfRead = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      // Two of three while rows are being read and checked, the others at any time.
      const [behind, spread] = kill % 3 === 0 ? ['ready', 1_500] : ['reading', 250];
      const steps = await workAndKill(next, behind, Math.round(random() * spread));
      next = (steps.at(-1)?.number ?? next) + 1;
      const database = openAccount(dataFolder);
      halfRead += database.all(
        `select 1 from drafts where stage = 'columns' and exists (select 1 from draft_rows where draft_id = drafts.draft_id)`,
      ).length;
      const partnerConsole = await openSignedIn(dataFolder);
      try {
        expect(database.get('pragma integrity_check')).toEqual({ integrity_check: 'ok' });
        const { drafts } = await partnerConsole.value('uploads.list', {});
        const last = new Map(steps.map((step) => [step.draftId, step]));
        const faults = [];
        for (const step of last.values()) faults.push(await faultOf(partnerConsole, database, step));
        expect(faults, `kill ${kill}, ${steps.at(-1)?.step}`).toEqual(faults.map(() => null));
        expect(drafts.filter(({ draftId }) => !last.has(draftId)).map(({ stage }) => stage)).toEqual([]);
        for (const { draftId } of drafts) await partnerConsole.value('uploads.discard', { draftId });
      } finally {
        database.close();
        await partnerConsole.close();
      }
    }
    // Had no kill met a reading half done, nothing would have been shown.
    expect(halfRead).toBeGreaterThan(0);
    process.stdout.write(`killed readings: ${halfRead} of ${kills} kills met a reading half done\n`);
  },
  kills * 30_000,
);
