import type { MemberFilter } from '../../shared/contract/members.ts';
import type { ReadDatabase, SqlValue } from './database.ts';
import { searchThrough } from './fill-search.ts';
import { foldText } from './fold-text.ts';
import { instantAt } from './instant.ts';

const DAY_MS = 86_400_000;

/** A condition on `members` with its named parameters. */
export interface Condition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, SqlValue>>;
}

/**
 * The condition for a filter. Its texts are few, so that statements stay prepared. Needs the database to see how many members
 * a search may concern. `now` in milliseconds; roll the expiry before.
 */
export function memberCondition(database: ReadDatabase, filter: MemberFilter, now: number): Condition {
  const parts: string[] = [];
  const parameters: Record<string, SqlValue> = {};
  const term = foldText(filter.search.trim());
  if (term !== '') {
    parameters['term'] = term;
    const trigrams = selectiveTrigrams(database, term);
    if (trigrams !== null) {
      parts.push('members.rowid in (select rowid from member_search where member_search match @trigrams)');
      parameters['trigrams'] = trigrams;
    }
    parts.push(holdsTerm);
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
        // next_expiry is the soonest expiry still ahead: one that lies before the limit says it all, over its index.
        `coalesce(members.next_expiry, '9999') <= @until`,
      );
      parameters['until'] = instantAt(now + Number(filter.credits.slice('expiring_'.length)) * DAY_MS);
      break;
  }
  return { sql: parts.length === 0 ? 'true' : parts.join(' and '), parameters };
}

/** Any part of name or e-mail. Addresses with letters beyond ASCII are rare; only those are folded one by one. */
const holdsTerm = `(instr(members.name_key, @term) > 0 or instr(members.email_key, @term) > 0
  or members.rowid in (select other.rowid from members as other
    where other.email_key glob '*[^ -~]*' and instr(folded(other.email), @term) > 0))`;

/** From so many candidates on, looking at every member in order is quicker than gathering them from the index first. */
const TOO_MANY_CANDIDATES = 2_000;

/**
 * The members that have every three letters of the term somewhere, as a query to the index; null where the index does not help:
 * under three letters, for what nearly everybody has, and until the first pull has filled it.
 */
function selectiveTrigrams(database: ReadDatabase, term: string): string | null {
  const trigrams = trigramsOf(term);
  if (trigrams === null || searchThrough(database) !== null) return null;
  const candidates = database.get<{ found: number }>(
    `select count(*) as found from (select 1 from member_search where member_search match ? limit ${TOO_MANY_CANDIDATES})`,
    trigrams,
  );
  return (candidates?.found ?? 0) < TOO_MANY_CANDIDATES ? trigrams : null;
}

function trigramsOf(term: string): string | null {
  const letters = Array.from(term);
  if (letters.length < 3) return null;
  const trigrams = letters.slice(2).map((_, start) => letters.slice(start, start + 3).join(''));
  return trigrams.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}
