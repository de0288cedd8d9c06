import type { MemberFilter } from '../../shared/contract/members.ts';
import type { SqlValue } from './database.ts';
import { foldText } from './fold-text.ts';
import { instantAt } from './instant.ts';

const DAY_MS = 86_400_000;

/** A condition on `members` with its named parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, SqlValue>>;
}

/** The condition for a filter. Its texts are few, so that statements stay prepared. `now` in milliseconds. */
export function memberCondition(filter: MemberFilter, now: number): Condition {
  const parts: string[] = [];
  const parameters: Record<string, SqlValue> = {};
  const term = foldText(filter.search.trim());
  if (term !== '') {
    parts.push(searchCondition(term));
    parameters['term'] = term;
    const trigrams = trigramsOf(term);
    if (trigrams !== null) parameters['trigrams'] = trigrams;
  }
  if (filter.status !== null) {
    parts.push('members.status = @status');
    parameters['status'] = filter.status;
  }
  switch (filter.credits) {
    case null:
      break;
    case 'none':
      parts.push('members.available = 0');
      break;
    case 'available':
      parts.push('members.available > 0');
      break;
    case 'expiring_30':
    case 'expiring_60':
    case 'expiring_90':
      parts.push(
        `members.member_id in (select member_id from member_credits where available > 0 and expires_at > @now and expires_at <= @until)`,
      );
      parameters['now'] = instantAt(now);
      parameters['until'] = instantAt(now + Number(filter.credits.slice('expiring_'.length)) * DAY_MS);
      break;
  }
  return { sql: parts.length === 0 ? 'true' : parts.join(' and '), parameters };
}

/**
 * Any part of name or e-mail. The index finds the members that have every three letters of the term somewhere; the second
 * half keeps those that have them in this order. Under three letters there is no index to ask.
 */
function searchCondition(term: string): string {
  const found = `(instr(members.name_key, @term) > 0 or instr(folded(members.email), @term) > 0)`;
  return trigramsOf(term) === null
    ? `(instr(members.name_key, @term) > 0 or instr(members.email_key, @term) > 0)`
    : `(members.rowid in (select rowid from member_search where member_search match @trigrams) and ${found})`;
}

function trigramsOf(term: string): string | null {
  const letters = Array.from(term);
  if (letters.length < 3) return null;
  const trigrams = letters.slice(2).map((_, start) => letters.slice(start, start + 3).join(''));
  return trigrams.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}
