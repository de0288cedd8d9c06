import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { callFunction, partner } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { aMemberWith, setBalance, uploadRow } from './facts.ts';

export interface Call {
  readonly name: string;
  readonly args: Readonly<Record<string, Argument>>;
}

/** One command, ready to be sent under an id. */
export interface Repeatable {
  readonly call: Call;
  /** What the id must not be used for once it stands for the call. */
  readonly others: readonly Call[];
  /** A call that is refused, and what makes the same call possible under a new id. */
  readonly refused: { readonly call: Call; readonly allow: () => Promise<unknown> };
}

/** Makes what the command needs for the partner, and the command under that id. */
type Prepare = (sql: Sql, partnerId: string, id: string | null) => Promise<Repeatable>;

const absent = randomUUID();
const list = (ids: readonly string[]): string => `{${ids.join(',')}}`;

/** A command whose other requests are the first one with an argument changed. */
function repeatable(
  call: Call,
  changes: readonly Call['args'][],
  refused: Call['args'],
  allow: () => Promise<unknown>,
): Repeatable {
  return {
    call,
    others: changes.map((change) => ({ name: call.name, args: { ...call.args, ...change } })),
    refused: { call: { name: call.name, args: { ...call.args, ...refused } }, allow },
  };
}

const prepareAssign: Prepare = async (sql, partnerId, id) => {
  const member = await aMemberWith(sql, partnerId, `${randomUUID()}@again.example`);
  const args = { p_request_id: id, p_member_id: member, p_credits: 5, p_validity_days: 30, p_note: null };
  return repeatable(
    { name: 'assign_member_credits', args },
    [{ p_credits: 6 }, { p_validity_days: 31 }, { p_note: 'x' }, { p_member_id: absent }],
    { p_credits: 5_000 },
    () => setBalance(sql, partnerId, 20_000),
  );
};

const prepareAssignToMany: Prepare = async (sql, partnerId, id) => {
  const one = await aMemberWith(sql, partnerId, `${randomUUID()}@again.example`);
  const two = await aMemberWith(sql, partnerId, `${randomUUID()}@again.example`);
  const args = { p_request_id: id, p_member_ids: list([one, two]), p_credits: 5, p_validity_days: 30, p_note: null };
  return repeatable(
    { name: 'assign_credits_to_members', args },
    [
      { p_credits: 6 },
      { p_validity_days: 31 },
      { p_note: 'x' },
      { p_member_ids: list([one]) },
      { p_member_ids: list([two, one]) },
    ],
    { p_credits: 5_000 },
    () => setBalance(sql, partnerId, 20_000),
  );
};

const prepareRevoke: Prepare = async (sql, partnerId, id) => {
  const email = `${randomUUID()}@again.example`;
  const member = await aMemberWith(sql, partnerId, email, [{ credits: 50, days: 30 }]);
  return repeatable(
    { name: 'revoke_member_credits', args: { p_request_id: id, p_member_id: member, p_credits: 1, p_reason: null } },
    [{ p_credits: 2 }, { p_reason: 'x' }, { p_member_id: absent }],
    { p_credits: 60 },
    () => sql`select public.allocate_partner_credit(${partnerId}, ${email}, 'N', 50)`,
  );
};

const prepareExtend: Prepare = async (sql, partnerId, id) => {
  const email = `${randomUUID()}@again.example`;
  const rich = await aMemberWith(sql, partnerId, `${randomUUID()}@again.example`, [{ credits: 2, days: 30 }]);
  const poor = await aMemberWith(sql, partnerId, email);
  return repeatable(
    { name: 'extend_member_credits', args: { p_request_id: id, p_member_id: rich, p_days: 10 } },
    [{ p_days: 11 }, { p_member_id: poor }],
    { p_member_id: poor },
    () => sql`select public.allocate_partner_credit(${partnerId}, ${email}, 'N', 5)`,
  );
};

const prepareStatus: Prepare = async (sql, partnerId, id) => {
  const member = await aMemberWith(sql, partnerId, `${randomUUID()}@again.example`);
  const later = randomUUID();
  return repeatable(
    { name: 'set_member_status', args: { p_request_id: id, p_member_id: member, p_status: 'inactive' } },
    [{ p_status: 'active' }, { p_member_id: absent }],
    { p_member_id: later },
    () =>
      sql`insert into public.partner_members (id, partner_id, email) values (${later}, ${partnerId}, ${`${later}@again.example`})`,
  );
};

