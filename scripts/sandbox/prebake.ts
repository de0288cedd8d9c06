import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bakedFile } from './baked-file.ts';
import { fillSandboxDatabase, openSandboxDatabase } from './sandbox-database.ts';

/**
 * Builds the baked database (about ten seconds) that a first start unpacks in one. Runs as a process of its own:
 * `node --no-wasm-tier-up --liftoff-only scripts/sandbox/prebake.ts`. Older bakes are removed.
 */
async function prebake(): Promise<void> {
  const target = bakedFile();
  const folder = path.dirname(target);
  mkdirSync(folder, { recursive: true });
  const secret = (): string => randomBytes(32).toString('hex');
  const database = await openSandboxDatabase({
    keys: { publishableKey: secret(), secretKey: secret(), jwtSecret: secret() },
  });
  await fillSandboxDatabase(database);
  await database.connection.exec('vacuum analyze');
  await database.connection.exec('checkpoint');
  const archive = await database.connection.driver.dumpDataDir('gzip');
  // Written beside and renamed: a start in the same moment sees a whole file or none.
  const partial = `${target}.${process.pid}`;
  writeFileSync(partial, Buffer.from(await archive.arrayBuffer()));
  renameSync(partial, target);
  for (const other of readdirSync(folder)) {
    if (other.endsWith('.tar.gz') && other !== path.basename(target)) rmSync(path.join(folder, other), { force: true });
  }
  await database.close();
}

prebake().then(
  () => process.exit(0),
  (error: unknown) => {
    // Only files of the project take part here: no personal data can be in the message.
    process.stderr.write(
      `The sandbox's database cannot be built: ${error instanceof Error ? error.message : 'unknown'}\n`,
    );
    process.exit(1);
  },
);
