import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { spendCredits } from '../../scripts/drive/spend-credits.ts';
import { sheetOf, workbook } from '../builders/workbook.ts';
import { readServerFacts } from '../pages/server-facts.ts';
import { setStatusElsewhere } from '../pages/set-status-elsewhere.ts';
import { launchDesktop, type DesktopConsole } from './launch-desktop.ts';

/** One person at one computer, one file after the other: each test begins where the one before has ended. */
let prepared: SandboxedConsole;
let desktop: DesktopConsole;
let screen: ConsolePage;
let folder: string;

async function start(): Promise<void> {
  desktop = await launchDesktop(prepared.environment);
  desktop.page.setDefaultTimeout(60_000);
  screen = new ConsolePage(desktop.page);
  await desktop.electron.evaluate(({ BrowserWindow }, target) => {
    const { session } = BrowserWindow.getAllWindows()[0]?.webContents ?? {};
    session?.on('will-download', (_event, item) => item.setSavePath(`${target}/${item.getFilename()}`));
  }, folder);
  await screen.signIn(prepared.sandbox.demo);
}

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'partner-console-points-'));
  prepared = await prepareSandboxedConsole();
  await start();
});
afterEach(() => {
  if (desktop.complaints.length > 0) throw new Error(desktop.complaints.join('\n'));
});
afterAll(async () => {
  await desktop.close();
  await prepared.remove();
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

const shown = (text: string | RegExp): Promise<void> => desktop.page.getByText(text).first().waitFor();
const press = (name: string | RegExp): Promise<void> =>
  desktop.page
    .getByRole('button', { name, exact: typeof name === 'string' })
    .first()
    .click();
const rows = (name: string) => desktop.page.getByRole('grid', { name: `Rows of ${name}` });

/** Goes from the file to its rows; the columns are known. */
async function toRows(file: string): Promise<void> {
  await screen.chooseUpload(file);
  await desktop.page.getByRole('button', { name: 'Look at the columns' }).waitFor();
  await press('Continue');
  await desktop.page.getByRole('button', { name: 'Review', exact: true }).waitFor();
}

/** Everything is read anew; from then on it takes a minute until the console looks by itself. */
async function syncNow(): Promise<void> {
  await screen.open('Sync');
  await press('Sync now');
  await desktop.page.locator('button:not([data-loading])', { hasText: 'Sync now' }).waitFor();
}

async function reopen(name: string): Promise<void> {
  await screen.openUploads();
  await desktop.page.getByRole('button', { name: `Resume ${name}` }).click();
  await desktop.page.getByRole('button', { name: 'Review', exact: true }).waitFor();
}

describe('reading', () => {
  it('takes the sheet of a workbook that a person chooses, with dates and leading zeros as they are seen', async () => {
    const date = '<c r="D2" s="1"><v>46387</v></c>';
    const people = `<sheetData>
      <row r="1"><c r="A1" t="inlineStr"><is><t>Personalnr.</t></is></c><c r="B1" t="inlineStr"><is><t>E-Mail</t></is></c>
        <c r="C1" t="inlineStr"><is><t>Vorname</t></is></c><c r="D1" t="inlineStr"><is><t>Gültig bis</t></is></c>
        <c r="E1" t="inlineStr"><is><t>Guthaben</t></is></c></row>
      <row r="2"><c r="A2" s="2"><v>42</v></c><c r="B2" t="inlineStr"><is><t>jana@suedwind.example</t></is></c>
        <c r="C2" t="inlineStr"><is><t>Jana</t></is></c>${date}<c r="E2"><f>1+1</f><v>2</v></c></row></sheetData>`;
    const file = fileOf(
      'personal.xlsx',
      workbook({
        sheets: { Deckblatt: sheetOf([['Personalliste'], ['Stand 2026']]), Mitarbeiter: people },
        formats: ['yyyy\\-mm\\-dd', '00000'],
      }),
    );
    await screen.chooseUpload(file);
    await shown('This workbook has 2 sheets; one is read.');
    await desktop.page.getByRole('combobox', { name: 'Sheet' }).click();
    await desktop.page.getByRole('option', { name: 'Mitarbeiter' }).click();
    await shown('jana@suedwind.example');
    await shown('00042');
    // A column that nobody knows is looked at once.
    await press('Continue');
    await desktop.page.getByRole('heading', { name: 'What is in each column' }).waitFor();
    await press('Continue');
    await desktop.page.getByRole('button', { name: 'Review', exact: true }).waitFor();
    const row = rows('personal.xlsx').getByRole('row', { name: /jana@suedwind/ });
    expect(await row.textContent()).toMatch(/Jana.*2026-12-31/);
  });

  it('shows the names in each likely encoding, and takes another with one click', async () => {
    const turkish = [
      'E-posta;Ad;Kredi',
      ...['Ayşe', 'Gökçe', 'Işıl', 'Çağrı', 'Şebnem', 'İpek'].map((name, at) => `kisi${at}@kuzey.example;${name};0`),
    ].join('\r\n');
    const codes: Readonly<Record<string, number>> = { ş: 0xfe, ı: 0xfd, ğ: 0xf0, Ş: 0xde, İ: 0xdd, Ğ: 0xd0 };
    const bytes = Buffer.from(Array.from(turkish, (letter) => codes[letter] ?? letter.charCodeAt(0)));
    await screen.chooseUpload(fileOf('calisanlar.csv', bytes));
    await shown('In which line are the names right?');
    const right = desktop.page.getByRole('radio', { name: /Ayşe/ });
    expect(await right.isChecked()).toBe(true);
    await desktop.page.getByRole('radio').nth(1).click();
    await desktop.page.getByRole('table').getByText('Işıl').waitFor({ state: 'detached' });
    await right.click();
    await desktop.page.getByRole('button', { name: 'Look at the columns' }).waitFor();
    await press('Continue');
    await rows('calisanlar.csv').getByText('Işıl').first().waitFor();
    expect(await rows('calisanlar.csv').getByRole('row').count()).toBe(7);
  });

  it('takes rows copied from a spreadsheet', async () => {
    await screen.openUploads();
    await press('New upload');
    await press('Paste rows');
    await desktop.page
      .getByLabel('Rows', { exact: true })
      .fill('E-mail\tFirst name\tCredits\nida@norte.example\tIda\t1\n');
    await press('Read these rows');
    await desktop.page.getByRole('button', { name: 'Look at the columns' }).waitFor();
    await press('Continue');
    await desktop.page.getByText('ida@norte.example').first().waitFor();
    expect(await desktop.page.getByRole('grid').getByRole('row').count()).toBe(2);
  });

  it('names the row that has a cell too many, and the line of a quote that is not closed', async () => {
    await toRows(
      fileOf(
        'ragged.csv',
        'E-mail;First name;Credits\na@a.example;Ann;1\nb@a.example;Ben;1;stray\nc@a.example;Cid;1\nd@a.example;Dan;1\n',
      ),
    );
    await shown('1 row with errors');
    await desktop.page.getByRole('region', { name: 'Row 2' }).waitFor();
    await screen.chooseUpload(fileOf('quote.csv', 'E-mail,First name\na@a.example,Ann\nb@a.example,"Ben\n'));
    await press('Continue');
    await shown(/line 3/);
    expect(await desktop.page.getByRole('grid').count()).toBe(0);
  });

  it('asks once what a column is for: the next file with it is read without a question', async () => {
    const content = (name: string): string => `Kontakt im Haus;Punkte\n${name}@ost.example;1\n`;
    await screen.chooseUpload(fileOf('januar.csv', content('eva')));
    await press('Continue');
    await desktop.page.getByRole('heading', { name: 'What is in each column' }).waitFor();
    await desktop.page.getByRole('combobox', { name: 'Use “Punkte” as' }).selectOption('Credits');
    await press('Continue');
    await desktop.page.getByRole('button', { name: 'Review', exact: true }).waitFor();
    await toRows(fileOf('februar.csv', content('udo')));
    await rows('februar.csv').getByText('udo@ost.example').waitFor();
    expect(await rows('februar.csv').getByRole('columnheader', { name: 'Credits' }).count()).toBe(1);
  });
});

describe('fixing', () => {
  it('finds, corrects, replaces, trims and skips; after a restart all of it is there and can be undone', async () => {
    const people = Array.from(
      { length: 30 },
      (_, at) => `p${at + 1}@west.example,Person  ${at + 1},${at % 3 === 0 ? 'zwei' : '2'}`,
    );
    people[4] = 'p5@@west.example,Person 5,2';
    people[6] = 'p6@west.example,Person 7,2';
    await toRows(fileOf('messy.csv', ['E-mail,First name,Credits', ...people].join('\n')));
    await shown(/^Errors 11$/);
    await desktop.page.getByRole('group', { name: 'Only rows with' }).getByRole('button').first().click();
    await desktop.page.getByRole('group', { name: 'Only rows with' }).getByRole('button', { pressed: true }).click();

    await screen.correct(5, 'E-mail', 'p5@@west.example', 'p5@west.example');
    await shown(/^Errors 10$/);
    await rows('messy.csv').getByText('zwei', { exact: true }).first().dblclick();
    const cell = desktop.page.getByLabel(/^Credits, row \d+$/);
    await cell.fill('2');
    await cell.press('Enter');
    await press('Replace in all 8 rows');
    await shown(/^Errors 1$/);
    await press('Many rows');
    await desktop.page.getByRole('menuitem', { name: 'Remove extra spaces everywhere' }).click();
    await shown(/^\d+ rows changed$/);
    await press('Skip all remaining errors');
    await shown('No errors left');

    await desktop.kill();
    await start();
    await screen.openUploads();
    await press(/^(Resume|Open) messy\.csv$/);
    await shown('No errors left');
    await press('Undo');
    await shown(/^Errors 1$/);
    await press('Undo');
    await press('Undo');
    await shown(/^Errors 9$/);
    for (let step = 0; step < 3; step += 1) await press('Redo');
    await shown('No errors left');
    expect(await desktop.page.getByText(/^Skipped 1$/).count()).toBe(1);
  });
});

describe('sending', () => {
  it('names the row where the balance ends before anything is sent', async () => {
    const many = Array.from({ length: 12 }, (_, at) => `rich${at + 1}@sued.example,100`);
    await toRows(fileOf('rich.csv', ['E-mail,Credits', ...many].join('\n')));
    await press('Review');
    await shown('Row 11 is the first that the balance cannot pay: 200 credits missing');
    expect((await readServerFacts(prepared.sandbox)).balance).toBe(1_000);
  });

  it('changes nothing when one row of a whole upload is refused; corrected, all of it takes effect', async () => {
    const before = await readServerFacts(prepared.sandbox);
    await syncNow();
    const file = fileOf('whole.csv', 'E-mail,Credits\nnew1@sued.example,1\nanna.schneider@nordlicht-werke.example,1\n');
    await toRows(file);
    await setStatusElsewhere(prepared, 'anna.schneider@nordlicht-werke.example', 'inactive');
    await press('Review');
    await desktop.page.getByRole('radio', { name: 'All or nothing' }).click();
    await press('Send 2 rows, 2 credits');
    await shown('Refused as a whole: nothing was changed');
    expect(await readServerFacts(prepared.sandbox)).toEqual(before);
    await press('Correct refused rows');
    await rows('whole.csv').getByText('anna.schneider@nordlicht-werke.example').click();
    await shown('Refused before: The member is inactive.');
    await setStatusElsewhere(prepared, 'anna.schneider@nordlicht-werke.example', 'active');
    await syncNow();
    await reopen('whole.csv');
    await press('Review');
    await desktop.page.getByRole('radio', { name: 'All or nothing' }).click();
    await press('Send 2 rows, 2 credits');
    await shown('Every row is confirmed');
    const after = await readServerFacts(prepared.sandbox);
    expect([after.balance, after.members]).toEqual([before.balance - 2, before.members + 1]);
  });

  it('fills a column, and says when the same file was sent before', async () => {
    const file = fileOf('twice.csv', 'E-mail,Credits\ntwice1@ost.example,\ntwice2@ost.example,1\n');
    await toRows(file);
    await press('Many rows');
    await desktop.page.getByRole('menuitem', { name: 'Fill a column…' }).click();
    const dialog = desktop.page.getByRole('dialog', { name: 'Fill a column' });
    await dialog.getByRole('combobox', { name: 'Column' }).click();
    await desktop.page.getByRole('option', { name: 'Credits', exact: true }).click();
    await dialog.getByLabel('Value').fill('2');
    await dialog.getByRole('button', { name: 'Fill blank cells' }).click();
    await shown('1 row changed');
    await press('Review');
    await press('Send 2 rows, 3 credits');
    await shown('Every row is confirmed');
    const { uploaded } = await readServerFacts(prepared.sandbox);
    await toRows(file);
    await press('Review');
    await shown(/^A file with the same content was sent on /);
    expect((await readServerFacts(prepared.sandbox)).uploaded).toEqual(uploaded);
  });

  it('pauses and goes on; stopped, it gives back what was not sent', async () => {
    const { members } = await readServerFacts(prepared.sandbox);
    const people = (site: string): string =>
      ['E-mail,Credits', ...Array.from({ length: 4_000 }, (_, at) => `${site}${at + 1}@gross.example,`)].join('\n');
    await toRows(fileOf('paused.csv', people('p')));
    await press('Review');
    await press('Send 4,000 rows, 0 credits');
    await press('Pause');
    await shown('Paused');
    await press('Resume');
    await shown('Every row is confirmed');
    expect((await readServerFacts(prepared.sandbox)).members).toBe(members + 4_000);
    await toRows(fileOf('stopped.csv', people('s')));
    await press('Review');
    await press('Send 4,000 rows, 0 credits');
    await press('Stop');
    await shown('Stopped');
    const unsent = Number(
      (
        await desktop.page
          .getByText(/^[\d,]+ rows? (is|are) not sent$/)
          .first()
          .textContent()
      )
        ?.split(' ')[0]
        ?.replaceAll(',', ''),
    );
    expect((await readServerFacts(prepared.sandbox)).members).toBe(members + 8_000 - unsent);
    await press('Prepare the unsent rows again');
    await shown(`${unsent.toLocaleString('en')} rows`);
  });

  it('brings a refused row back with its reason, in the grid and as a file', async () => {
    await syncNow();
    const inactive = 'beatriz.sousa@nordlicht-werke.example';
    const people = Array.from({ length: 400 }, (_, at) => `one${at + 1}@nord.example,Person ${at + 1},1`);
    await toRows(fileOf('mixed.csv', ['E-mail,First name,Credits', ...people, `${inactive},Beatriz,1`].join('\n')));
    await setStatusElsewhere(prepared, inactive, 'inactive');
    await press('Review');
    await press('Send 401 rows, 401 credits');
    await shown('Every row has its answer');
    await shown('401 of 401 sent · 400 confirmed · 1 refused');
    const done = desktop.electron.evaluate(
      ({ BrowserWindow }) =>
        new Promise<string>((resolve) => {
          BrowserWindow.getAllWindows()[0]?.webContents.session.once('will-download', (_event, item) => {
            item.once('done', () => resolve(item.getFilename()));
          });
        }),
    );
    await press('Download');
    await desktop.page.getByRole('menuitem', { name: /CSV/ }).first().click();
    const text = readFileSync(path.join(folder, await done), 'utf8');
    const [head, refused, ...rest] = text.split('\r\n');
    expect(head).toBe('\uFEFF"E-mail","First name","Credits","status","reason","field","receipt"');
    expect(refused).toMatch(
      /^"beatriz\.sousa@nordlicht-werke\.example","Beatriz","1","refused","the member is inactive; reactivate them first","E-mail","PC-[\da-f-]{36}-401"$/,
    );
    expect(rest).toEqual(['']);
    await press('Correct refused rows');
    await rows('mixed.csv').getByText(inactive).click();
    await shown('Refused before: The member is inactive.');
    await setStatusElsewhere(prepared, inactive, 'active');
    await syncNow();
    await reopen('mixed.csv');
    await press('Review');
    await press('Send 1 row, 1 credit');
    await shown('Every row is confirmed');
  });
});

describe('history', () => {
  it('lists what was sent, and takes an upload back after a look at what is spent', async () => {
    await prepared.sandbox.stop();
    await spendCredits(prepared, 3, 'mixed.csv');
    await prepared.restartSandbox();
    await syncNow();
    const before = await readServerFacts(prepared.sandbox);
    await screen.openUploads();
    await desktop.page.getByText('History', { exact: true }).click();
    const table = desktop.page.getByRole('table', { name: 'Uploads that were sent' });
    const row = table.getByRole('row', { name: /mixed\.csv/ }).last();
    await row.getByText('demo@partner-console.example').waitFor();
    await row.getByText('400 new').waitFor();
    await row.getByText('397 unspent · 3 used').waitFor();
    await row.getByRole('button', { name: /^Undo/ }).click();
    const dialog = desktop.page.getByRole('dialog');
    await dialog.getByText('taken back from 397 members').waitFor();
    await dialog.getByText('stay with the members').waitFor();
    await dialog.getByLabel('Reason').fill('Wrong file');
    await dialog.getByRole('button', { name: 'Take back 397 credits' }).click();
    await dialog.getByText('397 credits taken back from 397 members').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect((await readServerFacts(prepared.sandbox)).balance).toBe(before.balance + 397);
  });
});
