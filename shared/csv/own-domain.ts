import type { RowIssue } from '../contract/uploads.ts';
import { isKnownDomain, isOneSlipAway } from './known-domains.ts';

/** How many rows, and what share of all, a domain needs to be the file's own. */
const MIN_ROWS = 20;
const MIN_SHARE = 0.2;
/** A domain of more rows than this is one that exists. */
export const MAX_SLIPS = 2;

/**
 * The file's own domain when it has one, and the rare domains that are probably slips of it: one letter away, and no known one.
 * `domains`: the most frequent first.
 */
export function slipsOfOwnDomain<T extends { readonly domain: string; readonly rows: number }>(
  domains: readonly T[],
): { readonly own: string; readonly slips: readonly T[] } | null {
  const [own] = domains;
  const rows = domains.reduce((sum, it) => sum + it.rows, 0);
  if (own === undefined || own.rows < MIN_ROWS || own.rows < rows * MIN_SHARE) return null;
  const slips = domains.filter(
    (it) => it.rows <= MAX_SLIPS && !isKnownDomain(it.domain) && isOneSlipAway(it.domain, own.domain),
  );
  return { own: own.domain, slips };
}

/** The issue of a row whose domain is a slip of the file's own. */
export function ownDomainIssue(email: string, own: string): RowIssue {
  const suggestion = `${email.slice(0, email.indexOf('@'))}@${own}`;
  return { code: 'email_domain_typo', severity: 'warning', field: 'email', data: { value: email, suggestion } };
}
