import { mutantsOf } from './mutant.ts';
import type { Mutant } from './mutant.ts';

const same = 'send-assignments: answers each command as';
const writes = 'send-assignments: writes the ledger';
const rest = 'send-assignments: gives what is left';
const again = 'send-assignments: answers a repetition';
const reused = 'send-assignments: refuses an id that stands';
const limits = 'send-assignments: takes no id twice';
const recorded = 'send-assignments: tells the recorded answers';
const rows = 'send-assignments: tells of rows';

const sending = mutantsOf('send_many_commands', [
  [
    'any number of wrong commands is named',
    'cap',
    'check_sent_commands',
    'order by e.ord limit 20',
    'order by e.ord',
    'error-details: say which members and commands',
  ],
  [
    'a batch gives more than the balance',
    'balance check',
    'decide_assignments',
    'v_balance < v_command.credits',
    'false',
    rest,
  ],
  [
    'a batch takes what is refused from the balance',
    'balance check',
    'decide_assignments',
    'if v_command.answer is null then',
    `if v_command.answer is null or v_command.answer ->> 'outcome' = 'insufficient_credits' then`,
    rest,
  ],
  [
    "a batch reaches another partner's members",
    'ownership',
    'decide_assignments',
    'where k.id = c.member_id and k.partner_id = p_partner_id',
    'where k.id = c.member_id',
    same,
  ],
  [
    'a batch gives to inactive members',
    'status check',
    'decide_assignments',
    `when v_row.status = 'inactive' then`,
    'when false then',
    same,
  ],
  [
    'a batch sent again acts again',
    'receipt look-up',
    'decide_assignments',
    'when v_row.response is not null then',
    'when false then',
    again,
  ],
  [
    'an id in a batch stands for any other request',
    'receipt look-up',
    'decide_assignments',
    ' and v_row.request_digest = v_command.request_digest',
    '',
    reused,
  ],
  [
    'an id in a batch stands for any other command',
    'receipt look-up',
    'decide_assignments',
    `v_row.command = 'assign_member_credits' and v_row.request_digest = v_command.request_digest`,
    `v_row.request_digest = v_command.request_digest or v_row.command <> 'assign_member_credits'`,
    reused,
  ],
  [
    'a note in a batch is of any length',
    'cap',
    'decide_assignments',
    'when pg_catalog.length(v_command.note) > 1000',
    'when false',
    reused,
  ],
  ['the digest of a batch leaves out the note', 'receipt look-up', 'read_sent_commands', `, 'note', c.note`, '', again],
  [
    'members of a batch are not locked',
    'lock',
    'send_assignments',
    'order by m.id for no key update',
    '',
    'send-assignments: waits for whoever holds',
  ],
  [
    'one batch gives any number of credits',
    'cap',
    'apply_assignments',
    'perform partner_private.check_credits(v_spent);',
    '',
    limits,
  ],
  [
    'a batch holds any number of commands',
    'cap',
    'check_command_count',
    'if p_commands > partner_private.most_sent_commands() then',
    'if false then',
    limits,
  ],
  [
    'an id stands twice in a batch',
    'input check',
    'check_sent_commands',
    'pg_catalog.cardinality(v_twice) > 0',
    'false',
    limits,
  ],
  [
    'a batch leaves the sums of its members',
    'ledger',
    'apply_assignments',
    'set credits_assigned = m.credits_assigned + g.credits',
    'set credits_assigned = m.credits_assigned',
    writes,
  ],
  [
    'a batch leaves the balance',
    'ledger',
    'apply_assignments',
    'perform partner_private.move_balance(p_partner_id, -v_spent);',
    'null;',
    writes,
  ],
  [
    "anybody's commands are told",
    'ownership',
    'command_outcomes',
    'where r.partner_id = v_partner_id and r.id',
    'where r.id',
    "send-assignments: tells nothing of another partner's",
  ],
  [
    'the ids asked for may be null',
    'input check',
    'command_outcomes',
    'or pg_catalog.array_position(p_request_ids, null) is not null',
    '',
    'send-assignments: refuses a list that is none',
  ],
  [
    'any number of ids is asked for',
    'cap',
    'command_outcomes',
    'perform partner_private.check_command_count(pg_catalog.cardinality(p_request_ids));',
    '',
    'send-assignments: refuses a list that is none',
  ],
  ['a told answer passes for a first one', 'receipt look-up', 'command_outcomes', `, 'replayed', true`, '', recorded],
  ["rows of anybody's upload are told", 'ownership', 'upload_outcomes', 'r.partner_id = v_partner_id and ', '', rows],
  [
    'rows outside are told',
    'input check',
    'upload_outcomes',
    ' and r.row_no between p_first_row and p_last_row',
    '',
    rows,
  ],
]);

/** Of sending many commands in one call, and of asking what became of them. */
export const sendingMutants: readonly Mutant[] = sending;
