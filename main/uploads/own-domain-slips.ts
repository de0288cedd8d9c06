import { isSlipOf, MAX_SLIPS, ownDomainSlip, ownDomainOf, type OwnDomain } from '../../shared/csv/own-domain.ts';
import { rowsToEdit, updateIssues } from '../cache/draft-rows.ts';
import { severityOf } from '../../shared/csv/check-row.ts';
import type { EmailDomains } from './email-domains.ts';
import { parseIssues } from './row-texts.ts';
import type { YieldingWriter } from './yielding-writer.ts';

/** Rows that are marked in one transaction. */
const ROWS_A_TRANSACTION = 500;

/** Warns of e-mails whose domain is rare in the draft and one letter away from its own one, which is answered. */
export function markOwnDomain(
  { database, write }: YieldingWriter,
  draftId: string,
  domains: EmailDomains,
): OwnDomain | null {
  const ranked = domains.ranked();
  const own = ownDomainOf(ranked);
  if (own === null) return null;
  const slips = ranked
    .filter(({ rows, domain }) => rows <= MAX_SLIPS && isSlipOf(own, domain))
    .flatMap(({ first }) => first);
  for (let start = 0; start < slips.length; start += ROWS_A_TRANSACTION) {
    write(() => {
      for (const row of rowsToEdit(database, draftId, slips.slice(start, start + ROWS_A_TRANSACTION))) {
        const issues = parseIssues(row.issues);
        if (row.email_key === null || issues.some((issue) => issue.field === 'email')) continue;
        const slip = ownDomainSlip(row.email_key, own);
        if (slip === null) continue;
        issues.push(slip);
        updateIssues(database, draftId, row.row_no, JSON.stringify(issues), severityOf(issues));
      }
    });
  }
  return own;
}
