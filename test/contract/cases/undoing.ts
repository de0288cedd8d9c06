import { randomUUID } from 'node:crypto';
import { undoUploadAnswer, uploadListAnswer } from '../../../main/remote/upload-answers.ts';
import { uploadRow } from '../../database/facts.ts';
import type { Case, Kit, Seen, Who } from '../kit.ts';

const undo = 'undo_member_upload';
const list = 'list_member_uploads';

/** An upload of two rows and three credits; its id. */
async function uploaded(kit: Kit): Promise<string> {
  await kit.balance(100);
  const id = randomUUID();
  const rows = [1, 2].map((row) => uploadRow(row, `${randomUUID()}@contract.example`, { credits: row }));
  await kit.rpc('upload_members', { p_upload_id: id, p_file_name: 'contract.csv', p_rows: rows });
  return id;
}

/** An upload that is undone twice under one id, the second time with `changes`. */
async function twice(kit: Kit, changes: Readonly<Record<string, unknown>>): Promise<Seen> {
  const args = { p_request_id: randomUUID(), p_upload_id: await uploaded(kit) };
  await kit.rpc(undo, args);
  return kit.rpc(undo, { ...args, ...changes });
}

const undoOnce = async (kit: Kit, changes: Readonly<Record<string, unknown>> = {}, who: Who = 'demo'): Promise<Seen> =>
  kit.rpc(undo, { p_request_id: randomUUID(), p_upload_id: await uploaded(kit), ...changes }, who);

export const undoingCases: readonly Case[] = [
  {
    name: 'undo: undone',
    run: (kit) => undoOnce(kit, { p_reason: 'Wrong file' }),
    expected: {
      status: 200,
      data: {
        outcome: 'undone',
        upload_id: '<id>',
        credits: 3,
        members: 2,
        used: 0,
        expired: 0,
        remaining: 0,
        before: { balance: 97 },
        after: { balance: 100 },
        balance: 100,
        replayed: false,
      },
    },
    shape: undoUploadAnswer,
  },
  {
    name: 'undo: replayed',
    run: (kit) => twice(kit, {}),
    expected: { status: 200, data: { outcome: 'undone', credits: 3, replayed: true } },
    shape: undoUploadAnswer,
  },
  {
    name: 'undo: again under a new id',
    run: (kit) => twice(kit, { p_request_id: randomUUID() }),
    expected: { status: 200, data: { outcome: 'no_unspent_credits', used: 0, expired: 0, replayed: false } },
    shape: undoUploadAnswer,
  },
  {
    name: 'undo: the same id with another body',
    run: (kit) => twice(kit, { p_reason: 'x' }),
    expected: { status: 409, code: 'PT409', message: 'request_id_reused', details: { request_id: '<id>' } },
  },
  {
    name: 'undo: an upload that is nowhere',
    run: (kit) => undoOnce(kit, { p_upload_id: randomUUID() }),
    expected: { status: 200, data: { outcome: 'upload_not_found', replayed: false } },
    shape: undoUploadAnswer,
  },
  {
    name: 'undo: the upload of another partner',
    run: (kit) => undoOnce(kit, {}, 'other'),
    expected: { status: 200, data: { outcome: 'upload_not_found', replayed: false } },
    shape: undoUploadAnswer,
  },
  {
    name: 'undo: a request id of null',
    run: (kit) => undoOnce(kit, { p_request_id: null }),
    expected: { status: 400, code: 'PT400', message: 'invalid_request_id' },
  },
  {
    name: 'undo: a reason of 1,001 characters',
    run: (kit) => undoOnce(kit, { p_reason: 'x'.repeat(1_001) }),
    expected: { status: 413, code: 'PT413', message: 'reason_too_long', details: { limit: 1_000 } },
  },
  {
    name: 'uploads: one of them',
    run: async (kit) => kit.rpc(list, { p_id: await uploaded(kit) }),
    expected: {
      status: 200,
      data: {
        uploads: [
          {
            upload_id: '<id>',
            file_name: 'contract.csv',
            created: 2,
            updated: 0,
            unchanged: 0,
            refused: 0,
            credits: 3,
            unspent: 3,
            used: 0,
            expired: 0,
            revoked: 0,
            members: 2,
          },
        ],
        has_more: false,
      },
    },
    shape: uploadListAnswer,
  },
  {
    name: 'uploads: a page of one, without arguments of the rest',
    run: async (kit) => {
      await uploaded(kit);
      await uploaded(kit);
      return kit.rpc(list, { p_limit: 1 });
    },
    expected: { status: 200, data: { uploads: [{ file_name: 'contract.csv' }], has_more: true } },
    shape: uploadListAnswer,
  },
  ...[undo, list].flatMap((name): Case[] => {
    const args = name === undo ? { p_request_id: randomUUID(), p_upload_id: randomUUID() } : {};
    return [
      ...(['nobody', 'expired'] as const).map((who): Case => ({
        name: `${name}: called by ${who}`,
        run: (kit) => kit.rpc(name, args, who),
        expected: { status: 401 },
      })),
      {
        name: `${name}: called by a member`,
        run: (kit) => kit.rpc(name, args, 'member'),
        expected: { status: 403, code: 'PT403', message: 'not_a_partner' },
      },
    ];
  }),
];
