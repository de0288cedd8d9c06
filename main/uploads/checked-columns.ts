import { severityOf, type CheckedRow } from '../../shared/csv/check-row.ts';
import type { CheckedColumns } from '../cache/draft-rows.ts';

/** A checked row as its columns of the database. */
export function checkedColumns(row: CheckedRow): CheckedColumns {
  return {
    email_key: row.email,
    first_name: row.firstName,
    credits: row.credits,
    validity_days: row.validityDays,
    expires_on: row.expiresOn,
    issues: row.issues.length === 0 ? null : JSON.stringify(row.issues),
    severity: severityOf(row.issues),
  };
}
