import type { Log } from './platform.ts';

/**
 * What a value of the log may look like. Names, addresses, tokens and sentences have none of these forms, so they cannot come in
 * by whichever way: an error's message, an answer of a server, a file's name.
 */
const forms: readonly RegExp[] = [
  // A number minted here: of a command, an upload, an incident.
  /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/,
  // A code of our own: `insufficient_credits`, `allocation.assignMany`, `http_503`. Digits stand at the end of a word, and few.
  /^[a-z]{1,24}\d{0,3}(?:[._-](?:[a-zA-Z]{1,24}\d{0,3}|\d{1,5})){0,6}$/,
  // A code of the operating system, of Chromium, of PostgREST: `ENOTFOUND`, `ERR_CERT_DATE_INVALID`, `PGRST202`.
  /^[A-Z]{1,16}\d{0,3}(?:_[A-Z]{1,16}\d{0,3}){0,8}$/,
  // An SQLSTATE.
  /^(?=.*\d)[\dA-Z]{5}$/,
  // The class of an error.
  /^(?:DOM|(?:[A-Z][a-z]+){0,4})(?:Error|Exception|Limit|Fault|Cancelled)$/,
  // A version.
  /^\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[a-z\d.]{1,20})?$/,
];

const LONGEST_CODE = 80;
/** The only fields that carry text at all. A new one is added here, with a look at who writes it. */
const textFields: ReadonlySet<string> = new Set([
  'call',
  'check',
  'code',
  'error',
  'fault',
  'host',
  'incident',
  'item',
  'kind',
  'operation',
  'outcome',
  'reason',
  'scheme',
  'started_by',
  'state',
  'verdict',
  'version',
]);
/** One frame of a stack, without its folders: they carry the name of the computer's user. */
const frame = /^at (?:(?:async |new )?[\w$.<>#\s[\]]{1,80} )?\(?[\w.-]{1,60}:\d+:\d+\)?$/;

/** Where an answer has the wrong shape, and how: `items.0.heldReason invalid_value`. */
const place = /^[a-zA-Z]{1,24}(?:\.(?:[a-zA-Z]{1,24}|\d{1,6})){1,8} [a-z_]{1,40}$/;

/** What looks like an e-mail address, a token or a key. */
const revealing = [
  /[^\s@"'<>|]+@[^\s@"'<>|]+/gu,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?/g,
  /\bsb_(?:publishable|secret)_\w+/g,
  /\bBearer\s+\S+/gi,
];

/** Replaces addresses, tokens and keys in a text that leaves this computer. */
export function redact(text: string): string {
  return revealing.reduce((clean, pattern) => clean.replace(pattern, '[redacted]'), text);
}

/** One line of JSON: numbers, codes and stack frames; every other text becomes `[redacted]`. */
export function formatLogLine(at: Date, ...[level, event, data]: Parameters<Log>): string {
  const clean = Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [
      isCode(key) ? key : '[redacted]',
      typeof value === 'string' ? cleanText(key, value) : value,
    ]),
  );
  return `${JSON.stringify({ at: at.toISOString(), level, event: isCode(event) ? event : '[redacted]', ...clean })}\n`;
}

function cleanText(key: string, text: string): string {
  if (key === 'frames') return text.split(' | ').map(cleanFrame).join(' | ');
  return textFields.has(key) && isCode(text) ? text : '[redacted]';
}

function isCode(text: string): boolean {
  return text.length <= LONGEST_CODE && forms.some((form) => form.test(text));
}

function cleanFrame(text: string): string {
  const short = text.replace(/(?:file:\/\/|[A-Za-z]:)?[^\s()]*[\\/]/g, '');
  return frame.test(short) || place.test(short) ? short : '[redacted]';
}
