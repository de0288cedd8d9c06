import type { ReadDatabase, WriteDatabase } from './database.ts';

/** A change over many rows; `what` is JSON. See migration 0005 for each column. */
export interface StepRecord {
  readonly step_id: number;
  readonly draft_id: string;
  readonly what: string;
  readonly rows: number;
  readonly work: 'make' | 'undo' | 'redo' | null;
  readonly taking_back: number;
  readonly phase: 'rows' | 'emails';
  readonly done_through: number;
  readonly done: number;
  readonly total: number;
}

/** What a step did to a row; see migration 0005. */
export interface StepRow {
  readonly row_no: number;
  readonly before: string | null;
  readonly after: string | null;
}

/** A new step that is about to be made. Answers its id. */
export function insertStep(database: WriteDatabase, draftId: string, what: string, total: number): number {
  const row = database.get<{ step_id: number }>(
    `insert into draft_steps (draft_id, what, work, total) values (?, ?, 'make', ?) returning step_id`,
    draftId,
    what,
    total,
  );
  if (row === undefined) throw new Error('a step was not stored');
  return row.step_id;
}

/** A step whose rows are still being written down: it does nothing yet, and is forgotten should the console end now. */
export function insertPlannedStep(database: WriteDatabase, draftId: string, what: string): number {
  const row = database.get<{ step_id: number }>(
    'insert into draft_steps (draft_id, what) values (?, ?) returning step_id',
    draftId,
    what,
  );
  if (row === undefined) throw new Error('a step was not stored');
  return row.step_id;
}

/** Forgets the steps that were never begun: nothing that can be undone names them. */
export function forgetUnbegun(database: WriteDatabase): void {
  database.run(
    `update draft_steps set forgotten = 1 where work is null and forgotten = 0 and not exists (select 1 from draft_changes
       where draft_changes.draft_id = draft_steps.draft_id and change ->> 'kind' = 'step' and change ->> 'step' = step_id)`,
  );
}

/** One step, or undefined. */
export function readStep(database: ReadDatabase, stepId: number): StepRecord | undefined {
  return database.get<StepRecord>('select * from draft_steps where step_id = ?', stepId);
}

/** The steps that were at work when the console ended, each of another draft. */
export function stepsAtWork(database: ReadDatabase): StepRecord[] {
  return database.all<StepRecord>(
    'select * from draft_steps where work is not null and forgotten = 0 order by step_id',
  );
}

/** The step that is at work on a draft, also one that waits to go on after a crash. */
export function stepAtWork(database: ReadDatabase, draftId: string): StepRecord | undefined {
  const sql = 'select * from draft_steps where draft_id = ? and work is not null and forgotten = 0';
  return database.get<StepRecord>(sql, draftId);
}

/** Begins to make a planned step, to undo a step, or to make it again. */
export function beginWork(database: WriteDatabase, stepId: number, work: 'make' | 'undo' | 'redo'): void {
  database.run(
    `update draft_steps set work = ?, taking_back = 0, phase = 'rows', done_through = 0, done = 0, total = rows where step_id = ?`,
    work,
    stepId,
  );
}

/** From here on the step goes back over what it has done. */
export function takeBack(database: WriteDatabase, stepId: number): void {
  database.run(`update draft_steps set taking_back = 1, phase = 'rows' where step_id = ? and taking_back = 0`, stepId);
}

/** How far a step is. */
export function saveProgress(
  database: WriteDatabase,
  stepId: number,
  progress: Pick<StepRecord, 'phase' | 'done_through' | 'done'>,
): void {
  database.run(
    'update draft_steps set phase = ?, done_through = ?, done = ? where step_id = ?',
    progress.phase,
    progress.done_through,
    progress.done,
    stepId,
  );
}

/** The step is at rest again, made or undone. */
export function endWork(database: WriteDatabase, stepId: number): void {
  database.run(
    `update draft_steps set work = null, taking_back = 0, phase = 'rows', done_through = 0 where step_id = ?`,
    stepId,
  );
}

/** The step counts no more; its rows are deleted by and by. */
export function forgetStep(database: WriteDatabase, stepId: number): void {
  database.run('update draft_steps set work = null, forgotten = 1 where step_id = ?', stepId);
}

/** Forgets every step of a draft that is going away. */
export function forgetSteps(database: WriteDatabase, draftId: string): void {
  database.run('update draft_steps set work = null, forgotten = 1 where draft_id = ?', draftId);
}

/** Keeps what a step changed in some rows. */
export function insertStepRows(database: WriteDatabase, stepId: number, rows: readonly StepRow[]): void {
  for (const row of rows) {
    database.run(
      'insert into draft_step_rows (step_id, row_no, before, after) values (?, ?, ?, ?)',
      stepId,
      row.row_no,
      row.before,
      row.after,
    );
  }
  database.run('update draft_steps set rows = rows + ? where step_id = ?', rows.length, stepId);
}

/** The next rows of a step behind a row number, or, going back, up to it, the highest first. */
export function stepRows(
  database: ReadDatabase,
  stepId: number,
  from: number,
  way: 'on' | 'back',
  limit: number,
): StepRow[] {
  const order = way === 'on' ? 'row_no > ? order by row_no' : 'row_no <= ? order by row_no desc';
  return database.all<StepRow>(
    `select row_no, before, after from draft_step_rows where step_id = ? and ${order} limit ?`,
    stepId,
    from,
    limit,
  );
}

/** E-mails whose rows have to be compared once the step has gone through its rows. */
export function addStepEmails(database: WriteDatabase, stepId: number, emails: Iterable<string>): void {
  for (const email of emails) {
    // One that is there already was perhaps compared in part before a change of mind.
    database.run('insert or replace into draft_step_emails (step_id, email_key) values (?, ?)', stepId, email);
  }
}

/** One of those e-mails, and up to which row its rows have been compared; undefined when there are no more. */
export function nextStepEmail(
  database: ReadDatabase,
  stepId: number,
): { readonly email_key: string; readonly done_through: number } | undefined {
  return database.get('select email_key, done_through from draft_step_emails where step_id = ? limit 1', stepId);
}

/** The rows with an e-mail have been compared up to a row, or all of them (null). */
export function saveStepEmail(
  database: WriteDatabase,
  stepId: number,
  email: string,
  doneThrough: number | null,
): void {
  if (doneThrough === null) {
    database.run('delete from draft_step_emails where step_id = ? and email_key = ?', stepId, email);
  } else {
    database.run(
      'update draft_step_emails set done_through = ? where step_id = ? and email_key = ?',
      doneThrough,
      stepId,
      email,
    );
  }
}

/** Whether anything is left to sweep. */
export function hasForgotten(database: ReadDatabase): boolean {
  return database.get('select 1 as found from draft_steps where forgotten = 1 limit 1') !== undefined;
}

/** Deletes some of what forgotten steps left. Answers whether there is more. */
export function sweepForgotten(database: WriteDatabase, limit: number): boolean {
  const step = database.get<{ step_id: number }>(
    'select step_id from draft_steps where forgotten = 1 order by step_id limit 1',
  );
  if (step === undefined) return false;
  const deleted = ['draft_step_rows', 'draft_step_emails'].map((table) => {
    const key = table === 'draft_step_rows' ? 'row_no' : 'email_key';
    return database.run(
      `delete from ${table} where step_id = @stepId
         and ${key} in (select ${key} from ${table} where step_id = @stepId limit @limit)`,
      { stepId: step.step_id, limit },
    );
  });
  if (deleted.every((rows) => rows === 0)) database.run('delete from draft_steps where step_id = ?', step.step_id);
  return true;
}
