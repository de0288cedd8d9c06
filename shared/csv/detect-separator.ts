import type { Separator } from '../contract/uploads.ts';
import { isEmail } from './email-rule.ts';
import { separators } from './separators.ts';

/** How much of the sample is looked at: rows and characters. */
const SAMPLE_ROWS = 5_000;
const SAMPLE_LENGTH = 262_144;
/** Cells that cannot be an e-mail address by their length. */
const MAX_EMAIL_LENGTH = 320;
/** What speaks for a separator, in shares of all rows. A whole cell that is an address is there under the right one only. */
const HEADER_WEIGHT = 0.25;
const EMAIL_WEIGHT = 1;
/** Scores that differ by less say the same: then the separator with more columns is right, the other stands within cells. */
const SAME_SCORE = 0.1;
/** Below this share of rows of the same width, or with two scores this near, somebody should look. */
const CERTAIN_SHARE = 0.8;

/** The separator of a sample, and how sure it is. */
export interface SeparatorVerdict {
  readonly separator: Separator;
  readonly isCertain: boolean;
  /** Rows of the sample that it cuts into another number of columns than most. */
  readonly otherWidths: number;
}

interface Cut {
  /** The number of columns of each row that is not blank. */
  readonly counts: readonly number[];
  /** Rows with a cell that is an e-mail address and nothing else. */
  readonly withEmail: number;
}

interface Candidate {
  readonly separator: Separator;
  readonly columns: number;
  readonly share: number;
  readonly score: number;
  readonly otherWidths: number;
}

/** The separator that the first line of a text tells: spreadsheets read `sep=;` there and take it for no row. Null without one. */
export function toldSeparator(text: string): Separator | null {
  const told = /^("?)sep=([,;\t|])\1(?:[\r\n]|$)/i.exec(text)?.[2];
  return separators.find((mark) => mark === told) ?? null;
}

/**
 * The separator that cuts the rows of a sample into the same number of columns most reliably; `,` for a file of one column. Every
 * row counts alike, the header a little more: one row with a cell too many, wherever it stands, decides nothing. `isWhole` says that
 * the sample is the whole text, else its last row is left out as cut.
 */
export function detectSeparator(sample: string, isWhole: boolean): SeparatorVerdict {
  const told = toldSeparator(sample);
  if (told !== null) return { separator: told, isCertain: true, otherWidths: 0 };
  const text = sample.slice(0, SAMPLE_LENGTH);
  const isCut = !isWhole || sample.length > SAMPLE_LENGTH;
  const candidates: Candidate[] = [];
  for (const mark of separators) {
    const { counts, withEmail } = cutRows(text, mark, !isCut);
    const columns = mostFrequent(counts);
    if (columns < 2) continue;
    const alike = counts.filter((it) => it === columns).length;
    const share = alike / counts.length;
    const score = share + (counts[0] === columns ? HEADER_WEIGHT : 0) + (EMAIL_WEIGHT * withEmail) / counts.length;
    candidates.push({ separator: mark, columns, share, score, otherWidths: counts.length - alike });
  }
  const best = Math.max(...candidates.map((candidate) => candidate.score));
  const [first, second] = candidates
    .filter((candidate) => best - candidate.score < SAME_SCORE)
    .toSorted((a, b) => b.columns - a.columns || b.score - a.score);
  if (first === undefined) return { separator: ',', isCertain: true, otherWidths: 0 };
  return {
    separator: first.separator,
    isCertain: first.share >= CERTAIN_SHARE && second?.columns !== first.columns,
    otherWidths: first.otherWidths,
  };
}

/** Cuts the rows of a text. Quotes count at the start of a field only, as in the reader. */
function cutRows(text: string, mark: Separator, isWhole: boolean): Cut {
  const counts: number[] = [];
  let withEmail = 0;
  let columns = 1;
  let cellStart = 0;
  let hasEmail = false;
  let isBlank = true;
  let index = 0;
  const endCell = (): void => {
    if (!hasEmail && index - cellStart <= MAX_EMAIL_LENGTH) hasEmail = isAddress(text.slice(cellStart, index));
    cellStart = index + 1;
  };
  const endRow = (): void => {
    endCell();
    if (!isBlank) {
      counts.push(columns);
      if (hasEmail) withEmail += 1;
    }
    columns = 1;
    hasEmail = false;
    isBlank = true;
  };
  for (; index < text.length && counts.length < SAMPLE_ROWS; index += 1) {
    const letter = text[index];
    if (letter === '"' && index === cellStart) {
      index = closingQuote(text, index);
      isBlank = false;
    } else if (letter === mark) {
      endCell();
      columns += 1;
    } else if (letter === '\n' || letter === '\r') endRow();
    else isBlank = false;
  }
  if (index >= text.length && (isWhole || counts.length === 0)) endRow();
  return { counts, withEmail };
}

function isAddress(cell: string): boolean {
  if (!cell.includes('@')) return false;
  const text = cell.startsWith('"') && cell.endsWith('"') ? cell.slice(1, -1) : cell;
  return isEmail(text.trim());
}

function closingQuote(sample: string, opening: number): number {
  let index = opening + 1;
  for (;;) {
    const quote = sample.indexOf('"', index);
    if (quote === -1) return sample.length;
    if (sample[quote + 1] !== '"') return quote;
    index = quote + 2;
  }
}

function mostFrequent(counts: readonly number[]): number {
  const frequency = new Map<number, number>();
  for (const it of counts) frequency.set(it, (frequency.get(it) ?? 0) + 1);
  let best = 0;
  let bestFrequency = 0;
  for (const [it, times] of frequency) {
    if (times > bestFrequency || (times === bestFrequency && it > best)) {
      best = it;
      bestFrequency = times;
    }
  }
  return best;
}
