import type { ColumnMapping, UploadField } from '../contract/uploads.ts';
import { dataFields, type DataField } from './check-row.ts';
import { isEmail } from './email-rule.ts';
import { looksLikeDate } from './expiry-rule.ts';
import { foldHeader, headerNames, privateWords, workWords } from './header-names.ts';
import { isKnownStatus } from './status-rule.ts';
import { ownColumns } from './own-columns.ts';

/** A column of a file: its header and some of its values. */
export interface SampledColumn {
  readonly header: string;
  readonly samples: readonly string[];
}

export interface ColumnMatch {
  readonly mapping: ColumnMapping;
  /** Every column was recognised by its own header, and its values do not contradict it. */
  readonly allMatched: boolean;
  /** The columns that are used as a person said before; absent where there are none. */
  readonly remembered?: ReadonlySet<number>;
}

interface Candidate {
  readonly column: number;
  readonly field: DataField;
  readonly score: number;
}

/** From here on a match needs no second look by a person. */
const CERTAIN = 3;
/** Above everything that a header or its values say. */
const RECALLED = 9;

const fieldByName = new Map<string, DataField>();
for (const names of Object.values(headerNames)) {
  for (const field of dataFields) for (const name of names[field]) fieldByName.set(name, field);
}

/**
 * Finds out which column is which: as a person said before of a column with this header (`earlier`, by `foldHeader`), else by
 * header in any of the known languages, and for the e-mail by content too. A field is given to one column; all others are left
 * alone (`ignore`).
 */
export function matchColumns(
  columns: readonly SampledColumn[],
  earlier: ReadonlyMap<string, UploadField> = new Map(),
): ColumnMatch {
  // What our own files say about their rows is no data; it leaves nothing to decide.
  const own = new Set(ownColumns(columns));
  const recalled = recall(columns, earlier);
  const candidates = columns.flatMap((column, index): Candidate[] => {
    if (own.has(index)) return [];
    const field = recalled.get(index);
    if (field === undefined) return candidatesOf(column, index);
    return field === 'ignore' ? [] : [{ column: index, field, score: RECALLED }];
  });
  candidates.sort((a, b) => b.score - a.score || a.column - b.column);
  const fieldOf = new Map<number, Candidate>();
  const taken = new Set<DataField>();
  for (const candidate of candidates) {
    if (taken.has(candidate.field) || fieldOf.has(candidate.column)) continue;
    fieldOf.set(candidate.column, candidate);
    taken.add(candidate.field);
  }
  const mapping = columns.map((_, index) => fieldOf.get(index)?.field ?? 'ignore');
  const remembered = new Set([...recalled.keys()].filter((index) => mapping[index] === recalled.get(index)));
  const allMatched =
    taken.has('email') &&
    columns.every((_, index) => own.has(index) || remembered.has(index) || (fieldOf.get(index)?.score ?? 0) >= CERTAIN);
  return { mapping, allMatched, ...(remembered.size > 0 && { remembered }) };
}

/** What a person said before, by column. Two columns of one name cannot be told apart by it. */
function recall(
  columns: readonly SampledColumn[],
  earlier: ReadonlyMap<string, UploadField>,
): ReadonlyMap<number, UploadField> {
  const keys = columns.map(({ header }) => foldHeader(header));
  return new Map(
    keys.flatMap((key, index): [number, UploadField][] => {
      const field = earlier.get(key);
      return field === undefined || keys.indexOf(key) !== keys.lastIndexOf(key) ? [] : [[index, field]];
    }),
  );
}

function candidatesOf(column: SampledColumn, index: number): Candidate[] {
  const named = nameScore(column.header);
  const found: Candidate[] = [];
  // A status of something else is no status of people: whether they are married, paid, insured.
  const isOtherStatus =
    named?.field === 'status' &&
    column.samples.some((it) => it.trim() !== '') &&
    share(column.samples, isKnownStatus) < 0.5;
  if (named !== null && !isOtherStatus) {
    const field = byContent(named.field, column.samples);
    found.push({ column: index, field, score: contradicts(field, column.samples) ? named.score - 2 : named.score });
  }
  const isAddress = share(column.samples, isEmail) >= 0.6;
  if (named?.field !== 'email' && isAddress) found.push({ column: index, field: 'email', score: 1 });
  return found;
}

