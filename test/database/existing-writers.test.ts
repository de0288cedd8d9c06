import { describe, expect, it } from 'vitest';
import { actAs, demoPartner, serviceRole } from './act-as.ts';
import { brokenInvariants, countRows } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

/** What the existing system does with the service role: it writes its own tables as before, and knows nothing of ours. */
const write = (statement: string): Promise<unknown> =>
  actAs(database.sql(), serviceRole, async (transaction) => [...(await transaction.unsafe(statement))]);

const member = `(select id from public.partner_members where partner_id = '${demoPartner}' and user_id is not null order by id limit 1)`;

describe('the existing system, by the service role', () => {
  it('adds members, who get what their e-mail had', async () => {
    await write(`select public.allocate_partner_credit('${demoPartner}', 'new@writer.example', 'New', 3)`);
    await write(
      `insert into public.partner_members (partner_id, email) values ('${demoPartner}', 'New@writer.example')`,
    );
    const rows = `email = 'new@writer.example' and credits_assigned = 3`;
    expect(await countRows(database.sql(), 'public.partner_members', rows)).toBe(1);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('removes members, and leaves a tombstone', async () => {
    await write(`delete from public.partner_members where id = ${member}`);
    expect(await countRows(database.sql(), 'public.removed_members')).toBe(1);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('spends and expires credits, which puts their members into the feed', async () => {
    const feed = `change_txid::text::numeric > (select max(change_txid::text::numeric) from public.credit_allocations)`;
    expect(await countRows(database.sql(), 'public.partner_members', feed)).toBe(0);
    await write(
      `update public.partner_credits set status = 'used' where partner_id = '${demoPartner}' and status = 'available'`,
    );
    expect(await countRows(database.sql(), 'public.partner_members', feed)).toBeGreaterThan(10);
  });

  it('books, moves and cancels sessions, which puts their members into the feed', async () => {
    const feed = `change_txid::text::numeric > (select max(change_txid::text::numeric) from public.credit_allocations)`;
    const user = `(select user_id from public.partner_members where id = ${member})`;
    await write(`insert into public.sessions (user_id, status) values (${user}, 'scheduled')`);
    expect(await countRows(database.sql(), 'public.partner_members', feed)).toBe(1);
    await write(`update public.sessions set status = 'cancelled'`);
    await write('delete from public.sessions');
    expect(await countRows(database.sql(), 'public.partner_members', feed)).toBeGreaterThan(1);
  });

  it('sells credits, which the ledger records with its name', async () => {
    await write(`update public.users set credits = credits + 500 where id = '${demoPartner}'`);
    const entries = `kind = 'top_up' and credits = 500 and actor = 'service_role'`;
    expect(await countRows(database.sql(), 'public.credit_allocations', entries)).toBe(1);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});
