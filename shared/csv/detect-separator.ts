import { separator, type Separator } from '../contract/uploads.ts';

/** How many rows of the sample are looked at. */
const SAMPLE_ROWS = 500;

/**
 * The separator that cuts the rows of a sample into the same number of columns most reliably; `,` for a file of one
 * column. `isWhole` says that the sample is the whole text, else its last row is left out as cut.
 */
export function detectSeparator(sample: string, isWhole: boolean): Separator {
  let best: { separator: Separator; score: number; columns: number } | null = null;
  for (const candidate of separator.options) {
    const counts = columnCounts(sample, candidate, isWhole);
    const columns = mostFrequent(counts);
    if (columns < 2) continue;
    const consistency = counts.filter((it) => it === columns).length / counts.length;
    // The header weighs as much as half the rows: a comma within names or amounts is rarely in the header too.
    const score = consistency + (counts[0] === columns ? 0.5 : 0);
    if (best === null || score > best.score || (score === best.score && columns > best.columns)) {
      best = { separator: candidate, score, columns };
    }
  }
  return best?.separator ?? ',';
}

/** The number of columns of each row that is not blank. Quotes count at the start of a field only, as in the reader. */
function columnCounts(sample: string, mark: Separator, isWhole: boolean): number[] {
  const counts: number[] = [];
  let columns = 1;
  let atFieldStart = true;
  let isBlank = true;
  let index = 0;
  const endRow = (): void => {
    if (!isBlank) counts.push(columns);
    columns = 1;
    isBlank = true;
  };
  for (; index < sample.length && counts.length < SAMPLE_ROWS; index += 1) {
    const letter = sample[index];
    if (letter === '"' && atFieldStart) {
      index = closingQuote(sample, index);
      atFieldStart = false;
      isBlank = false;
    } else if (letter === mark) {
      columns += 1;
      atFieldStart = true;
    } else if (letter === '\n' || letter === '\r') {
      endRow();
      atFieldStart = true;
    } else {
      atFieldStart = false;
      isBlank = false;
    }
  }
  if (index >= sample.length && (isWhole || counts.length === 0)) endRow();
  return counts;
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
