import { describe, expect, test } from 'vitest';
import { detectEncoding } from '../../../shared/csv/detect-encoding.ts';
import { detectSeparator } from '../../../shared/csv/detect-separator.ts';
import { foldHeader, headerNames } from '../../../shared/csv/header-names.ts';
import { isHeaderRow, matchColumns } from '../../../shared/csv/match-columns.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const facts = (head: Uint8Array, isUtf8 = true) => ({
  size: head.length,
  isUtf8,
  hasNul: head.includes(0),
  isMostlyUtf8: false,
  isPartlyUtf8: false,
  words: head,
});
const detect = (head: Uint8Array, isUtf8 = true) =>
  detectEncoding(head, facts(head, isUtf8), (encoding) => new TextDecoder(encoding).decode(head));
const utf16 = (text: string, littleEndian: boolean): Uint8Array => {
  const data = new DataView(new ArrayBuffer(text.length * 2));
  for (let index = 0; index < text.length; index += 1) data.setUint16(index * 2, text.charCodeAt(index), littleEndian);
  return new Uint8Array(data.buffer);
};

describe('encoding', () => {
  test.each([
    ['UTF-8', bytes('Name,E-Mail\nJürgen,j@x.example\n'), true, 'utf-8'],
    ['UTF-8 with BOM', bytes('\uFEFFName,E-Mail\n'), true, 'utf-8'],
    ['plain ASCII', bytes('Name,E-Mail\n'), true, 'utf-8'],
    ['Windows-1252', Uint8Array.from([0x4a, 0xfc, 0x72, 0x67, 0x2c, 0x61]), false, 'windows-1252'],
    ['UTF-16LE with BOM', utf16('\uFEFFName\tE-Mail\r\n', true), true, 'utf-16le'],
    ['UTF-16BE with BOM', utf16('\uFEFFName\tE-Mail\r\n', false), true, 'utf-16be'],
    ['UTF-16LE without BOM', utf16('Name\tE-Mail\r\nZoë\tz@x.example', true), true, 'utf-16le'],
    ['UTF-16BE without BOM', utf16('Name\tE-Mail\r\nZoë\tz@x.example', false), true, 'utf-16be'],
    ['Cyrillic in UTF-16LE without BOM', utf16('Имя;Почта\r\nИван;ivan@x.example\r\n', true), false, 'utf-16le'],
  ] as const)('%s', (_, head, isUtf8, encoding) => {
    expect(detect(head, isUtf8)).toMatchObject({ encoding });
  });

  test.each([
    ['an empty file', new Uint8Array(), 'empty'],
    ['PDF', bytes('%PDF-1.7\n'), 'binary'],
    ['PNG', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), 'binary'],
    ['zeros among text', bytes('Name\0,E-Mail,'), 'binary'],
    ['control characters', Uint8Array.from([1, 2, 3, 4, 5, 6, 65, 66]), 'binary'],
    ['UTF-32', Uint8Array.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0]), 'encoding'],
  ] as const)('%s is refused', (_, head, noText) => {
    expect(detect(head)).toEqual({ noText });
  });
});

test('an encoding of one byte a letter is recognised by the first words alone, however long the file is', () => {
  const start = Buffer.from('Jürgen Müller\n'.repeat(1_500), 'latin1');
  // Łódź and żółty in Windows-1250.
  const rest = Buffer.from('\u00A3\u00F3d\u009F \u00BF\u00F3\u00B3ty\n'.repeat(20_000), 'latin1');
  expect(detect(Buffer.concat([start, rest]), false)).toMatchObject({ encoding: 'windows-1252' });
  expect(detect(Buffer.concat([rest, start]), false)).toMatchObject({ encoding: 'windows-1250' });
});

describe('separator', () => {
  test.each([
    [',', 'First name,Email,Credits\nAnna,a@x.example,1\nBo,b@x.example,2\n'],
    [';', 'Vorname;E-Mail;Guthaben\nAnna;a@x.example;1,5\nBo;b@x.example;2,5\n'],
    ['\t', 'Name\tE-Mail\nSchmidt, Anna\ta@x.example\nMeyer, Bo\tb@x.example\n'],
    ['|', 'Name|E-Mail|Note\nAnna|a@x.example|a, b; c\nBo|b@x.example|\n'],
    [';', '"Name; given";"E-Mail"\n"Schmidt; Anna";"a@x.example"\n'],
    [',', '"Note\nof two lines",E-Mail\n"a;b;c\nd;e;f",a@x.example\n'],
    [';', 'Name;E-Mail;Size\nAnna;a@x.example;5"\nBo;b@x.example;6"\n'],
    [',', 'E-Mail\na@x.example\nb@x.example\n'],
    [';', 'Vorname;E-Mail\rAnna;a@x.example\rBo;b@x.example\r'],
    [';', 'Vorname;E-Mail'],
  ] as const)('%j', (mark, text) => {
    expect(detectSeparator(text, true).separator).toBe(mark);
  });

  const named = (rows: number, row: (index: number) => string): string =>
    Array.from({ length: rows }, (_, index) => row(index)).join('');

  test.each([
    ['the header', (index: number) => index === 0],
    ['a row in the middle', (index: number) => index === 150],
    ['the last row', (index: number) => index === 299],
  ])('is not mistaken because %s is ragged while another mark stands in every row', (_, isRagged) => {
    const text = named(300, (index) => {
      const cells =
        index === 0 ? ['Name, Vorname', 'E-Mail', 'Guthaben'] : [`Muster, M${index}`, `m${index}@x.example`, '1'];
      return `${(isRagged(index) ? cells.slice(0, 2) : cells).join(';')}\n`;
    });
    expect(detectSeparator(text, true)).toEqual({ separator: ';', isCertain: true, otherWidths: 1 });
  });

  test('is not decided by the first rows alone', () => {
    const text = `Report, made on 1 May, for you\n\n${named(300, (index) => `Ann ${index};a${index}@x.example;2\n`)}`;
    expect(detectSeparator(text, true).separator).toBe(';');
  });

  test('that cuts rows into many widths is uncertain, and the rows of another width are counted', () => {
    const text = named(100, (index) => `${'x;'.repeat(1 + (index % 3))}y\n`);
    expect(detectSeparator(text, true)).toEqual({ separator: ';', isCertain: false, otherWidths: 66 });
  });

  test('a row cut by the end of the sample does not count', () => {
    expect(detectSeparator('a;b;c\n1;2;3\n4', false)).toEqual({ separator: ';', isCertain: true, otherWidths: 0 });
  });
});

