/** What is stored, or undefined where a fault of the disk has left no JSON of it: no schema takes that. */
export function parseStored(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
