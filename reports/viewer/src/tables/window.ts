// Which rows of a long table are in the page.

const MORE = 4; // rows beyond each edge: a short scroll shows no gap

/** Rows from the first up to, and without, the last. */
export type Seen = readonly [first: number, last: number];

/** The rows that may be seen: those between `top` and `top + height`, and a few more. All in the same unit. */
export function rowsAt(top: number, height: number, rowHeight: number, rows: number): Seen {
  const first = Math.floor(top / rowHeight) - MORE;
  const last = Math.ceil((top + height) / rowHeight) + MORE;
  return [clamp(first, 0, rows), clamp(last, 0, rows)];
}

/** `next`, or `held` where it says the same: then nothing is drawn again. */
export function same(held: Seen, next: Seen): Seen {
  return held[0] === next[0] && held[1] === next[1] ? held : next;
}

/** The rows that are drawn: those that may be seen, and the one that has the focus wherever it is. */
export function drawnOf([first, last]: Seen, active: number, rows: number): number[] {
  const drawn: number[] = [];
  for (let row = first; row < Math.min(last, rows); row++) drawn.push(row);
  if (active >= 0 && active < rows && !drawn.includes(active)) drawn.push(active);
  return drawn.sort((a, b) => a - b);
}

export function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
