import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { whyNoWire } from '../../backend/postgrest.ts';
import { type Hybrid, startHybrid } from '../../backend/start-hybrid.ts';

const command = path.resolve(import.meta.dirname, '../../../scripts/upload.ts');
const slow = 120_000;
const report = z.object({
  draftId: z.string(),
  uploadId: z.string().nullable(),
  run: z.string(),
  exitCode: z.number(),
  summary: z.object({ rows: z.number(), done: z.number(), errors: z.number(), credits: z.number() }),
});

/** Letters that Turkish has where the code page of Western Europe has Icelandic ones. */
const turkish: Readonly<Record<string, number>> = { Ğ: 0xd0, İ: 0xdd, Ş: 0xde, ğ: 0xf0, ı: 0xfd, ş: 0xfe };

/** Whether the `script` of Linux is there, which gives a command a terminal of its own. */
function hasTerminals(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    return /util-linux/.test(execFileSync('script', ['--version'], { encoding: 'utf8' }));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

describe.skipIf(whyNoWire() !== null)('the command as a person starts it', () => {
  let hybrid: Hybrid;
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    hybrid = await startHybrid();
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-terminal-'));
    environment = {
      ...process.env,
      SUPABASE_URL: hybrid.url,
      SUPABASE_PUBLISHABLE_KEY: hybrid.publishableKey,
      PARTNER_CONSOLE_EMAIL: 'demo@partner-console.example',
      PARTNER_CONSOLE_PASSWORD: 'Demo-2026-credits',
      PARTNER_CONSOLE_DATA: folder,
      TERM: 'xterm',
    };
  }, slow);
  afterAll(async () => {
    await hybrid.close();
    rmSync(folder, { recursive: true, force: true });
  }, slow);

  function write(name: string, text: string): string {
    const file = path.join(folder, name);
    writeFileSync(file, Buffer.from(text.split('').map((letter) => turkish[letter] ?? letter.charCodeAt(0))));
    return file;
  }

  async function start(
    program: string,
    ...given: string[]
  ): Promise<{ code: number | null; output: string; errors: string }> {
    return new Promise((resolve) => {
      const child = execFile(program, given, { env: environment }, (_, output, errors) =>
        resolve({ code: child.exitCode, output, errors }),
      );
      child.stdin?.end();
    });
  }
  const upload = (...given: string[]) => start(process.execPath, command, ...given);

  test(
    'reads names as it is told to, sends all of them as one, and is quiet in a pipe but for its report',
    async () => {
      const file = write(
        'liste.txt',
        'Kim|Kime|Kaç\r\nŞükrü|sukru@firma.example|2\r\nAyşegül|aysegul@firma.example|3\r\n',
      );
      const options = ['--map', 'email=Kime,first_name=Kim,credits=3', '--encoding', 'windows-1254'];
      const sent = await upload(file, ...options, '--mode', 'all-or-nothing', '--json');
      expect(sent).toMatchObject({ code: 0, errors: '' });
      const first = report.parse(JSON.parse(sent.output));
      expect(first).toMatchObject({ run: 'new', exitCode: 0, summary: { rows: 2, done: 2, errors: 0, credits: 5 } });
      const names = await hybrid.sql<{ first_name: string; credits: number }[]>`
        select member.first_name, allocation.credits
        from public.credit_allocations allocation join public.partner_members member on member.id = allocation.member_id
        where allocation.upload_id = ${first.uploadId} order by allocation.credits`;
      expect(names.map(({ first_name, credits }) => [first_name, credits])).toEqual([
        ['Şükrü', 2],
        ['Ayşegül', 3],
      ]);

      const again = await upload('--draft', first.draftId, '--json');
      expect(again).toMatchObject({ code: 0, errors: '' });
      expect(report.parse(JSON.parse(again.output))).toEqual({ ...first, run: 'finished_before' });
    },
    slow,
  );

  test(
    'exits with 1 where a row has an error, and with 2 where nothing was done, with the reason beside the report',
    async () => {
      const mixed = await upload(write('mixed.csv', 'Email,Credits\nok@firma.example,1\nnobody,1\n'));
      expect(mixed).toMatchObject({ code: 1, errors: '' });
      expect(mixed.output).toMatch(/^2 +error +nobody/m);
      const nothing = await upload(path.join(folder, 'nowhere.csv'), '--json');
      expect(nothing).toMatchObject({ code: 2, errors: expect.stringContaining('There is no file') });
      expect(JSON.parse(nothing.output)).toMatchObject({ exitCode: 2 });
    },
    slow,
  );

  test.skipIf(!hasTerminals())(
    'shows in a terminal how far it is, on one line, and clears it before the report',
    async () => {
      const lines = Array.from({ length: 60 }, (_, row) => `watched${row}@firma.example,1`);
      const file = write('watched.csv', `Email,Credits\n${lines.join('\n')}\n`);
      const shown = await start('script', '-qec', `'${process.execPath}' '${command}' '${file}'`, '/dev/null');
      expect(shown.code).toBe(0);
      const clear = '\r\u001B[K';
      const [progress, after] = [
        shown.output.slice(0, shown.output.lastIndexOf(clear)),
        shown.output.split(clear).at(-1),
      ];
      expect(progress.split(clear)).toContain('60 of 60 sent · 0 refused');
      expect(progress).not.toContain('\n');
      expect(after).toContain('60 rows · 60 done');
    },
    slow,
  );
});
