// The band along the true boundaries in which the inspection calls an error one of the boundary.

import { FAR, squaredDistances } from "./distances";
import type { Plane } from "./files";

/** Width of the band in px of the image, as the inspection derives it: a setting below 1 is a share of the diagonal. */
export function errorWidth(setting: number, { height, width }: { height: number; width: number }): number {
  const length = setting < 1 ? setting * Math.hypot(height, width) : setting;
  const floor = Math.floor(length);
  return length - floor === 0.5 ? floor + (floor % 2) : Math.round(length); // half to even, as Python rounds
}

/**
 * 1 where the distance to a pixel of another true class, rounded, is at most `most` px of the image.
 *
 * @param whole the image that the plane is a part of, with its band: it decides where a class beyond the part may be near
 */
export function bandOf({ gt, step, y0, x0 }: Plane, most: number, whole: (Plane & { band: Uint8Array }) | null): Uint8Array {
  const squares = squaredDistances(gt);
  // no whole number has a root that ends in .5: at most `most` rounded is less than `most` + 1/2
  const limit = Math.min((most * most + most) / step ** 2, FAR - 1);
  const band = new Uint8Array(squares.length);
  for (let i = 0; i < band.length; i++) {
    band[i] = +(squares[i]! <= limit);
    if (!whole) continue;
    const [y, x] = [Math.floor(i / gt.width), i % gt.width];
    if (Math.min(y, x, gt.height - 1 - y, gt.width - 1 - x) < most) {
      band[i]! |= whole.band[Math.floor((y0 + y) / whole.step) * whole.gt.width + Math.floor((x0 + x) / whole.step)]!;
    }
  }
  return band;
}
