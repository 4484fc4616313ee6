// How far each pixel is from the nearest pixel of another class: exact Euclidean distances between centres.

import type { Labels } from "../png";

/** Where the map holds one class alone. */
export const FAR = 2 ** 31 - 1;

/**
 * Squared distance of each pixel to the nearest pixel of another code, FAR where there is none; the edge of the map is no
 * boundary. Rows first, then the lower envelope of parabolas in each column (Felzenszwalb and Huttenlocher 2012). In a
 * column the pixels of another code that end a run count as 0 for it, which makes one pass do for all classes at once.
 */
export function squaredDistances({ codes, height, width }: Labels): Int32Array {
  const squares = new Int32Array(codes.length);
  for (let y = 0; y < height; y++) {
    eachRun(codes, y * width, 1, width, (first, last) => {
      for (let x = first; x <= last; x++) {
        const distance = Math.min(first > 0 ? x - first + 1 : FAR, last < width - 1 ? last - x + 1 : FAR);
        squares[y * width + x] = distance < FAR ? distance * distance : FAR;
      }
    });
  }
  const sites = new Int32Array(height + 2); // of the parabolas that are lowest somewhere
  const heights = new Int32Array(height + 2);
  const from = new Float64Array(height + 2); // where each of them begins to be the lowest
  for (let x = 0; x < width; x++) {
    eachRun(codes, x, width, height, (first, last) => {
      let count = 0;
      for (let y = Math.max(first - 1, 0); y <= last + 1 && y < height; y++) {
        const own = y < first || y > last ? 0 : squares[y * width + x]!;
        if (own === FAR) continue;
        let start = -Infinity;
        for (; count; count--) {
          const site = sites[count - 1]!;
          start = (own + y * y - heights[count - 1]! - site * site) / (2 * (y - site));
          if (start > from[count - 1]!) break;
          start = -Infinity;
        }
        sites[count] = y;
        heights[count] = own;
        from[count++] = start;
      }
      for (let y = first, at = 0; y <= last; y++) {
        while (at + 1 < count && from[at + 1]! < y) at++;
        squares[y * width + x] = count ? heights[at]! + (y - sites[at]!) ** 2 : FAR;
      }
    });
  }
  return squares;
}

/** Every run of one code along a row or a column: its first and its last place. */
function eachRun(codes: Labels["codes"], start: number, step: number, length: number, see: (first: number, last: number) => void): void {
  for (let first = 0, last = 0; first < length; first = ++last) {
    const code = codes[start + first * step];
    while (last + 1 < length && codes[start + (last + 1) * step] === code) last++;
    see(first, last);
  }
}

/**
 * Distance of the pixel (y, x) to the nearest pixel of another code, looked for up to `reach` px.
 *
 * `limit` is how far the answer can be trusted: beyond it lies what the map does not hold, or was not looked at. Where
 * `isWhole` is false the map is a part of a larger one, and any pixel outside of it may be of another class.
 */
export function nearestOther(map: Labels, y: number, x: number, reach: number, isWhole: boolean): { distance: number | null; limit: number } {
  const { codes, height, width } = map;
  const edge = isWhole ? Infinity : Math.min(y, x, height - 1 - y, width - 1 - x);
  const limit = Math.min(reach, edge);
  const own = codes[y * width + x];
  let best = limit * limit + 1;
  for (let ring = 1; ring <= limit && ring * ring < best; ring++) {
    for (let dy = -ring; dy <= ring; dy++) {
      const row = y + dy;
      if (row < 0 || row >= height) continue;
      const step = Math.abs(dy) === ring ? 1 : 2 * ring;
      for (let dx = -ring; dx <= ring; dx += step) {
        const column = x + dx;
        const square = dy * dy + dx * dx;
        if (square < best && column >= 0 && column < width && codes[row * width + column] !== own) best = square;
      }
    }
  }
  return { distance: best <= limit * limit ? Math.sqrt(best) : null, limit };
}
