import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole, type TestConsole } from '../builders/console.ts';
import {
  activeMembers,
  assign,
  csvOfPeople,
  demo,
  hasWire,
  itemIn,
  other,
  serverState,
  signIn,
  submitUpload,
} from './sync-harness.ts';

describe.skipIf(!hasWire)('working without a connection', () => {
  let hybrid: Hybrid;
  let partnerConsole: TestConsole;

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    partnerConsole = await openConsole();
    return async () => {
      await partnerConsole.close();
      hybrid.gateway.setFate(null);
      await hybrid.gateway.goOnline().catch(() => undefined);
    };
  });

  it('queues an assignment and an upload, and confirms both without a click once the server is back', async () => {
    await signIn(partnerConsole, hybrid);
    const [memberId = ''] = await activeMembers(partnerConsole);
    const before = await serverState(hybrid);
    await hybrid.gateway.goOffline();

    const itemId = await assign(partnerConsole, memberId, 4);
    const draftId = await submitUpload(partnerConsole, csvOfPeople(30, 2));
    await partnerConsole.until('sync.status', {}, (status) => status.connection === 'offline');

    const dashboard = await partnerConsole.value('dashboard.read', {});
    expect(dashboard.balance).toMatchObject({ confirmed: 1000, planned: 64, left: 936 });
    const { member, planned } = await partnerConsole.value('members.read', { memberId });
    expect(member.planned).toBe(4);
    expect(planned).toMatchObject([{ itemId, credits: 4, origin: 'assign' }]);
    expect(await serverState(hybrid)).toEqual(before);

    await hybrid.gateway.goOnline();
    const confirmed = await itemIn(partnerConsole, itemId, 'confirmed');
    expect(confirmed.receipt?.allocationId).toEqual(expect.any(String));
    const draft = await partnerConsole.until('uploads.read', { draftId }, (value) => value.stage === 'done');
    expect(draft).toMatchObject({ confirmed: 30, refused: 0, waiting: 0 });

    const after = await serverState(hybrid);
    expect(after).toEqual({
      balance: before.balance - 64,
      allocations: before.allocations + 31,
      members: before.members + 30,
      violations: [],
    });
    const { balance } = await partnerConsole.value('dashboard.read', {});
    expect(balance).toMatchObject({ confirmed: after.balance, planned: 0, left: after.balance });
  });

  it('restores a kept session without a network, reads the cache, and sends when the network is there', async () => {
    await signIn(partnerConsole, hybrid);
    const [memberId = ''] = await activeMembers(partnerConsole);
    await hybrid.gateway.goOffline();
    await partnerConsole.application.close();

    const again = await openConsole({ dataFolder: partnerConsole.dataFolder, secrets: partnerConsole.secrets });
    try {
      expect(await again.value('session.state', {})).toMatchObject({
        status: 'signed_in',
        account: { email: demo.email },
      });
      expect((await again.value('dashboard.read', {})).balance.confirmed).toBe(1000);
      const itemId = await assign(again, memberId, 3);
      await hybrid.gateway.goOnline();
      await itemIn(again, itemId, 'confirmed');
      expect((await serverState(hybrid)).balance).toBe(997);
    } finally {
      await again.close();
    }
  });

  it('keeps work over sign-out, never sends it as somebody else, and sends it after sign-in', async () => {
    await signIn(partnerConsole, hybrid);
    const [memberId = ''] = await activeMembers(partnerConsole);
    const before = { demo: await serverState(hybrid), other: await serverState(hybrid, other.email) };
    await partnerConsole.value('sync.pause', {});
    const itemId = await assign(partnerConsole, memberId, 5);
    const state = await partnerConsole.value('session.signOut', { clearCache: true });
    expect(state).toMatchObject({ status: 'signed_out', offlineAccounts: [] });
    expect(await partnerConsole.call('sync.items', { show: 'all', offset: 0, limit: 10 })).toEqual({
      ok: false,
      error: { code: 'signed_out', reason: 'not_signed_in' },
    });

    await signIn(partnerConsole, hybrid, other);
    expect((await partnerConsole.value('sync.items', { show: 'all', offset: 0, limit: 10 })).total).toBe(0);
    expect((await partnerConsole.call('members.read', { memberId })).ok).toBe(false);
    await partnerConsole.value('sync.now', {});
    expect(await serverState(hybrid, other.email)).toEqual(before.other);
    expect(await serverState(hybrid)).toEqual(before.demo);
    await partnerConsole.value('session.signOut', { clearCache: false });

    await signIn(partnerConsole, hybrid);
    expect((await partnerConsole.value('dashboard.read', {})).balance.planned).toBe(5);
    await partnerConsole.value('sync.resume', {});
    await itemIn(partnerConsole, itemId, 'confirmed');
    expect((await serverState(hybrid)).balance).toBe(before.demo.balance - 5);
  });

  it('holds the queue when the session is revoked, says so, and goes on after sign-in of the same account', async () => {
    await signIn(partnerConsole, hybrid);
    const [memberId = ''] = await activeMembers(partnerConsole);
    const revoked = { 'content-type': 'application/json' };
    hybrid.gateway.setFate(({ path }) =>
      path.startsWith('/rest/v1')
        ? { status: 401, headers: revoked, body: '{"code":"PGRST301","message":"JWT expired"}' }
        : {
            status: 400,
            headers: revoked,
            body: '{"error_code":"refresh_token_not_found","msg":"Invalid Refresh Token"}',
          },
    );
    const itemId = await assign(partnerConsole, memberId, 6);
    const state = await partnerConsole.until('session.state', {}, (value) => value.status === 'offline');
    expect(state).toMatchObject({ reason: 'session_expired', publishableKey: hybrid.publishableKey });
    const held = await itemIn(partnerConsole, itemId, 'held');
    expect(held.heldReason).toBe('signed_out');
    expect((await partnerConsole.value('dashboard.read', {})).balance).toMatchObject({ confirmed: 1000, planned: 6 });
    const second = await assign(partnerConsole, memberId, 1);
    expect((await itemIn(partnerConsole, second, 'held')).heldReason).toBe('signed_out');

    hybrid.gateway.setFate(null);
    await signIn(partnerConsole, hybrid);
    await itemIn(partnerConsole, itemId, 'confirmed');
    await itemIn(partnerConsole, second, 'confirmed');
    expect((await serverState(hybrid)).balance).toBe(993);
  });

  it('renews a token that has run out, without anybody noticing', async () => {
    await signIn(partnerConsole, hybrid);
    const [memberId = ''] = await activeMembers(partnerConsole);
    let refusals = 0;
    hybrid.gateway.setFate(({ path }) => {
      if (!path.includes('assign_member_credits') || refusals > 0) return 'pass';
      refusals += 1;
      const headers = { 'content-type': 'application/json' };
      return { status: 401, headers, body: '{"code":"PGRST301","message":"JWT expired"}' };
    });
    const itemId = await assign(partnerConsole, memberId, 2);
    await itemIn(partnerConsole, itemId, 'confirmed');
    expect(refusals).toBe(1);
    expect((await partnerConsole.value('session.state', {})).status).toBe('signed_in');
  });
});
