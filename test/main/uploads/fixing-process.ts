import { writeSync } from 'node:fs';
import type { DraftDetail } from '../../../shared/contract/uploads.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

/** Rows of the draft that is worked on. */
export const fixedRows = 3_000;

/** Every fifth e-mail is broken with a suggestion, every seventh stands twice, some credits are no numbers. */
export function fixedFile(): string {
  const lines = ['First name,Email,Credits'];
  for (let row = 1; row <= fixedRows; row += 1) {
    const email = row % 5 === 0 ? `m${row}@@firma.example` : `m${row % 7 === 0 ? row - 3 : row}@firma.example`;
    lines.push(`Name  ${row},${email},${row % 4 === 0 ? 'ten' : 1}`);
  }
  return lines.join('\n');
}

/** One after the other, for ever: steps over many rows in both directions, with single edits in between. */
export async function change(uploads: UploadsHarness, draftId: string, index: number): Promise<DraftDetail> {
  const round = Math.floor(index / 8);
  switch (index % 8) {
    case 0:
      return (
        await uploads.value('uploads.fixAll', {
          draftId,
          fix: { kind: 'column', field: 'credits', value: String(round + 2), only: 'all' },
        })
      ).draft;
    case 1:
      return uploads.value('uploads.undo', { draftId });
    case 2:
      return (await uploads.value('uploads.fixAll', { draftId, fix: { kind: 'suggestions', code: 'email_invalid' } }))
        .draft;
    case 3:
      return uploads.value('uploads.setSkipped', { draftId, rows: 'all_errors', skipped: round % 2 === 0 });
    case 4:
      return uploads.value('uploads.undo', { draftId });
    case 5:
      return uploads.value('uploads.redo', { draftId });
    case 6: {
      const edit = { draftId, row: (round % fixedRows) + 1, field: 'first_name', value: `Round ${round}` } as const;
      return (await uploads.value('uploads.editCell', edit)).draft;
    }
    default:
      return (
        await uploads.value('uploads.fixAll', {
          draftId,
          fix: { kind: 'column', field: 'first_name', value: `All ${round}`, only: 'all' },
        })
      ).draft;
  }
}

/**
 * Works on a draft in a process of its own, to be killed. Arguments: the folder, the draft, the number of the first change. Writes
 * `ready`, and the number of each change once it is acknowledged.
 */
const [, script, folder, draftId, first] = process.argv;
if (script === import.meta.filename && folder !== undefined && draftId !== undefined) {
  const uploads = openHarness(folder);
  await uploads.value('uploads.read', { draftId });
  writeSync(1, 'ready\n');
  for (let index = Number(first); ; index += 1) {
    await change(uploads, draftId, index);
    writeSync(1, `${index}\n`);
  }
}
