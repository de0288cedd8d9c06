/**
 * The stable code of every rule that a row of an upload can break. Words for people live in the renderer's messages,
 * which switch on this union exhaustively; `data` beside a code is named here.
 */
export const ruleCodes = [
  /** The e-mail cell is empty. */
  'email_missing',
  /** value; suggestion when one is obvious (a doubled @, a space, `mailto:`). */
  'email_invalid',
  /** Warning. value, suggestion: the domain is one letter away from a well-known one. */
  'email_domain_typo',
  /** Warning. value, suggestion: letters of another script pass for Latin ones in the domain. */
  'email_lookalike',
  /** value, first: the earlier row with the same e-mail. */
  'email_duplicate',
  /** Warning: no first name. A new member stays without one, a known member keeps theirs. */
  'name_missing',
  /** value: holds line breaks, tabs or other control characters. */
  'name_control_characters',
  /** value, length, max. */
  'name_too_long',
  /** Warning. value: looks as if the file had been read in the wrong encoding. */
  'name_unreadable',
  /** Warning. value, suggestion when one is obvious: a word mixes scripts whose letters look the same. */
  'name_mixed_script',
  /** value: no number. */
  'credits_not_a_number',
  /** value: not a whole number. */
  'credits_fractional',
  /** value. */
  'credits_negative',
  /** value, max. */
  'credits_too_many',
  /** value: thousands or decimals? `1.000` in a file that does not tell. */
  'credits_ambiguous',
  /** Warning. value, credits: read with a separator of thousands. */
  'credits_grouped',
  /** value: no whole number of days. */
  'validity_not_a_number',
  /** value, min, max. */
  'validity_out_of_range',
  /** value: no date that we read. */
  'expiry_not_a_date',
  /** value: day and month could be swapped. */
  'expiry_ambiguous',
  /** value. */
  'expiry_past',
  /** value, max: days from today. */
  'expiry_too_far',
  /** Warning: days and a date are both given; the date counts. */
  'expiry_replaces_validity',
  /** Warning. value: the file says that the person has left. */
  'status_leaver',
  /** Warning. value: a status that we do not know. */
  'status_unknown',
  /** value: the e-mail belongs to a member that this computer knows as inactive; the server refuses credits for them. */
  'member_inactive',
  /** Warning. value, where (`outbox` or `draft`), name: of the file or member. The same e-mail waits elsewhere. */
  'member_waiting',
  /** cells, columns, missing: the row ends before this field, which is used. A warning where only columns that are not used are missing, or all was typed. */
  'row_short',
  /** cells, columns: more cells than columns, so that values may stand in the wrong column. A warning once edited. */
  'row_long',
  /**
   * value: a line within a cell that reads like a row of its own, which a quote that nobody closed has joined. A warning once edited, and where only
   * its width tells. Without value a warning: a carriage return alone stands in a cell; a line that ended in it may have become part of this row.
   */
  'row_joined',
  /** Something stands behind a closing quote, or the quote closes in a later row: from this cell on the row is as it stands in the file. A warning once edited. */
  'row_quotes',
  /**
   * A fault of the disk has changed what was kept of the row; shown is what of it would be sent. A warning, but where the row has an error that cannot be
   * read. Gone once the row is edited, where that can be. Never stored.
   */
  'row_damaged',
  /** Warning. reason: why the server refused the row when it was sent before; gone once the row is edited. */
  'refused_before',
] as const;

export type RuleCode = (typeof ruleCodes)[number];
