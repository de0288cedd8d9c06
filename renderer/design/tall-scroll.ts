/**
 * Chromium cuts every height at 33,554,428 px (2^25), and places what is moved by more than 2^24 px between two of them. A list
 * that is taller stands in a body of this height, along which its rows are moved.
 */
const MAX_BODY = 15_000_000;

/** The sizes of a list of rows below a head that stays. All in px. */
export interface TallList {
  readonly count: number;
  readonly rowSize: number;
  readonly headSize: number;
  /** Height of what is seen of it, the head included. */
  readonly viewport: number;
}

/** Where a list stands. */
export interface TallPosition {
  /** How far the element is scrolled. */
  readonly scrollTop: number;
  /** How far the rows are: beyond `scrollTop` by what the body is too short for so far. */
  readonly offset: number;
}

/** The height of the body that holds the rows. */
export function bodyHeight({ count, rowSize }: TallList): number {
  return Math.min(count * rowSize, MAX_BODY);
}

/** Where the list stands after the element was scrolled to `scrollTop`. */
export function scrolled(list: TallList, before: TallPosition, scrollTop: number): TallPosition {
  const end = { scrollTop: scrollEnd(list), offset: offsetEnd(list) };
  if (end.scrollTop === end.offset) return { scrollTop, offset: scrollTop };
  if (scrollTop <= 0) return { scrollTop, offset: 0 };
  if (scrollTop >= end.scrollTop - 1) return { scrollTop, offset: end.offset };
  const moved = scrollTop - before.scrollTop;
  // The wheel moves rows by as much as it moves anywhere else; who drags the bar goes to a place in the whole.
  const isNear = Math.abs(moved) <= list.viewport * 2;
  const offset = isNear ? before.offset + moved : (scrollTop / end.scrollTop) * end.offset;
  // Rows stand on whole pixels.
  const shift = Math.round(Math.max(0, Math.min(end.offset, offset)) - scrollTop);
  return { scrollTop, offset: scrollTop + shift };
}

/** The position at which the element is scrolled as far as its rows are: the bar then says where in the whole they stand. */
export function settled(list: TallList, offset: number): TallPosition {
  const within = Math.max(0, Math.min(offsetEnd(list), offset));
  const end = scrollEnd(list);
  if (end === offsetEnd(list)) return { scrollTop: within, offset: within };
  return { scrollTop: Math.round((within / offsetEnd(list)) * end), offset: Math.round(within) };
}

/** How far the rows have to be for a row to be seen whole; as far as they are when it is. */
export function offsetOfRow(list: TallList, { offset }: TallPosition, row: number): number {
  const start = row * list.rowSize;
  if (start < offset) return start;
  const end = list.headSize + start + list.rowSize;
  return end > offset + list.viewport ? end - list.viewport : offset;
}

/** The first and last row that is to exist, `beyond` more on either side than are seen. */
export function rowsAround(
  list: TallList,
  { offset }: TallPosition,
  beyond: number,
): { readonly from: number; readonly to: number } {
  const first = Math.floor(offset / list.rowSize);
  const last = Math.ceil((offset + list.viewport - list.headSize) / list.rowSize);
  return { from: Math.max(0, first - beyond), to: Math.min(list.count - 1, last + beyond) };
}

function scrollEnd(list: TallList): number {
  return Math.max(0, list.headSize + bodyHeight(list) - list.viewport);
}

function offsetEnd({ count, rowSize, headSize, viewport }: TallList): number {
  return Math.max(0, headSize + count * rowSize - viewport);
}
