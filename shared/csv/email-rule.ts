import { quoted, type Finding } from './finding.ts';
import { misspelledDomain } from './known-domains.ts';
import { inLatin, meantDomain } from './look-alike.ts';

/** Longest address and longest part before the @ (RFC 5321 §4.5.3.1). */
const MAX_EMAIL_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;

/** Dot-separated atoms (RFC 5322 §3.4.1, dot-atom); quoted local parts are not accepted, no HR system issues them. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
/** One label of a domain name, international letters included (RFC 5890 U-labels). */
const DOMAIN_LABEL = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?$/u;
const TOP_LEVEL = /^(?:\p{L}[\p{L}\p{M}]+|xn--[a-z0-9-]+)$/iu;
/** The letters of most addresses: nothing to compose, nothing invisible. */
const PLAIN = /^[\x20-\x7E]*$/;
const INVISIBLE = /[\u200B-\u200F\u2060\uFEFF]/g;

/**
 * The e-mail of a row: trimmed, composed (NFC) and in lower case, which is the form that identifies a member.
 * Issues: `email_missing`, `email_invalid`; warnings: `email_domain_typo`, `email_lookalike`.
 */
export function readEmail(text: string): Finding<string> {
  const isPlain = PLAIN.test(text);
  const value = (isPlain ? text : text.replace(INVISIBLE, '')).trim();
  if (value === '') return { value: null, issue: { code: 'email_missing', severity: 'error', data: {} } };
  const email = (isPlain ? value : value.normalize('NFC')).toLowerCase();
  const verdict = judgeAddress(email);
  if (verdict === null) {
    const suggestion = repairEmail(email);
    const data: Record<string, string> =
      suggestion === null ? { value: quoted(value) } : { value: quoted(value), suggestion };
    return { value: null, issue: { code: 'email_invalid', severity: 'error', data } };
  }
  const { meant, code } = verdict;
  if (meant === null) return { value: email, issue: null };
  const suggestion = `${email.slice(0, email.indexOf('@'))}@${meant}`;
  return { value: email, issue: { code, severity: 'warning', data: { value, suggestion } } };
}

/** Whether a text is an e-mail address by the practical subset of RFC 5321 and 5322 above. */
export function isEmail(text: string): boolean {
  return judgeAddress(text) !== null;
}

/** The verdict on the domain of an address, null where the text is none. */
function judgeAddress(text: string): DomainVerdict | null {
  if (text.length > MAX_EMAIL_LENGTH) return null;
  const at = text.lastIndexOf('@');
  if (at < 1 || at > MAX_LOCAL_LENGTH || !LOCAL_PART.test(text.slice(0, at))) return null;
  const verdict = judgeDomain(text.slice(at + 1));
  return verdict.isValid ? verdict : null;
}

interface DomainVerdict {
  readonly isValid: boolean;
  /** The domain that was probably meant: a well-known one, or one in Latin letters. */
  readonly meant: string | null;
  readonly code: 'email_domain_typo' | 'email_lookalike';
}

/** The people of a file share a few domains: each is judged once. Emptied when it grows, a file may hold anything. */
const verdicts = new Map<string, DomainVerdict>();
const MAX_VERDICTS = 1_000;

function judgeDomain(domain: string): DomainVerdict {
  const known = verdicts.get(domain);
  if (known !== undefined) return known;
  const isValid = isDomain(domain);
  const latin = isValid ? meantDomain(domain) : null;
  const verdict: DomainVerdict = {
    isValid,
    meant: latin ?? (isValid ? misspelledDomain(domain) : null),
    code: latin === null ? 'email_domain_typo' : 'email_lookalike',
  };
  if (verdicts.size >= MAX_VERDICTS) verdicts.clear();
  verdicts.set(domain, verdict);
  return verdict;
}

function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  const top = labels.at(-1);
  return labels.length > 1 && top !== undefined && TOP_LEVEL.test(top) && labels.every((it) => DOMAIN_LABEL.test(it));
}

/** The address that was obviously meant, or null: `mailto:`, brackets, spaces, a doubled @ or dot, a comma for a dot. */
function repairEmail(email: string): string | null {
  const bracketed = /<([^<>]+)>/.exec(email);
  const candidate = (bracketed?.[1] ?? email)
    .replace(/^mailto:/, '')
    .replace(/\s+/g, '')
    .replace(/@{2,}/g, '@')
    .replace(/[.,]+/g, '.')
    .replace(/\.@/, '@')
    .replace(/@\./, '@')
    .replace(/[.;:]+$/, '');
  if (isEmail(candidate)) return candidate;
  const at = candidate.lastIndexOf('@');
  const latin = inLatin(candidate.slice(0, at)) + candidate.slice(at);
  return isEmail(latin) ? latin : null;
}
