import { MAX_SLIPS } from '../../shared/csv/own-domain.ts';

/** More different domains than this are not told apart: their rows are not counted. Some 10 MB. */
const MOST_DOMAINS = 100_000;

/** A domain of the e-mails of a file. */
export interface EmailDomain {
  readonly domain: string;
  /** How many rows have it. */
  rows: number;
  /** The numbers of the first ones: all of them, of a domain that is rare enough to be a slip. */
  readonly first: number[];
}

/** Counts the domains of the e-mails of a file while its rows are read. */
export class EmailDomains {
  readonly #domains = new Map<string, EmailDomain>();

  /** Counts the e-mail of a row. */
  add(email: string, row: number): void {
    const domain = email.slice(email.indexOf('@') + 1);
    const known = this.#domains.get(domain);
    if (known === undefined) {
      if (this.#domains.size < MOST_DOMAINS) this.#domains.set(domain, { domain, rows: 1, first: [row] });
      return;
    }
    known.rows += 1;
    if (known.first.length < MAX_SLIPS) known.first.push(row);
  }

  /** The most frequent first. */
  ranked(): EmailDomain[] {
    return [...this.#domains.values()].toSorted((a, b) => b.rows - a.rows);
  }
}
