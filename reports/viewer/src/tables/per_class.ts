// What one class is in each image.

import type { Packed } from "../data";

/** Columns by row of the image table; `iou` is NaN where the class is neither true nor predicted. */
export interface OfClass {
  class_iou: Float64Array;
  class_gt_px: Float64Array;
  class_pred_px: Float64Array;
  class_missed_px: Float64Array;
  class_false_px: Float64Array;
}

/**
 * `rows` is the table of images and the classes in them. `place` gives the row of an image, undefined where it is not in
 * the page. An image without a row of the class has none of its pixels; it has an unknown number of them (NaN) where the
 * table is not whole.
 */
export function ofClass(rows: Packed, chosen: number, images: number, place: (image: number) => number | undefined, isWhole: boolean): OfClass {
  const empty = () => new Float64Array(images).fill(isWhole ? 0 : NaN);
  const found = {
    class_iou: empty().fill(NaN), class_gt_px: empty(), class_pred_px: empty(), class_missed_px: empty(), class_false_px: empty(),
  };
  const [image, of, gt, pred, tp] = [
    rows.numbers("image"), rows.numbers("class"), rows.numbers("gt_px"), rows.numbers("pred_px"), rows.numbers("tp_px"),
  ];
  for (let i = 0; i < rows.rows; i++) {
    const at = of[i] === chosen ? place(image[i]!) : undefined;
    if (at === undefined) continue;
    const [truth, predicted, right] = [gt[i]!, pred[i]!, tp[i]!];
    found.class_iou[at] = right / (truth + predicted - right); // 0 / 0 is NaN
    found.class_gt_px[at] = truth;
    found.class_pred_px[at] = predicted;
    found.class_missed_px[at] = truth - right;
    found.class_false_px[at] = predicted - right;
  }
  return found;
}

export const PRESENCE = ["either", "true", "predicted", "wrong"] as const;
export type Presence = (typeof PRESENCE)[number];

/** Whether an image is wanted: where the class is in it at all, true, predicted, or wrong. */
export function isPresent(of: OfClass, how: Presence, row: number): boolean {
  if (how === "true") return of.class_gt_px[row]! > 0;
  if (how === "predicted") return of.class_pred_px[row]! > 0;
  if (how === "wrong") return of.class_missed_px[row]! + of.class_false_px[row]! > 0;
  return !Number.isNaN(of.class_iou[row]!);
}
