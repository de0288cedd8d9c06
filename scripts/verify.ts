import { parseArgs } from 'node:util';
import { verifyDeployment } from './database/verify-deployment.ts';

const usage = `npm run verify -- --url URL --key PUBLISHABLE_KEY --email EMAIL --password PASSWORD [--recipient EMAIL]

Checks a Supabase project after deployment, signed in as a partner: every function that a partner can call. It needs four
credits of the balance for the time of the checks, gives them to the recipient (default verification@partner-console.example),
whom it adds as a member, takes them back and deactivates the member, also when a check fails or Ctrl+C is pressed. What
remains is that inactive member and the rows of the ledger, which is append-only.
Without options: SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY, PARTNER_CONSOLE_EMAIL, PARTNER_CONSOLE_PASSWORD.
Exit code 0 when every check passes, 1 when one fails, 2 when something is missing on the command line.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      key: { type: 'string' },
      email: { type: 'string' },
      password: { type: 'string' },
      recipient: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(usage);
    return 0;
  }
  const url = values.url ?? process.env['SUPABASE_URL'];
  const key = values.key ?? process.env['SUPABASE_PUBLISHABLE_KEY'];
  const email = values.email ?? process.env['PARTNER_CONSOLE_EMAIL'];
  const password = values.password ?? process.env['PARTNER_CONSOLE_PASSWORD'];
  if (url === undefined || key === undefined || email === undefined || password === undefined) {
    console.error(usage);
    return 2;
  }
  const recipient = values.recipient ?? 'verification@partner-console.example';
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  let failed = 0;
  for await (const check of verifyDeployment({ url, key, email, password, recipient }, interrupted.signal)) {
    if (!check.passed) failed += 1;
    console.log(`${check.passed ? 'pass' : 'FAIL'}  ${check.name}: ${check.detail}`);
  }
  if (interrupted.signal.aborted) {
    console.log('Interrupted: the other checks were not run.');
    return 1;
  }
  console.log(failed === 0 ? 'All checks passed.' : `${String(failed)} of the checks failed.`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
