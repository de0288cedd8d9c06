import type { CheckName, Verdict } from '../../shared/contract/diagnostics.ts';
import type { Tone } from './state-words.ts';

export const checkNameWords: Readonly<Record<CheckName, string>> = {
  proxy: 'Proxy',
  name: 'Name of the server (DNS)',
  connection: 'Connection and certificate',
  sign_in_server: 'Sign-in server',
  data_server: 'Data server',
  clock: 'Clock',
  versions: 'Versions',
  folder: 'Data folder',
  disk: 'Disk',
  keyring: 'Keyring',
  database: 'Database',
  outbox: 'Outbox',
};

export const verdictWords: Readonly<Record<Verdict, { text: string; tone: Tone }>> = {
  pass: { text: 'In order', tone: 'confirmed' },
  warn: { text: 'Look at this', tone: 'warning' },
  fail: { text: 'Failed', tone: 'refused' },
  skipped: { text: 'Skipped', tone: 'neutral' },
};
