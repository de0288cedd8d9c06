import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readComparison } from '../../../main/cache/compare-members.ts';
import { readPullState } from '../../../main/cache/pull-state.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { pullPage } from '../../../main/sync/pull-page.ts';
import { idOf, member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';
import { changesAnswer, scriptedServer, scriptedUser } from '../../builders/scripted-server.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
const people = Array.from({ length: 200 }, (_, index) => ({
  id: idOf(index + 1),
  first_name: `Member ${index + 1}`,
  email: `member${index + 1}@company.example`,
  status: 'active',
  user_id: null,
  credits_assigned: 0,
  created_at: '2026-01-01T00:00:00Z',
  credits: [],
  sessions: [],
}));

describe('a page of the feed', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = openTestDatabase();
  });
  afterEach(() => test.remove());

  const cursors: unknown[] = [];
  const server = scriptedServer(({ body }) => {
    cursors.push(body['p_cursor']);
    const answer = changesAnswer(scriptedUser.id, 100);
    if (!('body' in answer)) throw new Error('no answer');
    return { body: { ...(answer.body as object), members: people } };
  });
  const functions = createPartnerFunctions(
    { url: 'https://project.example', publishableKey: 'key' },
    server.fetch,
    { token: () => Promise.resolve({ ok: true, value: 'token' }), rejected: () => undefined },
    () => now,
  );
  const pull = () => pullPage(test.database, functions, scriptedUser.id, () => now);
  const members = () => test.database.get<{ members: number }>('select count(*) as members from members')?.members ?? 0;

  it('gives way between its parts, and is asked for again when the console ended between them', async () => {
    const pulling = pull();
    while (members() === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(members()).toBeLessThan(people.length);
    expect(readPullState(test.database).cursor).toBeNull();
    test.database.close();
    await pulling;

    test = openTestDatabase(test.folder);
    const seen = members();
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(people.length);
    expect(await pull()).toMatchObject({ ok: true, value: { members: people.length } });
    expect(members()).toBe(people.length);
    expect(readPullState(test.database).cursor).not.toBeNull();
    expect(cursors).toEqual([undefined, undefined]);
  });

  it('begins a comparison after thirty days without a pull, not before, and goes on with the feed meanwhile', async () => {
    pulled(test.database, { members: [member(999)] }, '2026-04-02T12:00:00Z');
    cursors.length = 0;
    await pull();
    expect(readComparison(test.database).way).toBeNull();
    test.database.run(`update pull_state set completed_at = '2026-04-01T11:59:59.000Z'`);
    await pull();
    expect(cursors).toEqual(['cursor', 'cursor']);
    expect(members()).toBe(people.length + 1);
    expect(readComparison(test.database)).toEqual({ isComparing: true, way: 'buckets', mended: 0, removed: 0 });
  });
});
