/** Rules in two to four words, for filters and counts, where no row stands beside them. */
const names: Readonly<Record<string, string>> = {
  email_missing: 'No e-mail address',
  email_invalid: 'Not an e-mail address',
  email_domain_typo: 'Mistyped e-mail?',
  email_duplicate: 'Same e-mail twice',
  email_lookalike: 'E-mail with foreign letters',
  name_missing: 'No first name',
  name_control_characters: 'Line breaks in the name',
  name_too_long: 'Name too long',
  name_unreadable: 'Name wrongly decoded',
  name_mixed_script: 'Name with foreign letters',
  credits_not_a_number: 'Credits not a number',
  credits_fractional: 'Credits not whole',
  credits_negative: 'Credits below zero',
  credits_too_many: 'Too many credits',
  credits_ambiguous: 'Credits unclear',
  credits_grouped: 'Credits in thousands',
  validity_not_a_number: 'Days not a number',
  validity_out_of_range: 'Days not allowed',
  expiry_not_a_date: 'Not a date',
  expiry_ambiguous: 'Date unclear',
  expiry_past: 'Date in the past',
  expiry_too_far: 'Date too far away',
  expiry_replaces_validity: 'Days and a date',
  row_short: 'Too few cells',
  row_long: 'Too many cells',
  row_joined: 'Perhaps two rows',
  row_quotes: 'Broken quotation marks',
  row_damaged: 'Damaged on the disk',
  status_leaver: 'Has left',
  status_unknown: 'Status unclear',
  member_inactive: 'Member is inactive',
  member_waiting: 'Already prepared elsewhere',
  refused_before: 'Refused before',
};

/** The short name of a rule; one that this version does not know keeps its code. */
export function ruleName(code: string): string {
  return Object.hasOwn(names, code) ? (names[code] ?? code) : code.replaceAll('_', ' ');
}
