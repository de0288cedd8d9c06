import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { OpenDatabase } from '../main/cache/database.ts';
import { fillSearch } from '../main/cache/fill-search.ts';
import { readMemberPage } from '../main/cache/member-pages.ts';
import { openDatabase } from '../main/cache/open.ts';
import { applyChangePage } from '../main/cache/pull-state.ts';
import { changePage, member } from '../test/builders/database.ts';
import { baseline, timing, type BenchReport } from './measure.ts';

const firstNames = ['Anna', 'Jürgen', 'Márta', 'Oliver', 'Sofia', 'Ping', 'Fatima', 'Björn', 'Chloé', 'Dmitri'];
const lastNames = [
  'Schmidt',
  'Kowalski',
  'Nguyen',
  'García',
  'Okafor',
  'Lindqvist',
  'Moreau',
  'Haddad',
  'Novák',
  'Ito',
];
/** Typed letter by letter: rare, common, in the middle of a word, of the e-mail, of nobody. */
const typed = ['anna 4711', 'schmidt', 'lindq', 'jürgen ok', 'person99', '@company', 'zzzz', 'kowalski 31'];

/** Every step of typing a search among members: the page as the grid asks for it, in each order of names, with its count. */
export async function benchMemberSearch(members: number, rounds: number): Promise<BenchReport> {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-bench-'));
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(`the cache cannot be opened: ${opened.error.code}`);
  const database = opened.value;
  try {
    await fill(database, members);
    const steps = typed.flatMap((text) => Array.from(text, (_, place) => text.slice(0, place + 1)));
    const taken: { readonly search: string; readonly milliseconds: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const search of steps) {
        const start = performance.now();
        readMemberPage(
          database,
          {
            filter: { search, status: null, credits: null },
            sort: { by: round % 2 === 0 ? 'name' : 'created_at', direction: 'ascending' },
            offset: 0,
            limit: 100,
          },
          Date.now(),
        );
        taken.push({ search, milliseconds: performance.now() - start });
      }
    }
    return report(members, taken);
  } finally {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(database: OpenDatabase, members: number): Promise<void> {
  const page = 1_000;
  for (let from = 0; from < members; from += page) {
    const people = Array.from({ length: Math.min(page, members - from) }, (_, index) => {
      const number = from + index + 1;
      const first = firstNames[number % firstNames.length] ?? '';
      const last = lastNames[Math.floor(number / firstNames.length) % lastNames.length] ?? '';
      return member(number, { firstName: `${first} ${last} ${number}`, email: `person${number}@company.example` });
    });
    applyChangePage(database, changePage({ members: people, hasMore: from + page < members }), Date.now());
  }
  await fillSearch(database);
}

function report(members: number, taken: readonly { search: string; milliseconds: number }[]): BenchReport {
  const figure = (what: string, of: readonly { milliseconds: number }[]) => {
    const sorted = of.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b);
    const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
    const value = `${timing(sorted).median.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
    return { what, value, goal: 'p99 ≤ 10 ms', isMet: p99 <= 10 };
  };
  const letters = (search: string): number => Array.from(search.trim()).length;
  return {
    name: 'member-search',
    figures: [
      baseline('members', members.toLocaleString('en')),
      figure('every step of typing', taken),
      figure(
        'one or two letters',
        taken.filter(({ search }) => letters(search) < 3),
      ),
      figure(
        'three letters and more',
        taken.filter(({ search }) => letters(search) >= 3),
      ),
    ],
    data: { members, taken },
    notes: taken
      .toSorted((a, b) => b.milliseconds - a.milliseconds)
      .slice(0, 5)
      .map(({ search, milliseconds }) => `slow: ${JSON.stringify(search)} ${milliseconds.toFixed(1)} ms`),
  };
}
