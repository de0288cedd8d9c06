import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runTerminalUpload } from '../../../main/hosts/terminal-upload.ts';
import { readUploadOptions } from '../../../main/hosts/terminal-upload-options.ts';
import type { UploadReport } from '../../../main/hosts/terminal-upload-report.ts';
import { plantedErrors } from '../../../scripts/example-files/example-files.ts';
import { whyNoWire } from '../../backend/postgrest.ts';
import { type Hybrid, startHybrid } from '../../backend/start-hybrid.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const members = path.join(root, 'examples', 'members.csv');
const slow = 120_000;

describe('the arguments', () => {
  test('are read', () => {
    expect(readUploadOptions(['a.csv', '--dry-run', '--json', '--wait', '5'])).toEqual({
      file: 'a.csv',
      draft: null,
      map: new Map(),
      encoding: null,
      separator: null,
      sheet: null,
      mode: 'valid_only',
      errors: null,
      dryRun: true,
      json: true,
      all: false,
      again: false,
      patience: 5_000,
    });
    expect(readUploadOptions(['--help'])).toBeNull();
  });

  test('say how a file is to be read', () => {
    expect(
      readUploadOptions([
        'a.csv',
        '--map=email=Mail, work,credits=3,first_name=',
        '--encoding=Windows-1250',
        '--separator=tab',
        '--sheet=May',
        '--errors=wrong.xlsx',
      ]),
    ).toMatchObject({
      map: new Map([
        ['email', 'Mail, work'],
        ['credits', '3'],
        ['first_name', ''],
      ]),
      encoding: 'windows-1250',
      separator: '\t',
      sheet: 'May',
      errors: 'wrong.xlsx',
    });
    expect(readUploadOptions(['a.csv', '--mode', 'all-or-nothing'])).toMatchObject({ mode: 'all_or_nothing' });
    expect(() => readUploadOptions(['a.csv', '--mode', 'some'])).toThrow('valid-only all-or-nothing');
    expect(readUploadOptions(['--draft', 'an-id'])).toMatchObject({ file: null, draft: 'an-id' });
  });

  test.each([
    [[]],
    [['a.csv', 'b.csv']],
    [['a.csv', '--wait', 'soon']],
    [['a.csv', '--force']],
    [['a.csv', '--map', 'mail=Mail']],
    [['a.csv', '--map', 'email=Mail,email=E-mail']],
    [['a.csv', '--map', 'email']],
    [['a.csv', '--encoding', 'ebcdic']],
    [['a.csv', '--separator', '-']],
    [['a.csv', '--draft', 'an-id']],
    [['--draft', 'an-id', '--again']],
  ])('%j is refused', (wrong) => {
    expect(() => readUploadOptions(wrong)).toThrow(expect.objectContaining({ name: 'UsageFault' }));
  });
});

