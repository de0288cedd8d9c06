/** An instant as stored and shown: ISO 8601, UTC, milliseconds. `milliseconds` since 1970. Sorts as text. */
export function instantAt(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
