import { rmSync } from 'node:fs';
import path from 'node:path';
import { buildWhenChanged } from './start/build-when-changed.ts';
import { chooseHost, fetchElectron } from './start/choose-host.ts';
import { runHost } from './start/run-host.ts';
import { SandboxBusyError, startSandbox, type Sandbox } from './sandbox/start-sandbox.ts';

/** Longest wait, in milliseconds, for Electron's binary when it is not here yet. */
const FETCH_LIMIT = 20_000;

const help = `npm start [-- options]

  --browser   open the console in a browser even where Electron is there
  --fresh     begin with the demo data: empties the sandbox and, unless PARTNER_CONSOLE_DATA is set, the console's data

Environment
  SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY   a real project instead of the sandbox
  PARTNER_CONSOLE_DATA                     where the console keeps its data
  PARTNER_CONSOLE_PORT                     port of the browser host (default: any free one)
`;

const root = path.resolve(import.meta.dirname, '..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Backend {
  readonly sandbox: Sandbox | null;
  readonly environment: NodeJS.ProcessEnv;
}

/** Something the person can put right; shown as one line. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The real project that the environment names, else the sandbox; with where the console keeps its data for it. */
async function startBackend(fresh: boolean): Promise<Backend> {
  const { SUPABASE_URL: url, SUPABASE_PUBLISHABLE_KEY: key, PARTNER_CONSOLE_DATA: chosen } = process.env;
  if (url !== undefined && url !== '' && key !== undefined && key !== '') {
    if (fresh) throw new UsageError('--fresh empties the sandbox; it does nothing to a real project. Leave it out.');
    say(`Server: ${url}`);
    return { sandbox: null, environment: {} };
  }
  const consoleData = chosen ?? path.join(root, '.cache', 'demo', 'console');
  const sandbox = await startSandbox({
    dataFolder: chosen === undefined ? path.join(root, '.cache', 'demo', 'sandbox') : path.join(chosen, 'sandbox'),
    fresh,
    onNotice: say,
  });
  if (fresh && chosen === undefined) rmSync(consoleData, { recursive: true, force: true });
  say(`Server: sandbox with demo data at ${sandbox.url}`);
  say(`Demo sign-in: ${sandbox.demo.email} / ${sandbox.demo.password}`);
  return {
    sandbox,
    environment: {
      SUPABASE_URL: sandbox.url,
      SUPABASE_PUBLISHABLE_KEY: sandbox.publishableKey,
      PARTNER_CONSOLE_DATA: consoleData,
      PARTNER_CONSOLE_DEMO_EMAIL: sandbox.demo.email,
      PARTNER_CONSOLE_DEMO_PASSWORD: sandbox.demo.password,
    },
  };
}

async function start(arguments_: readonly string[]): Promise<number> {
  if (arguments_.includes('--help')) {
    say(help);
    return 0;
  }
  await buildWhenChanged(root, () => say('Building …'));
  const [host, backend] = await Promise.all([
    chooseHost({
      root,
      environment: process.env,
      system: process.platform,
      userId: process.getuid?.() ?? null,
      wantsBrowser: arguments_.includes('--browser'),
      fetchElectron: async () => {
        say(`Fetching Electron (at most ${FETCH_LIMIT / 1_000} seconds) …`);
        await fetchElectron(root, FETCH_LIMIT);
      },
    }),
    startBackend(arguments_.includes('--fresh')),
  ]);
  try {
    if (host.note !== null) say(host.note);
    return await runHost({ host, root, environment: { ...process.env, ...backend.environment }, say });
  } finally {
    await backend.sandbox?.stop();
  }
}

start(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const known = error instanceof UsageError || error instanceof SandboxBusyError;
    const text = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  },
);