describe.skipIf(whyNoWire() !== null)('the terminal upload, through real PostgREST', () => {
  let hybrid: Hybrid;
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    hybrid = await startHybrid();
  }, slow);
  afterAll(() => hybrid.close(), slow);
  beforeEach(async () => {
    await hybrid.reset();
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-terminal-'));
    environment = {
      SUPABASE_URL: hybrid.url,
      SUPABASE_PUBLISHABLE_KEY: hybrid.publishableKey,
      PARTNER_CONSOLE_EMAIL: 'demo@partner-console.example',
      PARTNER_CONSOLE_PASSWORD: 'Demo-2026-credits',
      PARTNER_CONSOLE_DATA: folder,
    };
    return () => {
      hybrid.gateway.setFate(null);
      rmSync(folder, { recursive: true, force: true });
    };
  }, slow);

  async function run(...arguments_: string[]): Promise<{ code: number; output: string; complaint: string }> {
    let output = '';
    let complaint = '';
    const code = await runTerminalUpload({
      arguments: arguments_,
      environment,
      version: '0.0.0',
      importWorker: new URL('../../../main/uploads/import-worker.ts', import.meta.url),
      output: (text) => (output += text),
      complain: (text) => (complaint += text),
    });
    return { code, output, complaint };
  }

  async function report(...arguments_: string[]): Promise<UploadReport> {
    const { code, output } = await run(...arguments_, '--json');
    const parsed: UploadReport = JSON.parse(output);
    expect(parsed.exitCode).toBe(code);
    return parsed;
  }

  /** What the server holds for the demo partner: balance, and rows of the uploads by outcome. */
  async function onServer() {
    const [partner] = await hybrid.sql<{ credits: number }[]>`
      select credits from public.users where email = 'demo@partner-console.example'`;
    const [uploads] = await hybrid.sql<{ uploads: number; credits: number; rows: number }[]>`
      select count(distinct upload_id)::int as uploads, coalesce(sum(credits), 0)::int as credits, count(*)::int as rows
      from public.credit_allocations where upload_id is not null`;
    return { balance: partner?.credits, ...uploads };
  }

  function csv(name: string, text: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  test(
    'of the example: a dry run changes nothing, the real one does every valid row, the next one nothing more',
    async () => {
      const before = await onServer();
      const dry = await report(members, '--dry-run');
      expect(dry).toMatchObject({ dryRun: true, uploadId: null, exitCode: 1, exceeds: null });
      expect(dry.summary).toMatchObject({ rows: 500, planned: 488, errors: 12, done: 0 });
      expect(await onServer()).toEqual(before);
      expect(readdirSync(folder)).toEqual([]);

      const done = await report(members);
      expect(done).toMatchObject({ run: 'new', exitCode: 1 });
      expect(done.summary).toMatchObject({ rows: 500, done: 488, errors: 12, refused: 0, waiting: 0 });
      expect(
        done.rows
          .filter((row) => row.outcome === 'error')
          .map(({ row, reason, column }) => ({ row, code: reason, column })),
      ).toEqual(plantedErrors.map(({ row, code, column }) => ({ row, code, column })));
      const withCredits = done.rows.filter((row) => row.receipt !== null);
      expect(await onServer()).toEqual({
        balance: 1_000 - done.summary.credits,
        uploads: 1,
        credits: done.summary.credits,
        rows: withCredits.length,
      });
      expect(done.balance).toMatchObject({ confirmed: 1_000 - done.summary.credits, planned: 0 });
      expect(done.rows.filter((row) => row.outcome === 'updated')).toHaveLength(14);

      const after = await onServer();
      const repeated = await report(members);
      expect(repeated).toMatchObject({ run: 'finished_before', uploadId: done.uploadId, summary: done.summary });
      expect(await onServer()).toEqual(after);
    },
    slow,
  );

  test(
    'reads a file as it is told to, writes the rows to correct, and goes on with an upload by its id',
    async () => {
      const text = 'Nr\tZusatz\tWer\tWieviel\n1\tx\tzoe@firma.example\t2\n2\t=1+1\tnobody\t1\n';
      const file = csv('odd.txt', text);
      const errors = path.join(folder, 'to-correct.csv');
      const mapped = ['--map', 'email=wer,credits=4', '--separator', 'tab', '--encoding', 'utf-8'];
      const dry = await report(file, ...mapped, '--dry-run', '--errors', errors);
      expect(dry.summary).toMatchObject({ planned: 1, errors: 1, credits: 2 });
      expect(dry).toMatchObject({ errorFile: errors, lastUpload: null });
      const lines = readFileSync(errors, 'utf8').split('\r\n');
      expect(lines[0]).toBe('\uFEFF"Nr"\t"Zusatz"\t"Wer"\t"Wieviel"\t"status"\t"reason"\t"field"\t"receipt"');
      expect(lines[1]).toContain(`"2"\t"'=1+1"\t"nobody"\t"1"\t"to correct"\t"""nobody"" is no e-mail address"\t"Wer"`);
      expect(lines).toHaveLength(3);

      expect(await run(file, '--map', 'email=Mail')).toMatchObject({
        code: 2,
        complaint: expect.stringContaining('The file has: 1 Nr, 2 Zusatz, 3 Wer, 4 Wieviel'),
      });
      expect(await run(file, '--sheet', 'May')).toMatchObject({
        code: 2,
        complaint: expect.stringContaining('--sheet'),
      });

      const done = await report(file, ...mapped);
      expect(done).toMatchObject({ exitCode: 1, summary: { done: 1, errors: 1 } });
      const known = await report('--draft', done.draftId, '--errors', path.join(folder, 'again.xlsx'));
      expect(known).toMatchObject({ run: 'finished_before', uploadId: done.uploadId, summary: done.summary });
      expect(readFileSync(path.join(folder, 'again.xlsx')).subarray(0, 2).toString()).toBe('PK');
      const unknown = await run('--draft', '00000000-0000-4000-8000-000000000000');
      expect(unknown).toMatchObject({ code: 2, complaint: expect.stringContaining(`${done.draftId}  odd.txt  done`) });
    },
    slow,
  );

  test(
    'sends nothing in a dry run of an upload that waits, nor anything else that waits',
    async () => {
      const short = csv('short.csv', 'Email,Credits\na@firma.example,900\nb@firma.example,200\nc@firma.example,50\n');
      const waiting = await report(short);
      expect(waiting.summary).toMatchObject({ done: 1, refused: 1, waiting: 1 });
      await hybrid.sql`update public.users set credits = credits + 500 where email = 'demo@partner-console.example'`;
      const before = await onServer();
      const errors = path.join(folder, 'waiting.csv');
      const dry = await report('--draft', waiting.draftId, '--dry-run', '--errors', errors);
      expect(dry).toMatchObject({ dryRun: true, run: 'resumed', summary: { done: 1, waiting: 1 } });
      expect(readFileSync(errors, 'utf8')).toContain('b@firma.example');
      const other = csv('other.csv', 'Email,Credits\nd@firma.example,1\n');
      expect(await report(other, '--dry-run')).toMatchObject({ dryRun: true, summary: { planned: 1 } });
      expect(await onServer()).toEqual(before);
    },
    slow,
  );

  test(
    'of all or nothing sends nothing while a row has an error or the balance does not pay, and else every row at once',
    async () => {
      const before = await onServer();
      const wrong = csv('wrong.csv', 'Email,Credits\na@firma.example,2\nnobody,1\n');
      const dry = await report(wrong, '--dry-run', '--mode', 'all-or-nothing');
      expect(dry).toMatchObject({ exitCode: 2, heldBack: 'errors', summary: { planned: 1, errors: 1 } });
      const held = await run(wrong, '--mode', 'all-or-nothing');
      expect(held).toMatchObject({ code: 2, output: expect.stringContaining('nothing was sent') });
      const dear = csv('dear.csv', 'Email,Credits\na@firma.example,2\nb@firma.example,1999\n');
      const short = await run(dear, '--dry-run', '--mode', 'all-or-nothing');
      expect(short).toMatchObject({
        code: 2,
        output: expect.stringContaining('nothing would be sent, because the balance'),
      });
      expect(await report(dear, '--dry-run')).toMatchObject({ exitCode: 1, heldBack: null });
      const refused = await report(dear, '--mode', 'all-or-nothing');
      expect(refused).toMatchObject({ exitCode: 2, summary: { done: 0, refused: 1, waiting: 1 } });
      expect(await onServer()).toEqual(before);

      const right = csv('right.csv', 'Email,Credits\na@firma.example,2\nb@firma.example,3\n');
      const could = await report(right, '--dry-run', '--mode', 'all-or-nothing');
      expect(could).toMatchObject({ exitCode: 0, heldBack: null });
      const done = await report(right, '--mode', 'all-or-nothing');
      expect(done).toMatchObject({ exitCode: 0, summary: { done: 2, credits: 5 } });
      expect(await onServer()).toMatchObject({ credits: 5, rows: 2 });
    },
    slow,
  );

  test(
    'a dry run knows what waits on this computer and what was sent, and sets nothing of it going',
    async () => {
      const dear = csv('dear.csv', 'Email,Credits\na@firma.example,900\nb@firma.example,200\nc@firma.example,50\n');
      expect(await report(dear)).toMatchObject({ summary: { done: 1, refused: 1, waiting: 1 } });
      const right = csv('right.csv', 'Email,Credits\nc@firma.example,3\n');
      expect(await report(right, '--dry-run', '--again')).toMatchObject({
        dryRun: true,
        run: 'new',
        balance: { confirmed: 100, planned: 50 + 3 },
      });
      const before = await onServer();
      const waits = await run(dear, '--dry-run');
      expect(waits.output).toContain('the next run goes on where it has stopped');
      expect(await report(right, '--dry-run')).toMatchObject({ balance: { planned: 50 + 3 } });
      expect(await onServer()).toEqual(before);

      await report(dear);
      const sent = await onServer();
      expect(await report(dear, '--dry-run')).toMatchObject({ dryRun: true, run: 'finished_before' });
      const again = await report(dear, '--dry-run', '--again');
      expect(again).toMatchObject({ run: 'new', lastUpload: { sameContent: true, added: 0, changed: 0 } });
      expect(await onServer()).toEqual(sent);
    },
    slow,
  );

  test(
    'of a file without faults exits with 0, and --again uploads it once more',
    async () => {
      const file = csv('clean.csv', 'Email,Credits\nnew@firma.example,2\n');
      expect((await run(file)).code).toBe(0);
      expect((await report(file)).exitCode).toBe(0);
      expect((await onServer()).credits).toBe(2);
      const again = await report(file, '--again');
      expect(again).toMatchObject({ run: 'new', exitCode: 0, rows: [{ outcome: 'updated' }] });
      expect((await onServer()).credits).toBe(4);
    },
    slow,
  );

  test(
    'says which row the balance cannot pay, and goes on under the same id when there is more',
    async () => {
      const file = csv('costly.csv', 'Email,Credits\na@firma.example,900\nb@firma.example,200\nc@firma.example,50\n');
      const dry = await report(file, '--dry-run');
      expect(dry).toMatchObject({ exceeds: { row: 2, by: 150 }, exitCode: 1 });
      const first = await report(file);
      expect(first.rows.map(({ outcome, reason, shortfall }) => [outcome, reason, shortfall])).toEqual([
        ['created', null, null],
        ['refused', 'insufficient_credits', 100],
        ['waiting', null, null],
      ]);
      const second = await report(file);
      expect(second).toMatchObject({ run: 'resumed', uploadId: first.uploadId });
      expect(second.rows.map(({ outcome }) => outcome)).toEqual(['created', 'refused', 'created']);
      expect(await onServer()).toMatchObject({ balance: 50, uploads: 1, credits: 950 });
    },
    slow,
  );

  test(
    'that is killed while it sends goes on when it is run again, and nothing is done twice',
    async () => {
      let requests = 0;
      const child = spawn(process.execPath, [path.join(root, 'scripts/upload.ts'), members, '--json'], {
        env: { ...process.env, ...environment },
        stdio: 'ignore',
      });
      hybrid.gateway.setFate(({ path: requested }) => {
        if (!requested.includes('upload_members')) return 'pass';
        requests += 1;
        if (requests < 2) return 'pass';
        child.kill('SIGKILL');
        return 'drop_answer';
      });
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
      hybrid.gateway.setFate(null);
      const interrupted = await onServer();
      expect(interrupted.uploads).toBe(1);

      const resumed = await report(members);
      expect(resumed.run).toBe('resumed');
      expect(resumed.summary).toMatchObject({ done: 488, errors: 12, waiting: 0 });
      expect(await onServer()).toMatchObject({
        balance: 1_000 - resumed.summary.credits,
        uploads: 1,
        credits: resumed.summary.credits,
      });
    },
    slow,
  );

  test.each([
    ['a wrong password', { PARTNER_CONSOLE_PASSWORD: 'wrong' }, /sign-in was refused/],
    ['a server that is not there', { SUPABASE_URL: 'http://127.0.0.1:9' }, /cannot be reached/],
    ['no project', { SUPABASE_URL: '' }, /Set SUPABASE_URL/],
    ['nobody to sign in', { PARTNER_CONSOLE_EMAIL: undefined }, /Set PARTNER_CONSOLE_EMAIL/],
  ])(
    'with %s exits with 2 and says so',
    async (_, change, words) => {
      Object.assign(environment, change);
      const { code, output, complaint } = await run(members);
      expect([code, output]).toEqual([2, '']);
      expect(complaint).toMatch(words);
    },
    slow,
  );

  test.each([
    ['no such file', path.join(root, 'nowhere.csv'), /There is no file/],
    ['a folder', root, /is no file/],
    ['a file without addresses', path.join(root, 'LICENSE'), /no column holds e-mail addresses|cannot be read/],
  ])(
    'of %s exits with 2, in words and as JSON',
    async (_, file, words) => {
      const { code, output, complaint } = await run(file, '--json');
      expect(code).toBe(2);
      expect(complaint).toMatch(words);
      expect(JSON.parse(output)).toMatchObject({ exitCode: 2 });
    },
    slow,
  );

  test(
    'lists what needs a look for people, and every row on demand',
    async () => {
      const file = csv('mixed.csv', 'First name,Email,Credits\nAnna,anna@firma.example,1\nBo,bo@@firma.example,1\n');
      const { code, output } = await run(file);
      expect(code).toBe(1);
      expect(output).toMatch(/^2 +error +bo@@firma\.example/m);
      expect(output).not.toMatch(/^1 +created/m);
      expect(output).toMatch(/2 rows · 1 done · 1 with errors, left out/);
      expect((await run(file, '--all')).output).toMatch(/^1 +created +anna@firma\.example/m);
    },
    slow,
  );
});
