import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Bridge } from '../shared/contract/bridge.ts';
import { ConsolePage } from '../scripts/drive/console-page.ts';
import { prepareSandboxedConsole } from '../scripts/drive/sandbox-console.ts';
import { launchDesktop, type DesktopConsole } from '../test/desktop/launch-desktop.ts';
import { writeMembers, writeWorkbook } from './draft-import-files.ts';
import { baseline, type BenchReport } from './measure.ts';

/**
 * The longest task of a side of the app. `waited`: how long others had the processor meanwhile, where the system tells (Linux): that is
 * the computer's, not the app's. Milliseconds.
 */
interface Task {
  readonly took: number;
  readonly waited: number;
}

interface Longest {
  readonly main: Task;
  readonly page: Task;
}

declare global {
  /** The bridge of the page, and whether it goes on editing. */
  var bridge: Bridge;
  var isEditing: boolean;
  /** What main notes about itself. */
  var longestTask: Task;
  /** What the page notes about itself: tasks from 50 ms, by when they began (milliseconds since 1970). */
  var longTasks: { readonly began: number; readonly took: number }[];
}

const TICK_MS = 4;
const GOAL_MS = 50;
const PATIENCE_MS = 90_000;
/** As many rows can be sent as one whole. */
const MOST_AS_ONE = 50_000;

/**
 * The real app in Electron, driven through an upload of many rows: how long its main process and its page are ever busy at a stretch
 * in each step. In main a timer of 4 ms that comes late tells it; in the page the browser's own record of tasks from 50 ms.
 */
