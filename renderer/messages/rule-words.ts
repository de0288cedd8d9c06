import { uploadField, type RowIssue, type UploadField } from '../../shared/contract/uploads.ts';
import { type RuleCode, ruleCodes } from '../../shared/csv/rule-code.ts';
import { formatCount } from '../design/format.ts';
import { refusalWords } from './refusal-words.ts';
import type { Words } from './words.ts';

export const uploadFieldWords: Readonly<Record<UploadField, string>> = {
  email: 'E-mail',
  first_name: 'First name',
  credits: 'Credits',
  validity_days: 'Valid for (days)',
  expires_on: 'Expires on',
  status: 'Status (to check only)',
  ignore: 'Do not use',
};

const known: ReadonlySet<string> = new Set(ruleCodes);

/** Words for one issue of a row; a code that this version does not know keeps its name. */
export function issueWords(issue: RowIssue): Words {
  if (isRuleCode(issue.code)) return ruleWords(issue.code, issue.data);
  return {
    title: `${issue.field ? uploadFieldWords[issue.field] : 'This row'}: ${issue.code.replaceAll('_', ' ')}`,
    next: 'Correct the value or skip the row.',
  };
}

/** A corrected value that the rule proposes and one click takes. */
export function issueSuggestion(issue: RowIssue): string | null {
  const suggestion = issue.data['suggestion'];
  return typeof suggestion === 'string' && suggestion !== '' ? suggestion : null;
}

function isRuleCode(code: string): code is RuleCode {
  return known.has(code);
}

/** The value itself stands beside the words, so they do not repeat it. */
function ruleWords(code: RuleCode, data: RowIssue['data']): Words {
  const suggestion = data['suggestion'] === undefined ? null : shown(data['suggestion']);
  switch (code) {
    case 'email_missing':
      return { title: 'No e-mail address', next: 'Enter one, or skip the row.' };
    case 'email_invalid':
      return {
        title: 'Not an e-mail address',
        next: suggestion ? `Did you mean ${suggestion}?` : 'Correct it, or skip the row.',
      };
    case 'email_domain_typo':
      return {
        title: 'May be mistyped',
        next: suggestion ? `Did you mean ${suggestion}?` : 'Check the part after the @.',
      };
    case 'email_lookalike':
      return {
        title: 'Letters of another script in the domain',
        next: suggestion ? `Did you mean ${suggestion}?` : 'Type the part after the @ again.',
      };
    case 'email_duplicate':
      return {
        title: `Same e-mail address as row ${number(data['first'])}`,
        next: 'Correct one of the two, or skip this row.',
      };
    case 'name_missing':
      return {
        title: 'No first name',
        next: 'A new member is added without one; a known member keeps theirs, unless blank names are to be cleared.',
      };
    case 'name_control_characters':
      return { title: 'The name holds line breaks or tabs', next: 'Enter the name on one line.' };
    case 'name_too_long':
      return {
        title: `The name has ${number(data['length'])} characters`,
        next: `Shorten it to ${number(data['max'])}.`,
      };
    case 'name_unreadable':
      return {
        title: 'Looks wrongly decoded',
        next: 'Go back to File and choose another encoding, or correct the name.',
      };
    case 'name_mixed_script':
      return {
        title: 'The name mixes letters of two scripts',
        next: suggestion ? `Did you mean ${suggestion}?` : 'Type the name again.',
      };
    case 'credits_not_a_number':
      return {
        title: 'Not a number',
        next: 'Enter a whole number, or leave it empty for none.',
      };
    case 'credits_fractional':
      return { title: 'Not a whole number', next: 'Credits can only be given whole.' };
    case 'credits_negative':
      return { title: 'Below zero', next: 'Credits cannot be taken back by an upload. Enter 0 or more.' };
    case 'credits_too_many':
      return { title: 'Too many for one row', next: `Enter at most ${number(data['max'])}.` };
    case 'credits_ambiguous':
      return {
        title: 'Can be read in two ways',
        next: 'Write it without a separator of thousands.',
      };
    case 'credits_grouped':
      return { title: `Read as ${number(data['credits'])}`, next: 'Correct it if that is wrong.' };
    case 'validity_not_a_number':
      return { title: 'Not a number of days', next: 'Enter a whole number of days.' };
    case 'validity_out_of_range':
      return {
        title: 'Not allowed',
        next: `Enter ${number(data['min'])} to ${number(data['max'])} days.`,
      };
    case 'expiry_not_a_date':
      return { title: 'Not a date', next: 'Write it as 2026-12-31.' };
    case 'expiry_ambiguous':
      return {
        title: 'Day and month could be swapped',
        next: 'Write it as 2026-12-31.',
      };
    case 'expiry_past':
      return { title: 'In the past', next: 'Enter a date in the future.' };
    case 'expiry_too_far':
      return {
        title: 'Too far away',
        next: `Enter a date within ${number(data['max'])} days.`,
      };
    case 'expiry_replaces_validity':
      return { title: 'Days and a date are both given', next: 'The date counts.' };
    case 'status_leaver':
      return { title: 'Has left', next: 'Skip this row, or the person gets the credits.' };
    case 'status_unknown':
      return { title: 'Status not known', next: 'Check that the person has not left; skip the row if so.' };
    case 'member_inactive':
      return { title: 'The member is inactive', next: 'Reactivate the member first, or skip the row.' };
    case 'member_waiting':
      return {
        title:
          data['where'] === 'outbox'
            ? `Already waiting to be sent: ${shown(data['name'] ?? '')}`
            : `Already in the draft ${shown(data['name'] ?? '')}`,
        next: 'Skip the row here or there, unless the person is to get both.',
      };
    case 'refused_before': {
      const { title, next } = refusalWords(String(data['reason'] ?? ''), null);
      return { title: `Refused before: ${title}`, next };
    }
    case 'row_short':
      return {
        title: `The row has ${number(data['cells'])} of ${number(data['columns'])} cells`,
        next:
          data['missing'] === undefined
            ? 'What is missing counts as empty.'
            : `It ends before “${fieldName(data['missing'])}”: type what belongs there, or skip the row.`,
      };
    case 'row_joined':
      if (data['value'] !== undefined) {
        return {
          title: `A cell holds lines that look like rows: ${shown(data['value'])}`,
          next: 'A quotation mark above them may not be closed: correct it in the file and read it again, or skip the row.',
        };
      }
      return {
        title: 'A line break of another kind stands in a cell',
        next: 'Two rows of the file may have become one: look at this line in the file.',
      };
    case 'row_quotes':
      return {
        title: 'A quotation mark stands in the wrong place',
        next: 'The cells are shown as they stand in the file: correct them, or skip the row.',
      };
    case 'row_damaged':
      return {
        title: 'What this computer kept of this row was damaged',
        next: 'Shown is what would be sent: compare it with the file and correct it, or skip the row.',
      };
    case 'row_long':
      return {
        title: `The row has ${number(data['cells'])} cells, the header ${number(data['columns'])}`,
        next: 'Values may stand in the wrong column: check them, or skip the row.',
      };
  }
}

function shown(value: string | number): string {
  const text = String(value);
  return `“${text.length > 60 ? `${text.slice(0, 59)}…` : text}”`;
}

function fieldName(field: string | number): string {
  const known = uploadField.safeParse(field);
  return known.success ? uploadFieldWords[known.data] : String(field);
}

function number(value: string | number | undefined): string {
  return typeof value === 'number' ? formatCount(value) : (value ?? '?');
}
