import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBuilt, sourceFingerprint } from '../../scripts/start/build-when-changed.ts';
import { chooseSuites, suiteNames, type SuiteMeans } from '../../scripts/suites/choose-suites.ts';
import { locatePostgres15 } from '../../scripts/suites/locate-postgres.ts';
import { judgeSuite, type VitestReport } from '../../scripts/suites/suite-report.ts';

const everything: SuiteMeans = {
  chromium: '/chromium',
  electron: '/electron',
  display: true,
  virtualDisplay: null,
  postgres15: '/postgres-15',
};

describe('choice of suites', () => {
  it('is all of them where all can run', () => {
    expect(chooseSuites(undefined, everything)).toEqual({ run: suiteNames, notRun: [] });
  });

  it('names what cannot run here, and why', () => {
    const { run, notRun } = chooseSuites('', {
      ...everything,
      chromium: null,
      electron: null,
      postgres15: null,
    });
    expect(run).toEqual(['unit', 'renderer', 'database', 'contract', 'sync', 'sandbox']);
    expect(notRun).toEqual([
      'database-15: no Postgres 15 found',
      'browser: no Chromium found',
      'desktop: no Electron binary found',
    ]);
    expect(chooseSuites('desktop', { ...everything, display: false }).notRun[0]).toBe(
      'desktop: no display and no xvfb-run',
    );
    expect(chooseSuites('desktop', { ...everything, display: false, virtualDisplay: '/x' }).run).toEqual(['desktop']);
  });

  it('is narrowed by name, says what it leaves out, and refuses a typing error', () => {
    const { run, notRun } = chooseSuites('unit, sync', everything);
    expect(run).toEqual(['unit', 'sync']);
    expect(notRun).toContain('browser: left out by PARTNER_CONSOLE_SUITES');
    expect(() => chooseSuites('unti', everything)).toThrow(/no suite unti/);
  });
});

describe('Postgres 15', () => {
  it('is where the variable says, and nothing else passes for it', () => {
    const empty = mkdtempSync(path.join(tmpdir(), 'no-postgres-'));
    expect(() => locatePostgres15({ POSTGRES_15_BIN: empty })).toThrow(/no Postgres 15 in/);
    const fake = path.join(empty, 'postgres');
    writeFileSync(fake, '#!/bin/sh\necho "postgres (PostgreSQL) 16.4"\n', { mode: 0o755 });
    expect(() => locatePostgres15({ POSTGRES_15_BIN: empty })).toThrow(/16\.4/);
    writeFileSync(fake, '#!/bin/sh\necho "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)"\n', { mode: 0o755 });
    expect(locatePostgres15({ POSTGRES_15_BIN: empty })).toBe(empty);
    rmSync(empty, { recursive: true });
  });
});

describe('sum of a suite', () => {
  const report = (changes: Partial<VitestReport>): VitestReport => ({
    numPassedTests: 3,
    numFailedTests: 0,
    testResults: [],
    ...changes,
  });
  const file = (status: string, ...tests: string[]): VitestReport['testResults'][number] => ({
    name: 'a.test.ts',
    status,
    message: status === 'failed' ? 'SyntaxError: no such export\n    at a.test.ts:1' : '',
    assertionResults: tests.map((test) => ({
      ancestorTitles: ['', 'wire'],
      title: 'x',
      status: test,
      failureMessages: test === 'failed' ? ['AssertionError: 1 is not 2\n    at a.test.ts:9'] : [],
    })),
  });

  it('counts what passed and failed, names what failed with its reason, and what was skipped once', () => {
    const testResults = [file('passed', 'passed', 'skipped', 'pending'), file('failed', 'failed')];
    expect(judgeSuite('unit', report({ numFailedTests: 1, testResults }), 1)).toEqual({
      name: 'unit',
      passed: 3,
      failed: 1,
      failures: ['a.test.ts › wire › x: AssertionError: 1 is not 2'],
      skipped: ['wire'],
    });
  });

  it('never lets a broken run pass: no report, a file that broke outside its tests, an unhandled error', () => {
    expect(judgeSuite('unit', null, 0)).toMatchObject({ failed: 1, failures: ['it wrote no report'] });
    expect(judgeSuite('unit', report({ testResults: [file('failed', 'skipped')] }), 1)).toMatchObject({
      failed: 1,
      failures: ['a.test.ts: SyntaxError: no such export'],
      skipped: [],
    });
    expect(judgeSuite('unit', report({}), 1)).toMatchObject({
      failed: 1,
      failures: [expect.stringContaining('outside the tests')],
    });
    expect(judgeSuite('unit', report({}), 0).failed).toBe(0);
  });
});

describe('build when changed', () => {
  it('notices a changed, new or removed source, and a product that is gone', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'build-when-changed-'));
    const put = (name: string, content = ''): void => {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), content);
    };
    for (const name of ['main/a.ts', 'preload/a.ts', 'renderer/a.ts', 'shared/a.ts']) put(name);
    for (const name of ['package.json', 'package-lock.json', 'vite.config.ts']) put(name);
    for (const name of ['main/main.js', 'main/browser-host.js', 'preload/preload.cjs', 'renderer/index.html'])
      put(`dist/${name}`);
    const first = sourceFingerprint(root);
    put('dist/sources.txt', first);
    expect(isBuilt(root, sourceFingerprint(root))).toBe(true);
    put('shared/b.ts');
    expect(isBuilt(root, sourceFingerprint(root))).toBe(false);
    rmSync(path.join(root, 'shared/b.ts'));
    expect(isBuilt(root, sourceFingerprint(root))).toBe(true);
    put('main/a.ts', 'changed');
    expect(isBuilt(root, sourceFingerprint(root))).toBe(false);
    put('dist/sources.txt', sourceFingerprint(root));
    rmSync(path.join(root, 'dist/preload'), { recursive: true });
    expect(isBuilt(root, sourceFingerprint(root))).toBe(false);
    rmSync(root, { recursive: true });
  });
});
