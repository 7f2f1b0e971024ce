import { type RefObject, useEffect, useState } from "react";

export interface RowWindow {
  first: number;
  /** One past the last. */
  end: number;
}

const SPARE_ROWS = 8;

/** Which of `count` rows of one height stand in the scrolled view, with some to spare on both sides. */
export function rowWindow(
  count: number,
  rowHeight: number,
  scrollTop: number,
  viewHeight: number,
): RowWindow {
  const first = Math.floor(scrollTop / rowHeight) - SPARE_ROWS;
  const end = Math.ceil((scrollTop + viewHeight) / rowHeight) + SPARE_ROWS;
  // Snapped to steps, so that most scroll events change nothing.
  const step = SPARE_ROWS / 2;
  return {
    first: Math.max(0, Math.min(count, Math.floor(first / step) * step)),
    end: Math.max(0, Math.min(count, Math.ceil(end / step) * step)),
  };
}

/** The window of rows to draw, kept up as `view` is scrolled or resized. */
export function useRowWindow(
  view: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): RowWindow {
  const [range, setRange] = useState<RowWindow>({ first: 0, end: 0 });
  useEffect(() => {
    const element = view.current;
    if (element === null) return;
    const measure = () => {
      const next = rowWindow(count, rowHeight, element.scrollTop, element.clientHeight);
      setRange((now) => (now.first === next.first && now.end === next.end ? now : next));
    };
    measure();
    element.addEventListener("scroll", measure, { passive: true });
    const resizes = new ResizeObserver(measure);
    resizes.observe(element);
    return () => {
      element.removeEventListener("scroll", measure);
      resizes.disconnect();
    };
  }, [view, count, rowHeight]);
  return { first: Math.min(range.first, count), end: Math.min(range.end, count) };
}
