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
  'sync-empty': {
    bridge: () => fakeConsole({ 'sync.items': () => ok({ items: [], total: 0 }) }),
    go: () => openSection('sync'),
  },
  settings: { bridge: () => fakeConsole(), go: () => openSection('settings') },
};
