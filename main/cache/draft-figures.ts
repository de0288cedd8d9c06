import type { ReadDatabase } from './database.ts';
import { BLOCK_ROWS, isTallied, readTallies, readyCredits } from './draft-tallies.ts';

/** Rows of a draft by what the rules found. A skipped row counts as skipped only. `credits` is over the ready rows. */
export interface CheckFigures {
  readonly rows: number;
  readonly errors: number;
  readonly warnings: number;
  readonly skipped: number;
  readonly ready: number;
  readonly credits: number;
}

/** Rows of a submitted draft by the server's answer. */
export interface AnswerFigures {
  readonly confirmed: number;
  readonly refused: number;
  /** Queued and not answered, or kept back when the upload was stopped. */
  readonly waiting: number;
}

/** From the tallies: the same few hundred counts however many rows there are. */
export function readCheckFigures(database: ReadDatabase, draftId: string): CheckFigures {
  const figures = { rows: 0, errors: 0, warnings: 0, skipped: 0, ready: 0, credits: 0 };
  for (const tally of readTallies(database, draftId)) {
    figures.rows += tally.rows;
    if (tally.skipped === 1) figures.skipped += tally.rows;
    else if (tally.severity === 2) figures.errors += tally.rows;
    else {
      figures.ready += tally.rows;
      figures.credits += tally.credits;
      if (tally.severity === 1) figures.warnings += tally.rows;
    }
  }
  return figures;
}

/** How far the server has answered. */
export function readAnswerFigures(database: ReadDatabase, draftId: string): AnswerFigures {
  const figures = { confirmed: 0, refused: 0, waiting: 0 };
  for (const tally of readTallies(database, draftId)) {
    if (tally.result === 'confirmed') figures.confirmed += tally.rows;
    else if (tally.result === 'refused') figures.refused += tally.rows;
    else if (tally.result !== null) figures.waiting += tally.rows;
  }
  return figures;
}

/**
 * Of the ready rows with numbers behind `after` up to `through`, how many belong to members that this computer knows, and how many of
 * those change: they get credits, another first name, or none where a blank name clears the member's.
 */
export function countExistingMembers(
  database: ReadDatabase,
  draftId: string,
  range: { readonly after: number; readonly through: number },
  clearsNames: boolean,
): { readonly rows: number; readonly changed: number } {
  const row = database.get<{ rows: number; changed: number }>(
    `select count(*) as rows, coalesce(sum(coalesce(draft_rows.credits, 0) > 0
         or iif(draft_rows.first_name is null, @clearsNames and members.first_name <> '', draft_rows.first_name <> members.first_name)), 0) as changed
     from draft_rows cross join members on members.email_key = draft_rows.email_key
     where draft_id = @draftId and row_no > @after and row_no <= @through and severity < 2 and skipped = 0`,
    { draftId, ...range, clearsNames: clearsNames ? 1 : 0 },
  );
  return row ?? { rows: 0, changed: 0 };
}

/** The first row, in file order, whose credits no longer fit into `available`; null when all do. */
export function firstRowBeyond(database: ReadDatabase, draftId: string, available: number): number | null {
  // The tallies tell in which block it is; without tallies it is looked for among all rows.
  let before = 0;
  let from = 0;
  let to = Number.MAX_SAFE_INTEGER;
  if (isTallied(database, draftId)) {
    const block = readyCredits(database, draftId).find(({ credits }) => {
      if (before + credits > available) return true;
      before += credits;
      return false;
    });
    if (block === undefined) return null;
    from = block.block * BLOCK_ROWS;
    to = from + BLOCK_ROWS;
  }
  const row = database.get<{ row_no: number }>(
    `select row_no from (
       select row_no, @before + sum(credits) over (order by row_no) as running
       from draft_rows where draft_id = @draftId and severity < 2 and skipped = 0 and credits > 0 and row_no >= @from and row_no < @to)
     where running > @available order by row_no limit 1`,
    { draftId, from, to, before, available },
  );
  return row?.row_no ?? null;
}
