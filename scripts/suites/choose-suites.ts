/** In the order in which they run. `database-15` is the suite `database` once more, on the oldest Postgres that is supported. */
export const suiteNames = [
  'unit',
  'renderer',
  'database',
  'database-15',
  'contract',
  'sync',
  'sandbox',
  'browser',
  'desktop',
] as const;
export type SuiteName = (typeof suiteNames)[number];

/** What the suites need of this computer. */
export interface SuiteMeans {
  readonly chromium: string | null;
  readonly electron: string | null;
  readonly display: boolean;
  /** `xvfb-run`, which makes a display where there is none. */
  readonly virtualDisplay: string | null;
  /** The folder of Postgres 15's binaries. */
  readonly postgres15: string | null;
}

export interface SuiteChoice {
  readonly run: readonly SuiteName[];
  /** Lines for the end of the output: what was not run here, and why. */
  readonly notRun: readonly string[];
}

const isSuiteName = (name: string): name is SuiteName => suiteNames.some((known) => known === name);

/** Why a suite cannot run here; null where it can. */
function obstacle(name: SuiteName, means: SuiteMeans): string | null {
  if (name === 'browser') return means.chromium === null ? 'no Chromium found' : null;
  if (name === 'database-15') return means.postgres15 === null ? 'no Postgres 15 found' : null;
  if (name !== 'desktop') return null;
  if (means.electron === null) return 'no Electron binary found';
  return means.display || means.virtualDisplay !== null ? null : 'no display and no xvfb-run';
}

/**
 * Which suites to run: those that `chosen` names (comma-separated; all when undefined), less those that cannot run here.
 *
 * @throws for an unknown name: a typing error must not pass as a run without tests.
 */
export function chooseSuites(chosen: string | undefined, means: SuiteMeans): SuiteChoice {
  const names = chosen === undefined || chosen === '' ? [...suiteNames] : chosen.split(',').map((name) => name.trim());
  const wanted = names.map((name) => {
    if (!isSuiteName(name))
      throw new Error(`PARTNER_CONSOLE_SUITES: there is no suite ${name} (${suiteNames.join(', ')})`);
    return name;
  });
  const obstacles = wanted.map((name) => ({ name, reason: obstacle(name, means) }));
  return {
    run: obstacles.filter(({ reason }) => reason === null).map(({ name }) => name),
    notRun: [
      ...obstacles.flatMap(({ name, reason }) => (reason === null ? [] : [`${name}: ${reason}`])),
      ...suiteNames
        .filter((name) => !wanted.includes(name))
        .map((name) => `${name}: left out by PARTNER_CONSOLE_SUITES`),
    ],
  };
}
