import { mutantsOf } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const invariants = mutantsOf(
  'allocate_credits',
  [
    ['balance_not_negative', '(v_partner_id is null or u.id = v_partner_id) and u.credits < 0'],
    ['balance_follows_ledger', '(v_partner_id is null or u.id = v_partner_id) and coalesce(l.moved, 0) <> u.credits'],
    ['credits_of_allocation', `case when a.kind = 'allocation' then a.credits else 0 end <> coalesce(c.credits, 0)`],
    ['revoked_credits_of_allocation', 'coalesce(r.credits, 0) <> coalesce(c.credits, 0)'],
    ['credits_of_member', 'coalesce(l.credits, 0) <> m.credits_assigned'],
    ['member_of_correction', 'e.member_id is distinct from a.member_id'],
    ['partner_of_credits', 'k.partner_id <> a.partner_id'],
    ['email_of_credits', 'k.employee_email <> coalesce(m.email, a.holder_email, a.employee_email)'],
  ].map(([invariant = '', find = '']) => [
    `the invariant ${invariant} finds nothing`,
    'invariant',
    'partner_invariants',
    find,
    'false',
    `invariants: finds a break of ${invariant}`,
  ]),
);

const wholeInvariants = mutantsOf('allocate_credits', [
  [
    'everything holds of nobody',
    'input check',
    'partner_invariants',
    'elsif p_partner_id is not null',
    'elsif false',
    'invariants: are told of partners alone',
  ],
  [
    'a ledger row of a foreign member is not found',
    'invariant',
    'partner_invariants',
    'm.partner_id <> a.partner_id or ',
    '',
    'invariants: finds a row of the ledger with a member',
  ],
  [
    'a correction of a foreign row is not found',
    'invariant',
    'partner_invariants',
    ' or o.partner_id <> a.partner_id',
    '',
    'invariants: finds a row of the ledger with a corrected row',
  ],
]);

/** What the invariants find. */
export const invariantMutants: readonly Mutant[] = [...invariants, ...wholeInvariants];
