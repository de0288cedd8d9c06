import { startHybrid } from '../backend/start-hybrid.ts';
import { whyNoWire } from '../backend/postgrest.ts';
import { formatReport } from './format-report.ts';
import { runSoak } from './run-soak.ts';

/** `npm run test:soak -- [OPERATIONS] [SEED]`: 100,000 random operations; exit code 1 on any fault. */
const [, , operations = '100000', seedText] = process.argv;
const seed = seedText === undefined ? Math.floor(Math.random() * 1_000_000) : Number(seedText);
if (!Number.isSafeInteger(Number(operations)) || Number(operations) < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('Usage: npm run test:soak -- [OPERATIONS] [SEED]\n');
  process.exit(2);
}
const missing = whyNoWire();
if (missing !== null) {
  process.stderr.write(`The soak needs PostgREST: ${missing}\n`);
  process.exit(2);
}
process.stdout.write(`Soak: ${operations} operations, seed ${String(seed)}\n`);
const hybrid = await startHybrid();
try {
  const report = await runSoak({
    hybrid,
    operations: Number(operations),
    seed,
    roundSize: 2_000,
    onRound: (done, seconds, faults) => {
      process.stdout.write(`  ${String(done)} operations, ${seconds.toFixed(0)} s, ${String(faults)} kinds of fault\n`);
    },
  });
  process.stdout.write(formatReport(report));
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} finally {
  await hybrid.close();
}
