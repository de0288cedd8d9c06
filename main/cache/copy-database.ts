import Database from 'better-sqlite3';

/** Copies a database as it stands at this moment, also while another program works with it, which is not held up. */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const connection = new Database(from, { readonly: true, fileMustExist: true });
  try {
    await connection.backup(to);
  } finally {
    connection.close();
  }
}
