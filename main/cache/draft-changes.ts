import type { ReadDatabase, WriteDatabase } from './database.ts';

/** Records a change (JSON) at a position, and forgets what could have been redone from there on. */
export function recordChange(database: WriteDatabase, draftId: string, position: number, change: string): void {
  database.run('delete from draft_changes where draft_id = ? and position >= ?', draftId, position);
  database.run('insert into draft_changes (draft_id, position, change) values (?, ?, ?)', draftId, position, change);
}

/** The change at a position as JSON, or null. */
export function readChange(database: ReadDatabase, draftId: string, position: number): string | null {
  const sql = 'select change from draft_changes where draft_id = ? and position = ?';
  return database.get<{ change: string }>(sql, draftId, position)?.change ?? null;
}

/** Forgets every change of a draft. */
export function deleteChanges(database: WriteDatabase, draftId: string): void {
  database.run('delete from draft_changes where draft_id = ?', draftId);
}
