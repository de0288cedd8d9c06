import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { changesAnswer } from '../../main/remote/wire.ts';
import { callFunction, demoPartner, otherPartner, partner, refusalOf, serviceRole } from './act-as.ts';
import { aMemberWith, anActiveMember, brokenInvariants, countRows, lotsOf, sumOf, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

async function maintain(limit?: number): Promise<unknown> {
  const rows =
    limit === undefined
      ? await database.sql()`select partner_private.maintain() as answer`
      : await database.sql()`select partner_private.maintain(${limit}) as answer`;
  return rows[0]?.['answer'];
}

const idle = { expired: 0, linked: 0, restamped: 0, stagings_cleared: 0, more: false };
const expire = (email: string, credits: number) => database.sql()`
  update public.partner_credits set expires_at = now() - interval '1 hour' where id in (
    select id from public.partner_credits where employee_email = ${email} and status = 'available' order by id limit ${credits})`;
const changesSince = async (cursor: string | null) =>
  changesAnswer.parse(
    await callFunction(database.sql(), partner(demoPartner), 'partner_changes', { p_cursor: cursor, p_limit: 2_000 }),
  );

describe('maintain', () => {
  it('marks what is past its expiry, tells the feed, and then has nothing to do', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'one@maintain.example', [{ credits: 5, days: 30 }]);
    await maintain();
    await expire('one@maintain.example', 3);
    const { cursor } = await changesSince(null);
    expect(await maintain()).toEqual({ ...idle, expired: 3 });
    expect(await lotsOf(database.sql(), id)).toEqual(['expired 0: 3', 'available 30: 2']);
    expect((await changesSince(cursor)).members.map((member) => member.id)).toEqual([id]);
    expect(await sumOf(database.sql(), id)).toBe(5);
    expect(await maintain()).toEqual(idle);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('takes so many at a time, of all partners, also credits of nobody, and says when there is more', async () => {
    await maintain();
    await aMemberWith(database.sql(), otherPartner, 'two@maintain.example', [{ credits: 4, days: 30 }]);
    await database.sql()`select public.allocate_partner_credit(${demoPartner}, 'none@maintain.example', 'N', 3)`;
    await expire('two@maintain.example', 4);
    await expire('none@maintain.example', 3);
    expect(await maintain(5)).toEqual({ ...idle, expired: 5, more: true });
    expect(await maintain(5)).toEqual({ ...idle, expired: 2 });
    expect(
      await countRows(
        database.sql(),
        'public.partner_credits',
        `status = 'expired' and employee_email like '%@maintain.example'`,
      ),
    ).toBe(7);
  });

  it('waits for nobody: what is busy comes again', async () => {
    await maintain();
    await aMemberWith(database.sql(), demoPartner, 'free@maintain.example', [{ credits: 1, days: 30 }]);
    await aMemberWith(database.sql(), demoPartner, 'member@maintain.example', [{ credits: 1, days: 30 }]);
    await aMemberWith(database.sql(), demoPartner, 'credit@maintain.example', [{ credits: 1, days: 30 }]);
    await aMemberWith(database.sql(), otherPartner, 'partner@maintain.example', [{ credits: 1, days: 30 }]);
    for (const name of ['free', 'member', 'credit', 'partner']) await expire(`${name}@maintain.example`, 1);
    const session = await database.sql().reserve();
    await session`begin`;
    await session`select from public.partner_members where email = 'member@maintain.example' for no key update`;
    await session`select from public.partner_credits where employee_email = 'credit@maintain.example' for no key update`;
    await session`select from public.users where id = ${otherPartner} for no key update`;
    expect(await maintain()).toEqual({ ...idle, expired: 1, more: true });
    await session`rollback`;
    session.release();
    expect(await maintain()).toEqual({ ...idle, expired: 3 });
  });

  it('links what an outside writer left without its member', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'one@maintain.example', [{ credits: 5, days: 30 }]);
    await callFunction(database.sql(), partner(demoPartner), 'revoke_member_credits', {
      p_request_id: randomUUID(),
      p_member_id: id,
      p_credits: 2,
    });
    await maintain();
    await database.sql().begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction`update public.credit_allocations set member_id = null where member_id = ${id}`;
      await transaction`update public.partner_members set credits_assigned = 0 where id = ${id}`;
    });
    const { cursor } = await changesSince(null);
    expect(await maintain()).toEqual({ ...idle, linked: 2 });
    expect(await sumOf(database.sql(), id)).toBe(3);
    const changes = await changesSince(cursor);
    expect(changes.members.map((member) => member.id)).toEqual([id]);
    expect(changes.allocations.map((allocation) => allocation.member_id)).toEqual([id, id]);
    expect(await maintain()).toEqual(idle);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('links a correction that was left behind to the member of what it corrects, whatever its e-mail', async () => {
    const id = await aMemberWith(database.sql(), demoPartner, 'one@maintain.example', [{ credits: 5, days: 30 }]);
    await callFunction(database.sql(), partner(demoPartner), 'revoke_member_credits', {
      p_request_id: randomUUID(),
      p_member_id: id,
      p_credits: 2,
    });
    await maintain();
    await database.sql().begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction`update public.credit_allocations set member_id = null where member_id = ${id} and kind = 'revocation'`;
      await transaction`update public.partner_members set credits_assigned = 5 where id = ${id}`;
    });
    await database.sql()`update public.partner_members set email = 'two@maintain.example' where id = ${id}`;
    const other = await aMemberWith(database.sql(), demoPartner, 'one@maintain.example');
    expect(await maintain()).toEqual({ ...idle, linked: 1 });
    expect([await sumOf(database.sql(), id), await sumOf(database.sql(), other)]).toEqual([3, 0]);
    expect(await brokenInvariants(database.sql())).toEqual([]);
    expect(await maintain()).toEqual(idle);
  });

  it('links so many allocations at a time, also where all of them are of one member', async () => {
    const lots = [1, 2, 3].map((days) => ({ credits: 1, days }));
    const id = await aMemberWith(database.sql(), demoPartner, 'one@maintain.example', lots);
    await maintain();
    await database.sql().begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction`update public.credit_allocations set member_id = null where member_id = ${id}`;
      await transaction`update public.partner_members set credits_assigned = 0 where id = ${id}`;
    });
    expect(await maintain(2)).toEqual({ ...idle, linked: 2, more: true });
    expect(await sumOf(database.sql(), id)).toBe(2);
    expect(await maintain(2)).toEqual({ ...idle, linked: 1 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('brings rows back into the feed that a restored dump stamped with transactions of the future', async () => {
    const removed = await anActiveMember(database.sql(), demoPartner);
    await database.sql()`delete from public.partner_members where id = ${removed}`;
    await maintain();
    const whole = await changesSince(null);
    // A dump keeps the stamps of the cluster where it was made, and its triggers come after its rows.
    await database.sql().begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      for (const table of ['partner_members', 'credit_allocations', 'removed_members']) {
        await transaction.unsafe(
          `update public.${table} set change_txid = (change_txid::text::bigint + 1000000)::text::xid8`,
        );
      }
    });
    expect(await changesSince(null)).toMatchObject({ members: [], allocations: [], removed_members: [] });
    const rows = ['partner_members', 'credit_allocations', 'removed_members'].map((table) =>
      countRows(database.sql(), `public.${table}`),
    );
    const all = (await Promise.all(rows)).reduce((sum, count) => sum + count, 0);
    expect(await maintain()).toEqual({ ...idle, restamped: all });

    const again = await changesSince(null);
    const ids = (list: readonly { readonly id: string }[]): string[] => list.map((it) => it.id).toSorted();
    expect(ids(again.members)).toEqual(ids(whole.members));
    expect(ids(again.allocations)).toEqual(ids(whole.allocations));
    expect(again.removed_members).toEqual([removed]);
    // A console that stood at a position of the other cluster begins again as well, and then goes on as ever.
    const future = await changesSince(whole.cursor.replaceAll(/\.(\d+)\./g, '.9999999999.'));
    expect(ids(future.members)).toEqual(ids(whole.members));
    expect((await changesSince(again.cursor)).members).toEqual([]);
    expect(await maintain()).toEqual(idle);
  });

  it('does not take rows for restored ones that others write meanwhile', async () => {
    await maintain();
    const session = await database.sql().reserve();
    await session`begin`;
    await session`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'new@maintain.example')`;
    await database.sql()`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'done@maintain.example')`;
    expect(await maintain()).toEqual(idle);
    await session`commit`;
    session.release();
    expect(await maintain()).toEqual(idle);
  });

  it('clears what was staged and abandoned for a week', async () => {
    await maintain();
    const uploadId = randomUUID();
    await callFunction(database.sql(), partner(demoPartner), 'stage_member_upload', {
      p_upload_id: uploadId,
      p_file_name: 'x',
      p_rows: [uploadRow(1, 'staged@maintain.example')],
    });
    expect(await maintain()).toEqual(idle);
    await database.sql()`update public.staged_upload_rows set staged_at = now() - interval '8 days'`;
    await database.sql()`update public.member_uploads set created_at = now() - interval '8 days' where id = ${uploadId}`;
    expect(await maintain()).toEqual({ ...idle, stagings_cleared: 1 });
    expect(await countRows(database.sql(), 'public.staged_upload_rows')).toBe(0);
  });

  it('clears as many stagings and copies of answers at once as it is told, each staging whole', async () => {
    await maintain();
    for (const [name, length] of [
      ['stage_member_upload', 2],
      ['stage_member_upload', 2],
      // Copies of answers are made of as many rows.
      ['upload_members', 100],
      ['upload_members', 100],
    ] as const) {
      await callFunction(database.sql(), partner(demoPartner), name, {
        p_upload_id: randomUUID(),
        p_file_name: 'x',
        p_rows: Array.from({ length }, (_, index) => uploadRow(index + 1, `staged${index}@maintain.example`)),
      });
    }
    const weekAgo = database.sql()`now() - interval '8 days'`;
    await database.sql()`update public.staged_upload_rows set staged_at = ${weekAgo}`;
    await database.sql()`update public.member_uploads set created_at = ${weekAgo}`;
    await database.sql()`update public.member_upload_answers set created_at = ${weekAgo}`;
    const copies = await countRows(database.sql(), 'public.member_upload_answers');
    expect(copies).toBeGreaterThan(1);
    const one = async (): Promise<unknown> =>
      (await database.sql()`select partner_private.maintain(1) as answer`)[0]?.['answer'];
    expect(await one()).toEqual({ ...idle, stagings_cleared: 1, more: true });
    expect(await countRows(database.sql(), 'public.staged_upload_rows')).toBe(2);
    expect(await countRows(database.sql(), 'public.member_upload_answers')).toBe(copies - 1);
    expect(await one()).toMatchObject({ stagings_cleared: 1 });
    while (!JSON.stringify(await one()).includes('"more":false'));
    expect(await countRows(database.sql(), 'public.staged_upload_rows')).toBe(0);
    expect(await countRows(database.sql(), 'public.member_upload_answers')).toBe(0);
  });

  it.each([0, -1, null])('with a limit of %s does a little', async (limit) => {
    await maintain();
    await aMemberWith(database.sql(), demoPartner, 'one@maintain.example', [{ credits: 2, days: 30 }]);
    await expire('one@maintain.example', 1);
    const [row] = await database.sql()`select partner_private.maintain(${limit}) as answer`;
    expect(row?.['answer']).toMatchObject({ expired: 1, more: false });
  });

  it('is executed by its owner alone', async () => {
    for (const caller of [partner(demoPartner), serviceRole]) {
      const refusal = refusalOf(
        database.sql().begin(async (transaction) => {
          await transaction.unsafe(`set local role ${caller.role}`);
          await transaction`select partner_private.maintain()`;
        }),
      );
      expect((await refusal).code).toBe('42501');
    }
  });
});
