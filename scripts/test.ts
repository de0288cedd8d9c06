import path from 'node:path';
import { runSuites } from './suites/run-suites.ts';

/**
 * `npm test`: every suite that can run on this computer. PARTNER_CONSOLE_SUITES=unit,renderer chooses some;
 * POSTGRES_15_BIN names the binaries for the suite `database-15` where they are not at Debian's place. The last line is the
 * sum: `N passed, N failed`.
 */
const { passed, failed } = await runSuites(
  path.resolve(import.meta.dirname, '..'),
  process.env['PARTNER_CONSOLE_SUITES'],
);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