export async function benchFrames(rows: number): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-bench-'));
  const prepared = await prepareSandboxedConsole();
  giveWay();
  let desktop: DesktopConsole | null = null;
  let end = (): void => undefined;
  try {
    const text = path.join(folder, 'members.csv');
    const sheet = path.join(folder, 'members.xlsx');
    const whole = path.join(folder, 'whole.csv');
    const other = path.join(folder, 'other.csv');
    writeFileSync(other, 'E-mail,First name\nother@nordlicht-werke.example,Olga\n');
    writeFileSync(whole, newMembers(Math.min(rows, MOST_AS_ONE)));
    writeMembers(text, rows);
    writeWorkbook(sheet, rows);
    desktop = await launchDesktop(prepared.environment);
    desktop.page.setDefaultTimeout(PATIENCE_MS);
    const screen = new ConsolePage(desktop.page);
    await screen.signIn(prepared.sandbox.demo);
    await wait(2_000);
    const watching = await watch(desktop);
    end = watching.end;
    const steps: [string, Longest][] = [];
    const step = async (what: string, act: () => Promise<void>): Promise<void> => {
      await watching.forget();
      await act();
      // The page tells its tasks a moment later.
      await wait(500);
      steps.push([what, await watching.read()]);
    };
    await walk(screen, { text, sheet, other, whole }, step);
    return report(rows, steps);
  } finally {
    end();
    await desktop?.close();
    await prepared.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function walk(
  screen: ConsolePage,
  files: Readonly<Record<'text' | 'sheet' | 'other' | 'whole', string>>,
  step: (what: string, act: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { page } = screen;
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
  await step('nothing', () => wait(2_000));
  await step('take a workbook in and look at it', async () => {
    await screen.chooseUpload(files.sheet);
    await button('Continue').waitFor();
  });
  await screen.chooseUpload(files.other);
  await button('Continue').click();
  await button('Review').waitFor();
  await step('take a text file in, read and check every row, while another draft is edited', async () => {
    await editMeanwhile(screen);
    await screen.chooseUpload(files.text);
    await button('Continue').click();
    await page.getByText('What is in each column').waitFor();
    await button('Continue').click();
    await button('Review').waitFor();
    await page.evaluate(() => {
      globalThis.isEditing = false;
    });
  });
  const grid = page.getByRole('grid', { name: /^Rows of / });
  await step('page through the rows, to the end and back', async () => {
    await page.getByText(/^All [\d,]+$/).click();
    await grid.focus();
    for (const key of ['End', 'Home', ...Array.from({ length: 30 }, () => 'PageDown'), 'End', 'Home'])
      await page.keyboard.press(key);
  });
  await step('show the errors, then all rows', async () => {
    await page.getByText(/^Errors [\d,]+$/).click();
    await page.getByText(/^All [\d,]+$/).click();
  });
  // Without credits the balance pays for all of them.
  await step('change every row: no credits', async () => {
    await button('Many rows').click();
    await page.getByRole('menuitem', { name: 'Fill a column…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('All cells').click();
    await dialog.getByRole('button', { name: 'Replace the whole column' }).click();
    await page.getByText(/^[\d,]+ rows changed$/).waitFor();
  });
  const [undo, redo] = [button('Undo'), button('Redo')];
  await step('undo it', async () => {
    await undo.click();
    await redo.and(page.locator(':enabled')).waitFor();
  });
  await step('make it again', async () => {
    await redo.click();
    await undo.and(page.locator(':enabled')).waitFor();
  });
  await step('leave every error out', async () => {
    await button('Skip all remaining errors').click();
    await page.getByText('No errors left').first().waitFor();
  });
  await step('review', async () => {
    await button('Review').click();
    await button(/^Send [\d,]+ rows?, /).waitFor();
  });
  await step('submit', async () => {
    await screen.send();
    await button('Stop').waitFor();
  });
  await step('send for ten seconds', () => wait(10_000));
  await step('stop', async () => {
    await button('Stop').click();
    await button(/^(Prepare the unsent|Correct)/).waitFor();
  });
  await step('take the rows that were not sent over into a new draft', async () => {
    await button(/^(Prepare the unsent|Correct)/).click();
    await button('Review').waitFor();
  });
  await step('search members, letter by letter', async () => {
    await screen.open('Members');
    await page.getByLabel('Search by name or e-mail').pressSequentially('member.12345', { delay: 60 });
  });
  await screen.beginUpload(files.whole);
  await button('Review').click();
  await page.getByRole('radio', { name: 'All or nothing' }).check();
  await step('submit all or nothing, and send for ten seconds', async () => {
    await screen.send();
    await wait(10_000);
  });
}

/** A file without errors or credits, of people that the server does not know. */
function newMembers(rows: number): string {
  const lines = Array.from({ length: rows }, (_, row) => `Ada ${String(row)},whole.${String(row)}@firma.example`);
  return ['First name,Email', ...lines, ''].join('\n');
}

/** From now on the first cell of the latest draft is typed anew thirty times a second, as main writes it: the thread that reads writes too. */
async function editMeanwhile({ page }: ConsolePage): Promise<void> {
  await page.evaluate(async () => {
    const drafts = await globalThis.bridge.call('uploads.list', {});
    const draftId = drafts.ok
      ? drafts.value.drafts.find(({ fileName }) => fileName === 'other.csv')?.draftId
      : undefined;
    if (draftId === undefined) throw new Error('there is no draft to edit');
    globalThis.isEditing = true;
    const edit = async (count: number): Promise<void> => {
      const value = `Olga ${String(count)}`;
      const edited = await globalThis.bridge.call('uploads.editCell', { draftId, row: 1, field: 'first_name', value });
      if (!edited.ok) throw new Error(`the other draft was not edited: ${edited.error.code}`);
      if (globalThis.isEditing) setTimeout(() => void edit(count + 1), 33);
    };
    await edit(1);
  });
}

/** The server of real life is another computer: where this can be told (Linux), the sandbox gets the processor that nobody else wants. */
function giveWay(): void {
  const children = `/proc/self/task/${String(process.pid)}/children`;
  if (!existsSync(children)) return;
  for (const child of readFileSync(children, 'utf8').trim().split(' ')) setPriority(Number(child), 19);
}

/** How long the thread of a process has waited for a processor so far, in milliseconds; 0 where the system does not tell. */
function waitedOf(processId: number): number {
  const schedule = `/proc/${String(processId)}/schedstat`;
  // Nanoseconds on the processor, then waiting for one.
  return existsSync(schedule) ? Number(readFileSync(schedule, 'utf8').split(' ')[1]) / 1e6 : 0;
}

/** A watch on both sides of the app. */
interface Watch {
  forget(): Promise<void>;
  read(): Promise<Longest>;
  readonly end: () => void;
}

async function watch({ electron, page }: DesktopConsole): Promise<Watch> {
  await electron.evaluate((_electron, tick) => {
    const { existsSync: exists, readFileSync: readFile } = process.getBuiltinModule('node:fs');
    const schedule = `/proc/${String(process.pid)}/schedstat`;
    const isTold = exists(schedule);
    const waitedSoFar = (): number => (isTold ? Number(readFile(schedule, 'utf8').split(' ')[1]) / 1e6 : 0);
    globalThis.longestTask = { took: 0, waited: 0 };
    let [last, lastWaited] = [performance.now(), waitedSoFar()];
    setInterval(() => {
      const [now, nowWaited] = [performance.now(), waitedSoFar()];
      const [took, waited] = [now - last - tick, nowWaited - lastWaited];
      const { longestTask } = globalThis;
      if (took - waited > longestTask.took - longestTask.waited) globalThis.longestTask = { took, waited };
      [last, lastWaited] = [now, nowWaited];
    }, tick);
  }, TICK_MS);
  await page.evaluate(() => {
    globalThis.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries())
        globalThis.longTasks.push({ began: performance.timeOrigin + startTime, took: duration });
    }).observe({ type: 'longtask' });
  });
  const processId = await electron.evaluate(({ webContents }) => webContents.getAllWebContents()[0]?.getOSProcessId());
  /** How long the page had waited for a processor, at one moment after the other. */
  let samples: { readonly at: number; readonly waited: number }[] = [];
  const sampling = setInterval(() => {
    samples.push({ at: performance.timeOrigin + performance.now(), waited: waitedOf(processId ?? 0) });
  }, TICK_MS);
  const own = ({ began, took }: { readonly began: number; readonly took: number }): Task => {
    // Those within the task alone: rather too little is taken off.
    const within = samples.filter(({ at }) => at >= began && at <= began + took);
    return { took, waited: (within.at(-1)?.waited ?? 0) - (within[0]?.waited ?? 0) };
  };
  return {
    async forget() {
      await electron.evaluate(() => {
        globalThis.longestTask = { took: 0, waited: 0 };
      });
      await page.evaluate(() => {
        globalThis.longTasks = [];
      });
      samples = [];
    },
    async read() {
      const main = await electron.evaluate(() => globalThis.longestTask);
      const tasks = (await page.evaluate(() => globalThis.longTasks)).map(own);
      const [longest] = tasks.toSorted((one, other) => other.took - other.waited - (one.took - one.waited));
      return { main, page: longest ?? { took: 0, waited: 0 } };
    },
    end: () => clearInterval(sampling),
  };
}

function inWords({ took, waited }: Task): string {
  const wait = waited < 1 ? '' : ` and ${waited.toFixed(0)} without a processor`;
  return `${(took - waited).toFixed(0)} ms${wait}`;
}

function report(rows: number, steps: readonly [string, Longest][]): BenchReport {
  return {
    name: 'frames',
    figures: [
      baseline('rows', rows.toLocaleString('en')),
      ...steps.map(([what, { main, page }]) => ({
        what,
        value: `main ${inWords(main)}, page ${page.took === 0 ? 'under 50 ms' : inWords(page)}`,
        goal: `≤ ${String(GOAL_MS)} ms`,
        isMet: [main, page].every(({ took, waited }) => took - waited <= GOAL_MS),
      })),
    ],
    data: { rows, steps: Object.fromEntries(steps) },
  };
}
