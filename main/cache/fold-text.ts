/**
 * The form in which text is searched: lower case, without accents. "Zoë" and "zoe" are the same; ß, ø and ł stay
 * themselves, as the search index (FTS5 `remove_diacritics 1`) leaves them too.
 */
export function foldText(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
}