/** "Validity" can head days as well as a date: the values decide. */
function byContent(field: DataField, samples: readonly string[]): DataField {
  const hasSamples = samples.some((sample) => sample.trim() !== '');
  if (!hasSamples) return field;
  if (field === 'validity_days' && share(samples, looksLikeDate) >= 0.6) return 'expires_on';
  if (field === 'expires_on' && share(samples, (sample) => /^\d{1,4}$/.test(sample)) >= 0.6) return 'validity_days';
  return field;
}

/** 4 for a known name of work's address, 3 for a known name, 2 for one with an addition, 1 for a vague one. */
function nameScore(header: string): { field: DataField; score: number } | null {
  const folded = foldHeader(header);
  const words = folded.split(' ');
  const isPrivate = words.some((word) => privateWords.has(word));
  const isWork = words.some((word) => workWords.has(word));
  const exact = fieldByName.get(folded);
  if (exact !== undefined) return { field: exact, score: isWork ? CERTAIN + 1 : CERTAIN };
  const bare = foldHeader(header.replace(/[([{][^)\]}]*[)\]}]/g, ' '));
  const withoutQualifiers = bare
    .split(' ')
    .filter((word) => !workWords.has(word) && !privateWords.has(word))
    .join(' ');
  const field = fieldByName.get(withoutQualifiers);
  if (field !== undefined) return { field, score: isPrivate ? 1 : isWork ? CERTAIN + 1 : CERTAIN - 1 };
  return folded === 'name' ? { field: 'first_name', score: 1 } : null;
}

/** `Nombre` is a name in Spanish and a number in French; an "E-mail" column may hold yes and no. */
function contradicts(field: DataField, samples: readonly string[]): boolean {
  if (field === 'email') return share(samples, isEmail) < 0.5;
  return field === 'first_name' && share(samples, (sample) => /^[\d.,]+$/.test(sample)) >= 0.5;
}

function share(samples: readonly string[], test: (sample: string) => boolean): number {
  const filled = samples.map((sample) => sample.trim()).filter((sample) => sample !== '');
  return filled.length === 0 ? 0 : filled.filter(test).length / filled.length;
}

/** Of an address with whatever is wrong with it; longer cells are no addresses. */
const MAX_EMAIL_LENGTH = 320;
/** What is meant as an e-mail address, broken ones included: no header has this shape. */
const MEANT_AS_EMAIL = /^\S+@\S+$|\S\s?@\s?\S+\.\S/;

/**
 * Whether the first row of a file names its columns. A row that holds an e-mail address is data, also a mistyped one unless a known name stands
 * beside it: files without a header exist, and their first member must not get lost as one.
 */
export function isHeaderRow(cells: readonly string[]): boolean {
  const meant = cells
    .map((cell) => cell.trim())
    .filter((cell) => cell.length <= MAX_EMAIL_LENGTH && cell.includes('@') && MEANT_AS_EMAIL.test(cell));
  return meant.length === 0 || (!meant.some(isEmail) && hasKnownName(cells));
}

/** Title, date and the like. */
const MAX_LINES_ABOVE = 3;

/**
 * How many of the first records stand above the table: a title has fewer cells than the header, which is known by a name of a column. None
 * where no header is found. `records` are not blank.
 */
export function linesAboveTable(records: readonly (readonly string[])[]): number {
  const header = records.slice(0, MAX_LINES_ABOVE + 1).findIndex(hasKnownName);
  if (header < 1) return 0;
  const width = filled(records[header] ?? []);
  const above = records.slice(0, header);
  // A title is as wide as a table of one column, and no wider: the e-mails below the header say that it is one.
  const isList = width === 1 && records[header + 1]?.some((cell) => cell.includes('@')) === true;
  const widest = isList ? 1 : width - 1;
  const areTitles = above.every((record) => filled(record) <= widest && !record.some((cell) => cell.includes('@')));
  return areTitles && isHeaderRow(records[header] ?? []) ? header : 0;
}

function hasKnownName(cells: readonly string[]): boolean {
  return cells.some((cell) => fieldByName.has(foldHeader(cell)));
}

function filled(cells: readonly string[]): number {
  return cells.filter((cell) => cell.trim() !== '').length;
}
