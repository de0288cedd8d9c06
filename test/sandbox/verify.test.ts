import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { type CheckResult, verifyDeployment } from '../../scripts/database/verify-deployment.ts';
import { startSandbox } from '../../scripts/sandbox/start-sandbox.ts';

it('S7: the sandbox passes the checks of a deployment, and is left as it was', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-verify-'));
  const sandbox = await startSandbox({ dataFolder: folder, fresh: false });
  try {
    const { url, publishableKey: key, demo } = sandbox;
    const access = { url, key, ...demo, recipient: 'verification@partner-console.example' };
    const results: CheckResult[] = [];
    for await (const result of verifyDeployment(access, new AbortController().signal)) results.push(result);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results).toHaveLength(15);
    expect(results.at(-1)?.detail).toContain('3 credits taken back, balance 1000 as before');
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
