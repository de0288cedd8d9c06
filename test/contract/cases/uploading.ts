import { randomUUID } from 'node:crypto';
import { uploadAnswer } from '../../../main/remote/wire.ts';
import { uploadRow } from '../../database/facts.ts';
import type { Case, Kit, Seen } from '../kit.ts';

const email = (): string => `${randomUUID()}@contract.example`;

async function upload(kit: Kit, rows: unknown, id: string | null = randomUUID()): Promise<Seen> {
  await kit.balance(100);
  return kit.rpc('upload_members', { p_upload_id: id, p_file_name: 'contract.csv', p_rows: rows });
}
async function stage(kit: Kit, rows: unknown, id: string | null = randomUUID()): Promise<Seen> {
  await kit.balance(100);
  return kit.rpc('stage_member_upload', { p_upload_id: id, p_file_name: 'contract.csv', p_rows: rows });
}

/** Both ways to send rows refuse what cannot be answered row by row in the same words. */
function refusals(name: string, send: (kit: Kit, rows: unknown, id?: string | null) => Promise<Seen>): Case[] {
  const cases: readonly (readonly [string, unknown, Seen])[] = [
    ['null', null, { status: 400, code: 'PT400', message: 'invalid_rows' }],
    ['an object', { row: 1 }, { status: 400, code: 'PT400', message: 'invalid_rows' }],
    [
      'a row without a number',
      [{ email: 'a@b.example' }],
      { status: 400, code: 'PT400', message: 'invalid_rows', details: { field: 'row' } },
    ],
    [
      'a row number of 2^31',
      [uploadRow(2_147_483_648, 'a@b.example')],
      { status: 400, code: 'PT400', message: 'invalid_rows' },
    ],
    [
      'the same number twice',
      [uploadRow(1, 'a@b.example'), uploadRow(1, 'c@b.example')],
      { status: 400, code: 'PT400', message: 'duplicate_rows' },
    ],
    [
      '5,001 rows',
      Array.from({ length: 5_001 }, (_, index) => uploadRow(index + 1, `n${String(index)}@b.example`)),
      { status: 413, code: 'PT413', message: 'too_many_rows', details: { limit: 5_000, requested: 5_001 } },
    ],
    [
      'a field of ten megabytes',
      [uploadRow(1, 'x'.repeat(10_000_000))],
      { status: 413, code: 'PT413', message: 'rows_too_large', details: { limit: 9_000_000 } },
    ],
    [
      'a number of three hundred digits',
      [uploadRow(1, 'a@b.example', { credits: 1e300 })],
      { status: 400, code: 'PT400', message: 'invalid_rows', details: { reason: 'number_too_long' } },
    ],
    ['a name with U+0000', [uploadRow(1, 'a@b.example', { first_name: 'a\u0000b' })], { status: 400, code: '22P05' }],
  ];
  return [
    ...cases.map(([what, rows, expected]): Case => ({
      name: `${name}: ${what}`,
      run: (kit) => send(kit, rows),
      expected,
    })),
    {
      name: `${name}: an upload id of null`,
      run: (kit) => send(kit, [], null),
      expected: { status: 400, code: 'PT400', message: 'invalid_request_id' },
    },
    {
      name: `${name}: another row under the same number`,
      async run(kit) {
        const id = randomUUID();
        await send(kit, [uploadRow(1, email())], id);
        return send(kit, [uploadRow(1, email())], id);
      },
      expected: { status: 409, code: 'PT409', message: 'request_id_reused', details: { upload_id: '<id>', row: 1 } },
    },
    {
      name: `${name}: each rule of a row`,
      run: (kit) =>
        send(kit, [
          uploadRow(1, 'nonsense'),
          { ...uploadRow(2, email()), first_name: 'x'.repeat(101) },
          { ...uploadRow(3, email()), credits: 'NaN' },
          uploadRow(4, email(), { credits: 1.5 }),
          uploadRow(5, email(), { credits: 1, validity_days: 0 }),
          uploadRow(6, email(), { credits: 1, expires_on: '2026-02-30' }),
          uploadRow(7, email(), { credits: 2_147_483_648 }),
        ]),
      expected: {
        status: 200,
        data: {
          rows: [
            { row: 1, outcome: 'refused', reason: 'invalid_email', field: 'email' },
            { row: 2, outcome: 'refused', reason: 'invalid_name', field: 'first_name' },
            { row: 3, outcome: 'refused', reason: 'invalid_credits', field: 'credits' },
            { row: 4, outcome: 'refused', reason: 'invalid_credits', field: 'credits' },
            { row: 5, outcome: 'refused', reason: 'invalid_validity', field: 'validity_days' },
            { row: 6, outcome: 'refused', reason: 'invalid_validity', field: 'expires_on' },
            { row: 7, outcome: 'refused', reason: 'invalid_credits', field: 'credits' },
          ],
        },
      },
    },
  ];
}

