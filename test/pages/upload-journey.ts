import path from 'node:path';
import { expect } from 'vitest';
import type { ConsolePage } from '../../scripts/drive/console-page.ts';
import { projectRoot } from '../../scripts/drive/built-project.ts';
import { readServerFacts } from './server-facts.ts';
import type { SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';

/** examples/README.md: 500 rows, 12 of them wrong on purpose; two of these are put right here. */
const validRows = 490;

/** Takes `examples/members.csv` in, puts two errors right, leaves the rest out, and goes to the review. */
export async function prepareExample(screen: ConsolePage): Promise<void> {
  await screen.beginUpload(path.join(projectRoot, 'examples/members.csv'));
  await screen.correct(
    17,
    'E-mail',
    'malgorzata.peeters@@nordlicht-werke.example',
    'malgorzata.peeters@nordlicht-werke.example',
  );
  await screen.correct(42, 'Credits', '1.5', '2');
  await screen.skipErrorsAndReview();
}

/** Waits until every row has its receipt, and compares screen and Postgres: every valid row once, the balance the same. */
export async function expectWholeUpload(
  screen: ConsolePage,
  prepared: SandboxedConsole,
  sent: { rows: number; credits: number },
): Promise<void> {
  await screen.page.getByText('Every row is confirmed').waitFor({ timeout: 60_000 });
  await screen.page.getByText(`${validRows} of ${validRows} sent · ${validRows} confirmed · 0 refused`).waitFor();
  expect(sent.rows).toBe(validRows);
  const facts = await readServerFacts(prepared.sandbox);
  expect(new Set(facts.uploaded.map(({ row }) => row)).size).toBe(facts.uploaded.length);
  expect(facts.uploaded.reduce((sum, { credits }) => sum + credits, 0)).toBe(sent.credits);
  expect(facts.balance).toBe(1_000 - sent.credits);
  await screen.open('Dashboard');
  await expect.poll(() => screen.balance('confirmed')).toBe(facts.balance);
  await expect.poll(() => screen.balance('planned')).toBe(0);
}
