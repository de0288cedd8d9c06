import { describe, expect, test } from 'vitest';
import { readCredits, type DecimalMark } from '../../../shared/csv/credits-rule.ts';
import { isEmail, readEmail } from '../../../shared/csv/email-rule.ts';
import { readExpiresOn } from '../../../shared/csv/expiry-rule.ts';
import { readFirstName } from '../../../shared/csv/name-rule.ts';
import { readValidityDays } from '../../../shared/csv/validity-rule.ts';

describe('e-mail', () => {
  test.each([
    ['anna@firma.example', 'anna@firma.example'],
    ['  Anna.Schmidt@Firma.Example ', 'anna.schmidt@firma.example'],
    ["o'neill+hr@sub.firma.example", "o'neill+hr@sub.firma.example"],
    ['jan@bücher.example', 'jan@bücher.example'],
    ['jan@xn--bcher-kva.example', 'jan@xn--bcher-kva.example'],
    ['x@a.xn--p1ai', 'x@a.xn--p1ai'],
    ['\u200Bann@firma.example\uFEFF', 'ann@firma.example'],
    [`${'a'.repeat(64)}@firma.example`, `${'a'.repeat(64)}@firma.example`],
  ])('%j is read as %j', (text, email) => {
    expect(readEmail(text)).toEqual({ value: email, issue: null });
  });

  test.each([
    ['anna.schmidt@@firma.example', 'anna.schmidt@firma.example'],
    ['mailto:anna@firma.example', 'anna@firma.example'],
    ['Anna Schmidt <anna@firma.example>', 'anna@firma.example'],
    ['anna @firma.example', 'anna@firma.example'],
    ['anna@firma,example', 'anna@firma.example'],
    ['anna@firma.example;', 'anna@firma.example'],
    ['anna..s@firma.example', 'anna.s@firma.example'],
    ['anna', null],
    ['anna@', null],
    ['@firma.example', null],
    ['anna@firma', null],
    ['anna@firma.1', null],
    ['anna@-firma.example', null],
    ['anna@firma.e', null],
    ['a b c', null],
    ['jürgen@firma.example', null],
    [`${'a'.repeat(65)}@firma.example`, null],
    [`a@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(63)}.example`, null],
  ])('%j is refused, suggesting %j', (text, suggestion) => {
    const { value, issue } = readEmail(text);
    expect(value).toBeNull();
    expect(issue?.code).toBe('email_invalid');
    expect(issue?.data['suggestion'] ?? null).toBe(suggestion);
  });

  test('an empty cell is a missing e-mail', () => {
    expect(readEmail('  \t').issue?.code).toBe('email_missing');
  });

  test.each([
    ['a@gmial.com', 'a@gmail.com'],
    ['a@gmal.com', 'a@gmail.com'],
    ['a@gmaill.com', 'a@gmail.com'],
    ['a@hotmial.com', 'a@hotmail.com'],
    ['a@outlok.com', 'a@outlook.com'],
  ])('%j is kept with a warning that suggests %j', (text, suggestion) => {
    const { value, issue } = readEmail(text);
    expect(value).toBe(text);
    expect(issue).toMatchObject({ code: 'email_domain_typo', severity: 'warning', data: { suggestion } });
  });

  test.each(['a@gmail.com', 'a@ymail.com', 'a@mail.com', 'a@email.com', 'a@yahoo.de', 'a@gmx.net'])(
    '%j is no misspelling',
    (text) => {
      expect(readEmail(text).issue).toBeNull();
    },
  );

  test('a megabyte of text is refused at once', () => {
    expect(isEmail(`${'a.'.repeat(500_000)}@firma.example`)).toBe(false);
    expect(readEmail(`<${'a'.repeat(1_000_000)}`).issue?.code).toBe('email_invalid');
  });
});

describe('first name', () => {
  test.each([
    ['Anna', 'Anna'],
    ['  Anna   Maria ', 'Anna Maria'],
    ['Zoe\u0301', 'Zoé'],
    ['李', '李'],
    ['Łukasz', 'Łukasz'],
    ['Ÿves', 'Ÿves'],
  ])('%j is read as %j', (text, name) => {
    expect(readFirstName(text)).toEqual({ value: name, issue: null });
  });

  test('an empty name is a warning, not an error', () => {
    expect(readFirstName(' ')).toEqual({ value: null, issue: { code: 'name_missing', severity: 'warning', data: {} } });
  });

  test.each(['An\u0000na', 'An\nna', 'An\tna', 'An\u007Fna'])('%j holds a control character', (text) => {
    expect(readFirstName(text)).toMatchObject({ value: null, issue: { code: 'name_control_characters' } });
  });

  test('100 letters fit, 101 do not', () => {
    expect(readFirstName('a'.repeat(100)).issue).toBeNull();
    expect(readFirstName('a'.repeat(101)).issue).toMatchObject({
      code: 'name_too_long',
      data: { length: 101, max: 100 },
    });
  });

  test.each(['JÃ¼rgen', 'J\uFFFDrgen', 'Å‚ukasz'])('%j looks read in the wrong encoding', (text) => {
    expect(readFirstName(text).issue).toMatchObject({ code: 'name_unreadable', severity: 'warning' });
  });
});