const uploadCases: readonly Case[] = [
  ...refusals('upload', upload),
  {
    name: 'upload: created, updated, unchanged, refused for want of credits, not attempted',
    async run(kit) {
      const known = email();
      await kit.member({ email: known });
      return upload(kit, [
        uploadRow(1, email(), { first_name: 'Zoë', credits: 60, expires_on: '2099-01-01' }),
        uploadRow(2, email(), { first_name: 'Zoë', credits: 60 }),
        uploadRow(3, known, { credits: 30 }),
        uploadRow(4, known),
        uploadRow(5, email(), { credits: 50 }),
        uploadRow(6, email()),
      ]);
    },
    expected: {
      status: 200,
      data: {
        rows: [
          { row: 1, outcome: 'refused', reason: 'invalid_validity', field: 'expires_on', replayed: false },
          { row: 2, outcome: 'created', member_id: '<id>', allocation_id: '<id>', credits: 60, credits_assigned: 60 },
          { row: 3, outcome: 'updated', credits: 30, expires_at: '<time>' },
          { row: 4, outcome: 'unchanged', credits: 0, allocation_id: null },
          { row: 5, outcome: 'refused', reason: 'insufficient_credits', field: 'credits', shortfall: 40 },
          { row: 6, outcome: 'not_attempted', reason: null, member_id: null },
        ],
        balance: 10,
        server_time: '<time>',
      },
    },
    shape: uploadAnswer,
  },
  {
    name: 'upload: credits for an inactive member',
    async run(kit) {
      const known = email();
      await kit.member({ email: known, status: 'inactive' });
      return upload(kit, [uploadRow(1, known, { credits: 1 })]);
    },
    expected: { status: 200, data: { rows: [{ outcome: 'refused', reason: 'member_inactive', field: 'email' }] } },
    shape: uploadAnswer,
  },
  {
    name: 'upload: replayed',
    async run(kit) {
      const [id, rows] = [randomUUID(), [uploadRow(1, email(), { credits: 5 })]];
      await upload(kit, rows, id);
      return upload(kit, rows, id);
    },
    expected: {
      status: 200,
      data: { rows: [{ row: 1, outcome: 'created', credits: 5, replayed: true }], balance: 100 },
    },
    shape: uploadAnswer,
  },
  {
    name: 'upload: no rows',
    run: (kit) => upload(kit, []),
    expected: { status: 200, data: { rows: [], balance: 100 } },
    shape: uploadAnswer,
  },
  {
    name: 'upload: a file name of 10 MB is cut',
    async run(kit) {
      const id = randomUUID();
      const args = { p_upload_id: id, p_file_name: 'x'.repeat(10_000_000), p_rows: [uploadRow(1, email())] };
      const { status } = await kit.client('demo').rpc('upload_members', args);
      const { data } = await kit.client('demo').from('member_uploads').select('file_name').eq('id', id).single();
      return { status, data: String(data?.file_name).length };
    },
    expected: { status: 200, data: 255 },
  },
];

async function commit(kit: Kit, rows: readonly unknown[], times = 1): Promise<Seen> {
  const id = randomUUID();
  await stage(kit, rows, id);
  let last: Seen = {};
  for (let time = 0; time < times; time += 1) last = await kit.rpc('commit_member_upload', { p_upload_id: id });
  return last;
}

