import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsolePage } from '../../scripts/drive/console-page.ts';
import { prepareSandboxedConsole, type SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';
import { readServerFacts } from '../pages/server-facts.ts';
import { expectWholeUpload, prepareExample } from '../pages/upload-journey.ts';
import { launchDesktop, type DesktopConsole } from './launch-desktop.ts';

let prepared: SandboxedConsole;
let desktop: DesktopConsole | null = null;

beforeEach(async () => {
  prepared = await prepareSandboxedConsole();
});
afterEach(async () => {
  await desktop?.close();
  desktop = null;
  await prepared.remove();
});

async function launch(): Promise<ConsolePage> {
  desktop = await launchDesktop(prepared.environment);
  return new ConsolePage(desktop.page);
}

describe('upload on the desktop', () => {
  it('ends every valid row with a receipt; a killed and restarted app shows the same', async () => {
    const screen = await launch();
    await screen.signIn(prepared.sandbox.demo);
    await prepareExample(screen);
    const sent = await screen.send();
    await expectWholeUpload(screen, prepared, sent);
    expect(desktop?.complaints).toEqual([]);
    const before = await readServerFacts(prepared.sandbox);

    await desktop?.kill();
    const again = await launch();
    await again.signIn(prepared.sandbox.demo);
    await again.open('Dashboard');
    await expect.poll(() => again.balance('confirmed')).toBe(before.balance);
    await again.open('Uploads');
    await again.page.getByRole('button', { name: 'Open members.csv' }).click();
    await again.page.getByText('490 of 490 sent · 490 confirmed · 0 refused').waitFor();
    expect(await readServerFacts(prepared.sandbox)).toEqual(before);
  });

  it('goes on after the app was killed while sending, and does nothing twice', async () => {
    const screen = await launch();
    await screen.signIn(prepared.sandbox.demo);
    await prepareExample(screen);
    const sent = await screen.send();
    await screen.page.getByText(/^[\d,]+ of 490 sent/).waitFor();
    await desktop?.kill();

    const again = await launch();
    await again.signIn(prepared.sandbox.demo);
    await again.open('Uploads');
    await again.page.getByRole('button', { name: /^(Resume|Open) members\.csv$/ }).click();
    await expectWholeUpload(again, prepared, sent);
  });
});
