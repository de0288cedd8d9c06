import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWindowState, visibleBounds, writeWindowState } from '../../../main/window/window-state.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'window-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
const bounds = { x: 100, y: 50, width: 1200, height: 800 };

describe('window state', () => {
  it('comes back as it was stored, and never stops a start', () => {
    expect(readWindowState(folder)).toBeNull();
    writeWindowState(folder, { bounds, maximized: true });
    expect(readWindowState(folder)).toEqual({ bounds, maximized: true });
    for (const damaged of [
      '',
      '{',
      '{"bounds":{"x":"a"}}',
      '{"bounds":{"x":0,"y":0,"width":1,"height":1},"maximized":false}',
    ]) {
      writeFileSync(path.join(folder, 'window.json'), damaged);
      expect(readWindowState(folder)).toBeNull();
    }
  });

  it('is used only where the title bar can be grabbed on a screen of today', () => {
    expect(visibleBounds(bounds, [screen])).toEqual(bounds);
    expect(visibleBounds({ ...bounds, x: 2_500 }, [screen])).toBeNull();
    expect(visibleBounds({ ...bounds, x: 2_500 }, [screen, { ...screen, x: 1920 }])).not.toBeNull();
    expect(visibleBounds({ ...bounds, y: -400 }, [screen])).toBeNull();
    expect(visibleBounds({ ...bounds, y: 1_070 }, [screen])).toBeNull();
    expect(visibleBounds({ ...bounds, x: -1_150 }, [screen])).toBeNull();
  });
});
