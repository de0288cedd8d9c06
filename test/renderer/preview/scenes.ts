import { checkResult, type CheckResult } from '../../../shared/contract/diagnostics.ts';
import { err, ok } from '../../../shared/result.ts';
import { openMember, openMembers, openSection, openUpload } from '../../../renderer/navigation/navigation-store.ts';
import {
  assignItem,
  draftDetail,
  draftSummary,
  emptyDashboard,
  demoDashboard,
  id,
  inDays,
  sentRow,
  syncRound,
  syncStatus,
  uploadItem,
} from '../demo-data.ts';
import type { FakeBridge } from '../fake-bridge.ts';
import { applicationInfo, fakeConsole, signedIn, signedOut } from '../fake-console.ts';

interface Scene {
  readonly bridge: () => FakeBridge;
  /** Where the scene starts, once the console is on screen. */
  readonly go?: () => void;
}

const draftAt = (change: Partial<typeof draftDetail>): FakeBridge =>
  fakeConsole({ 'uploads.read': () => ok({ ...draftDetail, ...change }) });
const openDraft = (): void => openUpload({ draftId: draftDetail.draftId });

/** Screens with made-up data, to be looked at without a server. */
export const scenes: Readonly<Record<string, Scene>> = {
  'sign-in': {
    bridge: () =>
      fakeConsole({
        'session.state': () => ok({ ...signedOut, offlineAccounts: [{ ...signedIn.account, lastUsedAt: inDays(-1) }] }),
        'application.info': () =>
          ok({ ...applicationInfo, demo: { email: 'demo@partner-console.example', password: 'x' } }),
      }),
  },
  'sign-in-not-opened': {
    bridge: () =>
      fakeConsole({
        'session.state': () =>
          ok({
            ...signedOut,
            lastEmail: signedIn.account.email,
            offlineAccounts: [{ ...signedIn.account, lastUsedAt: inDays(0) }],
            notOpened: { code: 'cache_unavailable', reason: 'full' },
          }),
      }),
  },
  'sign-in-connection': {
    bridge: () =>
      fakeConsole({
        'session.state': () => ok({ ...signedOut, sessionIsKept: false, lastEmail: 'demo@partner-console.example' }),
        'application.info': () => ok({ ...applicationInfo, presetServer: null }),
        'session.signIn': () =>
          err({
            code: 'offline',
            fault: 'tls',
            host: 'lindenhof.supabase.example',
            detail: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
          }),
      }),
  },
  dashboard: { bridge: () => fakeConsole() },
  'dashboard-empty': { bridge: () => fakeConsole({ 'dashboard.read': () => ok(emptyDashboard()) }) },
  'dashboard-stale': {
    bridge: () =>
      fakeConsole({
        'dashboard.read': () =>
          ok({
            ...demoDashboard(),
            asOf: inDays(-3),
            lowBalance: true,
            balance: { confirmed: 20, confirmedAt: inDays(-3), planned: 36, left: -16 },
          }),
        'session.state': () =>
          ok({ status: 'offline', account: signedIn.account, reason: 'session_expired', publishableKey: 'k' }),
        'sync.status': () => ok({ ...syncStatus, connection: 'offline', lastPullAt: inDays(-3), waiting: 3 }),
      }),
  },
  members: { bridge: () => fakeConsole({}, 100_000), go: () => openMembers() },
  'member-panel': { bridge: () => fakeConsole(), go: () => openMember(id(1, 2)) },
  'members-none': {
    bridge: () => fakeConsole(),
    go: () => openMembers({ search: 'nobody', credits: 'expiring_30' }),
  },
  uploads: {
    bridge: () =>
      fakeConsole({
        'uploads.list': () =>
          ok({
            drafts: [
              draftSummary,
              {
                ...draftSummary,
                draftId: id(5, 2),
                fileName: 'members-november.csv',
                stage: 'sending',
                rows: 900,
                errors: 0,
                confirmed: 197,
                refused: 3,
                waiting: 700,
              },
              {
                ...draftSummary,
                draftId: id(5, 3),
                fileName: 'members-october.csv',
                stage: 'done',
                rows: 61,
                errors: 0,
                confirmed: 58,
                refused: 3,
                changedAt: inDays(-30),
              },
            ],
          }),
      }),
    go: () => openUpload(null),
  },
  'upload-new': { bridge: () => fakeConsole(), go: () => openUpload('new') },
  'upload-file': { bridge: () => draftAt({ stage: 'columns', rows: 0 }), go: openDraft },
  'upload-sheet': {
    bridge: () =>
      draftAt({
        stage: 'columns',
        rows: 0,
        analysis: draftDetail.analysis && {
          ...draftDetail.analysis,
          format: 'spreadsheet',
          sheets: [
            { name: 'Members', hidden: false },
            { name: 'Leavers 2026', hidden: false },
          ],
          sheet: 'Members',
          decoded: [],
          warnings: [
            { code: 'hidden_rows', count: 3 },
            { code: 'formulas_without_value', count: 12 },
          ],
        },
      }),
    go: openDraft,
  },
  'upload-columns': {
    bridge: () =>
      draftAt({
        stage: 'columns',
        rows: 0,
        analysis: draftDetail.analysis && { ...draftDetail.analysis, allMatched: false },
      }),
    go: openDraft,
  },
  'upload-fix': { bridge: () => fakeConsole(), go: openDraft },
  'upload-send': {
    bridge: () =>
      fakeConsole({
        'uploads.read': () =>
          ok({
            ...draftDetail,
            stage: 'sending',
            fileName: 'members-november.csv',
            rows: 900,
            errors: 0,
            confirmed: 197,
            refused: 3,
            waiting: 700,
          }),
        'uploads.rows': ({ offset, limit }) =>
          ok({
            rows: Array.from({ length: Math.min(limit, 900 - offset) }, (_, n) => sentRow(offset + n + 1)),
            total: 900,
          }),
      }),
    go: openDraft,
  },
  sync: {
    bridge: () =>
      fakeConsole({
        'sync.status': () => ok({ ...syncStatus, waiting: 2, attention: 2, checking: 1 }),
        'sync.items': () =>
          ok({
            items: [
              assignItem(1, { state: 'refused', refusal: { reason: 'insufficient_credits', shortfall: 7 } }),
              assignItem(5, { state: 'refused', refusal: { reason: 'member_inactive', shortfall: null } }),
              assignItem(8, { state: 'checking', attempts: 2, nextAttemptAt: inDays(0.001) }),
              uploadItem,
              assignItem(6),
              assignItem(7, {
                state: 'confirmed',
                receipt: { allocationId: id(3, 7), balance: 996, expiresAt: inDays(90), replayed: false },
              }),
            ],
            total: 6,
          }),
      }),
    go: () => openSection('sync'),
  },
  'sync-conflict': {
    bridge: () => {
      const seen = { creditsAssigned: 4, available: 4, status: 'active', balance: 1_000, asOf: inDays(-1) } as const;
      const now = { ...seen, available: 0, status: 'inactive', balance: 12, asOf: inDays(0) } as const;
      return fakeConsole({
        'sync.status': () => ok({ ...syncStatus, waiting: 1, attention: 3, connection: 'offline', fault: 'dns' }),
        'sync.reasons': () =>
          ok({
            reasons: [
              { reason: 'insufficient_credits', items: 1_204 },
              { reason: 'member_inactive', items: 12 },
            ],
          }),
        'sync.items': () =>
          ok({
            items: [
              assignItem(1, { state: 'refused', refusal: { reason: 'member_inactive', shortfall: null }, seen, now }),
              assignItem(2, { state: 'held', heldReason: 'recovered' }),
              assignItem(3, { state: 'held', heldReason: 'unreadable' }),
              assignItem(4, { lastError: 'dns', attempts: 4, nextAttemptAt: inDays(0.01) }),
            ],
            total: 4,
          }),
      });
    },
    go: () => openSection('sync'),
  },
  'sync-many': {
    bridge: () =>
      fakeConsole({
        'sync.status': () => ok({ ...syncStatus, waiting: 10_000 }),
        'sync.items': ({ offset, limit }) =>
          ok({
            items: Array.from({ length: Math.min(limit, 10_000 - offset) }, (_, n) => assignItem(offset + n)),
            total: 10_000,
          }),
        'sync.history': () =>
          ok({
            rounds: [
              syncRound(4, { startedBy: 'timer', repeats: 61, pulledMembers: 0, pulledAllocations: 0 }),
              syncRound(3, { startedBy: 'queued', sent: 900, confirmed: 897, refused: 3, milliseconds: 12_400 }),
              syncRound(2, { startedBy: 'person', fault: 'proxy', pulledMembers: 0, pulledAllocations: 0 }),
              syncRound(1, {
                pulledMembers: 100_000,
                pulledAllocations: 240_113,
                removedMembers: 12,
                milliseconds: 95_000,
              }),
            ],
            total: 4,
          }),
      }),
    go: () => openSection('sync'),
  },
  'sync-empty': {
    bridge: () => fakeConsole({ 'sync.items': () => ok({ items: [], total: 0 }) }),
    go: () => openSection('sync'),
  },
  settings: {
    bridge: () =>
      fakeConsole({
        'diagnostics.run': () => ok({ startedAt: inDays(0), results: findings, text: 'For IT' }),
        'diagnostics.cancel': () => ok({}),
      }),
    go: () => openSection('settings'),
  },
};

const findings: CheckResult[] = [
  ['proxy', 'pass', 'Requests go through the proxy proxy.lindenhof.example:8080, which lets them through.', null],
  [
    'name',
    'warn',
    'The name a.supabase.example leads to no address (ENOTFOUND).',
    'Nothing to do while requests go through the proxy: it looks up the name.',
  ],
  [
    'connection',
    'fail',
    'The certificate of a.supabase.example comes from “Lindenhof TLS Inspection”, whom this console does not trust (SELF_SIGNED_CERT_IN_CHAIN).',
    'If that is your company’s own authority (TLS inspection), install that authority’s root certificate among the trusted ones of this computer.',
  ],
  ['sign_in_server', 'skipped', 'Not looked at: the server cannot be reached, see above.', null],
  ['versions', 'pass', 'Partner Console 0.1.0 (electron) · Electron 45.4.1 · Node 24.21.0 · SQLite 3.54.1', null],
].map(([check, verdict, found, next]) => checkResult.parse({ check, verdict, found, next, milliseconds: 12 }));
