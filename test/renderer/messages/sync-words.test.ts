import { expect, it } from 'vitest';
import { syncSummary } from '../../../renderer/messages/sync-words.ts';
import type { SyncStatus } from '../../../shared/contract/sync.ts';

const now = Date.now();
const fresh: SyncStatus = {
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
