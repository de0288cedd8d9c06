/** What can part the cells of a text file. Here, without the schema library, for the thread that reads files: it starts faster. */
export const separators = [',', ';', '\t', '|'] as const;
