import { readdirSync } from 'node:fs';
import path from 'node:path';
import { saveMember } from '../../main/cache/member-rows.ts';
import { openDatabase } from '../../main/cache/open.ts';
import { trackSearchChanges } from '../../main/cache/search-changes.ts';

const dayMs = 86_400_000;
const names = [
  'Anna',
  'Jürgen',
  'Zoë',
  'Søren',
  'Aïcha',
  'Łukasz',
  'Maria',
  'Emre',
  'Chloé',
  'Björn',
  'Priya',
  'Tomás',
];
const surnames = ['schneider', 'koch', 'dubois', 'madsen', 'benali', 'nowak', 'rossi', 'yilmaz', 'martin', 'raman'];

/**
 * Adds members to what this computer knows of the account `email`, through the cache's own writing, as if they had been
 * pulled. No console may run on the folder.
 */
export function fillCache(dataFolder: string, email: string, members: number): void {
  const files = readdirSync(dataFolder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => path.basename(file) === 'console.db',
  );
  for (const file of files) {
    const opened = openDatabase(path.join(dataFolder, file));
    if (!opened.ok) throw new Error(`the cache cannot be opened: ${opened.error.code}`);
    const database = opened.value;
    const expiryAt = database.get<{ expiry_at: string }>(
      'select expiry_at from pull_state where exists (select 1 from partner where email = ?)',
      email,
    )?.expiry_at;
    if (expiryAt !== undefined) {
      const search = trackSearchChanges(database);
      const now = Date.parse(expiryAt);
      for (let first = 0; first < members; first += 10_000) {
        database.transaction(() => {
          for (let place = first; place < Math.min(members, first + 10_000); place += 1) {
            saveMember(database, search, madeUpMember(place, now), expiryAt);
          }
          search.flush();
        });
      }
    }
    database.close();
  }
}

function madeUpMember(place: number, now: number): Parameters<typeof saveMember>[2] {
  const firstName = names[place % names.length] ?? '';
  const surname = surnames[Math.floor(place / names.length) % surnames.length] ?? '';
  const number = String(place).padStart(12, '0');
  const available = place % 7;
  return {
    memberId: `10000000-0000-4000-8000-${number}`,
    firstName,
    email: `${surname}.${place + 1}@nordlicht-werke.example`,
    status: place % 12 === 7 ? 'inactive' : 'active',
    userId: null,
    creditsAssigned: available,
    createdAt: new Date(now - (place % 400) * dayMs).toISOString(),
    credits:
      available === 0
        ? []
        : [
            {
              expiresAt: new Date(now + (10 + (place % 300)) * dayMs).toISOString(),
              available,
              used: 0,
              expired: 0,
              revoked: 0,
            },
          ],
    sessions: [],
  };
}
