// What is at one pixel: read from the labels as they were written, not from what is drawn.

import type { PageData } from "../types";
import { nearestOther } from "./distances";
import { errorKind } from "./errors";
import type { Plane, Subject } from "./files";

/** Pixels of the labels that are searched for another class. */
const REACH = 64;

export interface Probe {
  x: number;
  y: number;
  /** Class indices; `classes.length` is void in the truth, no class in the prediction. */
  truth: number;
  predicted: number;
  kind: number;
  /** To the nearest pixel of another true class, in pixels of the image; null: over `limit`. */
  distance: number | null;
  limit: number;
  /** Pixels of the image to one that is kept: over 1 the pixel asked for may not be the one that is read. */
  step: number;
}

/** What is at a point of the image; null outside of it. Parts at full resolution go before the shrunk whole. */
export function probeAt(page: PageData, subject: Subject, x: number, y: number, focus: number | null): Probe | null {
  if (x < 0 || y < 0 || x >= subject.width || y >= subject.height) return null;
  const plane = subject.planes.filter((each) => holds(each, x, y)).at(-1);
  if (!plane) return null;
  const { gt, pred, step, y0, x0 } = plane;
  const [row, column] = [Math.floor((y - y0) / step), Math.floor((x - x0) / step)];
  const at = row * gt.width + column;
  const truth = gt.codes[at]!;
  const predicted = pred.codes[at]!;
  const { distance, limit } = nearestOther(gt, row, column, REACH, plane === subject.planes[0]);
  return {
    x,
    y,
    truth,
    predicted,
    kind: errorKind(truth, predicted, page.classes.map((each) => each.background), focus),
    distance: distance === null ? null : distance * step,
    limit: limit * step,
    step,
  };
}

function holds({ gt, y0, x0, step }: Plane, x: number, y: number): boolean {
  return x >= x0 && y >= y0 && x < x0 + gt.width * step && y < y0 + gt.height * step;
}
