// How far a table is scrolled: which rows can be seen, where it starts, and who is told.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type Seen, rowsAt, same } from "./window";

const REST_MS = 400; // browsers allow few changes of the address in a second

export interface Scrolled {
  seen: Seen;
  onScroll: () => void;
}

/**
 * The rows that can be seen in `scroller`. It is scrolled to the row `top` when that changes, and to its start when
 * `token` changes; `onTop` is told of the row at the top when the scrolling rests. Heights are in px.
 */
export function useScrolled(
  scroller: { current: HTMLElement | null }, rowHeight: number, rows: number, token: string, top: number, onTop: (row: number) => void,
): Scrolled {
  const [seen, setSeen] = useState(() => rowsAt(top * rowHeight, 1000, rowHeight, rows));
  const told = useRef(0);
  const waiting = useRef(0);
  const isDrawn = useRef(false);
  const look = () => {
    const { scrollTop, clientHeight } = scroller.current!;
    setSeen((held) => same(held, rowsAt(scrollTop, clientHeight, rowHeight, rows)));
  };
  const onScroll = () => {
    look();
    clearTimeout(waiting.current);
    waiting.current = window.setTimeout(() => {
      const row = Math.round(scroller.current!.scrollTop / rowHeight);
      if (row !== told.current) onTop((told.current = row));
    }, REST_MS);
  };
  useLayoutEffect(() => {
    const watch = new ResizeObserver(look);
    watch.observe(scroller.current!);
    look();
    return () => watch.disconnect();
  }, [rows]);
  useLayoutEffect(() => {
    if (top === told.current) return;
    told.current = top;
    scroller.current!.scrollTop = top * rowHeight;
  }, [top]);
  useLayoutEffect(() => {
    if (isDrawn.current) scroller.current!.scrollTop = 0;
    isDrawn.current = true;
  }, [token]);
  useEffect(() => () => clearTimeout(waiting.current), []);
  return { seen, onScroll };
}
