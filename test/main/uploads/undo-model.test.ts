import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { Fix } from '../../../shared/contract/upload-fixing.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

const opened: UploadsHarness[] = [];
afterEach(async () => {
  for (const uploads of opened.splice(0)) await uploads.close();
});

const file = `First name,Email,Credits
"A  A",a@firma.example,1
B,b@@firma.example,ten
C,A@firma.example,1.5
D,a@firma.example,ten
,e@gmial.com,
F,f@firma.example,ten
`;
const texts = ['a@firma.example', 'b@firma.example', 'x@@firma.example', 'ten', '3', '', ' 7 '];
const codes = ['email_invalid', 'email_duplicate', 'email_domain_typo', 'credits_not_a_number', 'name_missing'];

const field = fc.constantFrom('email' as const, 'first_name' as const, 'credits' as const);
const text = fc.constantFrom(...texts);
const code = fc.constantFrom(...codes);
const fix: fc.Arbitrary<Fix> = fc.oneof(
  fc.record({ kind: fc.constant('value' as const), field, from: text, to: text }),
  fc.record({ kind: fc.constant('suggestions' as const), code }),
  fc.record({ kind: fc.constant('skip' as const), code }),
  fc.record({
    kind: fc.constant('column' as const),
    field,
    value: text,
    only: fc.constantFrom('blank' as const, 'all' as const),
  }),
  fc.constant({ kind: 'trim' as const }),
);
type Command =
  | {
      readonly does: 'edit';
      readonly row: number;
      readonly field: 'email' | 'first_name' | 'credits';
      readonly value: string;
    }
  | { readonly does: 'skip'; readonly rows: number[] | 'all_errors'; readonly skipped: boolean }
  | { readonly does: 'fix'; readonly fix: Fix }
  | { readonly does: 'undo' | 'redo' | 'restart' };
const row = fc.integer({ min: 1, max: 6 });
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ does: fc.constant('edit' as const), row, field, value: text }),
  fc.record({
    does: fc.constant('skip' as const),
    rows: fc.oneof(fc.array(row, { maxLength: 4 }), fc.constant('all_errors' as const)),
    skipped: fc.boolean(),
  }),
  fc.record({ does: fc.constant('fix' as const), fix }),
  fc.record({ does: fc.constantFrom('undo' as const, 'undo' as const, 'redo' as const, 'restart' as const) }),
);

const rowsOf = (uploads: UploadsHarness) => uploads.database.all('select * from draft_rows order by row_no');

/** What the side tables say, and what the rows themselves say. */
function accounts(uploads: UploadsHarness): { readonly kept: unknown; readonly counted: unknown } {
  const all = (sql: string): unknown => uploads.database.all(sql);
  const byRule = `from draft_rows, json_each(draft_rows.issues)`;
  return {
    kept: [
      all(`select severity, skipped, sum(rows) as rows, sum(credits) as credits from draft_tallies
        group by 1, 2 having sum(rows) > 0 order by 1, 2`),
      all('select code, row_no, row_severity, skipped from draft_issues order by code, row_no'),
      all(
        `select code, skipped, sum(rows) as rows from draft_issue_tallies group by 1, 2 having sum(rows) > 0 order by 1, 2`,
      ),
    ],
    counted: [
      all(`select severity, skipped, count(*) as rows, coalesce(sum(credits), 0) as credits from draft_rows
        group by 1, 2 order by 1, 2`),
      all(
        `select value ->> 'code' as code, row_no, draft_rows.severity as row_severity, skipped ${byRule} order by 1, 2`,
      ),
      all(`select value ->> 'code' as code, skipped, count(*) as rows ${byRule} group by 1, 2 order by 1, 2`),
    ],
  };
}

/** Duplicates as they should be: behind an earlier row with the same e-mail that is not skipped. */
function wrongDuplicates(uploads: UploadsHarness): unknown {
  return uploads.database.all(`
    select row_no from draft_rows as mine
    where (coalesce(issues, '') like '%email_duplicate%') <> exists (select 1 from draft_rows as earlier
      where earlier.email_key = mine.email_key and earlier.row_no < mine.row_no and earlier.skipped = 0)`);
}

test('whatever is edited, fixed, skipped and undone, the counts fit the rows, and undoing everything ends where it began', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 14 }), async (commands) => {
      const uploads = openHarness();
      opened.push(uploads);
      const { draftId } = await uploads.read(file);
      const start = rowsOf(uploads);
      for (const next of commands) {
        if (next.does === 'edit') {
          await uploads.value('uploads.editCell', { draftId, row: next.row, field: next.field, value: next.value });
        } else if (next.does === 'skip') {
          await uploads.value('uploads.setSkipped', { draftId, rows: next.rows, skipped: next.skipped });
        } else if (next.does === 'fix') await uploads.value('uploads.fixAll', { draftId, fix: next.fix });
        else if (next.does === 'restart') uploads.restart();
        else await uploads.value(`uploads.${next.does}`, { draftId });
        const { kept, counted } = accounts(uploads);
        expect(kept).toEqual(counted);
        expect(wrongDuplicates(uploads)).toEqual([]);
      }
      const end = rowsOf(uploads);
      let steps = 0;
      while ((await uploads.value('uploads.read', { draftId })).canUndo) {
        await uploads.value('uploads.undo', { draftId });
        steps += 1;
      }
      expect(rowsOf(uploads)).toEqual(start);
      for (let step = 0; step < steps; step += 1) await uploads.value('uploads.redo', { draftId });
      expect(rowsOf(uploads)).toEqual(end);
      await uploads.close();
      opened.splice(opened.indexOf(uploads), 1);
    }),
    { numRuns: 40 },
  );
}, 300_000);
