import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { diagnose } from '../main/diagnostics/diagnose.ts';
import { reportText, resultText } from '../main/diagnostics/report-text.ts';
import { defaultDataFolder } from '../main/platform/data-folder.ts';
import { environmentProxyFor, presetServerOf } from '../main/platform/environment.ts';
import { noSecretStore } from '../main/platform/node.ts';
import { systemClock } from '../main/platform/system-clock.ts';

const usage = `npm run doctor -- [--url URL] [--key PUBLISHABLE_KEY] [--data FOLDER] [--json]

Looks at the way to the server (proxy, DNS, TLS, sign-in, data, clock) and at this computer (versions, data folder, disk,
databases), and says of each what was found and what to do. Needs nobody to be signed in, changes nothing, and may run while the
console does. The report holds no name of a person, no e-mail address and no key: it can be sent on as it is.

  --url, --key   the project (default: SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY, else the last one signed in to)
  --data         where the console keeps its data (default: PARTNER_CONSOLE_DATA, else the system's own place)
  --json         the results as JSON

Exit code 0 when nothing failed (warnings are not failures), 1 when something failed, 2 when the command line is wrong.`;

const project = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../package.json'), 'utf8')));
const remembered = z.object({ lastServer: z.object({ url: z.string(), publishableKey: z.string() }).nullable() });

function readCommandLine(): { url?: string; key?: string; data?: string; json?: boolean; help?: boolean } | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({ options: { url: text, key: text, data: text, json: flag, help: flag } }).values;
  } catch {
    // Whatever it was, the usage says what there is.
    return null;
  }
}

/** The project that somebody last signed in to on this computer; null when there is none. */
function lastServer(dataFolder: string): z.infer<typeof remembered>['lastServer'] {
  try {
    const text = readFileSync(path.join(dataFolder, 'application.json'), 'utf8');
    return remembered.parse(JSON.parse(text)).lastServer;
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

async function main(): Promise<number> {
  const options = readCommandLine();
  if (options === null || (options.url !== undefined && !URL.canParse(options.url))) {
    console.error(usage);
    return 2;
  }
  if (options.help === true) {
    console.log(usage);
    return 0;
  }
  const { env: environment } = process;
  const dataFolder = path.resolve(
    options.data ?? environment['PARTNER_CONSOLE_DATA'] ?? defaultDataFolder(environment, process.platform, homedir()),
  );
  const preset = presetServerOf(environment) ?? lastServer(dataFolder);
  const url = options.url ?? preset?.url;
  const server = url === undefined ? null : { url, publishableKey: options.key ?? preset?.publishableKey ?? '' };
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort()).once('SIGTERM', () => interrupted.abort());
  const startedAt = new Date().toISOString();
  const results = await diagnose({
    platform: {
      kind: 'terminal',
      version: project.version,
      dataFolder,
      secrets: noSecretStore,
      clock: systemClock,
      fetch: globalThis.fetch,
      proxyFor: (address) => Promise.resolve(environmentProxyFor(environment, address)),
      inspectWorker: new URL('../main/diagnostics/inspect-worker.ts', import.meta.url),
    },
    server,
    synchronous: () => null,
    // On a terminal each line stands as soon as it is known; the report in order follows.
    onResult: (result) => {
      if (process.stderr.isTTY && options.json !== true) process.stderr.write(`${resultText(result)}\n`);
    },
    signal: interrupted.signal,
  });
  if (options.json === true) console.log(JSON.stringify({ startedAt, server: server?.url ?? null, results }, null, 2));
  else console.log(`${process.stderr.isTTY ? '\n' : ''}${reportText(results, startedAt, server?.url ?? null)}`);
  return results.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
}

process.exitCode = await main();
