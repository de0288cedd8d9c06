import type { FileAnalysis, Separator, TextEncoding } from '../../shared/contract/uploads.ts';
import { plural } from '../design/format.ts';
import type { Words } from './words.ts';

/** Encodings by the languages that people know them by; the technical name is what their IT knows. */
export const encodingWords: Readonly<Record<TextEncoding, string>> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16 LE',
  'utf-16be': 'UTF-16 BE',
  'windows-1252': 'Western (Windows-1252)',
  'windows-1250': 'Central European (Windows-1250)',
  'windows-1254': 'Turkish (Windows-1254)',
  'iso-8859-2': 'Central European (ISO 8859-2)',
  macintosh: 'Western (older Mac)',
  'windows-1251': 'Cyrillic (Windows-1251)',
  'windows-1253': 'Greek (Windows-1253)',
  'windows-1257': 'Baltic (Windows-1257)',
};

export const separatorWords: Readonly<Record<Separator, string>> = {
  ',': 'Comma ,',
  ';': 'Semicolon ;',
  '\t': 'Tab',
  '|': 'Bar |',
};

type AnalysisWarning = FileAnalysis['warnings'][number];

/** What may be other in a file than the person thinks, and what to look at. */
export function analysisWarningWords({ code, count }: AnalysisWarning): Words {
  switch (code) {
    case 'hidden_rows':
      return {
        title: `${plural(count, 'row')} of this sheet ${count === 1 ? 'is' : 'are'} hidden in Excel`,
        next: 'They are read like the others. Skip them under Fix if they should be left out.',
      };
    case 'merged_cells':
      return {
        title: `${plural(count, 'group')} of cells ${count === 1 ? 'is' : 'are'} merged`,
        next: 'Only the first row of each group holds the value; the others count as empty. Check them under Fix.',
      };
    case 'formulas_without_value':
      return {
        title: `${plural(count, 'formula')} ${count === 1 ? 'has' : 'have'} no stored result`,
        next: 'They count as empty. Open the workbook in Excel, save it, and choose it again.',
      };
    case 'lines_above_table':
      return {
        title: `${plural(count, 'line')} above the table ${count === 1 ? 'is' : 'are'} left out`,
        next: 'If a member stands there, delete what is above the header in the file and choose it again.',
      };
    case 'separator_uncertain':
      return {
        title: `${plural(count, 'row')} ${count === 1 ? 'has' : 'have'} another number of columns than the header`,
        next: 'Look at the columns below. If they are torn or run together, choose another separator.',
      };
  }
}