const stageCases: readonly Case[] = [
  ...refusals('stage', stage),
  {
    name: 'stage: staged, and replayed',
    async run(kit) {
      const id = randomUUID();
      const rows = [uploadRow(1, email(), { credits: 1 })];
      await stage(kit, rows, id);
      return stage(kit, [...rows, uploadRow(2, email())], id);
    },
    expected: {
      status: 200,
      data: {
        rows: [
          { row: 1, outcome: 'staged', reason: null, field: null, replayed: true },
          { row: 2, outcome: 'staged', reason: null, field: null, replayed: false },
        ],
        staged_total: 2,
        server_time: '<time>',
      },
    },
  },
  {
    name: 'stage: an upload that was sent',
    async run(kit) {
      const id = randomUUID();
      await upload(kit, [uploadRow(1, email())], id);
      return stage(kit, [uploadRow(2, email())], id);
    },
    expected: { status: 409, code: 'PT409', message: 'upload_is_sent', details: { upload_id: '<id>' } },
  },
  {
    name: 'upload: an upload that is staged',
    async run(kit) {
      const id = randomUUID();
      await stage(kit, [uploadRow(1, email())], id);
      return upload(kit, [uploadRow(2, email())], id);
    },
    expected: { status: 409, code: 'PT409', message: 'upload_is_staged', details: { upload_id: '<id>' } },
  },
  {
    name: 'stage: a new row after the commit',
    async run(kit) {
      const id = randomUUID();
      await stage(kit, [uploadRow(1, email())], id);
      await kit.rpc('commit_member_upload', { p_upload_id: id });
      return stage(kit, [uploadRow(2, email())], id);
    },
    expected: { status: 409, code: 'PT409', message: 'upload_is_closed', details: { upload_id: '<id>' } },
  },
  ...[1, 2].map((times): Case => ({
    name: times === 1 ? 'commit: committed' : 'commit: replayed',
    run: (kit) =>
      commit(
        kit,
        [uploadRow(1, email(), { credits: 4 }), uploadRow(2, 'anna.schneider@nordlicht-werke.example')],
        times,
      ),
    expected: {
      status: 200,
      data: {
        outcome: 'committed',
        rows: 2,
        created: 1,
        updated: 0,
        unchanged: 1,
        credits: 4,
        before: { balance: 100 },
        after: { balance: 96 },
        balance: 96,
        replayed: times === 2,
      },
    },
  })),
  {
    name: 'commit: insufficient_credits',
    run: (kit) => commit(kit, [uploadRow(1, email(), { credits: 90 }), uploadRow(2, email(), { credits: 20 })]),
    expected: {
      status: 200,
      data: { outcome: 'insufficient_credits', shortfall: 10, row: 2, balance: 100, replayed: false },
    },
  },
  {
    name: 'commit: rows_refused',
    run: (kit) => commit(kit, [uploadRow(1, email(), { credits: 9 }), uploadRow(2, 'nonsense')]),
    expected: {
      status: 200,
      data: {
        outcome: 'rows_refused',
        refused: [{ row: 2, reason: 'invalid_email', field: 'email' }],
        refused_total: 1,
      },
    },
  },
  {
    name: 'commit: upload_not_staged',
    run: (kit) => kit.rpc('commit_member_upload', { p_upload_id: randomUUID() }),
    expected: { status: 200, data: { outcome: 'upload_not_staged', replayed: false } },
  },
  {
    name: 'commit: an upload that was sent',
    async run(kit) {
      const id = randomUUID();
      await upload(kit, [uploadRow(1, email())], id);
      return kit.rpc('commit_member_upload', { p_upload_id: id });
    },
    expected: { status: 409, code: 'PT409', message: 'upload_is_sent', details: { upload_id: '<id>' } },
  },
  {
    name: 'commit: more than 100,000 credits',
    run: (kit) => commit(kit, [uploadRow(1, email(), { credits: 60_000 }), uploadRow(2, email(), { credits: 40_001 })]),
    expected: {
      status: 413,
      code: 'PT413',
      message: 'too_many_credits',
      details: { limit: 100_000, requested: 100_001 },
    },
  },
  {
    name: 'commit: an upload id of null',
    run: (kit) => kit.rpc('commit_member_upload', { p_upload_id: null }),
    expected: { status: 400, code: 'PT400', message: 'invalid_request_id' },
  },
  {
    name: 'commit: the receipts of its rows, read in pages',
    async run(kit) {
      const id = randomUUID();
      await stage(
        kit,
        [1, 2, 3].map((row) => uploadRow(row, email())),
        id,
      );
      await kit.rpc('commit_member_upload', { p_upload_id: id });
      const { data } = await kit
        .client('demo')
        .from('member_upload_rows')
        .select('row_no, outcome')
        .eq('upload_id', id)
        .order('row_no')
        .range(1, 2);
      return { data };
    },
    expected: {
      data: [
        { row_no: 2, outcome: 'created' },
        { row_no: 3, outcome: 'created' },
      ],
    },
  },
];

export const uploadingCases: readonly Case[] = [...uploadCases, ...stageCases];
