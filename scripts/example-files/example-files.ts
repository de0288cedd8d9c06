import type { RuleCode } from '../../shared/csv/rule-code.ts';
import { demoMembers, people } from './people.ts';

const ROWS = 500;
const HR_ROWS = 120;

/** An error that was put into `members.csv` on purpose. `column` is the header of the cell, null for the row itself. */
export interface PlantedError {
  readonly row: number;
  readonly code: RuleCode;
  readonly column: string | null;
  readonly plant: (cells: string[], rows: readonly string[][]) => string[];
}

const header = ['First name', 'Email', 'Credits', 'Valid for (days)'];
const withCell = (column: number, text: string) => (cells: string[]) => cells.with(column, text);

/** The rows of `members.csv` that are wrong, each in its own way. */
export const plantedErrors: readonly PlantedError[] = [
  {
    row: 17,
    code: 'email_invalid',
    column: 'Email',
    plant: (cells) => cells.with(1, (cells[1] ?? '').replace('@', '@@')),
  },
  { row: 42, code: 'credits_fractional', column: 'Credits', plant: withCell(2, '1.5') },
  { row: 68, code: 'email_missing', column: 'Email', plant: withCell(1, '') },
  { row: 101, code: 'email_duplicate', column: 'Email', plant: (cells, rows) => cells.with(1, rows[22]?.[1] ?? '') },
  { row: 139, code: 'credits_negative', column: 'Credits', plant: withCell(2, '-2') },
  { row: 176, code: 'credits_not_a_number', column: 'Credits', plant: withCell(2, 'two') },
  { row: 220, code: 'credits_too_many', column: 'Credits', plant: withCell(2, '1000000') },
  { row: 264, code: 'validity_out_of_range', column: 'Valid for (days)', plant: withCell(3, '0') },
  { row: 311, code: 'validity_not_a_number', column: 'Valid for (days)', plant: withCell(3, 'three months') },
  { row: 377, code: 'name_too_long', column: 'First name', plant: withCell(0, 'Maximiliane '.repeat(10).trim()) },
  { row: 433, code: 'name_control_characters', column: 'First name', plant: withCell(0, 'Marie\nLouise') },
  { row: 489, code: 'row_long', column: null, plant: (cells) => [...cells, 'see e-mail of 3 May'] },
];

/** Every file of `examples/` that is generated, by name. The same bytes each time. */
export function exampleFiles(): ReadonlyMap<string, Uint8Array> {
  const staff = people(ROWS, 'nordlicht-werke.example');
  // Every 35th row is about somebody who is a member already.
  for (const [index, member] of demoMembers.entries()) staff[index * 35 + 4] = member;
  const rows = staff.map((person, index) => [person.firstName, person.email, credits(index), days(index)]);
  const plain = staff.map((person, index) => [
    isWindows1252(person.firstName) ? person.firstName : person.plainFirstName,
    person.email,
    credits(index),
    days(index),
  ]);
  return new Map([
    ['members.csv', Buffer.from(table([header, ...planted(rows)], ',', '\n'))],
    ['members-windows-1252.csv', windows1252(table([header, ...planted(plain)], ';', '\r\n'))],
    ['members-utf-16.csv', Buffer.from(`\uFEFF${table([header, ...planted(rows)], '\t', '\r\n')}`, 'utf16le')],
    ['hr-export.csv', Buffer.from(`\uFEFF${table(hrExport(), ';', '\r\n')}`)],
  ]);
}

function planted(rows: readonly string[][]): string[][] {
  return rows.map((cells, index) => {
    const error = plantedErrors.find((it) => it.row === index + 1);
    return error === undefined ? cells : error.plant(cells, rows);
  });
}

/** One or two credits each, none for some: all rows together stay below the demo balance of 1,000. */
function credits(index: number): string {
  if (index % 25 === 11) return '';
  return index % 3 === 0 ? '2' : '1';
}

function days(index: number): string {
  return ['90', '180', '', '365'][index % 4] ?? '';
}

/** As an HR system in German writes it: more columns than wanted, two addresses, other names for everything. */
function hrExport(): string[][] {
  const columns =
    'Personalnummer;Nachname;Vorname;E-Mail (privat);E-Mail (geschäftlich);Abteilung;Kostenstelle;Eintrittsdatum;Guthaben;Gültigkeit (Tage)';
  const departments = ['Personal', 'Vertrieb', 'Entwicklung', 'Einkauf', 'Logistik'];
  const staff = people(HR_ROWS, 'suedwind.example').map((person, index) => [
    String(10_001 + index),
    person.lastName,
    person.firstName,
    index % 3 === 0 ? person.email.replace('@suedwind.', '@privat.') : '',
    person.email,
    departments[index % departments.length] ?? '',
    `${4_000 + (index % 12) * 10}`,
    `${String(1 + (index % 28)).padStart(2, '0')}.${String(1 + (index % 12)).padStart(2, '0')}.${2_010 + (index % 15)}`,
    String(1 + (index % 3)),
    index % 2 === 0 ? '90' : '180',
  ]);
  return [columns.split(';'), ...staff];
}

function table(rows: readonly string[][], separator: string, lineBreak: string): string {
  const cell = (text: string): string =>
    text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  return rows.map((cells) => cells.map(cell).join(separator) + lineBreak).join('');
}

/** The letters of Windows-1252 at 0x80 to 0x9F; unused places are blank. */
const HIGH_CONTROLS = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';

function byteOf(letter: string): number | null {
  const code = letter.codePointAt(0) ?? 0;
  if (code < 0x80 || (code >= 0xa0 && code <= 0xff)) return code;
  const place = HIGH_CONTROLS.indexOf(letter);
  return place === -1 ? null : 0x80 + place;
}

function isWindows1252(text: string): boolean {
  return text.split('').every((letter) => byteOf(letter) !== null);
}

function windows1252(text: string): Uint8Array {
  return Uint8Array.from(text.split(''), (letter) => {
    const byte = byteOf(letter);
    if (byte === null) throw new Error(`${letter} does not exist in Windows-1252`);
    return byte;
  });
}
