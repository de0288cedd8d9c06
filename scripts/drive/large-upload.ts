import { writeFileSync } from 'node:fs';
import path from 'node:path';

const names = ['Anna', 'Bruno', 'Chloé', 'Elif', 'Grażyna', 'Håkon', 'Inês', 'João', 'Søren', 'Zoë'];

/** Writes a file of so many members, in which one row in 250 has an error and one in 400 a warning; answers its path. */
export function writeLargeUpload(folder: string, rows: number): string {
  const file = path.join(folder, 'all-sites.csv');
  const lines = ['E-mail;First name;Credits;Valid for (days)'];
  for (let row = 1; row <= rows; row += 1) {
    const name = names[row % names.length] ?? 'Anna';
    const domain = row % 400 === 0 ? 'gmial.com' : 'nordlicht-werke.example';
    const at = row % 1_000 === 250 ? '@@' : '@';
    const credits = row % 1_000 === 500 ? 'two' : row % 1_000 === 750 ? '-1' : '0';
    lines.push(`member${row}${at}${domain};${name};${credits};90`);
  }
  writeFileSync(file, `${lines.join('\r\n')}\r\n`);
  return file;
}
