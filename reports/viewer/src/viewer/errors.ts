// What is wrong with each pixel: the kinds that inspector/overlays.py knows, and those of a view of all classes at once.

import type { Labels } from "../png";

export const CORRECT = 0;
/** True, not predicted. */
export const MISSED = 1;
/** Predicted, not true. */
export const FALSE = 2;
/** Any other wrong pixel. */
export const CONFUSED = 3;
export const VOID = 4;

/**
 * The kind of error of each pixel.
 *
 * With a class in focus MISSED and FALSE speak of it. Without one they speak of all classes against the background:
 * MISSED is a class predicted as background, FALSE is background predicted as a class; where no class is background
 * every wrong pixel is CONFUSED, as is one that is predicted as no class.
 *
 * @param gt, pred class indices; in `gt` anything from `isBackground.length` on is void
 */
export function errorKinds(gt: Labels["codes"], pred: Labels["codes"], isBackground: boolean[], focus: number | null): Uint8Array {
  const kinds = new Uint8Array(gt.length);
  for (let i = 0; i < gt.length; i++) {
    const t = gt[i]!;
    const p = pred[i]!;
    if (t !== p || t >= isBackground.length) kinds[i] = errorKind(t, p, isBackground, focus);
  }
  return kinds;
}

/** The kind of error of one pixel; see `errorKinds`. */
export function errorKind(t: number, p: number, isBackground: boolean[], focus: number | null): number {
  if (t >= isBackground.length) return VOID;
  if (t === p) return CORRECT;
  if (focus !== null) return t === focus ? MISSED : p === focus ? FALSE : CONFUSED;
  if (p >= isBackground.length || isBackground[t] === isBackground[p]) return CONFUSED;
  return isBackground[p] ? MISSED : FALSE;
}
