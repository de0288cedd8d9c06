import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { whyNoWire } from '../backend/postgrest.ts';
import { startHybrid } from '../backend/start-hybrid.ts';
import { runSoak, type SoakReport } from './run-soak.ts';

const missing = whyNoWire();
const SEED = 20_260_106;

async function soak(
  operations: number,
  roundSize: number,
  sabotage: { readonly finds: string; break(sql: Sql): Promise<void> } | null = null,
): Promise<SoakReport> {
  const hybrid = await startHybrid();
  try {
    await sabotage?.break(hybrid.sql);
    const stop = sabotage === null ? {} : { stopsAt: sabotage.finds };
    return await runSoak({ hybrid, operations, seed: SEED, roundSize, ...stop });
  } finally {
    await hybrid.close();
  }
}

/** Replaces the function by its own source with `found` replaced; fails where that is not in it. */
async function change(sql: Sql, signature: string, found: string, by: string): Promise<void> {
  const [row] = await sql<{ source: string }[]>`select pg_get_functiondef(${signature}::regprocedure) as source`;
  expect(row?.source).toContain(found);
  await sql.unsafe(String(row?.source).replace(found, by));
}

describe.skipIf(missing !== null)(`soak${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  it('5,000 random operations on 50 connections break no promise', { timeout: 240_000 }, async () => {
    const report = await soak(5_000, 1_000);
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ operations: 5_000, deadlocks: 0 });
    // Nothing of it was left undone, nor done once only.
    const effects = [
      'assign_member_credits assigned',
      'assign_member_credits insufficient_credits',
      'assign_credits_to_members assigned',
      'assign_credits_to_members members_refused',
      'send_assignments assigned',
      'send_assignments insufficient_credits',
      'revoke_member_credits revoked',
      'extend_member_credits extended',
      'set_member_status updated',
      'update_member updated',
      'upload_members created',
      'upload_members updated',
      'stage_member_upload staged',
      'commit_member_upload committed',
      'undo_member_upload undone',
    ];
    for (const effect of effects) {
      expect([effect, report.counts.get(effect) ?? 0]).not.toEqual([effect, 0]);
      expect([effect, report.counts.get(`${effect} replayed`) ?? 0]).not.toEqual([effect, 0]);
    }
    expect(report.counts.get('allocate_partner_credit true')).toBeGreaterThan(0);
    expect(report.counts.get('outside: rename member')).toBeGreaterThan(0);
    expect(report.feedPages).toBeGreaterThan(10);
  });

  it('negative control: without the partner lock it overdraws', { timeout: 240_000 }, async () => {
    const report = await soak(3_000, 500, {
      finds: 'balance_not_negative',
      async break(sql) {
        await sql`alter table public.users drop constraint users_credits_not_negative`;
        await change(sql, 'partner_private.locked_balance(uuid)', 'for no key update', '');
        // The line in front of the row would hide that nothing locks it.
        await change(sql, 'partner_private.wait_in_line(uuid)', 'is null', 'is null and false');
      },
    });
    expect(report.faults.join('\n')).toContain('balance_not_negative');
  });

  it(
    'negative control: without the look-up of receipts a repeated command acts again',
    { timeout: 240_000 },
    async () => {
      const report = await soak(3_000, 500, {
        finds: 'acted ',
        async break(sql) {
          await change(
            sql,
            'partner_private.recorded_answer(uuid,uuid,text,jsonb)',
            'where r.partner_id = p_partner_id and r.id = p_request_id',
            'where false',
          );
          // The key of the receipts is the second guard.
          await sql`alter table public.command_receipts drop constraint command_receipts_pkey`;
        },
      });
      expect(report.faults.join('\n')).toMatch(/acted [2-9]\d* times/);
    },
  );

  it(
    'negative control: a command that locks its member before its partner meets deadlocks',
    { timeout: 240_000 },
    async () => {
      const report = await soak(3_000, 500, {
        finds: '40P01',
        async break(sql) {
          await sql.unsafe(`
            create function partner_private.member_first(p_member_id uuid) returns void
            language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
            begin
              perform from public.partner_members m where m.id = p_member_id for no key update;
            end
            $$;
            grant execute on function partner_private.member_first(uuid) to authenticated;
            create or replace function public.assign_member_credits(
              p_request_id uuid, p_member_id uuid, p_credits integer, p_validity_days integer default 90, p_note text default null
            ) returns jsonb language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
              select partner_private.member_first(p_member_id);
              select partner_private.assign_member_credits(p_request_id, p_member_id, p_credits, p_validity_days, p_note)
            $$`);
        },
      });
      expect(report.faults.join('\n')).toContain('40P01');
      expect(report.deadlocks).toBeGreaterThan(0);
    },
  );
});
