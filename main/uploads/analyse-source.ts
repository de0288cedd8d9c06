import type { AppError } from '../../shared/app-error.ts';
import type { FileAnalysis, ReadingOptions, TextEncoding } from '../../shared/contract/uploads.ts';
import { detectEncoding, type SourceFacts } from '../../shared/csv/detect-encoding.ts';
import { detectSeparator } from '../../shared/csv/detect-separator.ts';
import { isHeaderRow, matchColumns } from '../../shared/csv/match-columns.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { ReadFault } from './read-fault.ts';
import { isBlankRecord, RecordReader } from './record-reader.ts';
import { readHead, readSampleText } from './source-text.ts';

/** How much of a file is looked at, and how many rows of it decide about columns. */
const SAMPLE_BYTES = 1_048_576;
const SAMPLE_ROWS = 100;
/** What is shown of a column. */
const SHOWN_SAMPLES = 5;
const SHOWN_LENGTH = 200;

/**
 * Recognises encoding, separator and columns of a file from its facts, or takes the given encoding and separator (nothing but
 * the start of the file is read then) and matches the columns.
 * Errors: `unreadable_file` (`empty`, `binary`, `spreadsheet`, `encoding`, `header_only`, `broken_quote`).
 */
export function analyseSource(file: string, how: SourceFacts | ReadingOptions): Result<FileAnalysis, AppError> {
  const options = 'encoding' in how ? how : null;
  const encoding = 'encoding' in how ? ok(how.encoding) : recognise(file, how);
  if (!encoding.ok) return encoding;
  const sample = readSampleText(file, encoding.value, SAMPLE_BYTES);
  if (sample.text.trim() === '') return err({ code: 'unreadable_file', reason: 'empty' });
  const separator = options?.separator ?? detectSeparator(sample.text, sample.isWhole);
  try {
    const records = sampleRecords(new RecordReader(separator), sample);
    const first = records[0];
    if (first === undefined) return err({ code: 'unreadable_file', reason: 'broken_quote', line: 1 });
    const hasHeader = isHeaderRow(first);
    const rows = records.slice(hasHeader ? 1 : 0, SAMPLE_ROWS);
    if (rows.length === 0 && sample.isWhole) return err({ code: 'unreadable_file', reason: 'header_only' });
    const columns = first.map((cell, index) => ({
      header: hasHeader ? cell.trim() : `Column ${index + 1}`,
      samples: rows.map((row) => row[index] ?? ''),
    }));
    return ok({
      encoding: encoding.value,
      separator,
      columns: columns.map(({ header, samples }) => ({ header, samples: shown(samples) })),
      ...matchColumns(columns),
      format: 'text',
      sheets: [],
      sheet: null,
      decoded: [],
      encodingCertain: true,
      warnings: [],
    });
  } catch (error) {
    if (error instanceof ReadFault) return err(error.fault);
    throw error;
  }
}

function recognise(file: string, facts: SourceFacts): Result<TextEncoding, AppError> {
  const verdict = detectEncoding(readHead(file, SAMPLE_BYTES).head, facts);
  return 'noText' in verdict ? err({ code: 'unreadable_file', reason: verdict.noText }) : ok(verdict.encoding);
}

/** The first records that are not blank. A fault behind the header is left for the reading to name. */
function sampleRecords(reader: RecordReader, sample: { readonly text: string; readonly isWhole: boolean }): string[][] {
  const records: string[][] = [];
  const collect = (more: string[][]): void => {
    for (const record of more) if (!isBlankRecord(record)) records.push(record);
  };
  try {
    for (let start = 0; start < sample.text.length && records.length <= SAMPLE_ROWS; start += 16_384) {
      collect(reader.push(sample.text.slice(start, start + 16_384)));
    }
    if (sample.isWhole && records.length <= SAMPLE_ROWS) collect(reader.finish());
  } catch (error) {
    if (error instanceof ReadFault && records.length > 1) return records;
    throw error;
  }
  return records;
}

function shown(samples: readonly string[]): string[] {
  const filled = [...new Set(samples.map((sample) => sample.trim()).filter((sample) => sample !== ''))];
  return filled.slice(0, SHOWN_SAMPLES).map((sample) => sample.slice(0, SHOWN_LENGTH));
}
