import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, otherPartner, partner } from './act-as.ts';
import { aMemberWith, anActiveMember, brokenInvariants, lotsOf } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const setStatus = (memberId: string | null, status: string | null) =>
  callFunction(database.sql(), partner(demoPartner), 'set_member_status', {
    p_request_id: randomUUID(),
    p_member_id: memberId,
    p_status: status,
  });

async function statusOf(memberId: string): Promise<unknown> {
  const [row] = await database.sql()`select status from public.partner_members where id = ${memberId}`;
  return row?.['status'];
}

describe('set_member_status', () => {
  it('deactivates and reactivates, and leaves the credits as they are', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'one@status.example', [{ credits: 3, days: 10 }]);
    const common = { member_id: id, unspent: 3, replayed: false };
    const change = (before: string, after: string) => ({
      status: after,
      before: { status: before },
      after: { status: after },
    });
    expect(await setStatus(id, 'inactive')).toEqual({ outcome: 'updated', ...common, ...change('active', 'inactive') });
    expect(await statusOf(id)).toBe('inactive');
    expect(await setStatus(id, 'inactive')).toEqual({
      outcome: 'unchanged',
      ...common,
      ...change('inactive', 'inactive'),
    });
    expect(await setStatus(id, 'active')).toEqual({ outcome: 'updated', ...common, ...change('inactive', 'active') });
    expect(await statusOf(id)).toBe('active');
    expect(await lotsOf(database.sql(), id)).toEqual(['available 10: 3']);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('counts neither spent nor expired credits as unspent', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'one@status.example', [{ credits: 3, days: 10 }]);
    const [first, second] = await database.sql()`
      select id from public.partner_credits where employee_email = 'one@status.example'`;
    await database.sql()`update public.partner_credits set status = 'used' where id = ${first?.['id']}`;
    await database.sql()`update public.partner_credits set expires_at = now() where id = ${second?.['id']}`;
    expect(await setStatus(id, 'inactive')).toMatchObject({ unspent: 1 });
  });

  it('leaves a member that stays as it is out of the feed', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'one@status.example');
    const stamp = () => database.sql()`select change_txid::text from public.partner_members where id = ${id}`;
    const before = await stamp();
    await setStatus(id, 'active');
    expect(await stamp()).toEqual(before);
    await setStatus(id, 'inactive');
    expect(await stamp()).not.toEqual(before);
  });

  it.each(['invited', 'deleted', 'ACTIVE', '', null])('refuses the status %o', async (status) => {
    const id = await anActiveMember(database.sql(), demoPartner);
    expect(await setStatus(id, status)).toEqual({ outcome: 'invalid_status', replayed: false });
    expect(await statusOf(id)).toBe('active');
  });

  it('tells a foreign member and an absent one apart by nothing', async () => {
    const foreignId = await anActiveMember(database.sql(), otherPartner);
    const foreign = await setStatus(foreignId, 'inactive');
    expect(foreign).toEqual({ outcome: 'member_not_found', replayed: false });
    expect(await statusOf(foreignId)).toBe('active');
    expect(await setStatus(randomUUID(), 'inactive')).toEqual(foreign);
    expect(await setStatus(null, 'inactive')).toEqual(foreign);
  });
});