describe('columns', () => {
  const column = (header: string, ...samples: string[]) => ({ header, samples });

  test.each(Object.entries(headerNames).map(([language, names]) => [language, names] as const))(
    'in %s every first name of a field is matched, also in capitals',
    (_, names) => {
      const headers = [
        names.first_name[0],
        names.email[0],
        names.credits[0],
        names.validity_days[0],
        names.expires_on[0],
      ];
      const columns = headers.map((header) => column((header ?? '').toUpperCase()));
      columns[1] = column(names.email[0] ?? '', 'anna@firma.example');
      expect(matchColumns(columns)).toEqual({
        mapping: ['first_name', 'email', 'credits', 'validity_days', 'expires_on'],
        allMatched: true,
      });
    },
  );

  test.each(Object.entries(headerNames))(
    'in %s every name of every field is matched by itself, also in capitals',
    (_, names) => {
      for (const [field, own] of Object.entries(names)) {
        for (const name of own) {
          const email = column('e-mail', 'anna@firma.example');
          const columns =
            field === 'email'
              ? [column(name.toUpperCase(), 'anna@firma.example')]
              : [column(name.toUpperCase()), email];
          expect([name, matchColumns(columns).mapping[0]]).toEqual([name, field]);
        }
      }
    },
  );

  test('every listed name stands as it is compared', () => {
    for (const names of Object.values(headerNames)) {
      for (const name of Object.values(names).flat()) expect(foldHeader(name)).toBe(name);
    }
  });

  test('the address of work is preferred to the private one', () => {
    const columns = [
      column('E-Mail (privat)', 'a@home.example'),
      column('E-Mail (geschäftlich)', 'a@firma.example'),
      column('Vorname', 'Anna'),
    ];
    expect(matchColumns(columns)).toEqual({ mapping: ['ignore', 'email', 'first_name'], allMatched: false });
  });

  test('a column of addresses is found by its content', () => {
    const columns = [column('Kontakt', 'a@x.example', 'b@x.example'), column('Vorname', 'Anna', 'Bo')];
    expect(matchColumns(columns)).toEqual({ mapping: ['email', 'first_name'], allMatched: false });
  });

  test('a header is not believed against its values', () => {
    const columns = [
      column('E-Mail', 'yes', 'no', 'yes'),
      column('Login', 'a@x.example', 'b@x.example', 'c@x.example'),
    ];
    expect(matchColumns(columns).allMatched).toBe(false);
    expect(matchColumns([column('Email', 'a@x.example'), column('Validity', '31.12.2026')]).mapping).toEqual([
      'email',
      'expires_on',
    ]);
    expect(matchColumns([column('Email', 'a@x.example'), column('Nombre', '12')]).allMatched).toBe(false);
  });

  test('an unknown column changes nothing and asks for a look', () => {
    const columns = [column('Email', 'a@x.example'), column('Department', 'HR')];
    expect(matchColumns(columns)).toEqual({ mapping: ['email', 'ignore'], allMatched: false });
  });

  test('a field is given once', () => {
    const columns = [column('Email', 'a@x.example'), column('Email', 'b@x.example'), column('Credits', '1')];
    expect(matchColumns(columns)).toEqual({ mapping: ['email', 'ignore', 'credits'], allMatched: false });
  });

  test('a first row with an address is a member, not a header', () => {
    expect(isHeaderRow(['Name', 'E-Mail'])).toBe(true);
    expect(isHeaderRow(['Anna', ' anna@firma.example '])).toBe(false);
    for (const broken of ['anna@@firma.example', 'anna@firma', 'anna @firma.example', 'anna@firma,example']) {
      expect(isHeaderRow(['Anna', broken, '3'])).toBe(false);
    }
    expect(isHeaderRow(['Name', 'E-Mail', 'e-mail@work'])).toBe(true);
    expect(isHeaderRow(['Name', 'Address (the one with @)'])).toBe(true);
  });
});
