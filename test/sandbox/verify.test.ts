import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { type CheckResult, verifyDeployment } from '../../scripts/database/verify-deployment.ts';
import { startSandbox } from '../../scripts/sandbox/start-sandbox.ts';
import { checkResult } from '../../shared/contract/diagnostics.ts';

const report = z.object({ results: z.array(checkResult) });

const doctor = path.resolve(import.meta.dirname, '../../scripts/doctor.ts');

/** What `npm run doctor` prints and how it ends. */
async function runDoctor(...options: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [doctor, ...options], { env: { PATH: process.env['PATH'] } }, (error, output) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output });
    });
  });
}

it('S7: the sandbox passes the checks of a deployment, and is left as it was', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-verify-'));
  const sandbox = await startSandbox({ dataFolder: folder, fresh: false });
  try {
    const { url, publishableKey: key, demo } = sandbox;
    const access = { url, key, ...demo, recipient: 'verification@partner-console.example' };
    const results: CheckResult[] = [];
    for await (const result of verifyDeployment(access, new AbortController().signal)) results.push(result);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    const names = results.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['call the function', 'assign', 'read the dashboard']));
    expect(names.at(-1)).toBe('clean up');
    expect(results.at(-1)?.detail).toContain('4 credits taken back, balance 1000 as before');

    const data = ['--data', path.join(folder, 'console')];
    const healthy = await runDoctor('--url', url, '--key', key, '--json', ...data);
    const { results: findings } = report.parse(JSON.parse(healthy.output));
    expect(findings.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    expect(findings.find(({ check }) => check === 'data_server')).toMatchObject({ verdict: 'pass' });
    expect(healthy.code).toBe(0);
    const wrongKey = await runDoctor('--url', url, '--key', 'sb_publishable_wrong', ...data);
    expect(wrongKey.code).toBe(1);
    expect(wrongKey.output).toMatch(/FAIL {2}Sign-in server: The server does not accept the publishable key/);
    expect(wrongKey.output).not.toContain('sb_publishable');
    expect((await runDoctor('--nonsense')).code).toBe(2);
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
