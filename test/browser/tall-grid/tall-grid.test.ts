import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../../../scripts/drive/launch-browser.ts';

let browser: Browser;
let page: Page;
const bundle = { script: '', style: '' };

beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', development: false } },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      lib: { entry: path.join(import.meta.dirname, 'tall-grid-page.tsx'), formats: ['iife'], name: 'page' },
    },
  });
  for (const { output } of Array.isArray(built) ? built : []) {
    for (const file of output) {
      if (file.type === 'chunk') bundle.script = file.code;
      else bundle.style += String(file.source);
    }
  }
  browser = await launchChromium();
});
afterAll(() => browser.close());

async function show(rows: number): Promise<void> {
  page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  page.setDefaultTimeout(10_000);
  await page.setContent('<div id="root"></div>');
  await page.evaluate((name) => (window.name = name), String(rows));
  await page.addStyleTag({ content: bundle.style });
  await page.addScriptTag({ content: bundle.script });
  await page.getByRole('grid').focus();
}

/** The rows that are seen whole below the head, by what they show and by their place as it is read aloud. */
function seen(): Promise<{ numbers: number[]; places: number[]; active: string | null; bar: number }> {
  return page.evaluate(() => {
    const grid = document.querySelector('[role=grid]');
    if (!grid) throw new Error('no grid');
    const box = grid.getBoundingClientRect();
    const rows = Array.from(grid.querySelectorAll('[role=row][aria-rowindex]')).filter((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return row.ariaRowIndex !== '1' && top >= box.top + 39 && bottom <= box.bottom + 1;
    });
    const active = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
    return {
      numbers: rows.map((row) => Number(row.querySelector('[role=gridcell]')?.textContent)),
      places: rows.map((row) => Number(row.ariaRowIndex) - 1),
      active: active?.parentElement?.querySelector('[role=gridcell]')?.textContent ?? null,
      bar: grid.scrollTop / (grid.scrollHeight - grid.clientHeight),
    };
  });
}

async function settled(): Promise<Awaited<ReturnType<typeof seen>>> {
  await page.waitForTimeout(450);
  const what = await seen();
  expect(what.places).toEqual(what.numbers);
  expect(what.numbers.length).toBeGreaterThan(8);
  expect(what.numbers).toEqual(what.numbers.map((_, index) => (what.numbers[0] ?? 0) + index));
  return what;
}

const scrollTo = (share: number): Promise<void> =>
  page.getByRole('grid').evaluate((grid, part) => {
    grid.scrollTop = part * (grid.scrollHeight - grid.clientHeight);
  }, share);

describe('a grid of 1,000,000 rows', () => {
  beforeAll(() => show(1_000_000));
  afterAll(() => page.close());

  test('shows its last row by key, and its first again', async () => {
    await page.keyboard.press('Control+End');
    const end = await settled();
    expect(end.numbers.at(-1)).toBe(1_000_000);
    expect(end.active).toBe('1000000');
    expect(end.bar).toBeGreaterThan(0.999);
    await page.keyboard.press('ArrowUp');
    expect((await settled()).active).toBe('999999');
    await page.keyboard.press('Control+Home');
    const start = await settled();
    expect(start.numbers[0]).toBe(1);
    expect(start.active).toBe('1');
    expect(start.bar).toBe(0);
  });

  test('shows the middle where the bar is in the middle, and goes on from there row by row', async () => {
    await scrollTo(0.5);
    const { numbers } = await settled();
    expect(Math.abs((numbers[0] ?? 0) - 500_000)).toBeLessThan(50);
    await page.getByText(`Member ${numbers[3]}`, { exact: true }).click();
    for (let press = 0; press < 30; press += 1) await page.keyboard.press('ArrowDown');
    const below = await settled();
    expect(below.active).toBe(String((numbers[3] ?? 0) + 30));
    expect(below.numbers).toContain((numbers[3] ?? 0) + 30);
  });

  test('moves by the wheel as any list does, and reaches both ends by it', async () => {
    await scrollTo(0.25);
    const before = await settled();
    await page.mouse.move(200, 250);
    await page.mouse.wheel(0, 460);
    const after = await settled();
    expect((after.numbers[0] ?? 0) - (before.numbers[0] ?? 0)).toBe(10);
    expect(Math.abs(after.bar - before.bar)).toBeLessThan(0.001);
    await scrollTo(0.99999);
    await settled();
    for (let turn = 0; turn < 30; turn += 1) {
      await page.mouse.wheel(0, 400);
      await page.waitForTimeout(20);
    }
    expect((await settled()).numbers.at(-1)).toBe(1_000_000);
    await page.mouse.wheel(0, -460);
    expect((await settled()).numbers.at(-1)).toBe(999_990);
  });
});

test('a grid of 100,000 rows is as tall as they are', async () => {
  await show(100_000);
  await page.keyboard.press('Control+End');
  expect((await settled()).numbers.at(-1)).toBe(100_000);
  expect(await page.getByRole('grid').evaluate((grid) => grid.scrollHeight)).toBe(100_000 * 46 + 40);
  await page.close();
});
