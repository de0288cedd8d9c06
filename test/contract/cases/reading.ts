import { digestCache } from '../../../main/cache/bucket-digests.ts';
import { bucketEntriesAnswer, type DigestsAnswer, digestsAnswer } from '../../../main/remote/comparison-answers.ts';
import { type ChangesAnswer, changesAnswer, dashboardAnswer } from '../../../main/remote/wire.ts';
import { toChangePage } from '../../../main/sync/pull-page.ts';
import { openTestDatabase, pulled } from '../../builders/database.ts';
import { demoPartner, otherPartner } from '../../database/act-as.ts';
import { seen, type Case, type Kit, type Seen, type Who } from '../kit.ts';

const tables = [
  'users',
  'partner_members',
  'partner_credits',
  'sessions',
  'credit_allocations',
  'command_receipts',
  'member_uploads',
  'member_upload_rows',
  'removed_members',
] as const;

async function readsForeign(kit: Kit, table: string): Promise<Seen> {
  const column = table === 'users' ? 'id' : 'partner_id';
  return seen(await kit.client('demo').from(table).select(column).eq(column, otherPartner));
}

/** Numbers of the buckets that a cache filled from the feed digests otherwise than the server. */
async function differingBuckets(feed: ChangesAnswer, answer: DigestsAnswer): Promise<number[]> {
  const test = openTestDatabase();
  try {
    pulled(test.database, toChangePage(feed));
    const own = await digestCache(test.database, 16);
    return answer.buckets
      .filter(([bucket, , members, , allocations]) => {
        const found = own?.get(bucket);
        return found?.membersDigest !== members || found.allocationsDigest !== allocations;
      })
      .map(([bucket]) => bucket);
  } finally {
    test.remove();
  }
}

async function write(kit: Kit, who: Who): Promise<Seen> {
  return seen(
    await kit.client(who).from('partner_credits').update({ status: 'used' }).eq('partner_id', demoPartner).select('id'),
  );
}

