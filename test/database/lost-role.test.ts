import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectedRelations } from './access-expectations.ts';
import { actAs, callFunction, demoPartner, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { anActiveMember, brokenInvariants, countRows, uploadRow, untilSomebodyWaits } from './facts.ts';
import { fillBoth } from './two-partners.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const rows = [uploadRow(1, 'new@lost.example')];
const commands: Readonly<Record<string, (member: string) => Readonly<Record<string, Argument>>>> = {
  assign_member_credits: (member) => ({ p_request_id: randomUUID(), p_member_id: member, p_credits: 1 }),
  assign_credits_to_members: (member) => ({ p_request_id: randomUUID(), p_member_ids: `{${member}}`, p_credits: 1 }),
  revoke_member_credits: (member) => ({ p_request_id: randomUUID(), p_member_id: member, p_credits: 1 }),
  extend_member_credits: (member) => ({ p_request_id: randomUUID(), p_member_id: member, p_days: 1 }),
  set_member_status: (member) => ({ p_request_id: randomUUID(), p_member_id: member, p_status: 'inactive' }),
  update_member: (member) => ({ p_request_id: randomUUID(), p_member_id: member, p_first_name: 'Lost' }),
  upload_members: () => ({ p_upload_id: randomUUID(), p_file_name: 'x', p_rows: rows }),
  stage_member_upload: () => ({ p_upload_id: randomUUID(), p_file_name: 'x', p_rows: rows }),
  commit_member_upload: () => ({ p_upload_id: randomUUID() }),
};

describe('who loses the role of a partner', () => {
  it.each(Object.entries(commands))('while %s waits, is refused', async (name, args) => {
    const member = await anActiveMember(database.sql(), demoPartner);
    const session = await database.sql().reserve();
    await session`begin`;
    await session`update public.users set role = 'member' where id = ${demoPartner}`;
    const refused = refusalOf(callFunction(database.sql(), partner(demoPartner), name, args(member)));
    await untilSomebodyWaits(database.sql());
    await session`commit`;
    session.release();
    expect(await refused).toMatchObject({ code: 'PT403', message: 'not_a_partner' });
    expect(await countRows(database.sql(), 'public.command_receipts')).toBe(0);
    expect(await countRows(database.sql(), 'public.member_uploads')).toBe(0);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('reads nothing any more', async () => {
    await fillBoth(database.sql());
    const count = (table: string): Promise<number> =>
      actAs(database.sql(), partner(demoPartner), async (transaction) => {
        const [row] = await transaction.unsafe<{ count: number }[]>(`select count(*)::int as count from ${table}`);
        return row?.count ?? 0;
      });
    const tables = Object.keys(expectedRelations);
    for (const table of tables) expect({ table, rows: await count(table) }).not.toEqual({ table, rows: 0 });
    await database.sql()`update public.users set role = 'member' where id = ${demoPartner}`;
    for (const table of tables) expect({ table, rows: await count(table) }).toEqual({ table, rows: 0 });
  });
});
