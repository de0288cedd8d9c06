import type { Separator } from '../../../../shared/contract/uploads.ts';

/** What a second reader of CSV makes of a text: its records, or the line (from 1) of the first broken quote. */
export type SecondReading = { readonly records: readonly (readonly string[])[] } | { readonly brokenAt: number };

/**
 * Reads a text letter by letter, with nothing of the reader under test. Lines end as the first line outside of quotes does; LF takes
 * the CRs before it along, but none within quotes. A quote opens at the start of a cell only; a doubled one within is a quote; behind the closing one only
 * white space may stand. A first line that tells the separator is no record.
 */
export function readSecond(text: string, separator: Separator): SecondReading {
  const lineBreak = firstBreak(text, separator);
  const records: string[][] = [];
  let record: string[] = [];
  let at = 0;
  while (at <= text.length) {
    const start = at;
    const cell =
      text[at] === '"' ? quotedCell(text, at, separator, lineBreak) : plainCell(text, at, separator, lineBreak);
    if (cell === null) return { brokenAt: text.slice(0, start).split(lineBreak).length };
    record.push(cell.value);
    at = cell.end + 1;
    if (text[cell.end] === separator) continue;
    const isPlain = text[start] !== '"';
    const last = record.pop() ?? '';
    records.push([...record, lineBreak === '\n' && isPlain ? last.replace(/\r+$/, '') : last]);
    record = [];
  }
  const tells = /^sep=[,;\t|]$/i.test(records[0]?.join(separator) ?? '');
  return { records: tells ? records.slice(1) : records };
}

interface Cell {
  readonly value: string;
  /** Where its separator or line break stands, or the text ends. */
  readonly end: number;
}

function plainCell(text: string, start: number, separator: Separator, lineBreak: string): Cell {
  let end = start;
  while (end < text.length && text[end] !== separator && text[end] !== lineBreak) end += 1;
  return { value: text.slice(start, end), end };
}

/** Null when it is not closed as it should. */
function quotedCell(text: string, start: number, separator: Separator, lineBreak: string): Cell | null {
  const close = closingQuote(text, start);
  if (close === text.length) return null;
  const behind = plainCell(text, close + 1, separator, lineBreak);
  if (behind.value.trim() !== '') return null;
  return { value: text.slice(start + 1, close).replaceAll('""', '"'), end: behind.end };
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
