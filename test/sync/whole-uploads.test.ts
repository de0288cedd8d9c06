import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import { csvOfPeople, hasWire, itemIn, serverState, signIn, submitUpload } from './sync-harness.ts';

describe.skipIf(!hasWire)('uploads that take effect as a whole or not at all', () => {
  let hybrid: Hybrid;
  let partnerConsole: TestConsole;

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    partnerConsole = await openConsole();
    await signIn(partnerConsole, hybrid);
    return async () => {
      hybrid.gateway.setFate(null);
      await partnerConsole.close();
    };
  });

  const submitWhole = (csv: string): Promise<string> => submitUpload(partnerConsole, csv, 'all_or_nothing');
  const ended = (draftId: string) =>
    partnerConsole.until('uploads.read', { draftId }, ({ stage }) => stage === 'done' || stage === 'stopped');
  const rowsOf = async (draftId: string, limit = 9) =>
    (await partnerConsole.value('uploads.rows', { draftId, show: 'all', offset: 0, limit })).rows;

  // WHOLE_ROWS=50000 is the most that the server takes at once.
  it('stages in chunks, applies all at once and reads every receipt', { timeout: 600_000 }, async () => {
    const people = Number(process.env['WHOLE_ROWS'] ?? 620);
    await hybrid.sql`
      update public.users set credits = ${people + 380} where email = 'demo@partner-console.example'`;
    const before = await serverState(hybrid);
    const began = performance.now();
    let stagings = 0;
    hybrid.gateway.setFate(({ path }) => {
      if (path.includes('stage_member_upload')) stagings += 1;
      return 'pass';
    });
    const draftId = await submitWhole(csvOfPeople(people, 1));
    let done = await partnerConsole.value('uploads.read', { draftId });
    // Longer than the console waits for one answer.
    while (done.stage !== 'done' && done.stage !== 'stopped') {
      await setTimeout(20);
      done = await partnerConsole.value('uploads.read', { draftId });
    }
    if (process.env['WHOLE_ROWS'] !== undefined)
      process.stdout.write(`${people} rows as a whole: ${Math.round((performance.now() - began) / 1_000)} s\n`);
    expect(done).toMatchObject({ stage: 'done', mode: 'all_or_nothing', confirmed: people, refused: 0, waiting: 0 });
    expect(await serverState(hybrid)).toEqual({
      balance: before.balance - people,
      allocations: before.allocations + people,
      members: before.members + people,
      violations: [],
    });
    const receipts = await hybrid.sql<{ allocation_id: string }[]>`
      select allocation_id from public.member_upload_rows where upload_id = ${done.outboxItemId} order by row_no limit 9`;
    expect((await rowsOf(draftId)).map(({ outcome }) => outcome?.allocationId)).toEqual(
      receipts.map((receipt) => receipt.allocation_id),
    );
    expect(stagings).toBeGreaterThan(1);
    await partnerConsole.value('sync.now', {});
    expect((await partnerConsole.value('dashboard.read', {})).balance).toMatchObject({
      confirmed: before.balance - people,
      planned: 0,
    });
  });

  it('confirms nothing when the balance does not pay all, names the row, and goes again under a new id', async () => {
    const before = await serverState(hybrid);
    const draftId = await submitWhole(csvOfPeople(3, 400));
    expect(await ended(draftId)).toMatchObject({ stage: 'stopped', confirmed: 0, refused: 1, waiting: 2 });
    expect((await rowsOf(draftId)).map(({ state, outcome }) => [state, outcome?.reason, outcome?.shortfall])).toEqual([
      ['waiting', undefined, undefined],
      ['waiting', undefined, undefined],
      ['refused', 'insufficient_credits', 200],
    ]);
    expect(await serverState(hybrid)).toEqual(before);

    const retry = await partnerConsole.value('uploads.retryRefused', { draftId });
    expect(retry).toMatchObject({ stage: 'fix', rows: 3 });
    await partnerConsole.value('uploads.editCell', { draftId: retry.draftId, row: 3, field: 'credits', value: '200' });
    await partnerConsole.value('uploads.submit', { draftId: retry.draftId, mode: 'all_or_nothing' });
    expect(await ended(retry.draftId)).toMatchObject({ stage: 'done', confirmed: 3 });
    expect(await serverState(hybrid)).toMatchObject({ balance: before.balance - 1000, violations: [] });
  });

  it('puts the reason on each row that the server refuses for itself, and confirms no other', async () => {
    const before = await serverState(hybrid);
    // Known to the server as inactive, not yet to this console.
    hybrid.gateway.setFate(({ path }) => (path.includes('stage_member_upload') ? 'drop_request' : 'pass'));
    const draftId = await submitWhole(csvOfPeople(3, 1));
    await hybrid.sql`insert into public.partner_members (partner_id, first_name, email, status)
      select id, 'Away', 'person2@upload.example', 'inactive' from public.users where email = 'demo@partner-console.example'`;
    hybrid.gateway.setFate(null);
    // It may end with what was cut off just before.
    await partnerConsole.call('sync.now', {});
    expect(await ended(draftId)).toMatchObject({ confirmed: 0, refused: 1, waiting: 2 });
    expect((await rowsOf(draftId)).map(({ outcome }) => outcome?.reason)).toEqual([
      undefined,
      'member_inactive',
      undefined,
    ]);
    expect(await serverState(hybrid)).toEqual({ ...before, members: before.members + 1 });
  });

  it.each(['stage_member_upload', 'commit_member_upload', 'member_upload_rows'])(
    'has exactly one effect when an answer of %s is lost',
    async (step) => {
      const before = await serverState(hybrid);
      let lost = 0;
      hybrid.gateway.setFate(({ path }) => {
        if (!path.includes(step) || lost > 0) return 'pass';
        lost += 1;
        return 'drop_answer';
      });
      const draftId = await submitWhole(csvOfPeople(30, 2));
      const { outboxItemId } = await partnerConsole.value('uploads.read', { draftId });
      expect(await ended(draftId)).toMatchObject({ stage: 'done', confirmed: 30 });
      expect(lost).toBe(1);
      await itemIn(partnerConsole, outboxItemId ?? '', 'confirmed');
      expect(await serverState(hybrid)).toEqual({
        balance: before.balance - 60,
        allocations: before.allocations + 30,
        members: before.members + 30,
        violations: [],
      });
    },
  );

  it.each(['valid_only', 'all_or_nothing'] as const)(
    'clears a name by a blank cell only where the person chose so (%s)',
    async (mode) => {
      const nameOnServer = async (): Promise<string | undefined> => {
        const [row] = await hybrid.sql<{ first_name: string }[]>`
          select first_name from public.partner_members where email = 'person1@upload.example'`;
        return row?.first_name;
      };
      const blank = 'Email,First name,Credits\nperson1@upload.example,,1';
      await ended(await submitUpload(partnerConsole, csvOfPeople(1, 1), mode));
      await ended(await submitUpload(partnerConsole, blank, mode));
      expect(await nameOnServer()).toBe('Person 1');
      expect(await ended(await submitUpload(partnerConsole, blank, mode, ['first_name']))).toMatchObject({
        confirmed: 1,
      });
      expect(await nameOnServer()).toBe('');
    },
  );

  it('is stopped without any effect while its rows are being staged', async () => {
    const before = await serverState(hybrid);
    hybrid.gateway.setFate(({ path }) => (path.includes('stage_member_upload') ? 'drop_answer' : 'pass'));
    const draftId = await submitWhole(csvOfPeople(5, 1));
    const { outboxItemId } = await partnerConsole.value('uploads.read', { draftId });
    await partnerConsole.value('uploads.stop', { draftId });
    expect(await ended(draftId)).toMatchObject({ stage: 'stopped', confirmed: 0, waiting: 5 });
    await itemIn(partnerConsole, outboxItemId ?? '', 'confirmed');
    hybrid.gateway.setFate(null);
    // It may end with what was cut off just before.
    await partnerConsole.call('sync.now', {});
    expect(await serverState(hybrid)).toEqual(before);
  });

  it('stages anew what the server has cleared since', async () => {
    hybrid.gateway.setFate(({ path }) => (path.includes('commit_member_upload') ? 'drop_request' : 'pass'));
    const draftId = await submitWhole(csvOfPeople(5, 1));
    const { outboxItemId } = await partnerConsole.value('uploads.read', { draftId });
    await itemIn(partnerConsole, outboxItemId ?? '', 'queued', 'checking');
    await partnerConsole.until(
      'sync.items',
      { show: 'all', offset: 0, limit: 9 },
      ({ items }) => items[0]?.lastError === 'reset',
    );
    await hybrid.sql`select partner_private.clear_stagings(now() + interval '1 day')`;
    hybrid.gateway.setFate(null);
    // It may end with what was cut off just before.
    await partnerConsole.call('sync.now', {});
    expect(await ended(draftId)).toMatchObject({ stage: 'done', confirmed: 5 });
  });
});
