import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';

const root = path.resolve(import.meta.dirname, '../..');

/** A file of the project with one import that crosses a wall. */
const violations: readonly (readonly [file: string, imported: string])[] = [
  ['shared/a.ts', 'node:fs'],
  ['shared/a.ts', 'electron'],
  ['shared/a.ts', 'react'],
  ['shared/a.ts', 'zustand'],
  ['shared/csv/a.ts', '../../main/application.ts'],
  ['shared/contract/a.ts', '../../renderer/bridge/find-bridge.ts'],
  ['preload/a.ts', '../main/application.ts'],
  ['preload/a.ts', 'zod'],
  ['preload/a.ts', 'node:fs'],
  ['renderer/application.tsx', 'node:path'],
  ['renderer/application.tsx', 'fs'],
  ['renderer/application.tsx', 'electron'],
  ['renderer/application.tsx', '@supabase/supabase-js'],
  ['renderer/application.tsx', '../main/application.ts'],
  ['renderer/bridge/a.ts', '../../preload/bridge.ts'],
  ['renderer/design/a.tsx', '../members/members-page.tsx'],
  ['renderer/messages/a.ts', '../uploads/uploads-page.tsx'],
  ['renderer/dashboard/a.tsx', '../members/member-panel.tsx'],
  ['renderer/members/a.tsx', '../dashboard/dashboard-page.tsx'],
  ['renderer/uploads/a.tsx', '../sync/sync-page.tsx'],
  ['renderer/sync/a.tsx', '../uploads/steps/send-step.tsx'],
  ['renderer/settings/a.tsx', '../session/sign-in-page.tsx'],
  ['renderer/session/a.tsx', '../settings/settings-page.tsx'],
  ['renderer/uploads/steps/a.tsx', '../../members/member-panel.tsx'],
  ['main/compose.ts', '../renderer/application.tsx'],
  ['main/compose.ts', '../preload/bridge.ts'],
  ['main/compose.ts', 'react'],
  ['main/compose.ts', 'electron'],
  ['main/compose.ts', '@supabase/supabase-js'],
  ['main/compose.ts', 'better-sqlite3'],
  ['main/main.ts', 'better-sqlite3'],
  ['main/window/a.ts', '@supabase/supabase-js'],
  ['main/ipc/a.ts', '../cache/open.ts'],
  ['main/ipc/a.ts', '../remote/client.ts'],
  ['main/ipc/a.ts', 'better-sqlite3'],
  ['main/hosts/a.ts', 'electron'],
  ['main/hosts/a.ts', '../cache/open.ts'],
  ['main/hosts/a.ts', '../members/read-member.ts'],
  ['main/cache/a.ts', '../remote/client.ts'],
  ['main/cache/a.ts', '../members/read-member.ts'],
  ['main/cache/migrations/a.ts', '../../remote/client.ts'],
  ['main/cache/a.ts', '@supabase/supabase-js'],
  ['main/remote/a.ts', '../cache/open.ts'],
  ['main/remote/a.ts', '../sync/sender.ts'],
  ['main/remote/a.ts', 'better-sqlite3'],
  ['main/sync/a.ts', '../members/read-member.ts'],
  ['main/sync/a.ts', '../compose.ts'],
  ['main/sync/a.ts', 'better-sqlite3'],
  ['main/members/a.ts', '../ipc/dispatch.ts'],
  ['main/uploads/a.ts', 'better-sqlite3'],
  ['main/uploads/a.ts', '../hosts/browser-host.ts'],
  ['main/session/a.ts', '@supabase/supabase-js'],
  ['main/session/a.ts', '../compose.ts'],
  ['main/dashboard/a.ts', 'electron'],
  ['main/platform/a.ts', 'electron'],
  ['main/platform/a.ts', '../cache/open.ts'],
  ['main/platform/electron.ts', '../members/read-member.ts'],
];

/** What the same rules must let through; otherwise the refusals above prove nothing. */
const allowed: readonly (readonly [file: string, imported: string])[] = [
  ['shared/contract/a.ts', 'zod'],
  ['shared/csv/a.ts', '../app-error.ts'],
  ['preload/a.ts', 'electron'],
  ['preload/a.ts', '../shared/contract/bridge.ts'],
  ['renderer/members/a.tsx', '../design/notice.tsx'],
  ['renderer/members/a.tsx', '../../shared/contract/members.ts'],
  ['renderer/sync/a.tsx', 'react'],
  ['main/compose.ts', './cache/open.ts'],
  ['main/main.ts', 'electron'],
  ['main/window/a.ts', 'electron'],
  ['main/menu/a.ts', 'electron'],
  ['main/ipc/a.ts', 'electron'],
  ['main/platform/electron.ts', 'electron'],
  ['main/cache/a.ts', 'better-sqlite3'],
  ['main/cache/a.ts', '../../shared/contract/sync.ts'],
  ['main/remote/a.ts', '@supabase/supabase-js'],
  ['main/sync/a.ts', '../cache/open.ts'],
  ['main/sync/a.ts', '../remote/client.ts'],
  ['main/members/a.ts', '../cache/members.ts'],
  ['main/hosts/a.ts', '../compose.ts'],
];

