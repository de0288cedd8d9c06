import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openConsole } from '../builders/console.ts';
import { fileSecrets } from './core-process.ts';
import { csvOfPeople, hasWire, serverState, signIn, submitUpload } from './sync-harness.ts';

const coreProcess = fileURLToPath(new URL('./core-process.ts', import.meta.url));
const PEOPLE = 60;
/** Three to each upload. KILLS=30 asks for more. */
const KILLS = Number(process.env['KILLS'] ?? 12);

/** What the sender asks for, one after the other. */
const steps = ['stage_member_upload', 'commit_member_upload', 'member_upload_rows'] as const;

describe.skipIf(!hasWire)('a core that is killed while it sends an upload as a whole', () => {
  let hybrid: Hybrid;
  let dataFolder: string;
  let child: ChildProcess | null = null;

  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(async () => {
    await hybrid.reset();
    dataFolder = mkdtempSync(path.join(tmpdir(), 'partner-console-killed-whole-'));
    return () => {
      hybrid.gateway.setFate(null);
      child?.kill('SIGKILL');
      rmSync(dataFolder, { recursive: true, force: true });
    };
  });

  /** Kills the core at its next call of a function: before the server has seen it, or when only the answer is missing. */
  async function runAndKill(step: string, when: 'before' | 'after'): Promise<void> {
    let seen = false;
    hybrid.gateway.setFate(({ path: requested }) => {
      if (!requested.includes(step)) return 'pass';
      seen = true;
      if (when === 'after') return 'drop_answer';
      child?.kill('SIGKILL');
      return 'drop_request';
    });
    child = spawn(process.execPath, [coreProcess, dataFolder], { stdio: ['ignore', 'ignore', 'inherit'] });
    const exited = once(child, 'exit');
    // The gateway drops the answer, and so decides, when it has it.
    while (!seen && child.exitCode === null) await setTimeout(5);
    if (when === 'after') {
      await setTimeout(100);
      child.kill('SIGKILL');
    }
    const [, signal] = await exited;
    expect(signal).toBe('SIGKILL');
    hybrid.gateway.setFate(null);
  }

  it(
    `gives every row once, after ${KILLS} kills while it is staged, committed and read back`,
    { timeout: 600_000 },
    async () => {
      const secrets = fileSecrets(dataFolder);
      const before = await serverState(hybrid);
      const uploads = Math.ceil(KILLS / steps.length);
      const when: ('before' | 'after')[] = [];
      for (let upload = 0; upload < uploads; upload += 1) {
        const first = await openConsole({ dataFolder, secrets });
        if (upload === 0) await signIn(first, hybrid);
        await hybrid.gateway.goOffline();
        const csv = csvOfPeople(PEOPLE, 1, `u${upload}person`);
        const draftId = await submitUpload(first, csv, 'all_or_nothing');
        await first.application.close();
        await hybrid.gateway.goOnline();
        for (const step of steps) {
          // A commit whose answer is missing is the moment that matters most.
          when.push(
            step === 'commit_member_upload'
              ? upload % 3 === 2
                ? 'before'
                : 'after'
              : upload % 2 === 0
                ? 'before'
                : 'after',
          );
          await runAndKill(step, when.at(-1) ?? 'before');
          const { balance } = await serverState(hybrid);
          // All of it or nothing, at every moment.
          expect([upload * PEOPLE, (upload + 1) * PEOPLE]).toContain(before.balance - balance);
        }
        const last = await openConsole({ dataFolder, secrets });
        try {
          const draft = await last.until(
            'uploads.read',
            { draftId },
            ({ stage }) => stage === 'done' || stage === 'stopped',
          );
          expect(draft).toMatchObject({ stage: 'done', confirmed: PEOPLE, refused: 0, waiting: 0 });
        } finally {
          await last.application.close();
        }
      }
      expect(when).toContain('before');
      expect(when).toContain('after');
      expect(await serverState(hybrid)).toEqual({
        balance: before.balance - uploads * PEOPLE,
        allocations: before.allocations + uploads * PEOPLE,
        members: before.members + uploads * PEOPLE,
        violations: [],
      });
    },
  );
});
