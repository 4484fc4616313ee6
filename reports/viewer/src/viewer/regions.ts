// Where in an image a confusion is.

import type { Labels } from "../png";
import type { Box } from "../types";

/** The box of the largest 8-connected region of pixels of truth `t` that are predicted as `p`; null where there is none. */
export function largestRegion({ codes, height, width }: Labels, pred: Labels, t: number, p: number): Box | null {
  const isIn = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) isIn[i] = +(codes[i] === t && pred.codes[i] === p);
  let [best, most]: [Box | null, number] = [null, 0];
  for (let start = isIn.indexOf(1); start >= 0; start = isIn.indexOf(1, start)) {
    const region = [start];
    isIn[start] = 0;
    const box: Box = [height, width, 0, 0];
    for (const at of region) { // which grows while it is gone through
      const [y, x] = [Math.floor(at / width), at % width];
      [box[0], box[1], box[2], box[3]] = [Math.min(box[0], y), Math.min(box[1], x), Math.max(box[2], y + 1), Math.max(box[3], x + 1)];
      for (let row = Math.max(y - 1, 0); row <= y + 1 && row < height; row++) {
        for (let column = Math.max(x - 1, 0); column <= x + 1 && column < width; column++) {
          const next = row * width + column;
          if (isIn[next]) region.push(next);
          isIn[next] = 0;
        }
      }
    }
    if (region.length > most) [best, most] = [box, region.length];
  }
  return best;
}
