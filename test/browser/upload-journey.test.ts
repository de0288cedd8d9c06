import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { projectRoot } from '../../scripts/drive/built-project.ts';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { readRowOutcomes } from '../pages/server-facts.ts';
import { expectWholeUpload, prepareExample } from '../pages/upload-journey.ts';
import { launchChromium, openPage, startBrowserHost, type BrowserHost } from '../../scripts/drive/launch-browser.ts';

const terminalReport = z.object({
  exitCode: z.number(),
  rows: z.array(z.object({ row: z.number(), outcome: z.string(), reason: z.string().nullable() })),
});

/** Runs `npm run upload -- FILE --json`; answers its report. */
async function uploadFromTerminal(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<z.infer<typeof terminalReport>> {
  const child = spawn(process.execPath, [path.join(projectRoot, 'scripts/upload.ts'), file, '--json'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return terminalReport.parse(JSON.parse(await text(child.stdout)));
}

let prepared: SandboxedConsole;
let host: BrowserHost;
let browser: Browser;

beforeAll(async () => {
  prepared = await prepareSandboxedConsole();
  host = await startBrowserHost(prepared.environment);
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await host.stop();
  await prepared.remove();
});

describe('upload in a browser', () => {
  it('ends every valid row with a receipt', async () => {
    const { page, complaints } = await openPage(browser, host.entryAddress);
    const screen = new ConsolePage(page);
    await screen.signIn(prepared.sandbox.demo);
    await prepareExample(screen);
    const sent = await screen.send();
    await expectWholeUpload(screen, prepared, sent);
    expect(complaints).toEqual([]);

    // The same file from a terminal, in front of a server of its own: the same outcome for every row, but for the two
    // that were corrected on the screen and stay errors here.
    const terminal = await prepareSandboxedConsole();
    try {
      const report = await uploadFromTerminal(path.join(projectRoot, 'examples/members.csv'), terminal.environment);
      expect(report.exitCode).toBe(1);
      const onScreen = await readRowOutcomes(prepared.sandbox);
      const inTerminal = new Map(
        report.rows
          .filter(({ outcome }) => outcome !== 'error')
          .map((row) => [row.row, `${row.outcome} ${row.reason ?? ''}`]),
      );
      expect(inTerminal.size).toBe(488);
      for (const row of [17, 42]) {
        expect(onScreen.get(row)).toBe('created ');
        expect(inTerminal.has(row)).toBe(false);
        onScreen.delete(row);
      }
      expect(inTerminal).toEqual(onScreen);
      expect(await readRowOutcomes(terminal.sandbox)).toEqual(onScreen);
    } finally {
      await terminal.remove();
    }
  });
});
