import type { FileAnalysis, UploadField } from '../../shared/contract/uploads.ts';
import { unguard } from '../../shared/csv/formula-guard.ts';
import { isHeaderRow, linesAboveTable, matchColumns } from '../../shared/csv/match-columns.ts';
import { ReadFault } from './read-fault.ts';

/** How many rows of a file decide about its columns. */
export const SAMPLE_ROWS = 100;
/** As many as a mapping can have. */
const MAX_COLUMNS = 10_000;
/** What is shown of a column. */
const SHOWN_SAMPLES = 5;
const SHOWN_LENGTH = 200;

/** What the first rows of a file say about its columns. */
export interface SampleTable {
  readonly hasRows: boolean;
  /** Of the records that are not blank. */
  readonly linesAbove: number;
  readonly columns: Pick<FileAnalysis, 'columns' | 'mapping' | 'allMatched'>;
}

/**
 * Reads the columns out of the first rows that are not blank, of which there is at least one. `widthOf`: how many columns the records of
 * the table have; `earlier`: what a person said of headers before.
 * Throws `ReadFault` (`too_large`).
 */
export function sampleTable(
  all: readonly (readonly string[])[],
  widthOf: (records: readonly (readonly string[])[]) => number,
  earlier: ReadonlyMap<string, UploadField>,
): SampleTable {
  const linesAbove = linesAboveTable(all);
  const records = all.slice(linesAbove);
  const width = widthOf(records);
  if (width > MAX_COLUMNS) throw new ReadFault('too_large');
  const first = records[0] ?? [];
  const hasHeader = isHeaderRow(first);
  const rows = records.slice(hasHeader ? 1 : 0, SAMPLE_ROWS);
  const columns = Array.from({ length: width }, (_, index) => ({
    header: hasHeader ? unguard(first[index] ?? '').trim() : `Column ${index + 1}`,
    samples: rows.map((row) => unguard(row[index] ?? '')),
  }));
  // A number that stands in for a header says nothing of the next file.
  const { mapping, allMatched, remembered } = matchColumns(columns, hasHeader ? earlier : new Map());
  return {
    hasRows: rows.length > 0,
    linesAbove,
    columns: {
      columns: columns.map(({ header, samples }, index) => ({
        header,
        samples: shown(samples),
        ...(remembered?.has(index) === true && { remembered: true }),
      })),
      mapping,
      // Somebody should see that they are left out.
      allMatched: allMatched && linesAbove === 0,
    },
  };
}

function shown(samples: readonly string[]): string[] {
  const filled = [...new Set(samples.map((sample) => sample.trim()).filter((sample) => sample !== ''))];
  return filled.slice(0, SHOWN_SAMPLES).map((sample) => sample.slice(0, SHOWN_LENGTH));
}
