import { mutantsOf } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const leaves = 'undo-member-upload: leaves what is spent';
const foreign = "undo-member-upload: tells another partner's upload";
const tells = 'undo-member-upload: tells who uploaded what';
const pages = 'undo-member-upload: pages backwards';
const again = 'repeated-commands: undo_member_upload';

const undoing = mutantsOf('undo_uploads', [
  [
    'an undo takes spent credits back',
    'status check',
    'undo_member_upload',
    `coalesce(c.status, '') = 'available' and `,
    '',
    leaves,
  ],
  [
    'an undo takes expired credits back',
    'expiry check',
    'undo_member_upload',
    ' and c.expires_at > pg_catalog.now()',
    '',
    'undo-member-upload: leaves the credits of a row',
  ],
  ['an undo takes any upload back', 'ownership', 'undo_member_upload', ' and o.upload_id = p_upload_id', '', leaves],
  [
    "an undo finds another partner's upload",
    'ownership',
    'undo_member_upload',
    'select from public.member_upload_rows r where r.partner_id = v_partner_id and',
    'select from public.member_upload_rows r where',
    foreign,
  ],
  [
    'an undo waits for credits that are being spent',
    'lock order',
    'undo_member_upload',
    ' skip locked',
    '',
    'undo-member-upload: does not wait for a credit',
  ],
  [
    'the answer to an undo is not looked up',
    'receipt look-up',
    'undo_member_upload',
    'if v_answer is not null then',
    'if false then',
    again,
  ],
  [
    'an undo stands for any other under its id',
    'receipt look-up',
    'undo_member_upload',
    `, 'reason', p_reason`,
    '',
    again,
  ],
  [
    'the reason of an undo is of any length',
    'cap',
    'undo_member_upload',
    `perform partner_private.check_text(p_reason, 'reason_too_long');`,
    '',
    'undo-member-upload: refuses a reason',
  ],
  [
    'an undo leaves the sums of members',
    'bookkeeping',
    'take_upload_back',
    'm.credits_assigned - t.credits',
    'm.credits_assigned',
    'undo-member-upload: gives every unspent credit',
  ],
  [
    'an undo leaves the balance',
    'bookkeeping',
    'take_upload_back',
    'perform partner_private.move_balance(p_partner_id, pg_catalog.cardinality(p_credit_ids));',
    '',
    'undo-member-upload: gives every unspent credit',
  ],
  [
    'the credits of an undo stay available',
    'bookkeeping',
    'take_upload_back',
    `set status = 'revoked'`,
    `set status = 'available'`,
    'undo-member-upload: gives every unspent credit',
  ],
  [
    'an undo makes a balance of any size',
    'cap',
    'undo_member_upload',
    'v_balance > 2147483647 - v_taken',
    'false',
    'undo-member-upload: refuses to take back more than a balance can hold',
  ],
  [
    'an undo takes any number of rows back',
    'cap',
    'undo_member_upload',
    ' limit partner_private.most_staged_rows()',
    '',
    'undo-member-upload: takes so many rows back at once',
  ],
  [
    'an undo spends its rows on expired credits',
    'expiry check',
    'undo_member_upload',
    ' and k.expires_at > pg_catalog.now()',
    '',
    'undo-member-upload: spends none of these rows',
  ],
  [
    'an undo leaves allocations of nobody to whoever comes',
    'lock',
    'undo_member_upload',
    'if pg_catalog.cardinality(v_strays) > 0 then',
    'if false then',
    'undo-races: before its ledger is written',
  ],
  [
    'an undo does not hold a member that came back meanwhile',
    'lock',
    'undo_member_upload',
    'a.member_id is null or a.member_id not in (select l from pg_catalog.unnest(v_locked) as l)',
    'a.member_id is null',
    'undo-races: holds the member',
  ],
  [
    'an undo does not hold the members of allocations that had none',
    'lock',
    'undo_member_upload',
    'and m.id in (select a.member_id from public.credit_allocations a where a.id = any (v_strays))',
    'and false',
    'undo-races: holds the member',
  ],
  [
    'a credit past its expiry counts as unspent',
    'expiry check',
    'credits_of_upload',
    `'unspent', pg_catalog.count(*) filter (where c.status = 'available' and c.expires_at > pg_catalog.now())`,
    `'unspent', pg_catalog.count(*) filter (where c.status = 'available')`,
    leaves,
  ],
]);

const listing = mutantsOf('undo_uploads', [
  [
    "a list tells another partner's uploads",
    'ownership',
    'list_member_uploads',
    'u.partner_id = v_partner_id and u.created_at >= v_from',
    'u.created_at >= v_from',
    tells,
  ],
  [
    'a list tells uploads that did nothing',
    'filter',
    'list_member_uploads',
    'and (select true from public.member_upload_rows r where r.partner_id = u.partner_id and r.upload_id = u.id limit 1)',
    '',
    pages,
    3,
  ],
  [
    'a list loses uploads of one moment',
    'paging',
    'list_member_uploads',
    `select pg_catalog.date_trunc('milliseconds', u.created_at) into v_from`,
    'select u.created_at into v_from',
    pages,
  ],
  ['a list begins again with each page', 'paging', 'list_member_uploads', 'u.created_at < v_before', 'true', pages, 2],
  [
    'a list never says that there is more',
    'paging',
    'list_member_uploads',
    'p_id is null and exists',
    'false and exists',
    pages,
  ],
]);

const clearing = mutantsOf('upload_members', [
  [
    'a blank name clears the name of a member',
    'input check',
    'read_upload_rows',
    `case when e.item -> 'clear_name' = 'true' then '' end`,
    `''`,
    'undo-member-upload: empties it',
  ],
  [
    'whatever asks for it clears a name',
    'input check',
    'read_upload_rows',
    `and coalesce(pg_catalog.jsonb_typeof(e.item -> 'clear_name'), 'null') in ('boolean', 'null')`,
    '',
    'undo-member-upload: is refused where it says so',
  ],
  [
    'no row clears a name',
    'bookkeeping',
    'apply_upload',
    `where l.first_name = ''`,
    'where false',
    'undo-member-upload: empties it',
  ],
]);

/** Guards of undoing uploads, of their list, and of names that are cleared. */
export const undoMutants: readonly Mutant[] = [...undoing, ...listing, ...clearing];
