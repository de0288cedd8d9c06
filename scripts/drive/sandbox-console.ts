import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSandbox, type Sandbox } from '../sandbox/start-sandbox.ts';

export interface SandboxedConsole {
  readonly sandbox: Sandbox;
  /** Hands the sandbox and an empty data folder to a host, as `npm start` does. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataFolder: string;
  readonly sandboxFolder: string;
  /** Starts a stopped sandbox again, at its address and with its data. */
  restartSandbox(): Promise<void>;
  /** Stops the sandbox and removes everything. */
  remove(): Promise<void>;
}

/** A sandbox with the demo data and a place for one console, both thrown away afterwards. */
export async function prepareSandboxedConsole(): Promise<SandboxedConsole> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-'));
  const dataFolder = path.join(folder, 'console');
  const sandboxFolder = path.join(folder, 'sandbox');
  const start = (): Promise<Sandbox> => startSandbox({ dataFolder: sandboxFolder });
  let sandbox = await start();
  return {
    get sandbox() {
      return sandbox;
    },
    dataFolder,
    sandboxFolder,
    environment: {
      SUPABASE_URL: sandbox.url,
      SUPABASE_PUBLISHABLE_KEY: sandbox.publishableKey,
      PARTNER_CONSOLE_DATA: dataFolder,
      PARTNER_CONSOLE_DEMO_EMAIL: sandbox.demo.email,
      PARTNER_CONSOLE_DEMO_PASSWORD: sandbox.demo.password,
    },
    restartSandbox: async () => {
      const { url } = sandbox;
      sandbox = await start();
      if (sandbox.url !== url) throw new Error(`the sandbox came back at ${sandbox.url}: another program took ${url}`);
    },
    remove: async () => {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
