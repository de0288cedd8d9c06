import type { ChangedTable } from '../../shared/contract/events.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';

/** Which announced changes make the answer of a reading operation old. Operations that are not here only act. */
export const operationTables = {
  'application.info': ['settings'],
  'application.recovery': ['settings', 'session'],
  'session.state': ['session'],
  'dashboard.read': ['partner', 'members', 'allocations', 'outbox'],
  'members.page': ['members', 'allocations', 'outbox', 'partner'],
  'members.read': ['members', 'allocations', 'outbox', 'partner'],
  'uploads.list': ['drafts', 'draft_rows', 'outbox'],
  'uploads.read': ['drafts', 'draft_rows', 'outbox'],
  'uploads.rows': ['draft_rows', 'drafts'],
  'uploads.issueCounts': ['draft_rows', 'drafts'],
  'uploads.dryRun': ['drafts', 'draft_rows', 'outbox', 'partner', 'members'],
  'uploads.history': ['allocations', 'outbox'],
  'sync.status': ['sync', 'outbox', 'partner', 'session'],
  'sync.items': ['outbox', 'sync'],
  'sync.reasons': ['outbox'],
  'sync.history': ['sync'],
} as const satisfies Partial<Record<OperationName, readonly ChangedTable[]>>;

/** The operations that a screen may keep the last answer of. */
export type QueryName = keyof typeof operationTables;
