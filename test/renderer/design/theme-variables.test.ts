import { convertCssVariables, DEFAULT_THEME, mergeMantineTheme } from '@mantine/core';
import { expect, it } from 'vitest';
import { cssVariables, theme } from '../../../renderer/design/theme.ts';

/** `npx vitest run --project renderer -u test/renderer/design` writes the file anew after the theme has changed. */
it('has the theme written out as a static style sheet, because the policy refuses styles made at run time', async () => {
  const css = convertCssVariables(cssVariables(mergeMantineTheme(DEFAULT_THEME, theme)), ':root');
  const pretty = css
    .replaceAll('"', "'")
    .replaceAll(/\s*([{};])\s*/g, '$1')
    .replaceAll('{', ' {\n')
    .replaceAll(';', ';\n')
    .replaceAll('}', '\n}\n\n')
    .replaceAll(/\n+\n\}/g, '\n}')
    .replaceAll(/^(--[^:]+):\s*/gm, '  $1: ');
  const header = '/* Generated from theme.ts by test/renderer/design/theme-variables.test.ts: change it there. */\n';
  await expect(`${header}${pretty.trim()}\n`).toMatchFileSnapshot('../../../renderer/design/theme-variables.css');
});