export const readingCases: readonly Case[] = [
  {
    name: 'dashboard',
    run: (kit) => kit.rpc('partner_dashboard', {}, 'other'),
    expected: { status: 200, data: { balance: 250, active_members: 12, low_balance: false, server_time: '<time>' } },
    shape: dashboardAnswer,
  },
  {
    name: 'changes: the first page',
    run: (kit) => kit.rpc('partner_changes', { p_cursor: null, p_limit: 3 }, 'other'),
    expected: {
      status: 200,
      data: { partner: { id: '<id>', full_name: 'Brightwater Logistics', balance: 250 }, has_more: true },
    },
    shape: changesAnswer,
  },
  {
    name: 'changes: page after page until the end',
    async run(kit) {
      const ids = new Set<string>();
      let cursor: string | null = null;
      for (let page = 0; page < 100; page += 1) {
        const answer = changesAnswer.parse(
          (await kit.client('other').rpc('partner_changes', { p_cursor: cursor, p_limit: 5 })).data,
        );
        for (const member of answer.members) ids.add(member.id);
        if (answer.cursor === cursor || !answer.has_more) break;
        cursor = answer.cursor;
      }
      const { data } = await kit.client('other').from('partner_members').select('id');
      return { data: ids.size - (data?.length ?? 0) };
    },
    expected: { data: 0 },
  },
  ...['nonsense', '', `1.0.${'x'.repeat(36)}.0.a.0.a`].map((cursor): Case => ({
    name: `changes: the cursor ${JSON.stringify(cursor)}`,
    run: (kit) => kit.rpc('partner_changes', { p_cursor: cursor }),
    expected: { status: 400, code: 'PT400', message: 'invalid_cursor' },
  })),
  {
    name: 'digests of all members in one bucket',
    async run(kit) {
      const { status, data } = await kit.client('other').rpc('partner_digests', { p_buckets: 1 });
      const members = await kit.client('other').from('partner_members').select('id');
      const { buckets } = digestsAnswer.parse(data);
      return { status, data: buckets.map(([bucket, counted]) => [bucket, counted - (members.data?.length ?? 0)]) };
    },
    expected: { status: 200, data: [[0, 0]] },
  },
  {
    name: 'digests: too many buckets',
    run: (kit) => kit.rpc('partner_digests', { p_buckets: 5_000 }),
    expected: { status: 400, code: 'PT400', message: 'invalid_buckets' },
  },
  {
    name: 'entries of buckets: a page',
    run: (kit) =>
      kit.rpc('partner_bucket_entries', { p_buckets: 1, p_members: [0], p_allocations: [0], p_limit: 3 }, 'other'),
    expected: { status: 200, data: { partner_id: '<id>', has_more: true } },
    shape: bucketEntriesAnswer,
  },
  {
    name: 'digests on this computer and on the server are the same',
    async run(kit) {
      const feed = changesAnswer.parse((await kit.client('other').rpc('partner_changes', { p_limit: 2_000 })).data);
      const answer = digestsAnswer.parse((await kit.client('other').rpc('partner_digests', { p_buckets: 16 })).data);
      return { data: (await differingBuckets(feed, answer)).length };
    },
    expected: { data: 0 },
  },
  {
    name: 'invariants',
    run: (kit) => kit.rpc('partner_invariants'),
    expected: { status: 200, data: { holds: true, violations: [] } },
  },
  {
    name: 'invariants of another partner',
    run: (kit) => kit.rpc('partner_invariants', { p_partner_id: otherPartner }),
    expected: { status: 403, code: 'PT403', message: 'foreign_partner' },
  },
  ...tables
    .filter((table) => table !== 'sessions')
    .map((table): Case => ({
      name: `nothing of another partner in ${table}`,
      run: (kit) => readsForeign(kit, table),
      expected: { status: 200, data: [] },
    })),
  ...tables.map((table): Case => ({
    name: `nobody signed in reads ${table}`,
    run: async (kit) => seen(await kit.client('nobody').from(table).select('*').limit(1)),
    expected: { status: 401, code: '42501' },
  })),
  {
    name: 'a page by filter, order and range',
    async run(kit) {
      const page = await kit
        .client('other')
        .from('partner_members')
        .select('first_name, status')
        .eq('status', 'active')
        .ilike('email', '%@brightwater.example')
        .order('first_name')
        .range(2, 4);
      return seen(page);
    },
    expected: {
      status: 200,
      data: [
        { first_name: 'Ewan', status: 'active' },
        { first_name: 'Finlay', status: 'active' },
        { first_name: 'Grace', status: 'active' },
      ],
    },
  },
  {
    name: 'an exact count of a part',
    async run(kit) {
      const { count } = await kit
        .client('other')
        .from('partner_members')
        .select('id', { count: 'exact', head: true })
        .in('first_name', ['Anna', 'Rhys']);
      return { data: count };
    },
    expected: { data: 2 },
  },
  {
    name: 'a table that is not there',
    run: async (kit) => seen(await kit.client('demo').from('nonsense').select('*')),
    expected: { status: 404, code: '42P01' },
  },
  {
    name: 'a column that is not there',
    run: async (kit) => seen(await kit.client('demo').from('users').select('nonsense')),
    expected: { status: 400, code: '42703' },
  },
  {
    name: 'how an instant is printed',
    async run(kit) {
      const { data } = await kit.client('demo').from('users').select('created_at').single();
      return { data: /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/.test(String(data?.created_at)) };
    },
    expected: { data: true },
  },
  { name: 'a partner writes a table', run: (kit) => write(kit, 'demo'), expected: { status: 403, code: '42501' } },
  { name: 'nobody writes a table', run: (kit) => write(kit, 'nobody'), expected: { status: 401, code: '42501' } },
  {
    name: 'the ledger is not changed, not even by the service role',
    run: async (kit) =>
      seen(
        await kit
          .client('service')
          .from('credit_allocations')
          .update({ credits: 1 })
          .eq('partner_id', demoPartner)
          .select('id'),
      ),
    expected: { status: 403, code: '42501' },
  },
];
