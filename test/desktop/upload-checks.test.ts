import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ZipArchive } from '../../main/uploads/spreadsheet/zip-archive.ts';
import { readDirectory } from '../../main/uploads/spreadsheet/zip-directory.ts';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { zipArchive } from '../builders/workbook.ts';
import { readServerFacts } from '../pages/server-facts.ts';
import { launchDesktop, type DesktopConsole } from './launch-desktop.ts';

/** One person at one computer, one file after the other: each test begins where the one before has ended. */
let prepared: SandboxedConsole;
let desktop: DesktopConsole;
let screen: ConsolePage;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'partner-console-checks-'));
  prepared = await prepareSandboxedConsole();
  desktop = await launchDesktop(prepared.environment);
  desktop.page.setDefaultTimeout(60_000);
  screen = new ConsolePage(desktop.page);
  await screen.signIn(prepared.sandbox.demo);
});
afterEach(() => {
  if (desktop.complaints.length > 0) throw new Error(desktop.complaints.join('\n'));
});
afterAll(async () => {
  await desktop.close();
  await prepared.remove();
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, lines: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const shown = (text: string | RegExp): Promise<void> => desktop.page.getByText(text).first().waitFor();
const press = (name: string): Promise<void> => desktop.page.getByRole('button', { name, exact: true }).first().click();
const grid = (name: string) => desktop.page.getByRole('grid', { name: `Rows of ${name}` });

async function toRows(file: string): Promise<void> {
  await screen.chooseUpload(file);
  await desktop.page.getByRole('button', { name: 'Look at the columns' }).waitFor();
  await press('Continue');
  await desktop.page.getByRole('button', { name: 'Review', exact: true }).waitFor();
}

/** As a spreadsheet would save it after one text was typed anew. */
async function correctedWorkbook(file: string, wrong: string, right: string): Promise<Buffer> {
  const archive = ZipArchive.open(file);
  const parts: Record<string, string> = {};
  const content = readFileSync(file);
  for (const name of readDirectory(content.length, (at, length) => content.subarray(at, at + length)).keys()) {
    const pieces: Buffer[] = [];
    for await (const { bytes } of archive.read(name, 1_000_000)) pieces.push(bytes);
    parts[name] = Buffer.concat(pieces).toString('utf8').replace(`>${wrong}<`, `>${right}<`);
  }
  return zipArchive(parts);
}

describe('a file', () => {
  it('is taken where it is dropped', async () => {
    await screen.openUploads();
    await press('New upload');
    const zone = desktop.page.getByText('Drop your members’ file here');
    const dataTransfer = await desktop.page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(['E-mail,Credits\ndropped@ost.example,1\n'], 'dropped.csv', { type: 'text/csv' }));
      return data;
    });
    for (const event of ['dragenter', 'dragover', 'drop']) await zone.dispatchEvent(event, { dataTransfer });
    await desktop.page.getByRole('button', { name: 'Look at the columns' }).waitFor();
    await press('Continue');
    await grid('dropped.csv').getByText('dropped@ost.example').waitFor();
    expect(await grid('dropped.csv').getByRole('row').count()).toBe(2);
  });

  it('shows what each column becomes under the field that is chosen, and under another', async () => {
    const [year = '', month = '', day = ''] = new Date(Date.now() + 100 * 86_400_000)
      .toISOString()
      .slice(0, 10)
      .split('-');
    await screen.chooseUpload(
      fileOf('spalten.csv', [
        'Kontakt;Vorname;Punkte;Bis',
        `ada@mitte.example;Ada;1.000;${day}.${month}.${year}`,
        'bo@mitte.example;Bo;zwei;',
      ]),
    );
    await press('Continue');
    await desktop.page.getByRole('heading', { name: 'What is in each column' }).waitFor();
    const becomes = (column: string): Promise<string> =>
      desktop.page
        .getByRole('row')
        .filter({ has: desktop.page.getByRole('rowheader', { name: column }) })
        .getByRole('cell')
        .last()
        .innerText();
    const use = async (column: string, field: string): Promise<string> => {
      await desktop.page.getByRole('combobox', { name: `Use “${column}” as` }).selectOption(field);
      return becomes(column);
    };
    expect(await use('Punkte', 'Do not use')).toBe('changes nothing');
    expect(await use('Punkte', 'First name')).toBe('as it stands');
    await shown('Two columns are used as “First name”. Keep one of them.');
    expect(await use('Punkte', 'Credits')).toMatch(/^1,000 credits\s+Not a number$/);
    expect(await use('Bis', 'Expires on')).toMatch(new RegExp(`^until .*\\b${Number(day)}\\b.* ${year}$`));
    expect(await becomes('Vorname')).toBe('as it stands');
  });

  it('reads the columns by another separator with one click, and back', async () => {
    const lines = ['E-mail;Credits,Note', 'ida@mitte.example;2,"a;b"', 'jo@mitte.example;3,c'];
    await screen.chooseUpload(fileOf('trenner.csv', lines));
    const columns = desktop.page.getByRole('table').getByRole('rowheader');
    for (const [separator, headers] of [
      ['Comma ,', ['E-mail;Credits', 'Note']],
      ['Tab', ['E-mail;Credits,Note']],
      ['Semicolon ;', ['E-mail', 'Credits,Note']],
    ] as const) {
      await desktop.page.getByText(separator, { exact: true }).click();
      await expect.poll(() => columns.allInnerTexts()).toEqual(headers);
    }
    await press('Continue');
    await desktop.page.getByRole('heading', { name: 'What is in each column' }).waitFor();
    expect(await columns.allInnerTexts()).toEqual(['E-mail', 'Credits,Note']);
  });

  it('is compared with its own rows, other drafts and the outbox', async () => {
    await screen.open('Sync');
    await press('Pause sending');
    await screen.assign('Chloé', 2);
    await toRows(
      fileOf('known.csv', [
        'E-mail,Credits',
        'dropped@ost.example,1',
        'chloe.martin@nordlicht-werke.example,1',
        'same@ost.example,1',
        'same@ost.example,2',
      ]),
    );
    const explained = async (row: number, email: string, place: number, words: string): Promise<void> => {
      await grid('known.csv').getByText(email).nth(place).click();
      await desktop.page
        .getByRole('region', { name: `Row ${row}` })
        .getByText(words)
        .waitFor();
    };
    await desktop.page.getByText(/^All 4$/).click();
    await explained(1, 'dropped@', 0, 'Already in the draft “dropped.csv”');
    await explained(2, 'chloe.martin@', 0, 'Already waiting to be sent: “');
    await explained(4, 'same@', 1, 'Same e-mail address as row 3');
    await shown(/^Errors 1$/);
    await shown(/^Warnings 2$/);
    await press('Skip all remaining errors');
    await shown('No errors left');
    await press('Review');
    await press('Send 3 rows, 3 credits');
    await shown('Sending is paused');
    const before = (await readServerFacts(prepared.sandbox)).members;
    await press('Resume sending');
    await shown('Every row is confirmed');
    expect((await readServerFacts(prepared.sandbox)).members).toBe(before + 2);
  });

  it('says of each row what is odd about it, in the forms in which people write', async () => {
    await toRows(
      fileOf('forms.csv', [
        'E-Mail;Vorname;Guthaben;Status',
        'tausend@ost.example;Anna;1.000;aktiv',
        'halb@ost.example;Ben;5,5;aktiv',
        'arabisch@ost.example;Cem;٥;aktiv',
        'tipp@gmial.com;Dora;1;aktiv',
        // The o of the domain is a Cyrillic one.
        'kyrill@n\u043Erd.example;Edda;1;aktiv',
        'weg@ost.example;Falk;1;ausgetreten',
        'maria.rossi@nordlicht-werke.example;Maria;1;aktiv',
        'ganz@ost.example;Gül;5,0;aktiv',
      ]),
    );
    await desktop.page.getByText(/^All 8$/).click();
    for (const [row, email, words] of [
      [1, 'tausend@', 'Read as 1,000'],
      [2, 'halb@', 'Not a whole number'],
      [4, 'tipp@', 'Did you mean “tipp@gmail.com”?'],
      [5, 'kyrill@', 'Letters of another script in the domain'],
      [6, 'weg@', 'Has left'],
      [7, 'maria.rossi@', 'The member is inactive'],
    ] as const) {
      await grid('forms.csv').getByText(email).first().click();
      await desktop.page
        .getByRole('region', { name: `Row ${row}` })
        .getByText(words)
        .first()
        .waitFor();
    }
    await press('Skip all remaining errors');
    await press('Review');
    // 1,000 and 5 and 1 and 1 and 1 and 5: what is left out is the half, and the inactive member.
    const does = desktop.page.getByText(/^6 new · /).first();
    expect(await does.textContent()).toBe('6 new · 0 existing · 1,013 credits · 2 skipped');
  });

  it('leads from error to error and back by F8', async () => {
    await toRows(
      fileOf('errors.csv', [
        'E-mail,Credits',
        ...Array.from({ length: 400 }, (_, at) => `f${at + 1}@ost.example,${at % 150 === 99 ? 'drei' : '0'}`),
      ]),
    );
    await grid('errors.csv').focus();
    await desktop.page.keyboard.press('Home');
    for (const [key, row] of [
      ['F8', 250],
      ['F8', 400],
      ['Shift+F8', 250],
    ] as const) {
      await desktop.page.keyboard.press(key);
      await desktop.page.getByRole('region', { name: `Row ${row}` }).waitFor();
      expect(await grid('errors.csv').getByText('drei').count()).toBe(3);
    }
    // Among all rows as among the errors alone.
    await desktop.page.getByText(/^All 400$/).click();
    await grid('errors.csv').focus();
    await desktop.page.keyboard.press('Home');
    for (const row of [100, 250, 400]) {
      await desktop.page.keyboard.press('F8');
      await desktop.page.getByRole('region', { name: `Row ${row}` }).waitFor();
      expect(await grid('errors.csv').getByText('drei').count()).toBe(1);
    }
  });

  it('clears the names of members where its blank cells are to do so', async () => {
    await screen.chooseUpload(fileOf('blank.csv', ['E-mail,First name', 'chloe.martin@nordlicht-werke.example,']));
    await desktop.page.getByRole('button', { name: 'Look at the columns' }).click();
    await desktop.page.getByText('cleared', { exact: true }).click();
    await press('Continue');
    await desktop.page.getByRole('button', { name: 'Review', exact: true }).waitFor();
    await press('Review');
    await press('Send 1 row, 0 credits');
    await shown('Every row is confirmed');
    await screen.open('Members');
    await desktop.page.getByLabel('Search by name or e-mail').fill('chloe.martin');
    const row = desktop.page.getByRole('row', { name: /chloe\.martin/ });
    await row.waitFor();
    await expect.poll(() => row.innerText()).not.toContain('Chloé');
  });

  it('that comes back corrected leaves no error, and sent again is compared with the time before', async () => {
    await toRows(fileOf('team.csv', ['E-mail,First name,Credits', 'a@team.example,Ann,1', 'b@team.example,Ben,zwei']));
    await shown(/^Errors 1$/);
    const saved = desktop.electron.evaluate(
      ({ BrowserWindow }, target) =>
        new Promise<string>((resolve) => {
          BrowserWindow.getAllWindows()[0]?.webContents.session.once('will-download', (_event, item) => {
            const file = `${target}/${item.getFilename()}`;
            item.setSavePath(file);
            item.once('done', () => resolve(file));
          });
        }),
      folder,
    );
    await press('Many rows');
    await desktop.page.getByRole('menuitem', { name: 'Correct the errors in Excel (download)' }).click();
    const file = await saved;
    writeFileSync(file, await correctedWorkbook(file, 'zwei', '2'));
    await screen.chooseUpload(file);
    await shown(/^This file belongs to “team\.csv”, /);
    await press('Take the corrections over');
    await shown('No errors left');
    await press('Review');
    await press('Send 2 rows, 3 credits');
    await shown('Every row is confirmed');

    await toRows(fileOf('team.csv', ['E-mail,First name,Credits', 'a@team.example,Anna,1', 'c@team.example,Cid,1']));
    await press('Review');
    await shown(/^Compared with/);
    expect(await desktop.page.getByText(/^Compared with “team\.csv”, sent on /).count()).toBe(1);
    await shown(/^1 person is new in the file, 1 has other values, 1 is no longer in it\./);
  });
});
