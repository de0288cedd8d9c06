/**
 * Where a spreadsheet could begin to read a cell: at its start, and behind every separator, quotation mark and line break, because a
 * file may be opened with another separator than it was written with.
 */
const PLACE = String.raw`(?<=^|[,;\t|"\r\n])`;
/** What makes a spreadsheet compute the cell, or leads to it: = + - @, their full-width forms, white space, NUL. */
const DANGER = String.raw`(?=[=+\-@\t\r\n\0\uFF1D\uFF0B\uFF0D\uFF20])`;

const UNGUARDED = new RegExp(`${PLACE}('*)${DANGER}`, 'g');
const GUARDED = new RegExp(`${PLACE}'('*)${DANGER}`, 'g');

/**
 * A text as it may stand in a cell of a CSV that somebody opens in a spreadsheet: one apostrophe more before whatever could become
 * a formula (decision 0009). `unguard` gives exactly the text back, whatever it holds.
 */
export function guard(text: string): string {
  return text.replace(UNGUARDED, "'$1");
}

/** The text of a cell that `guard` wrote, or that a person wrote with an apostrophe to keep a formula text. */
export function unguard(cell: string): string {
  return cell.includes("'") ? cell.replace(GUARDED, '$1') : cell;
}
