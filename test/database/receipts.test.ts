import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assignAnswer, uploadAnswer } from '../../main/remote/wire.ts';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { anActiveMember, balanceOf, brokenInvariants, countRows, setBalance, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

async function assign(requestId: string, changes: Readonly<Record<string, Argument>> = {}, userId = demoPartner) {
  const answer = await callFunction(database.sql(), partner(userId), 'assign_member_credits', {
    p_request_id: requestId,
    p_member_id: await anActiveMember(database.sql(), userId),
    p_credits: 5,
    ...changes,
  });
  return assignAnswer.parse(answer);
}

async function upload(uploadId: string, rows: Argument, userId = demoPartner) {
  const answer = await callFunction(database.sql(), partner(userId), 'upload_members', {
    p_upload_id: uploadId,
    p_file_name: 'members.csv',
    p_rows: rows,
  });
  return uploadAnswer.parse(answer);
}

describe('receipts of commands', () => {
  it('answer the same request again without a second effect', async () => {
    const id = randomUUID();
    const first = await assign(id);
    const second = await assign(id);
    expect(second).toEqual({ ...first, replayed: true });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(995);
  });

  it('refuse the id for any other request, whichever part of it differs', async () => {
    const id = randomUUID();
    await assign(id);
    const others = [{ p_credits: 6 }, { p_validity_days: 91 }, { p_note: 'x' }, { p_member_id: randomUUID() }];
    for (const other of others) {
      const refusal = await refusalOf(assign(id, other));
      expect(refusal).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
      expect(JSON.parse(refusal.detail)).toEqual({ request_id: id });
    }
    expect(await balanceOf(database.sql(), demoPartner)).toBe(995);
  });

  it('refuse the id for another command, even one that asks with the same words', async () => {
    const id = randomUUID();
    await assign(id);
    const [receipt] = await database.sql()`select command from public.command_receipts where id = ${id}`;
    expect(receipt).toEqual({ command: 'assign_member_credits' });
    await database.sql()`update public.command_receipts set command = 'another_command' where id = ${id}`;
    expect(await refusalOf(assign(id))).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
  });

  it('keep refusals too: the answer does not change when the balance does', async () => {
    const id = randomUUID();
    const refused = await assign(id, { p_credits: 1500 });
    expect(refused).toMatchObject({ outcome: 'insufficient_credits', shortfall: 500 });
    await setBalance(database.sql(), demoPartner, 5000);
    expect(await assign(id, { p_credits: 1500 })).toEqual({ ...refused, replayed: true });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(5000);
  });

  it("neither leak nor collide with another partner's", async () => {
    const id = randomUUID();
    const mine = await assign(id);
    const theirs = await assign(id, {}, otherPartner);
    expect(theirs).toMatchObject({ outcome: 'assigned', replayed: false, balance: 245 });
    expect(JSON.stringify(theirs)).not.toContain('allocation_id' in mine ? mine.allocation_id : 'nothing');
    expect(await assign(id)).toEqual({ ...mine, replayed: true });
  });

  it('give two concurrent calls with one id one effect and equal answers', async () => {
    const memberId = await anActiveMember(database.sql(), demoPartner);
    for (let round = 0; round < 10; round += 1) {
      const id = randomUUID();
      const answers = await Promise.all([1, 2, 3].map(() => assign(id, { p_member_id: memberId })));
      expect(answers.filter((answer) => answer.replayed)).toHaveLength(2);
      expect(new Set(answers.map((answer) => JSON.stringify({ ...answer, replayed: null }))).size).toBe(1);
    }
    expect(await balanceOf(database.sql(), demoPartner)).toBe(950);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('need an id', async () => {
    const refusal = await refusalOf(
      callFunction(database.sql(), partner(demoPartner), 'assign_member_credits', {
        p_request_id: null,
        p_member_id: randomUUID(),
        p_credits: 1,
      }),
    );
    expect(refusal).toMatchObject({ code: 'PT400', message: 'invalid_request_id' });
  });
});

describe('receipts of upload rows', () => {
  const rows = [
    uploadRow(1, 'one@new.example', { credits: 3, first_name: 'One' }),
    uploadRow(2, 'broken', { credits: 3 }),
    uploadRow(3, 'two@new.example', { credits: 4 }),
  ];

  it('answer every row again, however the rows are cut into calls', async () => {
    const id = randomUUID();
    const first = await upload(id, rows);
    const again = await upload(id, rows.slice(1));
    expect(again.rows).toEqual(first.rows.slice(1).map((row) => ({ ...row, replayed: true })));
    expect(await balanceOf(database.sql(), demoPartner)).toBe(993);
    expect(await countRows(database.sql(), 'public.partner_members', `email like '%@new.example'`)).toBe(2);
  });

  it('mix with new rows of the same upload', async () => {
    const id = randomUUID();
    await upload(id, rows);
    const more = await upload(id, [...rows, uploadRow(4, 'one@new.example', { credits: 1 })]);
    expect(more.rows.map((row) => row.replayed)).toEqual([true, true, true, false]);
    expect(more.rows[3]).toMatchObject({ outcome: 'updated', credits_assigned: 4 });
    expect(more.balance).toBe(992);
  });

  it('refuse a row number that stands for another row, and do nothing of that call', async () => {
    const id = randomUUID();
    await upload(id, rows);
    const changed = [uploadRow(9, 'nine@new.example', { credits: 1 }), uploadRow(3, 'two@new.example', { credits: 5 })];
    const refusal = await refusalOf(upload(id, changed));
    expect(refusal).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
    expect(JSON.parse(refusal.detail)).toEqual({ upload_id: id, row: 3 });
    expect(await countRows(database.sql(), 'public.partner_members', `email = 'nine@new.example'`)).toBe(0);
  });

  it("keep another partner's upload of the same id apart", async () => {
    const id = randomUUID();
    await upload(id, rows);
    const theirs = await upload(id, rows, otherPartner);
    expect(theirs.rows.map((row) => row.replayed)).toEqual([false, false, false]);
    expect(await balanceOf(database.sql(), otherPartner)).toBe(243);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(993);
  });

  it('are answered from the copy of a whole call to its own partner, and for the same rows, only', async () => {
    const id = randomUUID();
    const many = Array.from({ length: 120 }, (_, index) =>
      uploadRow(index + 1, `copy${String(index)}@new.example`, { credits: 1 }),
    );
    const first = await upload(id, many);
    expect(await countRows(database.sql(), 'public.member_upload_answers', `upload_id = '${id}'`)).toBe(1);
    const again = await upload(id, many);
    expect(again.rows).toEqual(first.rows.map((row) => ({ ...row, replayed: true })));
    const theirs = await upload(id, many, otherPartner);
    expect(theirs.rows.every((row) => row.outcome === 'created' && !row.replayed)).toBe(true);
    const changed = [...many.slice(0, -1), uploadRow(120, 'copy119@new.example', { credits: 2 })];
    expect(await refusalOf(upload(id, changed))).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(880);
    expect(await balanceOf(database.sql(), otherPartner)).toBe(130);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('give concurrent calls with the same rows one effect', async () => {
    const id = randomUUID();
    const answers = await Promise.all([upload(id, rows), upload(id, rows), upload(id, rows)]);
    expect(answers.filter((answer) => answer.rows[0]?.replayed === false)).toHaveLength(1);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(993);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});
