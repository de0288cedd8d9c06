import { spawn } from 'node:child_process';
import path from 'node:path';

/**
 * `npm run check`: everything that CI checks, in its order, stopping at the first fault. With
 * PARTNER_CONSOLE_CHECK=static it leaves the tests out, for a CI that runs `npm test` by itself.
 */
const root = path.resolve(import.meta.dirname, '..');
const bin = (packageFolder: string, file: string): string[] => [
  process.execPath,
  path.join(root, 'node_modules', packageFolder, file),
];

const steps: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['format', [...bin('oxfmt', 'bin/oxfmt'), '--check']],
  ['types', [...bin('typescript', 'bin/tsc'), '-b']],
  ['lint and import rules', [...bin('oxlint', 'bin/oxlint'), '--deny-warnings']],
  ['unused code', [...bin('knip', 'bin/knip.js'), '--no-progress']],
  ['build', [...bin('vite', 'bin/vite.js'), 'build', '--logLevel', 'warn']],
  ...(process.env['PARTNER_CONSOLE_CHECK'] === 'static'
    ? []
    : ([['tests', [process.execPath, path.join(root, 'scripts/test.ts')]]] as const)),
];

async function succeeds([command = '', ...arguments_]: readonly string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, arguments_, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

for (const [index, [name, command]] of steps.entries()) {
  process.stdout.write(`\n== ${name} ==\n`);
  if (!(await succeeds(command))) {
    const rest = steps.slice(index + 1).map(([other]) => other);
    process.stdout.write(`\nCheck failed at: ${name}${rest.length > 0 ? ` (not reached: ${rest.join(', ')})` : ''}\n`);
    process.exit(1);
  }
}
process.stdout.write(`\nCheck passed: ${steps.map(([name]) => name).join(', ')}\n`);
