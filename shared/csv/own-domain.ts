import type { RowIssue } from '../contract/uploads.ts';
import { isKnownDomain, isOneSlipAway } from './known-domains.ts';

/** How many rows, and what share of all, a domain needs to be the file's own. */
const MIN_ROWS = 20;
const MIN_SHARE = 0.2;
/** A domain of more rows than this is one that exists. */
export const MAX_SLIPS = 2;

/** The domain that most e-mails of a file have. */
export interface OwnDomain {
  readonly domain: string;
  /** Others of the file one letter away, with too many rows for slips. */
  readonly beside: readonly string[];
}

interface DomainRows {
  readonly domain: string;
  readonly rows: number;
}

/** The file's own domain; null when it has none. `domains`: the most frequent first. */
export function ownDomainOf(domains: readonly DomainRows[]): OwnDomain | null {
  const [own] = domains;
  const rows = domains.reduce((sum, it) => sum + it.rows, 0);
  if (own === undefined || own.rows < MIN_ROWS || own.rows < rows * MIN_SHARE) return null;
  const beside = domains.filter((it) => it.rows > MAX_SLIPS && isOneSlipAway(it.domain, own.domain));
  return { domain: own.domain, beside: beside.map((it) => it.domain) };
}

/** Whether a domain is probably a slip of the file's own: one letter away, none that many rows have, and no known one. */
export function isSlipOf(own: OwnDomain, domain: string): boolean {
  return !own.beside.includes(domain) && !isKnownDomain(domain) && isOneSlipAway(domain, own.domain);
}

/** The issue of a row whose e-mail has a slip of the file's own domain; null when it has none. */
export function ownDomainSlip(email: string, own: OwnDomain): RowIssue | null {
  if (!isSlipOf(own, email.slice(email.indexOf('@') + 1))) return null;
  const suggestion = `${email.slice(0, email.indexOf('@'))}@${own.domain}`;
  return { code: 'email_domain_typo', severity: 'warning', field: 'email', data: { value: email, suggestion } };
}