const prepareUpdate: Prepare = async (sql, partnerId, id) => {
  const member = await aMemberWith(sql, partnerId, `${randomUUID()}@again.example`, [{ credits: 2, days: 30 }]);
  const taken = `${randomUUID()}@again.example`;
  const holder = await aMemberWith(sql, partnerId, taken);
  const args = { p_request_id: id, p_member_id: member, p_first_name: 'New', p_email: `${randomUUID()}@again.example` };
  return repeatable(
    { name: 'update_member', args },
    [{ p_first_name: 'Other' }, { p_first_name: null }, { p_email: null }, { p_member_id: holder }],
    { p_email: taken },
    () => sql`delete from public.partner_members where id = ${holder}`,
  );
};

const rowsOf = (partnerId: string, credits: number): Argument => [
  uploadRow(1, `one-${partnerId}@again.example`, { credits, first_name: 'One' }),
  uploadRow(2, `two-${partnerId}@again.example`, { credits: 1 }),
];

const prepareUpload =
  (name: 'upload_members' | 'stage_member_upload'): Prepare =>
  (sql, partnerId, id) => {
    const args = { p_upload_id: id, p_file_name: 'members.csv', p_rows: rowsOf(partnerId, 3) };
    // Rows behind the one that the balance cannot pay have no answer yet: one row, then.
    const row =
      name === 'upload_members' ? uploadRow(1, 'one@again.example', { credits: 5_000 }) : uploadRow(1, 'nowhere');
    return Promise.resolve(
      repeatable({ name, args }, [{ p_rows: rowsOf(partnerId, 4) }], { p_rows: [row] }, () =>
        setBalance(sql, partnerId, 20_000),
      ),
    );
  };

const prepareCommit: Prepare = async (sql, partnerId, id) => {
  const stage = (uploadId: string, credits: number): Promise<unknown> =>
    callFunction(sql, partner(partnerId), 'stage_member_upload', {
      p_upload_id: uploadId,
      p_file_name: 'members.csv',
      p_rows: rowsOf(partnerId, credits),
    });
  const refusedId = randomUUID();
  if (id !== null) await stage(id, 3);
  await stage(refusedId, 5_000);
  return {
    call: { name: 'commit_member_upload', args: { p_upload_id: id } },
    // Its only argument is the id; that of a commit is none for any other command.
    others: [{ name: 'set_member_status', args: { p_request_id: id, p_member_id: absent, p_status: 'active' } }],
    refused: {
      call: { name: 'commit_member_upload', args: { p_upload_id: refusedId } },
      allow: () => setBalance(sql, partnerId, 20_000),
    },
  };
};

const prepareUndo: Prepare = async (sql, partnerId, id) => {
  const send = (uploadId: string): Promise<unknown> =>
    callFunction(sql, partner(partnerId), 'upload_members', {
      p_upload_id: uploadId,
      p_file_name: 'members.csv',
      p_rows: [uploadRow(1, `${uploadId}@again.example`, { credits: 2 })],
    });
  const [uploadId, later] = [randomUUID(), randomUUID()];
  await send(uploadId);
  return repeatable(
    { name: 'undo_member_upload', args: { p_request_id: id, p_upload_id: uploadId, p_reason: null } },
    [{ p_reason: 'x' }, { p_upload_id: absent }],
    { p_upload_id: later },
    () => send(later),
  );
};

/** Every function of the API that a client sends under an id of its own. */
export const repeatableCommands: Readonly<Record<string, Prepare>> = {
  assign_credits_to_members: prepareAssignToMany,
  assign_member_credits: prepareAssign,
  commit_member_upload: prepareCommit,
  extend_member_credits: prepareExtend,
  revoke_member_credits: prepareRevoke,
  set_member_status: prepareStatus,
  stage_member_upload: prepareUpload('stage_member_upload'),
  undo_member_upload: prepareUndo,
  update_member: prepareUpdate,
  upload_members: prepareUpload('upload_members'),
};