describe('credits', () => {
  test.each<[string, DecimalMark, number | null]>([
    ['', null, null],
    ['  ', null, null],
    ['0', null, 0],
    ['12', null, 12],
    [' +12 ', null, 12],
    ['007', null, 7],
    ['5.0', null, 5],
    ['5,00', null, 5],
    ['100000', null, 100_000],
    ['-0', null, 0],
    ['٥', null, 5],
    ['١٢٫٠', null, 12],
    ['۷', null, 7],
    ['१२', null, 12],
    ['１２', null, 12],
    ['\u200F٣\u200F', null, 3],
    ['𝟠', null, 8],
  ])('%j (decimal %s) is %s', (text, decimal, credits) => {
    expect(readCredits(text, decimal)).toEqual({ value: credits, issue: null });
  });

  test.each<[string, DecimalMark, number]>([
    ['1.000', 'comma', 1_000],
    ['1,000', 'point', 1_000],
    ['12 500', null, 12_500],
    ['12\u202F500', null, 12_500],
    ["1'000", null, 1_000],
    ['1,000.00', null, 1_000],
    ['1.000,00', 'comma', 1_000],
    ['1\u00A0000,0', null, 1_000],
    ['١٬٠٠٠', null, 1_000],
  ])('%j (decimal %s) is %s thousand, with a warning', (text, decimal, credits) => {
    expect(readCredits(text, decimal)).toMatchObject({
      value: credits,
      issue: { code: 'credits_grouped', severity: 'warning' },
    });
  });

  test.each<[string, DecimalMark, string]>([
    ['1.000', null, 'credits_ambiguous'],
    ['1,000', null, 'credits_ambiguous'],
    ['1.000', 'point', 'credits_ambiguous'],
    ['1,000', 'comma', 'credits_ambiguous'],
    ['1.5', null, 'credits_fractional'],
    ['0,5', 'comma', 'credits_fractional'],
    ['0.500', null, 'credits_fractional'],
    ['-3', null, 'credits_negative'],
    ['-0.5', null, 'credits_negative'],
    ['100001', null, 'credits_too_many'],
    ['1.000.000', null, 'credits_too_many'],
    ['99999999999999999999999', null, 'credits_too_many'],
    ['two', null, 'credits_not_a_number'],
    ['5 credits', null, 'credits_not_a_number'],
    ['1e3', null, 'credits_not_a_number'],
    ['NaN', null, 'credits_not_a_number'],
    ['Infinity', null, 'credits_not_a_number'],
    ['0x10', null, 'credits_not_a_number'],
    ['1,000.50', null, 'credits_not_a_number'],
    ['1.000.00', null, 'credits_not_a_number'],
    ['٥٫٥', null, 'credits_fractional'],
    ['12 50', null, 'credits_not_a_number'],
    ['--5', null, 'credits_not_a_number'],
  ])('%j (decimal %s) is refused as %s', (text, decimal, code) => {
    expect(readCredits(text, decimal)).toMatchObject({ value: null, issue: { code, severity: 'error' } });
  });
});

describe('validity in days', () => {
  test.each<[string, number | null]>([
    ['', null],
    ['1', 1],
    ['90', 90],
    ['90.0', 90],
    ['3650', 3_650],
  ])('%j is %s', (text, days) => {
    expect(readValidityDays(text)).toEqual({ value: days, issue: null });
  });

  test.each([
    ['0', 'validity_out_of_range'],
    ['-1', 'validity_out_of_range'],
    ['3651', 'validity_out_of_range'],
    ['1.5', 'validity_not_a_number'],
    ['90 days', 'validity_not_a_number'],
  ])('%j is refused as %s', (text, code) => {
    expect(readValidityDays(text)).toMatchObject({ value: null, issue: { code, severity: 'error' } });
  });
});

describe('expiry date', () => {
  const today = '2026-05-01';

  test.each<[string, string | null]>([
    ['', null],
    ['2026-12-31', '2026-12-31'],
    ['2026-12-31 00:00:00', '2026-12-31'],
    ['2026-12-31T00:00:00Z', '2026-12-31'],
    ['31.12.2026', '2026-12-31'],
    ['1. 6. 2026', '2026-06-01'],
    ['31/12/2026', '2026-12-31'],
    ['12/31/2026', '2026-12-31'],
    ['31-12-2026', '2026-12-31'],
    ['06/06/2026', '2026-06-06'],
    ['29.02.2028', '2028-02-29'],
    ['2026-05-01', '2026-05-01'],
    ['31.12.2026 00:00', '2026-12-31'],
    ['12/31/2026 0:00', '2026-12-31'],
    ['31/12/2026 00:00:00', '2026-12-31'],
    ['12/31/2026 12:00:00 AM', '2026-12-31'],
  ])('%j is %s', (text, date) => {
    expect(readExpiresOn(text, today)).toEqual({ value: date, issue: null });
  });

  test.each([
    ['03/04/2027', 'expiry_ambiguous'],
    ['03/04/2027 0:00', 'expiry_ambiguous'],
    ['31.12.2026 09:30', 'expiry_not_a_date'],
    ['31.02.2027', 'expiry_not_a_date'],
    ['29.02.2027', 'expiry_not_a_date'],
    ['13/13/2027', 'expiry_not_a_date'],
    ['next year', 'expiry_not_a_date'],
    ['46387', 'expiry_not_a_date'],
    ['31/12-2027', 'expiry_not_a_date'],
    ['2026-04-30', 'expiry_past'],
    ['2099-01-01', 'expiry_too_far'],
  ])('%j is refused as %s', (text, code) => {
    expect(readExpiresOn(text, today)).toMatchObject({ value: null, issue: { code, severity: 'error' } });
  });
});
