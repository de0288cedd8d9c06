export interface GridPosition {
  readonly row: number;
  readonly column: number;
}

interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Rows that Page Up and Page Down move by. */
  readonly page: number;
}

interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** Where a key moves the cursor of a grid, after the ARIA pattern for grids; null when the key does not move it. */
export function moveInGrid(key: Key, at: GridPosition, size: GridSize): GridPosition | null {
  if (key.altKey) return null;
  const lastRow = size.rows - 1;
  const lastColumn = size.columns - 1;
  const far = key.ctrlKey || key.metaKey;
  const byRow = size.columns === 1;
  const row = (to: number): GridPosition => ({ ...at, row: Math.max(0, Math.min(lastRow, to)) });
  const column = (to: number): GridPosition => ({ ...at, column: Math.max(0, Math.min(lastColumn, to)) });
  switch (key.key) {
    case 'ArrowDown':
      return row(far ? lastRow : at.row + 1);
    case 'ArrowUp':
      return row(far ? 0 : at.row - 1);
    case 'PageDown':
      return row(at.row + size.page);
    case 'PageUp':
      return row(at.row - size.page);
    case 'ArrowRight':
      return byRow ? null : column(far ? lastColumn : at.column + 1);
    case 'ArrowLeft':
      return byRow ? null : column(far ? 0 : at.column - 1);
    case 'Home':
      return byRow || far ? { row: 0, column: 0 } : column(0);
    case 'End':
      return byRow || far ? { row: lastRow, column: lastColumn } : column(lastColumn);
    default:
      return null;
  }
}
