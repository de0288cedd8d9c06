import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { accountIdOf } from '../../main/session/account-id.ts';
import { openConsole } from '../builders/console.ts';
import { addPartner, password, type Project } from './direct-server.ts';

const files = {
  'people.csv': [
    'new1@people.example,Nora,4',
    'member0@people.example,Mira,3',
    'member3@people.example,Ivo,2',
    'no e-mail,Nobody,1',
  ],
  'more.csv': ['new2@people.example,Nils,5', 'new1@people.example,Nora,1', 'member1@people.example,Mona,0'],
};

/** An account with two files that were read and wait to be sent, and nothing else: every run begins with it. */
export interface Template {
  readonly draftIds: readonly string[];
  /** Lays it where the console looks for this user, if there is nothing yet. */
  layFor(dataFolder: string, userId: string): void;
}

/** Reads the files once through the real console: a thread that reads a file takes longer to start than a whole run. */
export async function makeTemplate(project: Project, folder: string): Promise<Template> {
  const partner = await addPartner(project.sql, 0);
  const dataFolder = mkdtempSync(path.join(folder, 'template-'));
  const partnerConsole = await openConsole({ dataFolder, fetch: project.fetch });
  const { url: serverUrl, publishableKey } = project;
  await partnerConsole.value('session.signIn', { serverUrl, publishableKey, email: partner.email, password });
  await partnerConsole.until('sync.status', {}, (status) => status.lastPullAt !== null && !status.pulling);
  const draftIds: string[] = [];
  for (const [fileName, lines] of Object.entries(files)) {
    const bytes = new TextEncoder().encode(['Email,First name,Credits', ...lines].join('\n'));
    const { draftId } = await partnerConsole.value('uploads.begin', { fileName, size: bytes.length });
    await partnerConsole.value('uploads.append', { draftId, bytes });
    const { analysis } = await partnerConsole.value('uploads.analyse', { draftId, options: null });
    if (analysis === null) throw new Error('the file was not recognised');
    const { encoding, separator, sheet, mapping } = analysis;
    await partnerConsole.value('uploads.importRows', {
      draftId,
      options: { encoding, separator, sheet },
      mapping,
      clearBlank: [],
    });
    draftIds.push(draftId);
  }
  await partnerConsole.value('session.signOut', { clearCache: true });
  await partnerConsole.close();
  const source = path.join(dataFolder, 'accounts', accountIdOf(project.url, partner.userId));
  // The thread that read the files lets go of the database when it ends; its last files go with that.
  while (readdirSync(source).some((file) => /-(wal|shm)$/.test(file))) await delay(10);
  const kept = path.join(folder, 'template');
  cpSync(source, kept, { recursive: true });
  rmSync(dataFolder, { recursive: true });
  return {
    draftIds,
    layFor(into, userId) {
      const place = path.join(into, 'accounts', accountIdOf(project.url, userId));
      if (existsSync(place)) return;
      mkdirSync(path.dirname(place), { recursive: true });
      cpSync(kept, place, { recursive: true });
    },
  };
}
