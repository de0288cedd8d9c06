import { severityOf } from '../../shared/csv/check-row.ts';
import { ownDomainIssue, slipsOfOwnDomain } from '../../shared/csv/own-domain.ts';
import { rowsWithEmail, updateIssues } from '../cache/draft-rows.ts';
import { readDomains } from '../cache/waiting-emails.ts';
import { parseIssues } from './write-edits.ts';
import type { YieldingWriter } from './yielding-writer.ts';

/** Slips that are marked in one transaction. */
const SLIPS_A_TRANSACTION = 500;

/** Warns of e-mails whose domain is rare in the draft and one letter away from its most frequent one. */
export function markOwnDomain({ database, write }: YieldingWriter, draftId: string): void {
  const found = slipsOfOwnDomain(readDomains(database, draftId));
  if (found === null) return;
  // A domain of at most two rows has no other e-mails than its first and its last one.
  const emails = found.slips.flatMap(({ first, last }) => (first === last ? [first] : [first, last]));
  for (let start = 0; start < emails.length; start += SLIPS_A_TRANSACTION) {
    write(() => {
      for (const email of emails.slice(start, start + SLIPS_A_TRANSACTION)) {
        for (const row of rowsWithEmail(database, draftId, email, { after: 0, limit: -1 })) {
          const issues = parseIssues(row.issues);
          if (issues.some((issue) => issue.field === 'email')) continue;
          issues.push(ownDomainIssue(email, found.own));
          updateIssues(database, draftId, row.row_no, JSON.stringify(issues), severityOf(issues));
        }
      }
    });
  }
}
