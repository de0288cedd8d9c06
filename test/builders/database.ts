import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OpenDatabase } from '../../main/cache/database.ts';
import type { MemberState } from '../../main/cache/member-rows.ts';
import { openDatabase } from '../../main/cache/open.ts';
import { markReadyRows, queueUpload } from '../../main/cache/upload-items.ts';
import { type AllocationState, applyChangePage, type ChangePage } from '../../main/cache/pull-state.ts';

export interface TestDatabase {
  readonly database: OpenDatabase;
  readonly folder: string;
  readonly remove: () => void;
}

/** A real database in a folder of its own, or again in the folder of one that was closed. */
export function openTestDatabase(existing?: string): TestDatabase {
  const folder = existing ?? mkdtempSync(path.join(tmpdir(), 'partner-console-database-'));
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(opened.error.code);
  return {
    database: opened.value,
    folder,
    remove: () => {
      opened.value.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A UUID that ends in `number`, so that tests can name members by number. */
export function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

export function member(number: number, change: Partial<MemberState> = {}): MemberState {
  return {
    memberId: idOf(number),
    firstName: `Member ${number}`,
    email: `member${number}@company.example`,
    status: 'active',
    userId: null,
    creditsAssigned: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    credits: [],
    sessions: [],
    ...change,
  };
}

/** Credits of one expiry, all available. */
export function available(expiresAt: string, count: number): MemberState['credits'][number] {
  return { expiresAt, available: count, used: 0, expired: 0, revoked: 0 };
}

export function allocation(number: number, change: Partial<AllocationState> = {}): AllocationState {
  return {
    allocationId: idOf(900_000 + number),
    kind: 'allocation',
    memberId: idOf(number),
    email: `member${number}@company.example`,
    credits: 5,
    expiresAt: '2026-12-31T00:00:00.000Z',
    source: 'console',
    note: null,
    actor: 'admin@company.example',
    createdAt: '2026-04-01T00:00:00.000Z',
    ...change,
  };
}

/** One page of the feed, by default of a partner with a balance of 1,000 and nothing else. */
export function changePage(change: Partial<ChangePage> = {}): ChangePage {
  return {
    partner: {
      partnerId: idOf(1_000_000),
      fullName: 'Company',
      email: 'admin@company.example',
      balance: 1_000,
      lowBalance: false,
    },
    members: [],
    allocations: [],
    removedMembers: [],
    cursor: 'cursor',
    hasMore: false,
    ...change,
  };
}

/** Writes a page as if it had just been pulled at `at`. */
export function pulled(database: OpenDatabase, change: Partial<ChangePage>, at = '2026-05-01T12:00:00Z'): void {
  applyChangePage(database, changePage(change), Date.parse(at));
}

/** A draft with rows 1 to `rows`, each ready: another member, and two credits. */
export function draftOfRows(database: OpenDatabase, draftId: string, rows: number): void {
  database.run(
    `insert into drafts (draft_id, file_name, stage, fingerprint, created_at, changed_at) values (?, 'a.csv', 'fix', 'f', '', '')`,
    draftId,
  );
  for (let row = 1; row <= rows; row += 1) {
    const sql = `insert into draft_rows (draft_id, row_no, cells, email_key, credits) values (?, ?, '[]', ?, 2)`;
    database.run(sql, draftId, row, `m${row}@company.example`);
  }
}

/** Submits the ready rows of a draft, all at once. Answers the item's id. */
export function submitted(database: OpenDatabase, draftId: string, now: number): string {
  markReadyRows(database, draftId, { after: 0, through: Number.MAX_SAFE_INTEGER }, 'first');
  return queueUpload(database, draftId, now, 'valid_only', 'first');
}
