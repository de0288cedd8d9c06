import { anna, annaRow, bo, boRow, header, type BadFile } from './bad-file.ts';

const plain = header + anna + bo;
const rows = [annaRow, boRow];
const by = (mark: string): string => plain.replaceAll(',', mark);

/** Separators, line breaks, blank and ragged rows. */
export const shapeFiles: readonly BadFile[] = [
  { name: 'commas', content: plain, separator: ',', expected: rows },
  { name: 'semicolons', content: by(';'), separator: ';', expected: rows },
  { name: 'tabs', content: by('\t'), separator: '\t', expected: rows },
  { name: 'pipes', content: by('|'), separator: '|', expected: rows },
  {
    name: 'semicolons, with a comma in every name',
    content: 'First name;Email\n"Moe, Anna";a@firma.example\nMoe, Bo;b@firma.example\n',
    separator: ';',
    expected: [
      [1, ['Moe, Anna', 'a@firma.example']],
      [2, ['Moe, Bo', 'b@firma.example']],
    ],
  },
  {
    name: 'a comma read as semicolon by hand',
    content: plain,
    options: { separator: ';' },
    expected: [
      [1, ['Anna,anna@firma.example,1'], 'email_invalid'],
      [2, ['Bo,bo@firma.example,2'], 'email_invalid'],
    ],
  },
  {
    name: 'one column without any separator',
    content: 'Email\na@firma.example\nb@firma.example\n',
    separator: ',',
    expected: [
      [1, ['a@firma.example']],
      [2, ['b@firma.example']],
    ],
  },
  { name: 'a line that tells the separator', content: `sep=;\n${by(';')}`, separator: ';', expected: rows },
  {
    name: 'a line that tells the separator, in CRLF',
    content: `sep=,\r\n${plain.replaceAll('\n', '\r\n')}`,
    separator: ',',
    expected: rows,
  },
  {
    name: 'a line that tells the separator, behind a mark',
    content: `\uFEFFsep=\t\n${by('\t')}`,
    separator: '\t',
    expected: rows,
  },
  { name: 'a quoted line that tells the separator', content: `"sep=|"\n${by('|')}`, separator: '|', expected: rows },
  {
    name: 'a line that tells the separator before a file that has others too',
    content: `SEP=;\nFirst name;Email\nMoe, Anna;a@firma.example\n`,
    separator: ';',
    expected: [[1, ['Moe, Anna', 'a@firma.example']]],
  },
  { name: 'LF', content: plain, expected: rows },
  { name: 'CRLF', content: plain.replaceAll('\n', '\r\n'), expected: rows },
  {
    name: 'a line that ends in CR alone, in a file of LF: what begins the next one has become part of a note',
    content: 'First name,Email,Credits,Note\nAnna,anna@firma.example,1,new\rBo\nCy,cy@firma.example,2,\n',
    mapping: ['first_name', 'email', 'credits', 'ignore'],
    expected: [
      [1, ['Anna', 'anna@firma.example', '1', 'new\rBo'], 'row_joined'],
      [2, ['Cy', 'cy@firma.example', '2', '']],
    ],
  },
  {
    name: 'CR alone before credits',
    content: `${header}Anna,anna@firma.example,\r1\n${bo}`,
    expected: [[1, ['Anna', 'anna@firma.example', '\r1'], 'row_joined'], boRow],
  },
  {
    name: 'CR within the quotes of a last cell',
    content: `${header}Anna,anna@firma.example,"1\r"\r\n${bo}`,
    expected: [[1, ['Anna', 'anna@firma.example', '1\r'], 'row_joined'], boRow],
  },
  { name: 'CR', content: plain.replaceAll('\n', '\r'), expected: rows },
  { name: 'CRLF behind the header alone', content: header.replace('\n', '\r\n') + anna + bo, expected: rows },
  { name: 'LF behind the header alone', content: header + (anna + bo).replaceAll('\n', '\r\n'), expected: rows },
  { name: 'no line break at the end', content: plain.trimEnd(), expected: rows },
  { name: 'CR and none at the end', content: plain.trimEnd().replaceAll('\n', '\r'), expected: rows },
  { name: 'a hundred line breaks at the end', content: plain + '\n'.repeat(100), expected: rows },
  {
    name: 'two CR before each LF',
    content: plain.replaceAll('\n', '\r\r\n'),
    expected: [[1, [...annaRow[1].slice(0, 2), '1']], boRow],
  },
  {
    name: 'one CR among LF, between two rows',
    content: `${header}${anna.trimEnd()}\r${bo}`,
    expected: [
      [
        1,
        ['Anna', 'anna@firma.example', '1\rBo', 'bo@firma.example', '2'],
        'credits_not_a_number',
        'row_long',
        'row_joined',
      ],
    ],
  },
  {
    name: 'one LF among CR, between two rows',
    content: `${header}${anna}${bo}`.replace('\n', '\r').replace(/\n$/, '\r'),
    expected: [
      [1, ['Anna', 'anna@firma.example', '1\nBo', 'bo@firma.example', '2'], 'credits_not_a_number', 'row_long'],
    ],
  },
  {
    name: 'line breaks of Unicode, form feed and vertical tab, which end no row',
    content: `${header}A\u2028b,a@firma.example,1\nB\u0085b,b@firma.example,2\nC\u000Cb\u000Bb,c@firma.example,3\nDora Maria Josefina,d@firma.example,4\n`,
    expected: [
      [1, ['A\u2028b', 'a@firma.example', '1']],
      [2, ['B\u0085b', 'b@firma.example', '2'], 'name_control_characters'],
      [3, ['C\u000Cb\u000Bb', 'c@firma.example', '3'], 'name_control_characters'],
      [4, ['Dora Maria Josefina', 'd@firma.example', '4']],
    ],
  },
  { name: 'blank lines before the header', content: `\n\n  \n${plain}`, expected: rows },
  { name: 'lines of nothing but separators before the header', content: `,,\n,,\n${plain}`, expected: rows },
  {
    name: 'blank lines between rows, which keep their numbers',
    content: `${header}\n${anna}\n,,\n ,\t, \n"",,\n${bo}`,
    expected: [
      [2, annaRow[1]],
      [7, boRow[1]],
    ],
  },
  {
    name: 'a row that ends early',
    content: `${header}Anna,anna@firma.example\n${bo}`,
    expected: [[1, ['Anna', 'anna@firma.example'], 'row_short'], boRow],
  },
  {
    name: 'a row of one cell',
    content: `${header}${anna}Bo\n`,
    expected: [annaRow, [2, ['Bo'], 'email_missing', 'row_short']],
  },
  {
    name: 'a row with a value too many',
    content: `${header}Anna,Maria,anna@firma.example,1\n${bo}`,
    expected: [
      [1, ['Anna', 'Maria', 'anna@firma.example', '1'], 'email_invalid', 'credits_not_a_number', 'row_long'],
      boRow,
    ],
  },
  {
    name: 'separators behind a row',
    content: `${header}Anna,anna@firma.example,1,,,\n${bo}`,
    expected: [[1, ['Anna', 'anna@firma.example', '1', '', '', '']], boRow],
  },
  {
    name: 'a separator behind every line',
    content: plain.replaceAll('\n', ',\n'),
    expected: [
      [1, ['Anna', 'anna@firma.example', '1', '']],
      [2, ['Bo', 'bo@firma.example', '2', '']],
    ],
  },
  {
    name: 'a separator before every line',
    content: plain.trimEnd().replaceAll(/^/gm, ','),
    expected: [
      [1, ['', 'Anna', 'anna@firma.example', '1']],
      [2, ['', 'Bo', 'bo@firma.example', '2']],
    ],
  },
  {
    name: 'a separator behind every row but not the header',
    content: header + (anna + bo).replaceAll('\n', ',\n'),
    expected: [
      [1, ['Anna', 'anna@firma.example', '1', '']],
      [2, ['Bo', 'bo@firma.example', '2', '']],
    ],
  },
  {
    name: 'a header that is wider than every row',
    content: `First name,Email,Credits,Note,Note\n${anna}${bo}`,
    expected: [
      [1, annaRow[1], 'row_short'],
      [2, boRow[1], 'row_short'],
    ],
  },
  {
    name: 'two columns of the same name',
    content: 'Email,Email,First name\na@firma.example,x@firma.example,Anna\n',
    expected: [[1, ['a@firma.example', 'x@firma.example', 'Anna']]],
  },
  {
    name: 'the header again in the midst of the rows',
    content: header + anna + header + bo,
    expected: [
      annaRow,
      [2, ['First name', 'Email', 'Credits'], 'email_invalid', 'credits_not_a_number'],
      [3, boRow[1]],
    ],
  },
  {
    name: 'headers of nothing',
    content: `,,\n${header.replaceAll(/[^,\n]/g, '')}x,,\n${anna}`,
    mapping: ['first_name', 'email', 'credits'],
    expected: [annaRow],
  },
  {
    name: 'no header, and a first row whose e-mail is mistyped',
    content: `Anna,anna@@firma.example,1\n${bo}${bo.replace('bo@', 'cy@')}`,
    mapping: ['first_name', 'email', 'credits'],
    expected: [[1, ['Anna', 'anna@@firma.example', '1'], 'email_invalid'], boRow, [3, ['Bo', 'cy@firma.example', '2']]],
  },
  { name: 'a title and a blank line above the table', content: `Employees as of 1 May\n\n${plain}`, expected: rows },
  {
    name: 'a title and a date above the table, with separators behind them',
    content: by(';').replace(/^/, 'Employees;;\nas of;1 May;\n'),
    separator: ';',
    expected: rows,
  },
  {
    name: 'a title and a date above a list of e-mails',
    content: 'Newcomers\nas of 1 May\nE-mail\nanna@firma.example\nbo@firma.example\n',
    mapping: ['email'],
    expected: [
      [1, ['anna@firma.example']],
      [2, ['bo@firma.example']],
    ],
  },
  { name: 'no header', content: anna + bo, expected: rows },
  {
    name: 'one row and nothing else',
    content: anna.trimEnd(),
    mapping: ['first_name', 'email', 'credits'],
    expected: [annaRow],
  },
  { name: 'nothing', content: '', expected: { reason: 'empty' } },
  { name: 'one space', content: ' ', expected: { reason: 'empty' } },
  { name: 'nothing but line breaks', content: '\r\n\r\n\n', expected: { reason: 'empty' } },
  { name: 'nothing but separators', content: ',,,\n,,,\n', expected: { reason: 'empty' } },
  { name: 'nothing but empty quotes', content: '"",""\n"",""\n', expected: { reason: 'empty' } },
  { name: 'a header only', content: header, expected: { reason: 'header_only' } },
  { name: 'a header without line break only', content: header.trimEnd(), expected: { reason: 'header_only' } },
  { name: 'a header and blank lines', content: `${header}\n,,\n  \n`, expected: { reason: 'header_only' } },
  { name: 'one letter', content: 'x', expected: { reason: 'header_only' } },
];
