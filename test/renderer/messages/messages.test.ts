import { expect, it } from 'vitest';
import { errorForIt, errorWords, faultWords } from '../../../renderer/messages/error-words.ts';
import { fileFailureWords } from '../../../renderer/messages/file-failure-words.ts';
import { refusalWords } from '../../../renderer/messages/refusal-words.ts';
import { issueSuggestion, issueWords } from '../../../renderer/messages/rule-words.ts';
import { ruleName } from '../../../renderer/messages/rule-names.ts';
import { rowState } from '../../../renderer/messages/row-words.ts';
import type { UploadRow } from '../../../shared/contract/uploads.ts';
import { ruleCodes } from '../../../shared/csv/rule-code.ts';

it.each(ruleCodes)('has words and a next action for the rule %s, without gaps', (code) => {
  const data = { value: 'x', first: 3, length: 300, max: 200, min: 1, credits: 1_000, cells: 2, columns: 4 };
  const { title, next } = issueWords({ code, severity: 'error', field: 'email', data });
  expect(title).not.toMatch(/undefined|\?$|_/);
  expect(next).not.toMatch(/undefined|_/);
  expect(next.length).toBeGreaterThan(5);
  expect(ruleName(code)).toMatch(/^[A-Z]/);
});

it('promises nothing for a missing first name that the server does not do', () => {
  const { next } = issueWords({ code: 'name_missing', severity: 'warning', field: 'first_name', data: {} });
  expect(next).toMatch(/^A new member is added without one;/);
});

it('says of a row in an upload refused as a whole why nothing was done, and of a stopped one that it was not sent', () => {
  const row: UploadRow = { row: 1, values: {}, issues: [], state: 'waiting', member: 'new', outcome: null };
  expect(rowState(row, true).detail).toMatch(/another row was refused/);
  expect(rowState(row, true).detail).not.toMatch(/[Ss]topped/);
  expect(rowState(row).detail).toMatch(/^Stopped before this row/);
});

it('keeps the name of a rule that it does not know', () => {
  expect(issueWords({ code: 'shoe_size', severity: 'error', field: 'credits', data: {} }).title).toBe(
    'Credits: shoe size',
  );
});

it('offers a suggestion only when there is one', () => {
  const issue = { code: 'email_invalid', severity: 'error', field: 'email' } as const;
  expect(issueSuggestion({ ...issue, data: { value: 'a' } })).toBeNull();
  expect(issueSuggestion({ ...issue, data: { suggestion: 'a@b.example' } })).toBe('a@b.example');
});

it('names the shortfall', () => {
  expect(refusalWords('insufficient_credits', 1).title).toBe('1 credit missing in the balance');
  expect(refusalWords('insufficient_credits', null).title).toBe('Not enough credits');
  expect(refusalWords('constructor', null).title).toContain('constructor');
});

it('names the line of a broken file, and knows the stored failure of an upload', () => {
  expect(errorWords({ code: 'unreadable_file', reason: 'broken_quote', line: 12 }).title).toContain('(line 12)');
  expect(errorWords({ code: 'unreadable_file', reason: 'misplaced_quote', line: 1 }).title).not.toContain(
    'never closed',
  );
  expect(fileFailureWords('broken_quote:252').title).toContain('(line 252)');
  expect(fileFailureWords('no_email_column').title).toContain('e-mail addresses');
  expect(fileFailureWords('volcano').title).toContain('volcano');
});

it('tells IT the fault and where it was seen', () => {
  const text = errorForIt({ code: 'offline', fault: 'proxy', host: 'h.example', detail: 'HTTP 407' }, '1.2.3');
  expect(text).toMatch(
    /Partner Console 1\.2\.3\ncode: offline\nfault: proxy\nhost: h\.example\ndetail: HTTP 407\nseen: /,
  );
});

it.each([
  ['serverUrl', 'insecure'],
  ['rows', 'rows_with_errors'],
  ['rows', 'rows_changed'],
  ['rows', 'too_many_rows_at_once'],
  ['rows', 'too_many_credits_at_once'],
  ['rows', 'no_ready_row'],
  ['rows', 'nothing_to_retry'],
  ['draftId', 'rows_of_an_earlier_upload'],
  ['mapping', 'repeated_email'],
  ['bytes', 'less_than_announced'],
  ['draftId', 'no_receipts'],
  ['format', 'too_many_columns'],
  ['format', 'too_large'],
])('says in words why %s is not accepted (%s)', (field, reason) => {
  const { title, next } = errorWords({ code: 'invalid_input', field, reason });
  expect(title).not.toContain('cannot be used as it is');
  expect(`${title} ${next}`).not.toMatch(/_|undefined/);
});

it.each([
  ['dns', 'its address was not found'],
  ['outdated', 'it lacks functions that this version of the console needs'],
  ['http_503', 'it answered with a fault of its own (HTTP 503)'],
  ['57014', 'it answered with a fault of its own (57014)'],
  ['constructor', 'it answered with a fault of its own (constructor)'],
])('says of the fault %s: %s', (fault, words) => {
  expect(faultWords(fault)).toBe(words);
});
