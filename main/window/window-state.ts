import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const rectangle = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(640).max(20_000),
  height: z.number().int().min(480).max(20_000),
});
export type Rectangle = z.infer<typeof rectangle>;

const windowState = z.object({ bounds: rectangle, maximized: z.boolean() });
export type WindowState = z.infer<typeof windowState>;

const fileIn = (dataFolder: string): string => path.join(dataFolder, 'window.json');

/** Where the window stood when it was last closed; null when nothing usable is stored. */
export function readWindowState(dataFolder: string): WindowState | null {
  try {
    return windowState.safeParse(JSON.parse(readFileSync(fileIn(dataFolder), 'utf8'))).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return null;
    throw error;
  }
}

/** Remembers the window's place. */
export function writeWindowState(dataFolder: string, state: WindowState): void {
  const partial = `${fileIn(dataFolder)}.new`;
  writeFileSync(partial, JSON.stringify(state), { mode: 0o600 });
  renameSync(partial, fileIn(dataFolder));
}

/**
 * The stored bounds if enough of the title bar lies on one of today's screens to be grabbed; null when the screen they
 * were on is gone.
 */
export function visibleBounds(bounds: Rectangle, workAreas: readonly Rectangle[]): Rectangle | null {
  const grabbable = workAreas.some((area) => {
    const overlap = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x);
    return overlap >= 100 && bounds.y >= area.y - 10 && bounds.y <= area.y + area.height - 40;
  });
  return grabbable ? bounds : null;
}
