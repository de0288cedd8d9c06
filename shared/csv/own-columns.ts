/** What an error file adds behind the columns of the file it came from. */
export const ownHeaders = ['status', 'reason', 'field', 'receipt'] as const;

/** A row of a draft, as a receipt cell names it. */
export interface RowReceipt {
  readonly draftId: string;
  readonly row: number;
}

const RECEIPT = /^PC-([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})-([1-9]\d{0,9})(?: |$)/i;

/** The receipt cell of a row: by it a returned file is known again. Behind a space: the server's allocation, where there is one. */
export function receiptCell({ draftId, row }: RowReceipt, allocationId: string | null): string {
  const name = `PC-${draftId}-${row}`;
  return allocationId === null ? name : `${name} ${allocationId}`;
}

/** The row that a receipt cell names, or null when it is none. */
export function readReceipt(cell: string): RowReceipt | null {
  const [, draftId, row] = RECEIPT.exec(cell.trim()) ?? [];
  return draftId === undefined || row === undefined ? null : { draftId: draftId.toLowerCase(), row: Number(row) };
}

/**
 * Where our own columns stand in a file that came back, in its order; empty for any other file. They say nothing about members, so
 * that "status" there is no member's status.
 */
export function ownColumns(
  columns: readonly { readonly header: string; readonly samples: readonly string[] }[],
): readonly number[] {
  const receipt = receiptColumn(columns);
  if (receipt === null) return [];
  return ownHeaders
    .map((name) => (name === 'receipt' ? receipt : columns.findLastIndex(({ header }) => isNamed(header, name))))
    .filter((column) => column >= 0)
    .toSorted((one, other) => one - other);
}

/** Where the receipts of a returned file stand, or null. */
export function receiptColumn(
  columns: readonly { readonly header: string; readonly samples: readonly string[] }[],
): number | null {
  const column = columns.findLastIndex(
    ({ header, samples }) => isNamed(header, 'receipt') && samples.some((sample) => readReceipt(sample) !== null),
  );
  return column === -1 ? null : column;
}

function isNamed(header: string, name: string): boolean {
  return header.trim().toLowerCase() === name;
}
