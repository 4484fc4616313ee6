// The outlines of classes: marching squares at level 0.5, vertices midway between the centres of neighbours.

import type { Labels } from "../png";

/** Takes what is drawn; a Path2D does. */
export interface Pen {
  moveTo: (x: number, y: number) => void;
  lineTo: (x: number, y: number) => void;
}

// A chord joins two sides of the square between four pixel centres.
const TOP_LEFT = 1;
const TOP_RIGHT = 2;
const BOTTOM_RIGHT = 4;
const BOTTOM_LEFT = 8;
const ACROSS = 16;
const DOWN = 32;

/**
 * The chords for each set of corners inside: top left 1, top right 2, bottom right 4, bottom left 8. Of two opposite
 * corners each is cut off alone, as scikit-image's find_contours does by default.
 */
const CHORDS = [
  0, TOP_LEFT, TOP_RIGHT, ACROSS, BOTTOM_RIGHT, TOP_LEFT | BOTTOM_RIGHT, DOWN, BOTTOM_LEFT,
  BOTTOM_LEFT, DOWN, TOP_RIGHT | BOTTOM_LEFT, BOTTOM_RIGHT, ACROSS, TOP_RIGHT, TOP_LEFT, 0,
];

/** Side entered from and side left by, for each chord: 0 top, 1 right, 2 bottom, 3 left. */
const SIDES: readonly (readonly [number, number, number])[] = [
  [TOP_LEFT, 0, 3], [TOP_RIGHT, 0, 1], [BOTTOM_RIGHT, 1, 2], [BOTTOM_LEFT, 2, 3], [ACROSS, 1, 3], [DOWN, 0, 2],
];

/**
 * The chords in each square between four pixels, a bit for each: (height - 1) rows of (width - 1). A chord that two
 * classes share is there once, so that a dashed line stays dashed. A square with a void pixel of the truth has none.
 *
 * @param isShown for each code whether its outline is wanted
 * @param truth codes of the truth, in which those from `voidFrom` on are void
 */
export function chordsOf({ codes, height, width }: Labels, isShown: ArrayLike<unknown>, truth: Labels["codes"], voidFrom: number): Uint8Array {
  const rows = Math.max(height - 1, 0);
  const columns = Math.max(width - 1, 0);
  const chords = new Uint8Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = y * width + x;
      const [a, b, c, d] = [codes[at]!, codes[at + 1]!, codes[at + width + 1]!, codes[at + width]!];
      if (a === b && a === c && a === d) continue;
      if (truth[at]! >= voidFrom || truth[at + 1]! >= voidFrom || truth[at + width]! >= voidFrom || truth[at + width + 1]! >= voidFrom) continue;
      let found = 0;
      for (const code of [a, b, c, d]) {
        if (isShown[code]) found |= CHORDS[+(a === code) + 2 * +(b === code) + 4 * +(c === code) + 8 * +(d === code)]!;
      }
      chords[y * columns + x] = found;
    }
  }
  return chords;
}

/**
 * Where chords are, for a picture in which a pixel stands for `step` x `step` of them: 1, and 2 around it. Of a dashed
 * line some are left out, by place, so that it is broken in any direction.
 */
export function chordMap(chords: Uint8Array, rows: number, columns: number, step: number, isDashed: boolean): Labels {
  const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  const codes = new Uint8Array(height * width);
  for (let y = 0; y < rows; y++) {
    const row = Math.floor(y / step);
    for (let x = 0; x < columns; x++) {
      const column = Math.floor(x / step);
      if (chords[y * columns + x] && !(isDashed && (2 * row + column) % 7 > 3)) codes[row * width + column] = 1;
    }
  }
  for (let at = codes.indexOf(1); at >= 0; at = codes.indexOf(1, at + 1)) {
    for (const next of [at - width, at - 1, at + 1, at + width]) if (codes[next] === 0) codes[next] = 2;
  }
  return { height, width, codes };
}

/**
 * Draws the chords of the squares in [y0, y1) x [x0, x1) as lines as long as they go, and takes them out of `chords`.
 * Pixel (0, 0) reaches from (0, 0) to (1, 1).
 */
export function traceChords(chords: Uint8Array, columns: number, [y0, x0, y1, x1]: readonly [number, number, number, number], pen: Pen): void {
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      while (chords[y * columns + x]) trace(y, x);
    }
  }

  function trace(y: number, x: number): void {
    const bits = chords[y * columns + x]!;
    const [, start] = SIDES.find(([chord]) => bits & chord)!;
    let [atX, atY] = vertex(y, x, start);
    let [stepX, stepY] = [0, 0];
    pen.moveTo(atX, atY);
    for (let side = start; y >= y0 && y < y1 && x >= x0 && x < x1; side = (side + 2) % 4) {
      const square = y * columns + x;
      const next = SIDES.find(([chord, a, b]) => chords[square]! & chord && (a === side || b === side));
      if (!next) break;
      chords[square]! &= ~next[0];
      side = next[1] === side ? next[2] : next[1];
      const [toX, toY] = vertex(y, x, side);
      if ((stepX || stepY) && (toX - atX !== stepX || toY - atY !== stepY)) pen.lineTo(atX, atY);
      [stepX, stepY, atX, atY] = [toX - atX, toY - atY, toX, toY];
      y += side === 0 ? -1 : side === 2 ? 1 : 0;
      x += side === 3 ? -1 : side === 1 ? 1 : 0;
    }
    pen.lineTo(atX, atY);
  }
}

/** Midway along a side of the square whose top left corner is the centre of pixel (y, x). */
function vertex(y: number, x: number, side: number): [number, number] {
  return [x + (side === 3 ? 0.5 : side === 1 ? 1.5 : 1), y + (side === 0 ? 0.5 : side === 2 ? 1.5 : 1)];
}
