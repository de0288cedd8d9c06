import path from 'node:path';
import { SandboxBusyError, startSandbox } from './sandbox/start-sandbox.ts';

/** `npm run sandbox [-- --fresh]`: the local Supabase alone, until Ctrl+C. */
const dataFolder =
  process.env['PARTNER_CONSOLE_SANDBOX'] ?? path.resolve(import.meta.dirname, '../.cache/demo/sandbox');

try {
  const sandbox = await startSandbox({
    dataFolder,
    fresh: process.argv.includes('--fresh'),
    onNotice: (notice) => process.stdout.write(`${notice}\n`),
  });
  if (sandbox.shared) process.stdout.write('The sandbox is already running:\n');
  process.stdout.write(`SUPABASE_URL=${sandbox.url}\nSUPABASE_PUBLISHABLE_KEY=${sandbox.publishableKey}\n`);
  process.stdout.write(`Sign in as ${sandbox.demo.email} with ${sandbox.demo.password}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void sandbox.stop().then(() => process.exit(0)));
  }
} catch (error) {
  if (!(error instanceof SandboxBusyError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
