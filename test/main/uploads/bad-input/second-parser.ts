import type { Separator } from '../../../../shared/contract/uploads.ts';

/** What a second reader of CSV makes of a text: its records, or the line (from 1) of the quote that it is refused for. */
export type SecondReading =
  | { readonly records: readonly (readonly string[])[] }
  | { readonly brokenAt: number; readonly reason: 'broken_quote' | 'misplaced_quote' };

/**
 * Reads a text letter by letter, with nothing of the reader under test. Lines end as the first line outside of quotes does; LF takes
 * the CRs before it along, but none within quotes. A quote opens at the start of a cell only; a doubled one within is a quote; behind the closing one only
 * white space may stand. Else the cell is taken as it stands, and the record ends with that line: the one where the quote opened, when what
 * closed it stands at the start of a cell of another line. A first line that tells the separator is no record.
 */
export function readSecond(text: string, separator: Separator): SecondReading {
  const lineBreak = firstBreak(text, separator);
  const lineOf = (at: number): number => text.slice(0, at).split(lineBreak).length;
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  let brokenAt: number | null = null;
  while (at <= text.length) {
    const start = at;
    const cell = cellAt(text, start, { separator, lineBreak, isWithinLine: brokenAt !== null });
    if (cell === null) return { brokenAt: lineOf(start), reason: 'broken_quote' };
    if (cell.isRaw) brokenAt ??= start;
    record.push(cell.value);
    at = cell.end + 1;
    if (text[cell.end] === separator) continue;
    if (brokenAt !== null && records.every((it, index) => isNoRow(it, index, separator))) {
      return { brokenAt: lineOf(brokenAt), reason: 'misplaced_quote' };
    }
    const last = record.pop() ?? '';
    records.push([...record, lineBreak === '\n' && cell.isPlain ? last.replace(/\r+$/, '') : last]);
    record = [];
    brokenAt = null;
  }
  return { records: tellsSeparator(records[0] ?? [], separator) ? records.slice(1) : records };
}

function isNoRow(record: readonly string[], index: number, separator: Separator): boolean {
  return record.join('').trim() === '' || (index === 0 && tellsSeparator(record, separator));
}

function tellsSeparator(record: readonly string[], separator: Separator): boolean {
  return /^sep=[,;\t|]$/i.test(record.join(separator));
}

interface Cell {
  readonly value: string;
  /** Where its separator or line break stands, or the text ends. */
  readonly end: number;
  /** Without quotes, or with broken ones. */
  readonly isPlain: boolean;
  /** With broken ones. */
  readonly isRaw: boolean;
}

/** Null when its quote is not closed. `isWithinLine`: only a quote that closes within the line opens one. */
function cellAt(
  text: string,
  start: number,
  marks: { readonly separator: Separator; readonly lineBreak: string; readonly isWithinLine: boolean },
): Cell | null {
  const { separator, lineBreak, isWithinLine } = marks;
  const endOf = (from: number): number => {
    let end = from;
    while (end < text.length && text[end] !== separator && text[end] !== lineBreak) end += 1;
    return end;
  };
  const plain = (end: number, isRaw: boolean): Cell => ({ value: text.slice(start, end), end, isPlain: true, isRaw });
  if (text[start] !== '"') return plain(endOf(start), false);
  const close = closingQuote(text, start);
  const isOfOneLine = !text.slice(start, close).includes(lineBreak);
  if (isWithinLine && (close === text.length || !isOfOneLine)) return plain(endOf(start), false);
  if (close === text.length) return null;
  const end = endOf(close + 1);
  if (text.slice(close + 1, end).trim() === '') {
    return { value: text.slice(start + 1, close).replaceAll('""', '"'), end, isPlain: false, isRaw: false };
  }
  const opensAnother = !isOfOneLine && [separator, lineBreak].includes(text[close - 1] ?? '');
  return plain(opensAnother ? endOf(start) : end, true);
}

/** Where the quote that opens at `start` closes; the length of the text when it does not. */
function closingQuote(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    if (text[at] !== '"') at += 1;
    else if (text[at + 1] === '"') at += 2;
    else return at;
  }
  return text.length;
}

function firstBreak(text: string, separator: Separator): '\n' | '\r' {
  let isStart = true;
  for (let at = 0; at < text.length; at += 1) {
    if (isStart && text[at] === '"') at = closingQuote(text, at);
    else if (text[at] === '\n') return '\n';
    else if (text[at] === '\r') return /^\r*(?:\n|$)/.test(text.slice(at)) ? '\n' : '\r';
    isStart = text[at] === separator;
  }
  return '\n';
}
