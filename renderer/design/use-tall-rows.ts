import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import {
  bodyHeight,
  offsetOfRow,
  rowsAround,
  scrolled,
  settled,
  type TallList,
  type TallPosition,
} from './tall-scroll.ts';

/** Rows that exist above and below those on screen. */
const BEYOND = 10;
/** How long nothing moves before scrolling counts as over. Milliseconds. */
const STILL = 200;

const START: TallPosition = { scrollTop: 0, offset: 0 };

interface TallRows {
  /** The first and the last row that exist; `to` is below `from` where there are none. */
  readonly from: number;
  readonly to: number;
  /** Height of the body that holds the rows, in px. */
  readonly height: number;
  /** Where a row stands in that body, in px. */
  readonly top: (row: number) => number;
  /** A row that is in sight stays there when something beside takes room away, until somebody scrolls. */
  readonly keep: (row: number) => void;
  /** Scrolls as far as it takes to see a row whole, and keeps it there. */
  readonly show: (row: number) => void;
}

/** The rows on screen of any number of rows of one height, below a head that stays at the top. Sizes in px. */
export function useTallRows(
  scroller: RefObject<HTMLElement | null>,
  { count, rowSize, headSize }: Omit<TallList, 'viewport'>,
): TallRows {
  const [viewport, setViewport] = useState(0);
  const [shown, setShown] = useState({ from: 0, to: -1, shift: 0 });
  const position = useRef(START);
  /** The row that was shown or chosen last, until somebody scrolls or the list is another: it stays in sight when something beside takes room away. */
  const kept = useRef<number | null>(null);
  const listed = useRef(count);
  const list: TallList = { count, rowSize, headSize, viewport };

  const take = useCallback((next: TallPosition, of: TallList): void => {
    position.current = next;
    const now = placesOf(next, of);
    setShown((before) =>
      before.from === now.from && before.to === now.to && before.shift === now.shift ? before : now,
    );
  }, []);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const measure = (): void => setViewport(element.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || viewport === 0) return undefined;
    const of: TallList = { count, rowSize, headSize, viewport };
    if (count !== listed.current) kept.current = null;
    listed.current = count;
    take(moveTo(element, settled(of, offsetWith(kept.current, of, position.current))), of);
    let rest: ReturnType<typeof setTimeout> | undefined;
    const onScroll = (): void => {
      if (element.scrollTop === position.current.scrollTop) return;
      kept.current = null;
      // At once: what is scrolled to would else be empty for a moment.
      flushSync(() => take(scrolled(of, position.current, element.scrollTop), of));
      clearTimeout(rest);
      rest = setTimeout(() => take(moveTo(element, settled(of, position.current.offset)), of), STILL);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      clearTimeout(rest);
      element.removeEventListener('scroll', onScroll);
    };
  }, [scroller, count, rowSize, headSize, viewport, take]);

  // Fewer rows than a moment ago.
  const to = Math.min(shown.to, count - 1);
  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  return {
    from: Math.min(shown.from, Math.max(0, to)),
    to,
    height: bodyHeight(list),
    top: (row) => row * rowSize - shown.shift,
    keep: (row) => {
      kept.current = row;
    },
    show: (row) => {
      const of = latest.current;
      const element = scroller.current;
      if (!element || of.count === 0) return;
      kept.current = row;
      take(moveTo(element, settled(of, offsetWith(row, of, position.current))), of);
    },
  };
}

/** How far the rows have to be for this one to be seen whole; as far as they are for none. */
function offsetWith(row: number | null, list: TallList, position: TallPosition): number {
  return row === null ? position.offset : offsetOfRow(list, position, Math.min(row, list.count - 1));
}

/** Scrolls the element; browsers round where to, and the rows stay on whole pixels all the same. */
function moveTo(element: HTMLElement, { scrollTop, offset }: TallPosition): TallPosition {
  if (Math.abs(element.scrollTop - scrollTop) >= 1) element.scrollTo({ top: scrollTop, behavior: 'instant' });
  return { scrollTop: element.scrollTop, offset: element.scrollTop + (offset - scrollTop) };
}

function placesOf(position: TallPosition, list: TallList): { from: number; to: number; shift: number } {
  return { ...rowsAround(list, position, BEYOND), shift: position.offset - position.scrollTop };
}
