import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { OpenDatabase } from '../../main/cache/database.ts';

const PAGE_BYTES = 4_096;

/**
 * Closes a database and gives its file one flipped bit after the other, in the pages of a table and its indexes: evenly over them, so that
 * a run that fails can be made again. Calls `look` after each with the place that was changed, and puts the whole file back at the end.
 */
export function eachFlippedBit(
  database: OpenDatabase,
  table: string,
  flips: number,
  look: (place: string) => void,
): void {
  const { file } = database;
  const pages = database
    .all<{ page: number }>(
      `select pageno as page from dbstat where name in (select name from sqlite_schema where tbl_name = ?) and pageno > 0`,
      table,
    )
    .map(({ page }) => page);
  database.execute('pragma wal_checkpoint(truncate)');
  database.close();
  const whole = `${file}.whole`;
  copyFileSync(file, whole);
  const bytes = readFileSync(whole);
  const put = (content: Buffer): void => {
    for (const side of ['-wal', '-shm']) rmSync(`${file}${side}`, { force: true });
    writeFileSync(file, content);
  };
  for (let flip = 0; flip < flips; flip += 1) {
    const place = ((pages[flip % pages.length] ?? 1) - 1) * PAGE_BYTES + ((flip * 2_654_435_761) % PAGE_BYTES);
    const spoiled = Buffer.from(bytes);
    spoiled.writeUInt8(spoiled.readUInt8(place) ^ (1 << (flip % 8)), place);
    put(spoiled);
    look(`byte ${place} bit ${flip % 8}`);
  }
  put(bytes);
}
