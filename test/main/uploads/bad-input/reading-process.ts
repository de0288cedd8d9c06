import { writeSync } from 'node:fs';
import { openConsole, type TestConsole } from '../../../builders/console.ts';
import { changesAnswer, scriptedServer, scriptedUser, tokenAnswer } from '../../../builders/scripted-server.ts';

/** Rows of the file that is read: some transactions of them. */
export const killedRows = 8_000;

/** A file of its own for each number; every tenth e-mail is broken. */
export function killedFile(number: number): string {
  const lines = ['First name,Email,Credits'];
  for (let row = 1; row <= killedRows; row += 1) {
    lines.push(`"Name, ${row}",m${row}${row % 10 === 0 ? '@@' : '@'}firma${number}.example,${number}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The console of a data folder, with somebody signed in at a server without members. */
export async function openSignedIn(dataFolder: string): Promise<TestConsole> {
  const server = scriptedServer(({ path: requested }) =>
    requested.endsWith('/token') ? tokenAnswer(1, 86_400) : changesAnswer(),
  );
  const partnerConsole = await openConsole({ dataFolder, fetch: server.fetch });
  await partnerConsole.value('session.signIn', {
    serverUrl: 'https://project.example/',
    publishableKey: 'key',
    email: scriptedUser.email,
    password: 'secret-password',
  });
  return partnerConsole;
}

/** Something that was acknowledged: how far the draft of a file has come. */
export interface Acknowledged {
  readonly number: number;
  readonly draftId: string;
  readonly step: 'begun' | 'analysed' | 'read' | 'edited';
}

/** Takes, recognises and reads a file, and edits its last row; tells each step once it is acknowledged. */
async function takeFile(
  partnerConsole: TestConsole,
  number: number,
  tell: (step: Acknowledged) => void,
): Promise<void> {
  const bytes = Buffer.from(killedFile(number));
  const { draftId } = await partnerConsole.value('uploads.begin', { fileName: `${number}.csv`, size: bytes.length });
  tell({ number, draftId, step: 'begun' });
  for (let start = 0; start < bytes.length; start += 65_536) {
    await partnerConsole.value('uploads.append', { draftId, bytes: bytes.subarray(start, start + 65_536) });
  }
  const { analysis } = await partnerConsole.value('uploads.analyse', { draftId, options: null });
  if (analysis === null) throw new Error('no analysis');
  tell({ number, draftId, step: 'analysed' });
  const { encoding, separator, sheet, mapping } = analysis;
  await partnerConsole.value('uploads.importRows', { draftId, options: { encoding, separator, sheet }, mapping });
  tell({ number, draftId, step: 'read' });
  await partnerConsole.value('uploads.editCell', {
    draftId,
    row: killedRows,
    field: 'first_name',
    value: `Edited ${number}`,
  });
  tell({ number, draftId, step: 'edited' });
}

/** Works in a process of its own, to be killed. Arguments: the data folder, the number of the first file. */
const [, script, dataFolder, first] = process.argv;
if (script === import.meta.filename && dataFolder !== undefined) {
  const partnerConsole = await openSignedIn(dataFolder);
  partnerConsole.application.onEvent((event) => {
    if (event.event === 'import_progress') writeSync(1, 'reading\n');
  });
  writeSync(1, 'ready\n');
  for (let number = Number(first); ; number += 1) {
    await takeFile(partnerConsole, number, (step) => writeSync(1, `${JSON.stringify(step)}\n`));
  }
}
