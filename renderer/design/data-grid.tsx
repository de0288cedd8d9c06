// A grid that renders only what is on screen cannot be a <table>: its rows are placed by hand, and its keys are handled
// by the grid as one, which keeps a single tab stop.
/* oxlint-disable jsx-a11y/prefer-tag-over-role, jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */
import { VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import {
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
  useState,
} from 'react';
import classes from './data-grid.module.css';
import { type GridPosition, moveInGrid } from './grid-keys.ts';
import { useTallRows } from './use-tall-rows.ts';

export interface GridColumn<Row> {
  readonly id: string;
  readonly header: string;
  /** A track of CSS grid, e.g. `minmax(12rem, 2fr)`. */
  readonly width: string;
  readonly align?: 'end';
  readonly sortable?: boolean;
  /** The header is only read aloud: a column of boxes is too narrow for a word. */
  readonly hidesHeader?: boolean;
  readonly render: (row: Row, index: number) => ReactNode;
}

export interface GridSort {
  readonly by: string;
  readonly direction: 'ascending' | 'descending';
}

/** Lets a page move the grid's own cursor. */
export interface GridHandle {
  focus(): void;
  /** Moves the cursor to a row, and to a column when one is named, and brings it into view. */
  goTo(index: number, columnId?: string): void;
}

interface DataGridProps<Row> {
  readonly label: string;
  readonly columns: readonly GridColumn<Row>[];
  readonly rowCount: number;
  /** Undefined while the row is on its way: its place is kept. */
  readonly rowAt: (index: number) => Row | undefined;
  /** Row height in rem, so that larger text gets larger rows. */
  readonly rowHeight?: number;
  readonly onShow: (from: number, to: number) => void;
  /** Enter, or a click on a row; after Enter the focus may move along. */
  readonly onOpen?: (row: Row, by: 'key' | 'pointer') => void;
  /** Keys that the grid does not use itself; true when it was used. */
  readonly onKey?: (event: KeyboardEvent, row: Row | undefined, index: number, columnId: string) => boolean;
  readonly onActive?: (index: number) => void;
  readonly sort?: GridSort;
  readonly onSort?: (columnId: string) => void;
  readonly isSelected?: (row: Row) => boolean;
  /** More than one row can be selected. */
  readonly multiselectable?: boolean;
  readonly toneOf?: (row: Row) => string | undefined;
  /** The cursor stands on cells instead of rows. */
  readonly byCell?: boolean;
  readonly empty: ReactNode;
  readonly ref?: Ref<GridHandle>;
}

const HEADER_REM = 2.5;

/** A grid over any number of rows: only those on screen exist, the keyboard reaches all of them. */
export function DataGrid<Row>({ rowHeight = 2.875, byCell = false, columns, rowCount, ...props }: DataGridProps<Row>) {
  const { rowAt, onShow, onOpen, onActive } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [position, setPosition] = useState<GridPosition>({ row: 0, column: 0 });
  const rem = useRootFontSize();
  const active: GridPosition = { row: Math.min(position.row, Math.max(0, rowCount - 1)), column: position.column };

  const rowSize = rowHeight * rem;
  const rows = useTallRows(scroller, { count: rowCount, rowSize, headSize: HEADER_REM * rem });
  const { from, to } = rows;
  const shown = Array.from({ length: Math.max(0, to - from + 1) }, (_, place) => from + place);
  useEffect(() => onShow(from, to), [onShow, from, to]);

  const goTo = (next: GridPosition): void => {
    setPosition(next);
    rows.show(next.row);
    onActive?.(next.row);
  };
  useImperativeHandle(props.ref, () => ({
    focus: () => scroller.current?.focus({ preventScroll: true }),
    goTo: (index, columnId) => {
      const column = columns.findIndex((candidate) => candidate.id === columnId);
      goTo({ row: index, column: column < 0 ? active.column : column });
    },
  }));

  const onKeyDown = (event: KeyboardEvent): void => {
    // Keys inside a cell's own field or button belong to it.
    if (event.target !== event.currentTarget || rowCount === 0) return;
    const row = rowAt(active.row);
    if (props.onKey?.(event, row, active.row, columns[active.column]?.id ?? '')) return event.preventDefault();
    if (event.key === 'Enter' && row && onOpen) {
      event.preventDefault();
      return onOpen(row, 'key');
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowSize) - 1);
    const next = moveInGrid(event, active, { rows: rowCount, columns: byCell ? columns.length : 1, page });
    if (!next) return;
    event.preventDefault();
    goTo(next);
  };

  // A column beyond the edge comes into view with the cursor.
  const activeCell = byCell ? `${id}-${active.row}-${active.column}` : null;
  useEffect(() => {
    if (activeCell) document.getElementById(activeCell)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [activeCell]);

  const cellId = (row: number, column: number): string => `${id}-${row}-${column}`;
  const rowId = (row: number): string => `${id}-${row}`;
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(' ') };
  const activeIsShown = active.row >= from && active.row <= to;

  return (
    <div
      ref={scroller}
      className={classes['grid']}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-rowcount={rowCount + 1}
      aria-colcount={columns.length}
      aria-multiselectable={props.multiselectable}
      aria-activedescendant={
        activeIsShown ? (byCell ? cellId(active.row, active.column) : rowId(active.row)) : undefined
      }
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className={classes['head']}>
        <div role="row" aria-rowindex={1} className={classes['header-row']} style={template}>
          {columns.map((column, index) => (
            <HeaderCell key={column.id} column={column} index={index} sort={props.sort} onSort={props.onSort} />
          ))}
        </div>
      </div>
      {rowCount === 0 ? (
        <div role="rowgroup">
          <div role="row">
            <div role="gridcell">{props.empty}</div>
          </div>
        </div>
      ) : (
        <div role="rowgroup" className={classes['body']} style={{ height: rows.height }}>
          {shown.map((place) => {
            const row = rowAt(place);
            return (
              <div
                key={place}
                id={rowId(place)}
                role="row"
                aria-rowindex={place + 2}
                aria-selected={props.isSelected ? row !== undefined && props.isSelected(row) : undefined}
                aria-busy={row === undefined || undefined}
                className={classes['row']}
                data-active={(!byCell && place === active.row) || undefined}
                data-tone={row && props.toneOf?.(row)}
                style={{
                  ...template,
                  height: rowSize,
                  transform: `translateY(${rows.top(place)}px)`,
                }}
                data-opens={onOpen ? true : undefined}
                onClick={() => {
                  setPosition((before) => ({ ...before, row: place }));
                  rows.keep(place);
                  onActive?.(place);
                  if (row && onOpen) onOpen(row, 'pointer');
                }}
              >
                {columns.map((column, index) => (
                  <div
                    key={column.id}
                    id={cellId(place, index)}
                    role="gridcell"
                    aria-colindex={index + 1}
                    className={classes['cell']}
                    data-align={column.align}
                    data-active={(byCell && place === active.row && index === active.column) || undefined}
                    onMouseDown={byCell ? () => setPosition({ row: place, column: index }) : undefined}
                  >
                    {row === undefined ? <span className={classes['placeholder']} /> : column.render(row, place)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}

interface HeaderCellProps<Row> {
  readonly column: GridColumn<Row>;
  readonly index: number;
  readonly sort: GridSort | undefined;
  readonly onSort: ((columnId: string) => void) | undefined;
}

function HeaderCell<Row>({ column, index, sort, onSort }: HeaderCellProps<Row>) {
  const direction = sort?.by === column.id ? sort.direction : undefined;
  const Arrow = direction === 'descending' ? IconArrowDown : IconArrowUp;
  return (
    <div
      role="columnheader"
      aria-colindex={index + 1}
      aria-sort={column.sortable ? (direction ?? 'none') : undefined}
      className={classes['header-cell']}
      data-align={column.align}
    >
      {column.sortable && onSort ? (
        <button type="button" className={classes['sort']} onClick={() => onSort(column.id)}>
          {column.header}
          <Arrow size={14} aria-hidden className={classes['arrow']} data-on={direction !== undefined || undefined} />
        </button>
      ) : column.hidesHeader ? (
        <VisuallyHidden>{column.header}</VisuallyHidden>
      ) : (
        column.header
      )}
    </div>
  );
}

/** Pixels in one rem; follows the person's text size. */
function useRootFontSize(): number {
  const [size] = useState(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16);
  return size;
}
