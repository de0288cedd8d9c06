import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Project, startDirectProject } from './direct-server.ts';
import type { Place } from './run-life.ts';
import { makeTemplate } from './template.ts';

/** What lies here waits for no disk; that it survives a power cut is proven elsewhere. */
const memory = '/dev/shm';

/** A project, and folders for the consoles of many lives; the functions without HTTP between where nothing else is said. */
export async function openPlace(start: () => Promise<Project> = startDirectProject): Promise<Place> {
  const folder = mkdtempSync(path.join(existsSync(memory) ? memory : tmpdir(), 'partner-console-model-'));
  const project = await start();
  try {
    return { project, folder, template: await makeTemplate(project, folder) };
  } catch (error) {
    await project.close();
    rmSync(folder, { recursive: true });
    throw error;
  }
}

export async function closePlace({ project, folder }: Place): Promise<void> {
  await project.close();
  rmSync(folder, { recursive: true });
}