const report = z.object({ diagnostics: z.array(z.object({ code: z.string().optional(), filename: z.string() })) });

let folder: string;

/** Writes each case as a file of its own, in the folder whose rules it is to meet; answers the planted paths. */
function plant(cases: readonly (readonly [string, string])[], prefix: string): string[] {
  return cases.map(([file, imported], index) => {
    // A rule for one named file only reaches that name: such files are planted in trees of their own.
    const named = ['main/main.ts', 'main/compose.ts', 'main/platform/electron.ts', 'renderer/application.tsx'];
    const planted = named.includes(file)
      ? file
      : path.join(path.dirname(file), `${prefix}-${index}${path.extname(file)}`);
    const tree = path.join(folder, named.includes(file) ? `${prefix}-${index}` : 'tree');
    const target = path.join(tree, planted);
    mkdirSync(path.dirname(target), { recursive: true });
    cpSync(path.join(folder, 'rules.json'), path.join(tree, '.oxlintrc.json'));
    writeFileSync(target, `import type * as planted from '${imported}';\nexport type Planted = typeof planted;\n`);
    return target;
  });
}

async function lint(cwd: string): Promise<z.infer<typeof report>> {
  const oxlint = path.join(root, 'node_modules/oxlint/bin/oxlint');
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, [oxlint, '--format', 'json', '.'], { cwd, maxBuffer: 32 << 20 }, (_error, stdout) => {
      // The exit code only repeats whether there are diagnostics.
      resolve(stdout);
    });
  });
  return report.parse(JSON.parse(output));
}

/** Absolute paths of the files that broke `rule`. */
async function refused(rule: string): Promise<Set<string>> {
  const files = new Set<string>();
  for (const tree of readdirSync(folder, { withFileTypes: true })) {
    if (!tree.isDirectory()) continue;
    const cwd = path.join(folder, tree.name);
    for (const { code, filename } of (await lint(cwd)).diagnostics) {
      if (code?.includes(rule) === true) files.add(path.resolve(cwd, filename));
    }
  }
  return files;
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'import-rules-'));
  const rules = z.looseObject({}).parse(JSON.parse(readFileSync(path.join(root, '.oxlintrc.json'), 'utf8')));
  // The walls need no types, and the planted tree has no project for them.
  writeFileSync(path.join(folder, 'rules.json'), JSON.stringify({ ...rules, $schema: undefined, options: {} }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('import rules', () => {
  it('refuse every planted violation and let every rightful import through', async () => {
    const planted = plant(violations, 'wrong');
    const rightful = plant(allowed, 'right');
    const found = await refused('no-restricted-imports');
    const missed = violations.filter((_case, index) => !found.has(planted[index] ?? ''));
    const overzealous = allowed.filter((_case, index) => found.has(rightful[index] ?? ''));
    expect({ missed, overzealous }).toEqual({ missed: [], overzealous: [] });
  });

  it('refuse a planted cycle', async () => {
    const tree = path.join(folder, 'cycle');
    mkdirSync(path.join(tree, 'main/members'), { recursive: true });
    cpSync(path.join(folder, 'rules.json'), path.join(tree, '.oxlintrc.json'));
    const one = path.join(tree, 'main/members/one.ts');
    writeFileSync(one, "import { two } from './two.ts';\nexport const one = (): number => two();\n");
    writeFileSync(
      path.join(tree, 'main/members/two.ts'),
      "import { one } from './one.ts';\nexport const two = (): number => one();\n",
    );
    expect(await refused('no-cycle')).toContain(one);
  });

  it('know every folder of main and of the renderer, so that a new one needs a rule first', () => {
    const foldersOf = (parent: string): string[] =>
      readdirSync(path.join(root, parent), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name);
    expect(
      foldersOf('main').filter(
        (name) =>
          ![
            'activity',
            'allocation',
            'cache',
            'dashboard',
            'diagnostics',
            'hosts',
            'ipc',
            'members',
            'menu',
            'platform',
          ]
            .concat('remote', 'session', 'settings', 'sync', 'uploads', 'window')
            .includes(name),
      ),
    ).toEqual([]);
    expect(
      foldersOf('renderer').filter(
        (name) =>
          !['activity', 'bridge', 'dashboard', 'design', 'members', 'messages', 'navigation', 'session']
            .concat('settings', 'shell', 'sync', 'uploads')
            .includes(name),
      ),
    ).toEqual([]);
  });

  it('have no folder of leftovers', () => {
    const forbidden = /(^|[\\/])(utils?|helpers?|common|services?|lib)$/;
    const found = ['main', 'preload', 'renderer', 'shared', 'scripts'].flatMap((parent) =>
      readdirSync(path.join(root, parent), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory() && forbidden.test(entry.name))
        .map((entry) => path.join(path.relative(root, entry.parentPath), entry.name)),
    );
    expect(found).toEqual([]);
  });
});
