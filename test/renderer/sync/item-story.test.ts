import { expect, it } from 'vitest';
import type { OutboxItem } from '../../../shared/contract/sync.ts';
import { itemStory, type Surroundings } from '../../../renderer/sync/item-story.ts';
import { assignItem, inDays, uploadItem } from '../demo-data.ts';

const well: Surroundings = { signedIn: true, paused: false, connection: 'online', fault: null };
const nextAttemptAt = inDays(0.01);

it.each<[string, Partial<OutboxItem>, Partial<Surroundings>, RegExp]>([
  ['checking', { state: 'checking' }, {}, /^Asked next, by itself\.$/],
  ['checking', { state: 'checking' }, { signedIn: false }, /^Sign in again, and the server is asked by itself\.$/],
  ['checking', { state: 'checking', nextAttemptAt }, { signedIn: false }, /^Sign in again/],
  ['checking', { state: 'checking' }, { signedIn: false, paused: true }, /^Sign in again/],
  ['checking', { state: 'checking' }, { paused: true }, /^Resume sending/],
  ['checking', { state: 'checking' }, { connection: 'offline' }, /^Asked by itself once the server can be reached\.$/],
  [
    'checking',
    { state: 'checking' },
    { fault: 'http_503' },
    /once the server answers as it should: now it answered with a fault of its own \(HTTP 503\)\.$/,
  ],
  ['checking', { state: 'checking', nextAttemptAt }, {}, /^Asked again by itself at .*\d\d:\d\d\.$/],
  [
    'checking',
    { state: 'checking', nextAttemptAt },
    { connection: 'offline' },
    /at .*, or once the server can be reached\.$/,
  ],
  ['queued', { state: 'queued' }, {}, /^Sent next, by itself\.$/],
  ['queued', { state: 'queued' }, { signedIn: false }, /^Waits until you sign in again, then goes out by itself\.$/],
  ['queued', { state: 'queued' }, { fault: 'rate_limited' }, /once the server answers .*: now it asked for a pause\.$/],
])('says truly what comes next of a %s item %j, as things stand: %j', (_name, item, sync, words) => {
  expect(itemStory(assignItem(1, item), { ...well, ...sync }).next).toMatch(words);
});

type Ended = {
  rows: number;
  confirmed: number;
  refused: number;
  notDone: { rows: number; needsAttention: boolean } | null;
};

it.each<[Ended, RegExp, RegExp]>([
  [{ rows: 9, confirmed: 9, refused: 0, notDone: null }, /^Confirmed /, /^Nothing: it is done\.$/],
  [
    { rows: 9, confirmed: 7, refused: 2, notDone: { rows: 2, needsAttention: true } },
    /: 7 confirmed, 2 refused\.$/,
    /^Open the upload: .* Or discard them\.$/,
  ],
  [
    { rows: 9, confirmed: 6, refused: 2, notDone: { rows: 1, needsAttention: false } },
    /: 6 confirmed, 2 refused, 1 not done, 2 of these done by another upload since\.$/,
    /^Rows that were not done can still be corrected/,
  ],
  [
    { rows: 9, confirmed: 7, refused: 2, notDone: null },
    /^Confirmed /,
    /^Nothing here: 2 rows went on in another upload\.$/,
  ],
])('says truly how an upload has ended: %j', (ended, why, next) => {
  if (uploadItem.command.kind !== 'upload_members') throw new Error('no upload');
  const command = { ...uploadItem.command, ...ended };
  const story = itemStory({ ...uploadItem, state: 'confirmed', command }, well);
  expect(story.why).toMatch(why);
  expect(story.next).toMatch(next);
});
