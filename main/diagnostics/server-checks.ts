import { findNetworkFault } from '../remote/network-fault.ts';
import { type Check, fail, type Finding, pass, skip, warn } from './check.ts';
import type { NetworkFacts } from './network-facts.ts';
import { requiredFunctions } from './required-functions.ts';

const ANSWER_MS = 10_000;
/** Tokens are valid by the server's clock; the auth server itself tolerates little more than the first. Milliseconds. */
const SKEW_TO_WARN = 60_000;
const SKEW_TO_FAIL = 300_000;

const unreachable = skip('Not looked at: the server cannot be reached, see above.');

interface Said {
  readonly status: number;
  readonly json: Record<string, unknown> | null;
  readonly isHtml: boolean;
}

/** Sign-in, data and clock, by requests that need nobody to be signed in and change nothing. */
export function serverChecks(facts: NetworkFacts): Check[] {
  const ifLate =
    'The server takes connections but does not answer. Look at its status page, or try again in a few minutes.';
  return [
    { name: 'sign_in_server', limit: ANSWER_MS, ifLate, run: (signal) => signInServer(facts, signal) },
    { name: 'data_server', limit: 2 * ANSWER_MS, ifLate, run: (signal) => dataServer(facts, signal) },
    { name: 'clock', limit: 1_000, ifLate, run: () => clock(facts) },
  ];
}

async function ask(facts: NetworkFacts, path: string, signal: AbortSignal, body?: unknown): Promise<Said> {
  const startedAt = facts.now();
  const answer = await facts.fetch(new URL(path, facts.url.origin).href, {
    headers: { apikey: facts.publishableKey, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    signal,
  });
  const text = await answer.text();
  const date = Date.parse(answer.headers.get('date') ?? '');
  // The header names whole seconds, cut off: its middle, against the middle of the request.
  if (!Number.isNaN(date)) facts.skew = (startedAt + facts.now()) / 2 - (date + 500);
  const isHtml = /html/i.test(answer.headers.get('content-type') ?? '') || /^\s*<(!doctype|html)/i.test(text);
  return { status: answer.status, json: readObject(text), isHtml };
}

function readObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // Not JSON: the caller says what came instead.
    return null;
  }
}

/** What speaks against any answer, whichever was asked for; null when it may be looked at. */
function strangeAnswer(facts: NetworkFacts, { status, json, isHtml }: Said): Finding | null {
  if (status === 407) {
    return fail(
      'The proxy asks for a sign-in (HTTP 407).',
      `Allow ${facts.url.hostname} on the proxy without a sign-in.`,
    );
  }
  if (isHtml) {
    return status >= 500
      ? fail(
          `A gateway answers with an error page (HTTP ${status}).`,
          'The server behind it is down. Look at its status page.',
        )
      : fail(
          `A web page comes back instead of data (HTTP ${status}).`,
          'Either a proxy or a guest network shows its login page: open any page in a browser and sign in there. Or the organisation address is that of a website, not of the project.',
        );
  }
  if (status === 429) return warn('The server asks for a pause (HTTP 429).', 'Wait a few minutes, then look again.');
  if (status >= 500)
    return fail(`The server is in trouble (HTTP ${status}).`, 'Look at its status page, or ask its operator.');
  if (json === null) {
    return fail(
      `The answer is no data of a project (HTTP ${status}).`,
      'Check the organisation address. If it is right, something on the way changes answers.',
    );
  }
  const message = json['message'] ?? json['msg'] ?? json['error'];
  if (status === 401 && typeof message === 'string' && /api ?key/i.test(message)) {
    if (facts.publishableKey === '') {
      return warn(
        'The server answers, and wants a publishable key to say more.',
        'Look again with the key of the project.',
      );
    }
    return fail(
      'The server does not accept the publishable key.',
      'Copy the key again from the project’s API settings.',
    );
  }
  return null;
}

async function asked(work: () => Promise<Finding>): Promise<Finding> {
  try {
    return await work();
  } catch (error) {
    const { fault, detail } = findNetworkFault(error);
    return fail(
      `The request did not get through (${fault}, ${detail}).`,
      'Something on the way cuts it: a proxy, a firewall, a virus scanner or TLS inspection. Allow the server there.',
    );
  }
}

async function signInServer(facts: NetworkFacts, signal: AbortSignal): Promise<Finding> {
  if (facts.isUnreachable) return unreachable;
  return asked(async () => {
    const said = await ask(facts, '/auth/v1/settings', signal);
    const strange = strangeAnswer(facts, said);
    if (strange !== null) return strange;
    if (said.status === 200 && said.json?.['external'] !== undefined) return pass('The sign-in server answers.');
    return fail(
      `No sign-in server answers at this address (HTTP ${said.status}).`,
      'Check the organisation address: it is that of the project, e.g. https://abcdefgh.supabase.co.',
    );
  });
}

async function dataServer(facts: NetworkFacts, signal: AbortSignal): Promise<Finding> {
  if (facts.isUnreachable) return unreachable;
  return asked(async () => {
    const missing: string[] = [];
    for (const [name, parameters] of Object.entries(requiredFunctions)) {
      // As nobody and with nothing but nulls: the server looks the function up, then refuses to run it.
      const body = Object.fromEntries(parameters.map((parameter) => [parameter, null]));
      const said = await ask(facts, `/rest/v1/rpc/${name}`, signal, body);
      const strange = strangeAnswer(facts, said);
      if (strange !== null) return strange;
      const code = said.json?.['code'];
      if (code === 'PGRST202' || code === 'PGRST203' || code === '42883') missing.push(name);
      else if (typeof code === 'string' && code.startsWith('PGRST00')) {
        return fail(`The data server has no connection to its database (${code}).`, 'Ask the operator of the project.');
      } else if (said.status === 404 || said.status === 405) {
        return fail(`No data server answers at this address (HTTP ${said.status}).`, 'Check the organisation address.');
      }
    }
    const wanted = Object.keys(requiredFunctions).length;
    if (missing.length === 0) return pass(`The data server answers and has the ${wanted} functions of this version.`);
    return fail(
      `The database lacks ${missing.length === wanted ? 'every function' : missing.join(', ')} of this version of the console.`,
      'Whoever operates the project runs supabase/existing-project.sql of this version there; then `npm run verify`.',
    );
  });
}

function clock(facts: NetworkFacts): Finding {
  const { skew } = facts;
  if (skew === null) return skip('Not looked at: no answer of the server said what time it is.');
  const seconds = Math.round(Math.abs(skew) / 1_000);
  if (Math.abs(skew) <= SKEW_TO_WARN)
    return pass(`The clocks of this computer and the server agree (${seconds} s apart).`);
  const found = `The clock of this computer is ${span(seconds)} ${skew > 0 ? 'ahead of' : 'behind'} the server’s.`;
  const next = 'Let the operating system set date and time by itself, and check the time zone.';
  return Math.abs(skew) > SKEW_TO_FAIL
    ? fail(found, `${next} Until then sign-ins may end early or fail.`)
    : warn(found, next);
}

function span(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} hours` : `${Math.round(seconds / 86_400)} days`;
}
