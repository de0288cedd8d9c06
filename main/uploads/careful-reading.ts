/** How a text is cut: what parts cells, and what ends lines. */
export interface Marks {
  readonly separator: string;
  readonly lineBreak: '\n' | '\r';
}

/** What was read out of a text that has a broken quote. */
export interface CarefulReading {
  readonly records: string[][];
  /** Those of `records` that have a broken quote. */
  readonly broken: readonly { readonly record: string[]; readonly at: number }[];
  /** Where the last complete record ends. */
  readonly consumed: number;
  /** Where the quote stands that nothing closes up to the end of the text, if it is the last. */
  readonly openAt: number | null;
}

interface Cell {
  readonly text: string;
  /** Where its separator or line break stands, or the text ends. */
  readonly end: number;
  readonly isQuoted: boolean;
  readonly isBroken: boolean;
}

/**
 * Reads a text as Papa Parse does, and goes on behind a quote that closes where it should not. Such a record keeps this cell as it
 * stands in the file, and ends with the line: where the quote closes, or where it opens when the one that seems to close it rather opens a cell
 * some lines below. Records without end are left for later unless `isLast`.
 */
export function readCarefully(text: string, marks: Marks, isLast: boolean): CarefulReading {
  const records: string[][] = [];
  const broken: { record: string[]; at: number }[] = [];
  let at = 0;
  let openAt: number | null = null;
  while (at < text.length) {
    const record: string[] = [];
    let brokenAt: number | null = null;
    let start = at;
    let cell: Cell | null;
    for (;;) {
      cell = readCell(text, start, marks, { isLast, isWithinLine: brokenAt !== null });
      if (cell === null) break;
      if (cell.isBroken) brokenAt ??= start;
      record.push(cell.text);
      if (text[cell.end] !== marks.separator) break;
      start = cell.end + 1;
    }
    if (cell === null || (cell.end === text.length && !isLast)) {
      if (isLast) openAt = start;
      break;
    }
    if (!cell.isQuoted && marks.lineBreak === '\n') record.push((record.pop() ?? '').replace(/\r+$/, ''));
    records.push(record);
    if (brokenAt !== null) broken.push({ record, at: brokenAt });
    at = cell.end + 1;
  }
  return { records, broken, consumed: Math.min(at, text.length), openAt };
}

/** Null for a quote that nothing closes, or not yet. `isWithinLine`: a quote that does not close within it opens nothing. */
function readCell(
  text: string,
  start: number,
  marks: Marks,
  { isLast, isWithinLine }: { readonly isLast: boolean; readonly isWithinLine: boolean },
): Cell | null {
  const asItStands = (from: number, isBroken: boolean): Cell => {
    const end = endOfCell(text, from, marks);
    return { text: text.slice(start, end), end, isQuoted: false, isBroken };
  };
  if (text[start] !== '"') return asItStands(start, false);
  const close = closingQuote(text, start);
  const isAcross = text.slice(start, close === -1 ? text.length : close).includes(marks.lineBreak);
  if (isWithinLine && (close === -1 || isAcross)) return asItStands(start, false);
  if (close === -1) return null;
  const end = endOfCell(text, close + 1, marks);
  // What follows may still be white space alone.
  if (end === text.length && !isLast) return { text: '', end, isQuoted: true, isBroken: false };
  if (text.slice(close + 1, end).trim() === '') {
    return { text: text.slice(start + 1, close).replaceAll('""', '"'), end, isQuoted: true, isBroken: false };
  }
  return asItStands(isAcross && opensCell(text, close, marks) ? start : close + 1, true);
}

/** Where a cell without quotes ends. */
function endOfCell(text: string, start: number, { separator, lineBreak }: Marks): number {
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== lineBreak) end += 1;
  return end;
}

/** Where the quote that opens at `start` closes; -1 when it does not. */
function closingQuote(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}

/** Whether a quote stands where a cell begins. */
function opensCell(text: string, at: number, { separator, lineBreak }: Marks): boolean {
  return text[at - 1] === separator || text[at - 1] === lineBreak;
}
