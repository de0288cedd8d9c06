import Papa from 'papaparse';
import type { Separator } from '../../shared/contract/uploads.ts';
import { toldSeparator } from '../../shared/csv/detect-separator.ts';
import { readCarefully } from './careful-reading.ts';
import { ReadFault } from './read-fault.ts';

/** A record longer than this has an opening quote that nobody closed, or is none. In characters. */
const MAX_RECORD_LENGTH = 16_777_216;

interface ParsedPiece {
  readonly data: string[][];
  readonly errors: readonly { readonly code: string; readonly row: number; readonly index: number }[];
  readonly meta: { readonly cursor: number };
}

/**
 * Cuts text that arrives in pieces into records, with Papa Parse. A record is complete when its line break is here or the
 * text ends; until then its start is kept and read again with the next piece. A record in which something stands behind a closing quote ends with
 * its line and is told by `broken`: guessing would move values into other columns.
 * Throws `ReadFault` with the line, from 1: `broken_quote` where a quote does not close up to the end, `misplaced_quote` where the first record is broken,
 * `too_large` where a record does not end.
 */
export class RecordReader {
  readonly #separator: Separator;
  readonly #broken = new WeakSet<readonly string[]>();
  /** A record that is not blank has been read. */
  #hasTable = false;
  #rest = '';
  #linesBefore = 0;
  #lineBreak: '\n' | '\r' | null = null;
  #parser: Papa.Parser | null = null;
  #isBegun = false;
  /** A record that grows is read again only when it has doubled: read with every piece, a long one would take minutes. */
  #readAt = 0;

  constructor(separator: Separator) {
    this.#separator = separator;
  }

  /** The records, of all so far, that have a broken quote: from this cell on they stand as in the file. */
  get broken(): Pick<WeakSet<readonly string[]>, 'has'> {
    return this.#broken;
  }

  /** The records that this piece completes. */
  push(text: string): string[][] {
    const whole = this.#rest + text;
    if (whole.length < this.#readAt) {
      this.#rest = whole;
      return [];
    }
    const records = this.#read(whole, false);
    this.#readAt = records.length > 0 ? 0 : Math.min(this.#rest.length * 2, MAX_RECORD_LENGTH);
    return this.#withoutFirstLine(records);
  }

  /** The last record of the text, if there is one without a line break. */
  finish(): string[][] {
    // What has been kept without being read may hold complete records.
    const complete = this.#rest === '' ? [] : this.#read(this.#rest, false);
    const last = this.#rest === '' ? [] : this.#read(this.#rest, true);
    return this.#withoutFirstLine([...complete, ...last]);
  }

  /** A first line that only tells the separator is no record of the table. */
  #withoutFirstLine(records: string[][]): string[][] {
    const [first] = records;
    if (this.#isBegun || first === undefined) return records;
    this.#isBegun = true;
    return this.#tellsSeparator(first) ? records.slice(1) : records;
  }

