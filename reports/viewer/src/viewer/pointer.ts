// Wheel, drag, pinch, click and double click over a canvas.

import type { Point } from "./camera";

interface Moves {
  zoomBy: (factor: number, at?: Point) => void;
  panBy: (x: number, y: number) => void;
  /** The pointer is there; null: it has left. */
  point: (at: Point | null) => void;
  click: (at: Point) => void;
}

const CLICK_PX = 4;
const LINE_PX = 16;

/** Let the pointers over a canvas move the camera. Points are in CSS px from its middle. */
export function follow(canvas: HTMLCanvasElement, { zoomBy, panBy, point, click }: Moves): void {
  const down = new Map<number, Point>();
  let travelled = 0;
  const at = (event: MouseEvent): Point => ({ x: event.offsetX - canvas.clientWidth / 2, y: event.offsetY - canvas.clientHeight / 2 });
  /** The middle of two fingers, and how far they are apart. */
  const pinch = () => {
    const [a, b] = [...down.values()];
    return a && b && { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, length: Math.hypot(a.x - b.x, a.y - b.y) || 1 };
  };
  canvas.onwheel = (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? LINE_PX : 1) * (event.ctrlKey ? 0.01 : 0.002)), at(event));
  };
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    if (!down.size) travelled = 0;
    down.set(event.pointerId, at(event));
  };
  canvas.onpointermove = (event) => {
    const from = down.get(event.pointerId);
    const to = at(event);
    if (!from) return point(to);
    const before = pinch();
    down.set(event.pointerId, to);
    const now = pinch();
    travelled += Math.hypot(to.x - from.x, to.y - from.y);
    if (before && now) {
      panBy(before.x - now.x, before.y - now.y);
      zoomBy(now.length / before.length, now);
    } else if (travelled >= CLICK_PX) {
      panBy(from.x - to.x, from.y - to.y);
    }
  };
  canvas.onpointerup = (event) => {
    if (down.delete(event.pointerId) && travelled < CLICK_PX) click(at(event));
  };
  canvas.onpointercancel = (event) => void down.delete(event.pointerId);
  canvas.onpointerleave = () => point(null);
  canvas.ondblclick = (event) => zoomBy(event.shiftKey ? 0.5 : 2, at(event));
}
