import type { Dashboard } from '../../shared/contract/dashboard.ts';
import type { MemberRow } from '../../shared/contract/members.ts';
import type { SyncRound } from '../../shared/contract/sync-history.ts';
import type { OutboxItem, SyncStatus } from '../../shared/contract/sync.ts';
import type { DraftDetail, DraftSummary, FileAnalysis, UploadRow } from '../../shared/contract/uploads.ts';
import type { BalanceNumbers } from '../../shared/contract/values.ts';

const DAY = 86_400_000;

/** A guid that is the same in every run. */
export function id(kind: number, number: number): string {
  return `${String(kind).padStart(8, '0')}-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** An instant so many days from now, at the same time of day. */
export function inDays(days: number): string {
  return new Date(Date.now() + days * DAY).toISOString();
}

const names = [
  'Anna',
  'Bruno',
  'Chloé',
  'Dmitri',
  'Elif',
  'Farid',
  'Grażyna',
  'Håkon',
  'Inês',
  'João',
  'Katarzyna',
  'Luca',
];
const families = ['schmidt', 'rossi', 'dubois', 'ivanov', 'yilmaz', 'haddad', 'nowak', 'berg', 'sousa', 'pereira'];

/** The n-th member of the demo partner. */
export function memberRow(n: number): MemberRow {
  const name = names[n % names.length] ?? 'Anna';
  const family = families[(n * 7) % families.length] ?? 'schmidt';
  const available = n % 5 === 0 ? 0 : (n * 3) % 14;
  return {
    memberId: id(1, n),
    firstName: name,
    email: `${name
      .normalize('NFD')
      .replaceAll(/[^a-zA-Z]/g, '')
      .toLowerCase()}.${family}${n}@lindenhof.example`,
    status: n % 11 === 3 ? 'inactive' : n % 9 === 4 ? 'invited' : 'active',
    creditsAssigned: available + (n % 6),
    available,
    used: n % 6,
    nextExpiry: available > 0 ? inDays(((n * 13) % 160) + 3) : null,
    planned: n % 17 === 2 ? 4 : 0,
    createdAt: inDays(-30 - ((n * 31) % 700)),
  };
}

export const balance: BalanceNumbers = { confirmed: 1_000, confirmedAt: inDays(0), planned: 36, left: 964 };

/** The dashboard of a partner that has used the console for a year. */
export function demoDashboard(): Dashboard {
  const monday = new Date(Date.now() - ((new Date().getDay() + 6) % 7) * DAY);
  return {
    partnerName: 'Lindenhof Kliniken',
    balance,
    asOf: inDays(0),
    lowBalance: false,
    members: { active: 49, inactive: 6, withoutCredits: 12 },
    credits: { allocated: 1_284, available: 431, used: 702, expired: 121, revoked: 30 },
    expiring: { within30Days: 38, within60Days: 112, within90Days: 240 },
    expiryByWeek: [4, 12, 0, 22, 18, 31, 9, 25, 40, 14, 37, 28].map((credits, week) => ({
      weekStart: new Date(monday.getTime() + week * 7 * DAY).toISOString().slice(0, 10),
      credits,
    })),
    allocatedByMonth: [60, 84, 120, 45, 98, 132, 160, 74, 110, 143, 128, 130].map((credits, month) => ({
      month: new Date(Date.UTC(2025, 11 + month, 1)).toISOString().slice(0, 7),
      credits,
    })),
    sessions: { completed: 702, upcoming: 48 },
    recentAllocations: [0, 1, 2, 3, 4].map((n) => ({
      id: id(3, n),
      memberId: id(1, n),
      memberEmail: memberRow(n).email,
      credits: 4 + n * 2,
      at: inDays(-n),
      source: n % 2 === 0 ? 'console' : 'upload',
    })),
  };
}

/** The dashboard of a partner on the first day. */
export function emptyDashboard(): Dashboard {
  return {
    ...demoDashboard(),
    balance: { confirmed: 1_000, confirmedAt: inDays(0), planned: 0, left: 1_000 },
    members: { active: 0, inactive: 0, withoutCredits: 0 },
    credits: { allocated: 0, available: 0, used: 0, expired: 0, revoked: 0 },
    expiring: { within30Days: 0, within60Days: 0, within90Days: 0 },
    expiryByWeek: [],
    allocatedByMonth: [],
    recentAllocations: [],
  };
}

export const syncStatus: SyncStatus = {
  signedIn: true,
  connection: 'online',
  fault: null,
  lastPullAt: inDays(0),
  pulling: false,
  paused: false,
  waiting: 0,
  checking: 0,
  attention: 0,
  nextAttemptAt: null,
};

/** A sync that read 60 members after signing in. */
export function syncRound(number: number, change: Partial<SyncRound> = {}): SyncRound {
  return {
    round: number,
    startedBy: 'sign_in',
    startedAt: inDays(-0.001),
    endedAt: inDays(0),
    repeats: 1,
    milliseconds: 1_240,
    sent: 0,
    confirmed: 0,
    refused: 0,
    pulledMembers: 60,
    pulledAllocations: 12,
    removedMembers: 0,
    fault: null,
    ...change,
  };
}

/** An assignment of four credits to Anna in the outbox. */
export function assignItem(n: number, change: Partial<OutboxItem> = {}): OutboxItem {
  const member = memberRow(n);
  return {
    itemId: id(4, n),
    state: 'queued',
    heldReason: null,
    command: {
      kind: 'assign_member_credits',
      memberId: member.memberId,
      memberName: member.firstName,
      memberEmail: member.email,
      credits: 4,
      validityDays: 90,
      note: null,
    },
    queuedAt: inDays(0),
    changedAt: inDays(0),
    mayBeDone: false,
    attempts: 0,
    nextAttemptAt: null,
    lastError: null,
    receipt: null,
    refusal: null,
    seen: null,
    now: null,
    ...change,
  };
}

export const uploadItem: OutboxItem = {
  ...assignItem(0),
  itemId: id(4, 900),
  state: 'sending',
  command: {
    kind: 'upload_members',
    draftId: id(5, 2),
    fileName: 'members-november.csv',
    rows: 900,
    sent: 200,
    confirmed: 197,
    refused: 3,
    credits: 1_350,
    notDone: null,
  },
  attempts: 1,
};

const analysis: FileAnalysis = {
  encoding: 'windows-1252',
  separator: ';',
  columns: [
    { header: 'Vorname', samples: ['Anna', 'Jürgen', 'Chloé', 'Zoë', 'Søren'] },
    { header: 'E-Mail (geschäftlich)', samples: ['anna.schmidt@lindenhof.example', 'juergen.k@lindenhof.example'] },
    { header: 'Guthaben', samples: ['2', '4', '1', '1,5', ''] },
    { header: 'Gültig (Tage)', samples: ['90', '90', '180', '90', '90'] },
    { header: 'Kostenstelle', samples: ['4711', '4711', '0815', '4711', '9000'] },
  ],
  mapping: ['first_name', 'email', 'credits', 'validity_days', 'ignore'],
  allMatched: true,
  format: 'text',
  sheets: [],
  sheet: null,
  decoded: [
    { encoding: 'windows-1252', names: ['Jürgen', 'Chloé', 'Zoë', 'Søren'] },
    { encoding: 'windows-1251', names: ['Jьrgen', 'Chloй', 'Zoл', 'Sшren'] },
  ],
  encodingCertain: true,
  warnings: [],
};

export const draftSummary: DraftSummary = {
  draftId: id(5, 1),
  fileName: 'hr-export.csv',
  stage: 'fix',
  rows: 500,
  errors: 12,
  warnings: 5,
  skipped: 0,
  confirmed: 0,
  refused: 0,
  waiting: 0,
  credits: 731,
  createdAt: inDays(-1),
  changedAt: inDays(-0.02),
  failure: null,
};

export const draftDetail: DraftDetail = {
  ...draftSummary,
  analysis,
  outboxItemId: null,
  canUndo: false,
  canRedo: false,
};

const planted: Readonly<Record<number, Partial<UploadRow>>> = {
  7: {
    values: { email: 'anna.schmidt@@lindenhof.example', first_name: 'Anna', credits: '2', validity_days: '90' },
    issues: [
      {
        code: 'email_invalid',
        severity: 'error',
        field: 'email',
        data: { value: 'anna.schmidt@@lindenhof.example', suggestion: 'anna.schmidt@lindenhof.example' },
      },
    ],
    member: null,
  },
  12: {
    values: { email: 'bruno.k@lindenhof.example', first_name: 'Bruno', credits: '1.5', validity_days: '90' },
    issues: [{ code: 'credits_fractional', severity: 'error', field: 'credits', data: { value: '1.5' } }],
  },
  31: {
    values: { email: 'elif.y@lindenhof.example', first_name: 'Elif', credits: '-3', validity_days: '5000' },
    issues: [
      { code: 'credits_negative', severity: 'error', field: 'credits', data: { value: '-3' } },
      {
        code: 'validity_out_of_range',
        severity: 'error',
        field: 'validity_days',
        data: { value: '5000', min: 1, max: 3650 },
      },
    ],
  },
  44: {
    values: { email: '', first_name: 'Farid', credits: '1', validity_days: '90' },
    issues: [{ code: 'email_missing', severity: 'error', field: 'email', data: {} }],
    member: null,
  },
  60: {
    values: { email: 'farid.haddad@gmial.example', first_name: '', credits: '1', validity_days: '90' },
    issues: [
      {
        code: 'email_domain_typo',
        severity: 'warning',
        field: 'email',
        data: { value: 'farid.haddad@gmial.example', suggestion: 'farid.haddad@gmail.example' },
      },
      { code: 'name_missing', severity: 'warning', field: 'first_name', data: {} },
    ],
  },
};

/** The n-th row of the demo file, with the planted faults. */
export function uploadRow(n: number): UploadRow {
  const member = memberRow(n);
  const fault = planted[n];
  return {
    row: n,
    values: { email: member.email, first_name: member.firstName, credits: String((n % 3) + 1), validity_days: '90' },
    issues: [],
    state: fault?.issues?.some((issue) => issue.severity === 'error') ? 'error' : 'ready',
    member: n % 8 === 0 ? 'existing' : 'new',
    outcome: null,
    ...fault,
  };
}

/** The n-th row of a sent file: mostly confirmed, some refused, the last ones waiting. */
export function sentRow(n: number): UploadRow {
  const row = { ...uploadRow(n), issues: [] };
  const outcome = { outcome: 'created', reason: null, shortfall: null, allocationId: id(3, n) };
  if (n % 60 === 7) {
    return {
      ...row,
      state: 'refused',
      outcome: { ...outcome, outcome: 'refused', reason: 'member_inactive', allocationId: null },
    };
  }
  return n <= 200 ? { ...row, state: 'confirmed', outcome } : { ...row, state: 'queued' };
}
