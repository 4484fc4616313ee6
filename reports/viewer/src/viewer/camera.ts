// Where the picture is looked at: one camera for all panes.

import type { Box } from "../types";

export interface Point {
  x: number;
  y: number;
}

/** The point of the image in the middle of a pane, and CSS px to a pixel of the image. */
export interface Camera extends Point {
  scale: number;
}

export interface Size {
  height: number;
  width: number;
}

const MOST_SCALE = 64;
const BOX_SCALE = 16;
const AROUND_BOX = 1; // of its longer side, on both sides together
const SMALLEST_VIEW = 48; // pixels of the image around a tiny object
const NARROW_PX = 600;

export function clamp(value: number, most: number, least = 0): number {
  return Math.min(Math.max(value, least), most);
}

/** The camera that shows a box with what is around it, and no more beyond the image than it must; null: the whole image. */
export function cameraFor(box: Box | null, image: Size, pane: Size): Camera {
  const [y0, x0, y1, x1] = box ?? [0, 0, image.height, image.width];
  const whole = Math.min(pane.height / image.height, pane.width / image.width);
  const margin = AROUND_BOX * Math.max(y1 - y0, x1 - x0);
  const near = Math.min(pane.height / Math.max(y1 - y0 + margin, SMALLEST_VIEW), pane.width / Math.max(x1 - x0 + margin, SMALLEST_VIEW));
  const scale = box ? Math.max(Math.min(near, BOX_SCALE), whole) : whole;
  const middle = (at: number, length: number, room: number) => (length > room ? clamp(at, length - room / 2, room / 2) : length / 2);
  return { x: middle((x0 + x1) / 2, image.width, pane.width / scale), y: middle((y0 + y1) / 2, image.height, pane.height / scale), scale };
}

/** The camera with its scale times `factor`; what is at a point, in CSS px from the middle of the pane, stays there. */
export function zoomed(camera: Camera, factor: number, image: Size, pane: Size, at: Point): Camera {
  const scale = clamp(camera.scale * factor, MOST_SCALE, Math.min(cameraFor(null, image, pane).scale / 2, 1));
  const away = scale / camera.scale - 1;
  return moved({ ...camera, scale }, at.x * away, at.y * away, image);
}

/** The camera moved by CSS px, but never away from the image. */
export function moved({ x, y, scale }: Camera, right: number, down: number, image: Size): Camera {
  return { x: clamp(x + right / scale, image.width), y: clamp(y + down / scale, image.height), scale };
}

/** The number of columns in which panes of an image are drawn largest; two where there is little room. */
export function columnsFor(panes: number, image: Size, room: Size): number {
  if (panes > 2 && room.width < NARROW_PX) return 2;
  const scale = (columns: number) => Math.min(room.width / columns / image.width, room.height / Math.ceil(panes / columns) / image.height);
  return [2, panes, 1].reduce((best, columns) => (scale(columns) > scale(best) ? columns : best));
}
