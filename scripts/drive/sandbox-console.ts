import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSandbox, type Sandbox } from '../sandbox/start-sandbox.ts';

export interface SandboxedConsole {
  readonly sandbox: Sandbox;
  /** Hands the sandbox and an empty data folder to a host, as `npm start` does. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataFolder: string;
  /** Stops the sandbox and removes everything. */
  remove(): Promise<void>;
}

/** A sandbox with the demo data and a place for one console, both thrown away afterwards. */
export async function prepareSandboxedConsole(): Promise<SandboxedConsole> {
  const folder = mkdtempSync(path.join(tmpdir(), 'console-test-'));
  const dataFolder = path.join(folder, 'console');
  const sandbox = await startSandbox({ dataFolder: path.join(folder, 'sandbox') });
  return {
    sandbox,
    dataFolder,
    environment: {
      SUPABASE_URL: sandbox.url,
      SUPABASE_PUBLISHABLE_KEY: sandbox.publishableKey,
      PARTNER_CONSOLE_DATA: dataFolder,
      PARTNER_CONSOLE_DEMO_EMAIL: sandbox.demo.email,
      PARTNER_CONSOLE_DEMO_PASSWORD: sandbox.demo.password,
    },
    remove: async () => {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