  #tellsSeparator(record: readonly string[]): boolean {
    return toldSeparator(record.join(this.#separator)) !== null;
  }

  /** Of records that no other of the table came before. */
  #firstOfTable(records: readonly string[][]): string[] | undefined {
    const mayTell = !this.#isBegun;
    return records.find(
      (record, index) => !isBlankRecord(record) && !(mayTell && index === 0 && this.#tellsSeparator(record)),
    );
  }

  #read(text: string, isLast: boolean): string[][] {
    this.#lineBreak ??= firstLineBreak(text, this.#separator) ?? (isLast ? '\n' : null);
    if (this.#lineBreak === null) return this.#keep(text, []);
    this.#parser ??= new Papa.Parser({ delimiter: this.#separator, newline: this.#lineBreak });
    const mark = this.#lineBreak === '\n' && text.includes(RETURN_AND_QUOTE) ? markFor(text) : null;
    const marked = mark === null ? text : text.replaceAll(RETURN_AND_QUOTE, `${mark}"`);
    const parsed = isLast ? parseLast(this.#parser, marked, this.#lineBreak) : parseComplete(this.#parser, marked);
    if (parsed.errors.some(({ code }) => code === 'InvalidQuotes')) return this.#readCarefully(text, isLast);
    // What is not complete yet may still close.
    const fault = parsed.errors.find((it) => it.row < parsed.data.length);
    if (fault !== undefined) throw new ReadFault('broken_quote', this.#lineOf(text, fault.index));
    const consumed = isLast ? text.length : parsed.meta.cursor;
    this.#linesBefore += countLineBreaks(text, this.#lineBreak, consumed);
    // Lines are cut at LF, so that a file may mix LF and CRLF.
    if (this.#lineBreak === '\n') for (const record of parsed.data) dropCarriageReturn(record);
    if (mark !== null) for (const record of parsed.data) unmark(record, mark);
    if (!this.#hasTable) this.#hasTable = this.#firstOfTable(parsed.data) !== undefined;
    return this.#keep(text.slice(consumed), parsed.data);
  }

  /** Papa Parse looks for another end of a broken quote, over all lines that follow. */
  #readCarefully(text: string, isLast: boolean): string[][] {
    const lineBreak = this.#lineBreak ?? '\n';
    const { records, broken, consumed, openAt } = readCarefully(
      text,
      { separator: this.#separator, lineBreak },
      isLast,
    );
    if (openAt !== null) throw new ReadFault('broken_quote', this.#lineOf(text, openAt));
    const [first] = broken;
    if (!this.#hasTable && first !== undefined && this.#firstOfTable(records) === first.record) {
      throw new ReadFault('misplaced_quote', this.#lineOf(text, first.at));
    }
    for (const { record } of broken) this.#broken.add(record);
    if (!this.#hasTable) this.#hasTable = this.#firstOfTable(records) !== undefined;
    this.#linesBefore += countLineBreaks(text, lineBreak, consumed);
    return this.#keep(text.slice(consumed), records);
  }

  #keep(rest: string, records: string[][]): string[][] {
    if (rest.length > MAX_RECORD_LENGTH) {
      throw new ReadFault(rest.includes('"') ? 'broken_quote' : 'too_large', this.#linesBefore + 1);
    }
    this.#rest = rest;
    return records;
  }

  #lineOf(text: string, index: number): number {
    return this.#linesBefore + countLineBreaks(text, this.#lineBreak ?? '\n', index) + 1;
  }
}

/** The records whose line break is here. */
function parseComplete(parser: Papa.Parser, text: string): ParsedPiece {
  return parser.parse(text, 0, true);
}

/** All of it, as if its line ended: what may stand behind a closing quote before a line break, may before the end. */
function parseLast(parser: Papa.Parser, text: string, lineBreak: string): ParsedPiece {
  const ended = parseComplete(parser, text + lineBreak);
  // Else an open quote has swallowed the line break.
  return ended.meta.cursor > text.length ? ended : parser.parse(text, 0, false);
}

/**
 * Null while no line has ended. Line breaks within quotes do not count: a spreadsheet on a Mac writes LF there and CR else. A quote
 * opens at the start of a cell only; elsewhere it is a letter.
 */
function firstLineBreak(text: string, separator: Separator): '\n' | '\r' | null {
  let isQuoted = false;
  let isStart = true;
  for (let index = 0; index < text.length; index += 1) {
    const letter = text[index];
    if (isQuoted) {
      if (letter !== '"') continue;
      if (text[index + 1] === '"') index += 1;
      else isQuoted = false;
      continue;
    }
    if (letter === '"' && isStart) isQuoted = true;
    else if (letter === '\n') return '\n';
    else if (letter === '\r') {
      let end = index + 1;
      // Several CR before one LF are what copying in text mode leaves.
      while (text[end] === '\r') end += 1;
      if (end === text.length) return null;
      return text[end] === '\n' ? '\n' : '\r';
    }
    isStart = letter === separator;
  }
  return null;
}

function countLineBreaks(text: string, lineBreak: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf(lineBreak); at !== -1 && at < end; at = text.indexOf(lineBreak, at + 1)) lines += 1;
  return lines;
}

/** A carriage return before a quote belongs to the cell, also at the end of a row: a mark in its place keeps it from the line break's. */
const RETURN_AND_QUOTE = '\r"';

/** A letter that the text does not have. */
function markFor(text: string): string {
  for (let code = 0xe000; ; code += 1) {
    const mark = String.fromCharCode(code);
    if (!text.includes(mark)) return mark;
  }
}

function unmark(record: string[], mark: string): void {
  for (const [index, cell] of record.entries()) {
    if (cell.includes(mark)) record[index] = cell.replaceAll(mark, '\r');
  }
}

function dropCarriageReturn(record: string[]): void {
  const last = record.length - 1;
  const cell = record[last];
  if (cell?.endsWith('\r') !== true) return;
  let end = cell.length - 1;
  while (cell[end - 1] === '\r') end -= 1;
  record[last] = cell.slice(0, end);
}

/** A line of nothing but separators and spaces: spreadsheets leave them behind deleted rows. It is no row. */
export function isBlankRecord(record: readonly string[]): boolean {
  return record.every((cell) => cell.trim() === '');
}
