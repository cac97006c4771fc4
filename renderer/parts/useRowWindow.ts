/**
 * Which rows of a long table are in sight, and how wide it is. Rows have one height, so it is arithmetic on the
 * scroll position; it draws nothing and asks for nothing.
 */
import { useCallback, useSyncExternalStore, type RefObject } from 'react';

/** Rows drawn beyond either edge, so that a quick turn of the wheel meets drawn rows. */
const beyondEdgeRows = 14;
/** Before the table has been measured: more than any screen holds would be drawn in vain, fewer would flash. */
const unmeasuredHeightPx = 800;

export interface RowWindow {
  /** The first row to draw. */
  readonly first: number;
  /** The row after the last one to draw. */
  readonly end: number;
}

/** The rows to draw of `count`, each `rowHeightPx` high, within a scrolling element. */
export function useRowWindow(
  scrollerRef: RefObject<HTMLElement | null>,
  count: number,
  rowHeightPx: number,
): RowWindow {
  const watch = useCallback(
    (changed: () => void) => {
      const element = scrollerRef.current;
      if (element === null) return () => {};
      element.addEventListener('scroll', changed, { passive: true });
      const sizes = new ResizeObserver(changed);
      sizes.observe(element);
      return () => {
        element.removeEventListener('scroll', changed);
        sizes.disconnect();
      };
    },
    [scrollerRef],
  );
  // Told as text, because the answer must be the same value while the same rows are in sight.
  const seen = useSyncExternalStore(watch, () => {
    const top = scrollerRef.current?.scrollTop ?? 0;
    const height = scrollerRef.current?.clientHeight ?? unmeasuredHeightPx;
    return `${Math.floor(top / rowHeightPx)}-${Math.ceil((top + height) / rowHeightPx)}`;
  });
  const [firstSeen = 0, endSeen = 0] = seen.split('-').map(Number);
  return {
    first: Math.max(0, Math.min(firstSeen - beyondEdgeRows, count)),
    end: Math.min(count, endSeen + beyondEdgeRows),
  };
}

/** An element's width in whole pixels; endless before it has been measured, so that nothing is left out too early. */
export function useWidth(elementRef: RefObject<HTMLElement | null>): number {
  const watch = useCallback(
    (changed: () => void) => {
      const element = elementRef.current;
      if (element === null) return () => {};
      const sizes = new ResizeObserver(changed);
      sizes.observe(element);
      return () => sizes.disconnect();
    },
    [elementRef],
  );
  return useSyncExternalStore(watch, () => elementRef.current?.clientWidth ?? Number.POSITIVE_INFINITY);
}
