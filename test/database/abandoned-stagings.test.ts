import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { connect } from '../backend/start-postgres.ts';
import { newRows, stagings } from './stagings.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();
const { stage, commit } = stagings(database);

describe('stagings that are abandoned', () => {
  const clear = async (days: number): Promise<unknown> => {
    const [row] = await database.sql()`
      select partner_private.clear_stagings(now() - make_interval(days => ${days})) as cleared`;
    return row?.['cleared'];
  };
  const age = async (uploadId: string): Promise<void> => {
    const sql = database.sql();
    await sql`update public.member_uploads set created_at = now() - interval '8 days' where id = ${uploadId}`;
    await sql`update public.staged_upload_rows set staged_at = now() - interval '8 days' where upload_id = ${uploadId}`;
  };

  it('are cleared; those that somebody still adds to, and what was committed, stay', async () => {
    const sql = database.sql();
    const [old, continued, fresh, done] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    for (const id of [old, continued, fresh, done]) await stage(id, newRows(2));
    await commit(done);
    for (const id of [old, continued, done]) await age(id);
    await stage(continued, newRows(3));
    expect(await clear(7)).toBe(1);
    expect(await clear(7)).toBe(0);
    const left = await sql`select upload_id, count(*)::int as rows from public.staged_upload_rows group by 1`;
    expect(new Map(left.map((row) => [row['upload_id'], row['rows']]))).toEqual(
      new Map([
        [continued, 3],
        [fresh, 2],
      ]),
    );
    expect(await commit(done)).toMatchObject({ outcome: 'committed', replayed: true });

    expect(await commit(old)).toMatchObject({ outcome: 'upload_not_staged' });
    expect(await stage(old, newRows(1))).toMatchObject({ staged_total: 1, rows: [{ replayed: false }] });
    expect(await commit(old)).toMatchObject({ outcome: 'committed', rows: 1 });
  });

  it('are passed over while their upload is in use', async () => {
    const id = randomUUID();
    await stage(id, newRows(2));
    await age(id);
    const holder = connect(database.url());
    await holder.begin(async (transaction) => {
      await transaction`select from public.member_uploads where id = ${id} for no key update`;
      expect(await clear(7)).toBe(0);
    });
    await holder.end();
    expect(await clear(7)).toBe(1);
  });
});
