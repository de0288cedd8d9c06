import { expect, it } from 'vitest';
import { syncSummary } from '../../../renderer/messages/sync-words.ts';
import type { SyncStatus } from '../../../shared/contract/sync.ts';

const now = Date.now();
const fresh: SyncStatus = {
  signedIn: true,
  connection: 'online',
  fault: null,
  lastPullAt: new Date(now - 60_000).toISOString(),
  pulling: false,
  paused: false,
  waiting: 0,
  checking: 0,
  attention: 0,
  nextAttemptAt: null,
};
const lastPullAt = new Date(now - 3 * 3_600_000).toISOString();

it.each<[string, Partial<SyncStatus>, RegExp]>([
  ['nobody signed in', { signedIn: false, lastPullAt, waiting: 2 }, /^Not signed in, data from .*, 2 planned$/],
  ['attention, nobody signed in', { signedIn: false, attention: 1 }, /^1 needs attention, not signed in$/],
  [
    'a server in trouble',
    { fault: 'http_503', lastPullAt, waiting: 3 },
    /^No sync with the server: it answered with a fault of its own \(HTTP 503\), data from .*, 3 planned$/,
  ],
  [
    'a server that asks for patience, fresh data',
    { fault: 'rate_limited', checking: 2, paused: true },
    /^No sync with the server: it asked for a pause, data from .*, 2 being checked, sending is paused$/,
  ],
  ['attention, server in trouble', { fault: 'http_503', attention: 1 }, /^1 needs attention, no sync with the server$/],
  ['old data without a fault', { lastPullAt }, /^Last confirmed at/],
  ['everything done', {}, /^Everything confirmed at \d\d:\d\d$/],
  ['plans', { waiting: 3 }, /^3 planned$/],
  ['plans on old data', { waiting: 3, lastPullAt }, /^3 planned, data from .*\d\d:\d\d$/],
  ['attention on old data', { attention: 1, lastPullAt }, /^1 needs attention, data from/],
  ['attention offline', { attention: 2, connection: 'offline' }, /^2 need attention, offline$/],
  ['checking on old data', { checking: 2, lastPullAt }, /^2 being checked, data from/],
  ['a pause on old data', { paused: true, lastPullAt }, /^Sending is paused, data from/],
  ['no connection', { connection: 'offline', waiting: 2, lastPullAt }, /^Offline, data from .*, 2 planned$/],
  ['nothing read yet', { lastPullAt: null }, /^Not yet read from the server$/],
])('says in one line what stands: %s', (_name, change, words) => {
  expect(syncSummary({ ...fresh, ...change }, now).text).toMatch(words);
});

it.each<[string, Partial<SyncStatus>]>([
  ['a fault', { fault: 'http_503' }],
  ['a fault and plans', { fault: 'http_503', waiting: 1 }],
  ['old data', { lastPullAt }],
  ['plans on old data', { waiting: 1, lastPullAt }],
  ['nobody signed in', { signedIn: false }],
  ['no connection', { connection: 'offline' }],
])('says it in the tone of a warning: %s', (_name, change) => {
  expect(syncSummary({ ...fresh, ...change }, now).tone).toBe('warning');
});
