import type { CheckName, CheckResult, Verdict } from '../../shared/contract/diagnostics.ts';
import { redact } from '../platform/log-line.ts';

const names: Readonly<Record<CheckName, string>> = {
  proxy: 'Proxy',
  name: 'Name of the server (DNS)',
  connection: 'Connection and certificate (TCP, TLS)',
  sign_in_server: 'Sign-in server',
  data_server: 'Data server and its functions',
  clock: 'Clock',
  versions: 'Versions',
  folder: 'Data folder',
  disk: 'Disk',
  keyring: 'Keyring',
  database: 'Database',
  outbox: 'Outbox',
};

const verdicts: Readonly<Record<Verdict, string>> = { pass: 'pass', warn: 'WARN', fail: 'FAIL', skipped: 'skip' };

/** One result as a line or two of plain text. */
export function resultText({ check, verdict, found, next, milliseconds }: CheckResult): string {
  const line = `${verdicts[verdict]}  ${names[check]}: ${found} (${milliseconds} ms)`;
  return next === null || verdict === 'pass' ? line : `${line}\n      → ${next}`;
}

/** All of it for a mail to IT: no name of a person, no e-mail address, no key. `server` is the project's address. */
export function reportText(results: readonly CheckResult[], startedAt: string, server: string | null): string {
  const bad = results.filter(({ verdict }) => verdict === 'fail' || verdict === 'warn').length;
  const head = `Partner Console, diagnostics of ${startedAt}\nServer: ${server ?? 'none yet'}\n${bad === 0 ? 'Everything is in order.' : `${bad} of ${results.length} checks need a look.`}`;
  return redact(`${head}\n\n${results.map(resultText).join('\n')}\n`);
}
