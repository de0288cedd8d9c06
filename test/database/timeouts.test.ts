import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { whyNoWire } from '../backend/postgrest.ts';
import { startHybrid } from '../backend/start-hybrid.ts';
import { callFunction, demoPartner, partner, refusalOf } from './act-as.ts';
import { anActiveMember, balanceOf } from './facts.ts';
import { newRows } from './stagings.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();
const missing = whyNoWire();

describe('timeouts', () => {
  it('every command ends within eight seconds, a whole upload and its undo within twenty, and waits for no lock longer than four', async () => {
    const rows = await database.sql()<{ name: string; settings: string[] }[]>`
      select w.proname as name, array(
        select setting from unnest(w.proconfig || b.proconfig) as setting
        where setting ~ '^(statement|lock)_timeout=' order by 1) as settings
      from pg_catalog.pg_proc w
      join pg_catalog.pg_proc b on b.proname = w.proname and b.pronamespace = 'partner_private'::regnamespace
      where w.pronamespace = 'public'::regnamespace and w.provolatile = 'v' order by 1`;
    expect(rows.map(({ name }) => name)).toContain('allocate_partner_credit');
    expect(rows.length).toBeGreaterThan(7);
    for (const row of rows) {
      const limit = ['commit_member_upload', 'undo_member_upload'].includes(row.name) ? '20s' : '8s';
      expect(row).toEqual({ name: row.name, settings: ['lock_timeout=4s', `statement_timeout=${limit}`] });
    }
    // Of what only reads, those whose work grows with what they are asked for; the role's own limit is the hoster's.
    const readers = await database.sql()<{ name: string }[]>`
      select proname as name from pg_catalog.pg_proc
      where pronamespace = 'public'::regnamespace and provolatile = 's' and 'statement_timeout=8s' = any (proconfig) order by 1`;
    expect(readers.map(({ name }) => name)).toEqual([
      'command_outcomes',
      'partner_bucket_entries',
      'partner_digests',
      'upload_outcomes',
    ]);
    // What the owner runs has no wrapper.
    const [own] = await database.sql()`select proconfig from pg_catalog.pg_proc where proname = 'maintain'`;
    expect(own?.['proconfig']).toContain('lock_timeout=4s');
  });

  it('a command gives up waiting for a lock, and nothing has happened', async () => {
    const session = await database.sql().reserve();
    await session`begin`;
    await session`select from public.users where id = ${demoPartner} for no key update`;
    const call = async () =>
      callFunction(database.sql(), partner(demoPartner), 'assign_member_credits', {
        p_request_id: randomUUID(),
        p_member_id: await anActiveMember(database.sql(), demoPartner),
        p_credits: 5,
      });
    expect((await refusalOf(call())).code).toBe('55P03');
    await session`rollback`;
    session.release();
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1000);
    expect(await call()).toMatchObject({ outcome: 'assigned', replayed: false });
  });

  it.skipIf(missing !== null)(
    `the time limit of a wrapper is in force through PostgREST${missing === null ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const hybrid = await startHybrid();
      try {
        // The role's own limit is eight seconds as well: another one shows whose it is that ends the call.
        await hybrid.sql`alter role authenticated set statement_timeout = '700ms'`;
        await hybrid.sql`alter function public.set_member_status(uuid, uuid, text) set statement_timeout = '300ms'`;
        await hybrid.reloadSchema();
        const member = await anActiveMember(hybrid.sql, demoPartner);
        const session = await hybrid.sql.reserve();
        await session`begin`;
        await session`select from public.users where id = ${demoPartner} for no key update`;
        const args = { p_request_id: randomUUID(), p_member_id: member, p_status: 'inactive' };
        const stopped = await hybrid.clientFor(demoPartner).rpc('set_member_status', args);
        expect(stopped.error?.code).toBe('57014');
        await session`rollback`;
        session.release();
        const answered = await hybrid.clientFor(demoPartner).rpc('set_member_status', args);
        expect(answered.data).toMatchObject({ outcome: 'updated' });

        // Twenty seconds are more than the role has.
        const id = randomUUID();
        const client = hybrid.clientFor(demoPartner);
        await client.rpc('stage_member_upload', { p_upload_id: id, p_file_name: 'x', p_rows: newRows(1) });
        const holder = await hybrid.sql.reserve();
        await holder`begin`;
        await holder`select from public.users where id = ${demoPartner} for no key update`;
        const [committed] = await Promise.all([
          client.rpc('commit_member_upload', { p_upload_id: id }),
          wait(1_500).then(() => holder`rollback`),
        ]);
        holder.release();
        expect(committed.data).toMatchObject({ outcome: 'committed' });
      } finally {
        await hybrid.sql`alter role authenticated set statement_timeout = '8s'`;
        await hybrid.close();
      }
    },
  );
});
