import type { ApplicationInfo } from '../../shared/contract/application.ts';
import type { SessionState } from '../../shared/contract/session.ts';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { UploadRow } from '../../shared/contract/uploads.ts';
import { ok } from '../../shared/result.ts';
import {
  assignItem,
  balance,
  demoDashboard,
  draftDetail,
  draftSummary,
  id,
  inDays,
  memberRow,
  syncRound,
  syncStatus,
  uploadRow,
} from './demo-data.ts';
import { FakeBridge, type FakeHandlers } from './fake-bridge.ts';

type IssueCount = OperationOutput<'uploads.issueCounts'>['counts'][number];

export const signedIn: Extract<SessionState, { status: 'signed_in' }> = {
  status: 'signed_in',
  account: {
    accountId: 'account-a',
    userId: id(9, 1),
    email: 'demo@partner-console.example',
    fullName: 'Dana Weber',
    serverUrl: 'https://lindenhof.supabase.example',
  },
  sessionIsKept: true,
};

export const signedOut: Extract<SessionState, { status: 'signed_out' }> = {
  status: 'signed_out',
  offlineAccounts: [],
  lastServer: null,
  lastEmail: null,
  sessionIsKept: true,
  notOpened: null,
};

export const applicationInfo: ApplicationInfo = {
  version: '0.1.0',
  host: 'test',
  operatingSystem: 'linux',
  appearance: 'light',
  presetServer: { url: 'https://lindenhof.supabase.example', publishableKey: 'sb_publishable_demo' },
  demo: null,
};

/** A console with demo data behind every reading operation; single handlers can be replaced. */
export function fakeConsole(overrides: FakeHandlers = {}, members = 60): FakeBridge {
  const rows = Array.from({ length: members }, (_, n) => memberRow(n));
  const fileRows = Array.from({ length: draftSummary.rows }, (_, n) => uploadRow(n + 1));
  const shown = (show: string, code: string | null): UploadRow[] =>
    fileRows.filter((row) => matches(row, show) && (code === null || row.issues.some((issue) => issue.code === code)));
  return new FakeBridge({
    'application.info': () => ok(applicationInfo),
    'session.state': () => ok(signedIn),
    'application.recovery': () => ok({ latest: null }),
    'dashboard.read': () => ok(demoDashboard()),
    'members.page': ({ filter, offset, limit }) => {
      const search = filter.search.toLowerCase();
      const found = rows.filter(
        (row) =>
          (row.email.includes(search) || row.firstName.toLowerCase().includes(search)) &&
          (filter.status === null || row.status === filter.status) &&
          (filter.credits !== 'none' || row.available === 0),
      );
      return ok({
        rows: found.slice(offset, offset + limit),
        total: found.length,
        totalUnfiltered: rows.length,
        asOf: inDays(0),
      });
    },
    'members.read': ({ memberId }) => {
      const member = rows.find((row) => row.memberId === memberId) ?? memberRow(0);
      return ok({
        member,
        asOf: inDays(0),
        creditsByExpiry: [
          { expiresAt: inDays(12), available: 2, used: 1, expired: 0 },
          { expiresAt: inDays(80), available: 4, used: 0, expired: 0 },
        ],
        allocations: [
          {
            id: id(3, 4),
            kind: 'extension',
            credits: 2,
            expiresAt: inDays(12),
            source: 'console',
            note: null,
            actor: 'Dana Weber',
            at: inDays(-1),
          },
          {
            id: id(3, 3),
            kind: 'revocation',
            credits: -1,
            expiresAt: inDays(80),
            source: 'console',
            note: 'Left the programme',
            actor: 'Dana Weber',
            at: inDays(-2),
          },
          {
            id: id(3, 1),
            kind: 'allocation',
            credits: 4,
            expiresAt: inDays(80),
            source: 'console',
            note: 'Onboarding',
            actor: 'Dana Weber',
            at: inDays(-10),
          },
          {
            id: id(3, 2),
            kind: 'allocation',
            credits: 3,
            expiresAt: inDays(12),
            source: 'upload',
            note: null,
            actor: 'Dana Weber',
            at: inDays(-78),
          },
        ],
        sessions: [{ id: id(7, 1), status: 'completed', scheduledAt: inDays(-5) }],
        planned:
          member.planned > 0
            ? [
                {
                  itemId: id(4, 1),
                  credits: member.planned,
                  queuedAt: inDays(0),
                  state: 'queued',
                  origin: 'assign',
                  days: null,
                  status: null,
                },
              ]
            : [],
      });
    },
    'allocation.assign': () => ok({ itemId: id(4, 1), balance }),
    'uploads.list': () => ok({ drafts: [draftSummary] }),
    'uploads.read': () => ok(draftDetail),
    'uploads.rows': ({ show, code, offset, limit }) => {
      const found = shown(show, code ?? null);
      return ok({ rows: found.slice(offset, offset + limit), total: found.length });
    },
    'uploads.issueCounts': () => ok({ counts: countIssues(fileRows) }),
    'uploads.nextIssue': ({ after, direction, show, list }) => {
      const kind = show === 'all_issues' ? 'all' : show;
      const withIssue = fileRows.filter((row) => row.issues.length > 0 && matches(row, kind));
      const found =
        direction === 'next'
          ? withIssue.find(({ row }) => row > after)
          : withIssue.findLast(({ row }) => after === 0 || row < after);
      const listed = shown(list?.show ?? 'all', list?.code ?? null);
      return ok({
        row: found?.row ?? null,
        position: Math.max(
          0,
          listed.findIndex(({ row }) => row === found?.row),
        ),
      });
    },
    'uploads.repeatedValue': () => ok({ rows: 0 }),
    'uploads.dryRun': () =>
      ok({
        newMembers: 412,
        existingMembers: 63,
        credits: 731,
        errors: 0,
        skipped: 12,
        warnings: 5,
        ready: 475,
        balance: { ...balance, planned: balance.planned + 731, left: 233 },
        leftAfter: 233,
        exceeds: null,
        sameFileSentAt: null,
      }),
    'sync.status': () => ok(syncStatus),
    'sync.items': () => ok({ items: [assignItem(1)], total: 1 }),
    'sync.reasons': () => ok({ reasons: [] }),
    'sync.history': () => ok({ rounds: [syncRound(1)], total: 1 }),
    'sync.now': () => ok(syncStatus),
    ...overrides,
  });
}

function countIssues(rows: readonly UploadRow[]): IssueCount[] {
  const counts = new Map<string, IssueCount>();
  for (const { code, field, severity } of rows.flatMap((row) => row.issues)) {
    counts.set(code, { code, field, severity, rows: (counts.get(code)?.rows ?? 0) + 1 });
  }
  return [...counts.values()];
}

function matches(row: UploadRow, show: string): boolean {
  switch (show) {
    case 'errors':
      return row.state === 'error';
    case 'warnings':
      return row.issues.some((issue) => issue.severity === 'warning');
    case 'all':
      return true;
    default:
      return row.state === show;
  }
}
