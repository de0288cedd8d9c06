import { anna, annaRow, bo, boRow, header, type BadFile } from './bad-file.ts';

const rows = [annaRow, boRow];

/** Quotes that are right, and quotes that are not. */
export const quoteFiles: readonly BadFile[] = [
  { name: 'every cell in quotes', content: (header + anna + bo).replaceAll(/[^,\n]+/g, '"$&"'), expected: rows },
  {
    name: 'separators, quotes and line breaks of all kinds within quotes',
    content: `${header}"a, ""b""; |\tc",a@firma.example,1\r\n"x\ny\r\nz",b@firma.example,2\n`,
    expected: [
      [1, ['a, "b"; |\tc', 'a@firma.example', '1'], 'name_control_characters'],
      [2, ['x\ny\r\nz', 'b@firma.example', '2'], 'name_control_characters'],
    ],
  },
  {
    name: 'a line break within the quotes of the header',
    content: `"First\nname",Email,Credits\n${anna}${bo}`,
    expected: rows,
  },
  {
    name: 'CR within quotes in a file of LF',
    content: `${header}"A\rB",a@firma.example,1\n${bo}`,
    expected: [[1, ['A\rB', 'a@firma.example', '1'], 'name_control_characters', 'row_joined'], boRow],
  },
  {
    name: 'LF within quotes in a file of CR',
    content: `${header}"A\nB",a@firma.example,1\n`.replace('Credits\n', 'Credits\r').replace(/\n$/, '\r'),
    expected: [[1, ['A\nB', 'a@firma.example', '1'], 'name_control_characters']],
  },
  {
    name: 'cells that are nothing but quotes',
    content: `${header}"""",a@firma.example,1\n"""""",b@firma.example,2\n"",c@firma.example,3\n`,
    expected: [
      [1, ['"', 'a@firma.example', '1']],
      [2, ['""', 'b@firma.example', '2']],
      [3, ['', 'c@firma.example', '3'], 'name_missing'],
    ],
  },
  {
    name: 'quotes within a cell that does not begin with one',
    content: `${header}Anna "Ann" Moe,a@firma.example,1\nBo 5",b@firma.example,2\nC""c,c@firma.example,3\n`,
    expected: [
      [1, ['Anna "Ann" Moe', 'a@firma.example', '1']],
      [2, ['Bo 5"', 'b@firma.example', '2']],
      [3, ['C""c', 'c@firma.example', '3']],
    ],
  },
  {
    name: 'one quote within the header of a file of CR',
    content: `First name,Size 5",Email\nAnna,1,a@firma.example\nBo,2,b@firma.example\n`.replaceAll('\n', '\r'),
    expected: [
      [1, ['Anna', '1', 'a@firma.example']],
      [2, ['Bo', '2', 'b@firma.example']],
    ],
  },
  {
    name: 'spaces behind a closing quote',
    content: `${header}"Anna"  ,"anna@firma.example" ,1\n"Bo","bo@firma.example",2\n`,
    expected: rows,
  },
  {
    name: 'spaces before an opening quote, which is then none',
    content: `${header}Anna, "anna@firma.example",1\n${bo}`,
    expected: [[1, ['Anna', ' "anna@firma.example"', '1'], 'email_invalid'], boRow],
  },
  {
    name: 'single quotes, which are letters',
    content: `${header}'Anna',anna@firma.example,1\nBo,'bo@firma.example',2\n`,
    expected: [
      [1, [`'Anna'`, 'anna@firma.example', '1']],
      [2, ['Bo', `'bo@firma.example'`, '2'], 'email_invalid'],
    ],
  },
  {
    name: 'typographic quotes, which are letters',
    content: `${header}“Anna”,anna@firma.example,1\n„Bo“,bo@firma.example,2\n`,
    expected: [
      [1, ['“Anna”', 'anna@firma.example', '1']],
      [2, ['„Bo“', 'bo@firma.example', '2']],
    ],
  },
  {
    name: 'quotes behind backslashes, which do not escape',
    content: `${header}"An\\"na",anna@firma.example,1\n${bo}`,
    expected: [[1, ['"An\\"na"', 'anna@firma.example', '1'], 'row_quotes'], boRow],
  },
  {
    name: 'a letter behind a closing quote',
    content: `${header}"Anna"x,anna@firma.example,1\n${bo}`,
    expected: [[1, ['"Anna"x', 'anna@firma.example', '1'], 'row_quotes'], boRow],
  },
  {
    name: 'a quote behind a closing quote and a space',
    content: `${header}${anna}"Bo" "x",bo@firma.example,2\n`,
    expected: [annaRow, [2, ['"Bo" "x"', 'bo@firma.example', '2'], 'row_quotes']],
  },
  {
    name: 'text behind a closing quote below quoted line breaks',
    content: `${header}"A\r\n\nA",a@firma.example,1\n"Bo"x,bo@firma.example,2\n`,
    expected: [
      [1, ['A\r\n\nA', 'a@firma.example', '1'], 'name_control_characters'],
      [2, ['"Bo"x', 'bo@firma.example', '2'], 'row_quotes'],
    ],
  },
  {
    name: 'a quote that opens in the last cell and never closes',
    content: `${header}${anna}Bo,bo@firma.example,"2`,
    expected: { reason: 'broken_quote', line: 3 },
  },
  {
    name: 'a quote that opens in the midst and never closes',
    content: `${header}"Anna,anna@firma.example,1\n${bo}${bo}`,
    expected: { reason: 'broken_quote', line: 2 },
  },
  {
    name: 'a quote that is closed by the next one, two rows below',
    content: `${header}"Anna,anna@firma.example,1\n${bo}"Cy",c@firma.example,3\n`,
    expected: [[1, ['"Anna', 'anna@firma.example', '1'], 'row_quotes'], boRow, [3, ['Cy', 'c@firma.example', '3']]],
  },
  {
    name: 'a broken quote behind quotes that are right, before others that are, and a line break within them',
    content: `${header}"Moe, Anna","a"x,"1, or ""2""","p\nq"\n${bo}`,
    expected: [
      [1, ['Moe, Anna', '"a"x', '1, or "2"', '"p'], 'email_invalid', 'credits_not_a_number', 'row_long', 'row_quotes'],
      [2, ['q"'], 'email_missing', 'row_short'],
      [3, boRow[1]],
    ],
  },
  {
    name: 'text behind a quote that closes below a line break',
    content: `${header}"A\nB"x,a@firma.example,1\r\n${bo}`,
    expected: [[1, ['"A\nB"x', 'a@firma.example', '1'], 'name_control_characters', 'row_quotes'], boRow],
  },
  {
    name: 'text behind a closing quote at the end',
    content: `${header}${anna}Bo,bo@firma.example,"2"x`,
    expected: [annaRow, [2, ['Bo', 'bo@firma.example', '"2"x'], 'credits_not_a_number', 'row_quotes']],
  },
  {
    name: 'a quote in the header that never closes',
    content: `"${header}${anna}`,
    expected: { reason: 'broken_quote', line: 1 },
  },
  {
    name: 'text behind a closing quote in the header',
    content: `"First" name,Email\nAnna,a@firma.example\n`,
    expected: { reason: 'misplaced_quote', line: 1 },
  },
  { name: 'one quote and nothing else', content: '"', expected: { reason: 'broken_quote', line: 1 } },
  {
    name: 'a quote at the end of the last cell',
    content: `${header}${anna}Bo,bo@firma.example,2"`,
    expected: [annaRow, [2, ['Bo', 'bo@firma.example', '2"'], 'credits_not_a_number']],
  },
  {
    name: 'a thousand quotes in a row, which is even',
    content: `${header}${'"'.repeat(1_000)},a@firma.example,1\n`,
    expected: [[1, ['"'.repeat(499), 'a@firma.example', '1'], 'name_too_long']],
  },
  {
    name: 'a thousand and one quotes in a row',
    content: `${header}${'"'.repeat(1_001)},a@firma.example,1\n`,
    expected: { reason: 'broken_quote', line: 2 },
  },
];
