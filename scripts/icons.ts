import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { locateChromium } from './suites/locate-chromium.ts';
import { encodeIco } from './package/icon-file.ts';

/** `npm run icons`: draws build/icon.svg at every size that the packages need. Run it after changing the drawing. */
const build = path.resolve(import.meta.dirname, '../build');
const svg = readFileSync(path.join(build, 'icon.svg'), 'utf8');
const linuxEdges = [16, 24, 32, 48, 64, 128, 256, 512];
const windowsEdges = [16, 24, 32, 48, 64, 128, 256];

const executablePath = await locateChromium();
if (executablePath === null) throw new Error('No Chromium found; set CHROMIUM_PATH to one.');
const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
const page = await browser.newPage();
const draw = async (edge: number): Promise<Buffer> => {
  await page.setViewportSize({ width: edge, height: edge });
  await page.setContent(
    `<style>body { margin: 0 } svg { display: block; width: ${edge}px; height: ${edge}px }</style>${svg}`,
  );
  return page.screenshot({ omitBackground: true });
};
mkdirSync(path.join(build, 'icons'), { recursive: true });
for (const edge of linuxEdges) writeFileSync(path.join(build, 'icons', `${edge}x${edge}.png`), await draw(edge));
writeFileSync(path.join(build, 'icon.png'), await draw(1_024));
const pictures = [];
for (const edge of windowsEdges) pictures.push({ edge, png: await draw(edge) });
writeFileSync(path.join(build, 'icon.ico'), encodeIco(pictures));
await browser.close();
