// Where keys lead in a grid.

import { clamp } from "./window";

export type Active = readonly [row: number, column: number];

/**
 * The cell that a key leads to; nothing for keys that do not move. Rows lie in [least, most], of which -1 is a heading;
 * `page` rows are a step of PageUp and PageDown.
 */
export function moved(event: KeyboardEvent, [row, column]: Active, [least, most]: Active, columns: number, page: number): Active | undefined {
  const isFar = event.ctrlKey;
  const to: Record<string, Active> = {
    ArrowDown: [row + 1, column],
    ArrowUp: [row - 1, column],
    ArrowRight: [row, column + 1],
    ArrowLeft: [row, column - 1],
    PageDown: [row + page, column],
    PageUp: [Math.max(row - page, Math.min(row, 0)), column],
    Home: [isFar ? 0 : row, 0],
    End: [isFar ? most : row, columns - 1],
  };
  const next = to[event.key];
  return next && [clamp(next[0], least, most), clamp(next[1], 0, columns - 1)];
}
