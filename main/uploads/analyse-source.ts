import { setImmediate } from 'node:timers/promises';
import type { AppError } from '../../shared/app-error.ts';
import type { FileAnalysis, ReadingOptions, TextEncoding, UploadField } from '../../shared/contract/uploads.ts';
import { containerOf, detectEncoding, type SourceFacts } from '../../shared/csv/detect-encoding.ts';
import { detectSeparator } from '../../shared/csv/detect-separator.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { analyseWorkbook } from './analyse-workbook.ts';
import { Cancelled } from './cancelled.ts';
import { ReadFault } from './read-fault.ts';
import { isBlankRecord, RecordReader } from './record-reader.ts';
import { SAMPLE_ROWS, sampleTable } from './sample-table.ts';
import { decodeSample, readHead, type Head } from './source-text.ts';
import { refuseOle2 } from './spreadsheet/refuse-ole2.ts';
import { namesBeyondAscii, WordsBeyondAscii } from './words-beyond-ascii.ts';

/** How much of a file is looked at. */
const SAMPLE_BYTES = 1_048_576;
/** Names that are shown decoded, so that a person sees whether the encoding is right. */
const SHOWN_NAMES = 8;

type Decoding = Pick<FileAnalysis, 'encoding' | 'encodingCertain' | 'decoded'>;

/** How a file is to be looked at. */
export interface Look {
  readonly file: string;
  /** What a person chose; null to recognise it. */
  readonly options: ReadingOptions | null;
  /** What is known of the whole file; asked for only where it is needed. */
  readonly facts: () => Promise<SourceFacts>;
  /** What a person said before that columns are used for, by header as `foldHeader` writes it. */
  readonly earlier: ReadonlyMap<string, UploadField>;
  /** Called between pieces; throws `Cancelled` when nobody waits any more. */
  readonly stopWhenCancelled: () => void;
}

/**
 * Recognises format, encoding, separator and columns of a file, or takes what was chosen (nothing but the start of a text is read
 * then) and matches the columns. A workbook is read in short pieces; of its sheet the first rows are read, and what else is looked
 * for as far as it takes no time.
 * Errors: `unreadable_file` with every reason but those of single rows, `invalid_input` (a sheet that is not there), `cancelled`.
 */
export async function analyseSource(look: Look): Promise<Result<FileAnalysis, AppError>> {
  try {
    const head = readHead(look.file, SAMPLE_BYTES);
    switch (containerOf(head.bytes)) {
      case 'archive':
        return await analyseWorkbook(look.file, look.options?.sheet ?? null, look.earlier, look.stopWhenCancelled);
      case 'ole2':
        return refuseOle2(look.file);
      case null:
        return await analyseText(look, head);
    }
  } catch (error) {
    if (error instanceof ReadFault) return err(error.fault);
    if (error instanceof Cancelled) return err({ code: 'cancelled' });
    throw error;
  }
}

async function analyseText(look: Look, head: Head): Promise<Result<FileAnalysis, AppError>> {
  const decoding = look.options === null ? await recognise(look, head) : chosen(look.options.encoding, head);
  await givingWay(look);
  const text = decodeSample(head, decoding.encoding);
  if (text.trim() === '') return err({ code: 'unreadable_file', reason: 'empty' });
  const verdict = look.options === null ? detectSeparator(text, head.isWhole) : null;
  await givingWay(look);
  const separator = verdict?.separator ?? look.options?.separator ?? ',';
  const records = sampleRecords(new RecordReader(separator), text, head.isWhole);
  const first = records[0];
  if (first === undefined) {
    // Nothing but separators and empty quotes; or a first line without end.
    const endless = { reason: text.includes('"') ? 'broken_quote' : 'too_large', line: 1 } as const;
    return err({ code: 'unreadable_file', ...(head.isWhole ? { reason: 'empty' } : endless) });
  }
  await givingWay(look);
  const { hasRows, linesAbove, columns } = sampleTable(records, ([top]) => top?.length ?? 0, look.earlier);
  if (!hasRows && head.isWhole) return err({ code: 'unreadable_file', reason: 'header_only' });
  return ok({
    ...decoding,
    ...columns,
    separator,
    format: 'text',
    sheets: [],
    sheet: null,
    warnings: [
      ...(verdict?.isCertain === false ? [{ code: 'separator_uncertain', count: verdict.otherWidths } as const] : []),
      ...(linesAbove > 0 ? [{ code: 'lines_above_table', count: linesAbove } as const] : []),
    ],
  });
}

/** A megabyte is looked at several times: everything else has its turn in between. */
async function givingWay(look: Look): Promise<void> {
  await setImmediate();
  look.stopWhenCancelled();
}

async function recognise(look: Look, head: Head): Promise<Decoding> {
  const facts = await look.facts();
  const decode = (encoding: TextEncoding): string => new TextDecoder(encoding).decode(facts.words);
  const verdict = detectEncoding(head.bytes, facts, decode);
  if ('noText' in verdict) throw new ReadFault(verdict.noText);
  const { encoding, isCertain, next } = verdict;
  if (next === null) return { encoding, encodingCertain: isCertain, decoded: named(head, [encoding]) };
  const shown = [encoding, next].map((it) => ({ encoding: it, names: namesBeyondAscii(decode(it), SHOWN_NAMES) }));
  return { encoding, encodingCertain: isCertain, decoded: shown };
}

/** Beside the names in the encoding that was chosen: those in the one that fits best, when it is another. */
function chosen(encoding: TextEncoding, head: Head): Decoding {
  const words = new WordsBeyondAscii();
  words.add(head.bytes);
  const bytes = words.finish();
  const decode = (it: TextEncoding): string => new TextDecoder(it).decode(bytes);
  const facts = {
    size: head.bytes.length,
    isUtf8: head.isUtf8,
    hasNul: head.bytes.includes(0),
    isMostlyUtf8: words.isMostlyUtf8,
    isPartlyUtf8: words.isPartlyUtf8,
    words: bytes,
  };
  const verdict = detectEncoding(head.bytes, facts, decode);
  const best = 'noText' in verdict ? [] : [verdict.encoding, ...(verdict.next === null ? [] : [verdict.next])];
  const others = best.filter((it) => it !== encoding).slice(0, 1);
  return { encoding, encodingCertain: true, decoded: named(head, [encoding, ...others]) };
}

/** Names of the sample in each encoding; nothing when all is ASCII. */
function named(head: Head, encodings: readonly TextEncoding[]): Decoding['decoded'] {
  return encodings
    .map((encoding) => ({ encoding, names: namesBeyondAscii(decodeSample(head, encoding), SHOWN_NAMES) }))
    .filter(({ names }) => names.length > 0);
}

/** The first records that are not blank. A fault behind the header is left for the reading to name. */
function sampleRecords(reader: RecordReader, text: string, isWhole: boolean): string[][] {
  const records: string[][] = [];
  const collect = (more: string[][]): void => {
    for (const record of more) if (!isBlankRecord(record)) records.push(record);
  };
  try {
    for (let start = 0; start < text.length && records.length <= SAMPLE_ROWS; start += 16_384) {
      collect(reader.push(text.slice(start, start + 16_384)));
    }
    if (isWhole && records.length <= SAMPLE_ROWS) collect(reader.finish());
  } catch (error) {
    if (error instanceof ReadFault && records.length > 1) return records;
    throw error;
  }
  return records;
}
