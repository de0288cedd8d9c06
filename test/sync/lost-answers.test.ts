import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import {
  activeMembers,
  assign,
  csvOfPeople,
  hasWire,
  itemIn,
  serverState,
  signIn,
  submitUpload,
} from './sync-harness.ts';

describe.skipIf(!hasWire)('answers that are lost or make no sense', () => {
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

  it('gives an assignment exactly one effect when its answer is cut off after the commit', async () => {
    const [memberId = ''] = await activeMembers(partnerConsole);
    const before = await serverState(hybrid);
    const [sent, asked]: [string[], string[]] = [[], []];
    let isCut = true;
    hybrid.gateway.setFate(({ path }) => {
      if (path.includes('command_outcomes')) asked.push(path);
      if (!path.includes('assign_member_credits')) return isCut ? 'drop_request' : 'pass';
      sent.push(path);
      return isCut ? 'drop_answer' : 'pass';
    });
    const itemId = await assign(partnerConsole, memberId, 7);
    const checking = await itemIn(partnerConsole, itemId, 'checking');
    expect(checking.lastError).toBe('reset');
    expect((await partnerConsole.value('sync.status', {})).checking).toBe(1);
    expect((await partnerConsole.value('dashboard.read', {})).balance).toMatchObject({ confirmed: 1000, planned: 7 });
    expect(await partnerConsole.call('sync.discard', { itemId })).toMatchObject({
      ok: false,
      error: { code: 'conflict', what: 'item_sending' },
    });

    isCut = false;
    const confirmed = await itemIn(partnerConsole, itemId, 'confirmed');
    expect(confirmed.receipt?.replayed).toBe(true);
    // It was asked for by its number, not sent again.
    expect(sent).toHaveLength(1);
    expect(asked.length).toBeGreaterThan(0);
    expect((await partnerConsole.value('dashboard.read', {})).balance.left).toBe(993);
    await partnerConsole.value('sync.now', {});
    expect(await serverState(hybrid)).toEqual({ ...before, balance: 993, allocations: before.allocations + 1 });
    const { member } = await partnerConsole.value('members.read', { memberId });
    const [row] = await hybrid.sql<{ assigned: number }[]>`
      select credits_assigned as assigned from public.partner_members where id = ${memberId}`;
    expect(member).toMatchObject({ planned: 0, creditsAssigned: row?.assigned });
    expect((await partnerConsole.value('dashboard.read', {})).balance).toMatchObject({ confirmed: 993, planned: 0 });
  });

  it('gives every row of an upload exactly one effect when every second answer is cut off', async () => {
    const before = await serverState(hybrid);
    let requests = 0;
    hybrid.gateway.setFate(({ path }) => {
      if (!/upload_members|upload_outcomes/.test(path)) return 'pass';
      requests += 1;
      return requests % 2 === 1 ? 'drop_answer' : 'pass';
    });
    const draftId = await submitUpload(partnerConsole, csvOfPeople(450, 2));
    const draft = await partnerConsole.until('uploads.read', { draftId }, (value) => value.stage === 'done');
    expect(draft).toMatchObject({ confirmed: 450, refused: 0, waiting: 0 });
    expect(requests).toBeGreaterThan(3);
    expect(await serverState(hybrid)).toEqual({
      balance: before.balance - 900,
      allocations: before.allocations + 450,
      members: before.members + 450,
      violations: [],
    });
  });

  it('learns the fate of rows on their way before an upload counts as stopped', async () => {
    const before = await serverState(hybrid);
    let isCut = true;
    hybrid.gateway.setFate(({ path }) => (isCut && path.includes('upload_members') ? 'drop_answer' : 'pass'));
    const draftId = await submitUpload(partnerConsole, csvOfPeople(300, 1));
    await partnerConsole.until('sync.status', {}, (status) => status.checking === 1);
    await partnerConsole.value('uploads.stop', { draftId });
    const stopping = await partnerConsole.value('uploads.read', { draftId });
    expect(stopping.stage).not.toBe('stopped');

    isCut = false;
    const stopped = await partnerConsole.until('uploads.read', { draftId }, (value) => value.stage === 'stopped');
    expect(stopped).toMatchObject({ confirmed: 200, refused: 0 });
    expect((await serverState(hybrid)).balance).toBe(before.balance - 200);
    const remaining = await partnerConsole.value('uploads.retryRefused', { draftId });
    expect(remaining.rows).toBe(100);
  });

  it.each([
    {
      name: 'a login page',
      answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' },
    },
    {
      name: 'half an answer',
      answer: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"outcome":"assi' },
    },
    {
      name: 'another shape',
      answer: { status: 200, headers: { 'content-type': 'application/json' }, body: '{"outcome":"assigned"}' },
    },
    { name: 'a gateway fault', answer: { status: 502, body: 'Bad gateway' } },
    {
      name: 'too many requests',
      answer: { status: 429, headers: { 'retry-after': '1', 'content-type': 'application/json' }, body: '{}' },
    },
  ])('does not believe $name, and confirms the command under its own id afterwards', async ({ answer }) => {
    const [memberId = ''] = await activeMembers(partnerConsole);
    let answers = 0;
    hybrid.gateway.setFate(({ path }) => {
      if (!path.includes('assign_member_credits')) return 'pass';
      answers += 1;
      return answers === 1 ? answer : 'pass';
    });
    const itemId = await assign(partnerConsole, memberId, 1);
    await itemIn(partnerConsole, itemId, 'queued', 'checking');
    const confirmed = await itemIn(partnerConsole, itemId, 'confirmed');
    expect(confirmed.lastError).toBeNull();
    expect(answers).toBe(2);
    expect((await serverState(hybrid)).balance).toBe(999);
  });
});
