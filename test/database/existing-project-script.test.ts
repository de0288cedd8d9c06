import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildExistingProjectScript, existingProjectScript } from '../../scripts/database/build-script.ts';
import { applyMigrations } from '../backend/start-postgres.ts';
import { refusalOf } from './act-as.ts';
import { firstPartner, layExistingSystem, snapshot } from './existing-system.ts';
import { brokenInvariants } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase('bare');

describe('S6: the one script for an existing project', () => {
  it('is what the migrations make of it today', () => {
    expect(readFileSync(existingProjectScript, 'utf8')).toBe(buildExistingProjectScript());
  });

  it('does what the migrations do, and nothing when run again', async () => {
    const script = readFileSync(existingProjectScript, 'utf8');
    await layExistingSystem(database.sql());
    const session = await database.sql().reserve();
    await session.unsafe(script).simple();
    const after = await snapshot(database.sql());
    await session.unsafe(script).simple();
    session.release();
    expect(await snapshot(database.sql())).toBe(after);
    await applyMigrations(database.sql());
    expect(await snapshot(database.sql())).toBe(after);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('reads the members and users for all credits at once, not for each of them', async () => {
    await layExistingSystem(database.sql());
    await database.sql()`
      insert into public.partner_credits (partner_id, employee_email, created_at, expires_at)
      select ${firstPartner}, 'LEA@corp.example', '2026-01-01'::timestamptz + i * interval '1 day', '2030-01-01'
      from generate_series(1, 500) i`;
    const session = await database.sql().reserve();
    const script = readFileSync(existingProjectScript, 'utf8');
    await session.unsafe(script.replace(/commit;\s*$/, '')).simple();
    const [reads] = await session`
      select (select count(*) from public.credit_allocations where source = 'legacy') > 500 as adopted,
        pg_stat_get_xact_numscans('public.partner_members'::regclass) + pg_stat_get_xact_numscans('public.users'::regclass) < 200 as few`;
    await session`commit`;
    session.release();
    expect(reads).toEqual({ adopted: true, few: true });
  });

  it('waits for tables that somebody else holds only for a moment, and works as long as it takes', async () => {
    const script = readFileSync(existingProjectScript, 'utf8');
    const session = await database.sql().reserve();
    await session`set statement_timeout = '1min'`;
    await session.unsafe(script.replace(/commit;\s*$/, '')).simple();
    const [limits] = await session`
      select current_setting('lock_timeout') as lock_timeout, current_setting('statement_timeout') as statement_timeout`;
    await session`commit`;
    await session`reset statement_timeout`;
    session.release();
    expect(limits).toEqual({ lock_timeout: '5s', statement_timeout: '0' });
  });

  it('changes nothing where it stops', async () => {
    await layExistingSystem(database.sql());
    await database.sql()`update public.users set credits = -1 where id = ${firstPartner}`;
    const before = await snapshot(database.sql());
    const session = await database.sql().reserve();
    const refusal = await refusalOf(session.unsafe(readFileSync(existingProjectScript, 'utf8')).simple());
    await session`rollback`;
    session.release();
    expect(refusal.detail).toContain(firstPartner);
    expect(await snapshot(database.sql())).toBe(before);
  });
});
