// The panes: one camera over all of them, what a pointer does to it, and a drawing for each frame that needs one.

import type { Box } from "../types";
import type { Art, Look } from "./art";
import { cameraFor, clamp, moved, zoomed, type Camera, type Point, type Size } from "./camera";
import { follow } from "./pointer";
import { readZoom, type PaneName } from "./state";

/** What one canvas shows: a pane, or two of them parted by a line or one over the other. */
export interface Pane {
  under: PaneName;
  over?: { pane: PaneName; how: "swipe" | "overlay"; share: number };
}

/** A frame over all panes; a dashed one is around a missed object. */
export interface Frame {
  box: Box;
  label?: string;
  isDashed: boolean;
}

export interface Scene {
  art: Art;
  look: Look;
  frames: Frame[];
  /** What the camera shows as long as nobody moves it. */
  target: Box | null;
  /** The camera as the address has it; "" where it has none. */
  zoom: string;
}

interface Listener {
  /** The pixel that is looked at: that of the pointer, else that of the crosshair. */
  onPoint: (point: Point | null, isCross: boolean) => void;
  /** The user has moved the camera. */
  onCamera: () => void;
}

const LETTERS_PX = 12;
const EDGE_PX = 24; // between the crosshair and the edge of a pane
const DARK = "#0a0c10";
const LIGHT = "#fff";

export type Stage = ReturnType<typeof stageOf>;

/** Draws panes on canvases, and moves the camera of all of them. Points are in CSS px from the middle of a pane. */
export function stageOf(listener: Listener) {
  const panes = new Map<HTMLCanvasElement, Pane>();
  const resizes = new ResizeObserver(redraw);
  let scene: Scene | null = null;
  let camera: Camera | null = null;
  let known = ""; // the camera that the address had last: what is read there again was written here
  let cross: Point | null = null;
  let frame = 0;

  /** Show another scene. What the user did to the camera is kept until the place or the camera of the address changes. */
  function show(next: Scene | null): void {
    const before = scene;
    scene = next;
    if (next?.art !== before?.art) setCross(null);
    if (next && (next.art !== before?.art || String(next.target) !== String(before.target) || next.zoom !== known)) {
      known = next.zoom;
      camera = readZoom(known);
    }
    redraw();
  }

  /** Draw a pane on a canvas from now on; null: no more. */
  function put(canvas: HTMLCanvasElement, pane: Pane | null): void {
    if (!pane) {
      resizes.unobserve(canvas);
      panes.delete(canvas);
      return;
    }
    if (!panes.has(canvas)) {
      resizes.observe(canvas);
      follow(canvas, { zoomBy, panBy, point, click });
    }
    panes.set(canvas, pane);
    redraw();
  }

  /** The camera for the address, which is from now on expected there. */
  function zoomForAddress(): string {
    known = camera ? [camera.x.toFixed(1), camera.y.toFixed(1), camera.scale.toPrecision(4)].map(Number).join() : "";
    return known;
  }

  function zoomBy(factor: number, at: Point = { x: 0, y: 0 }): void {
    if (scene) move(zoomed(current(), factor, scene.art.subject, size(), at));
  }

  /** One pixel of the image to one CSS px. */
  function zoomToPixels(): void {
    zoomBy(1 / current().scale);
  }

  function panBy(x: number, y: number): void {
    if (scene) move(moved(current(), x, y, scene.art.subject));
  }

  /** Pan by shares of a pane. */
  function panByShare(x: number, y: number): void {
    panBy(x * size().width, y * size().height);
  }

  /** Back to what the place shows by itself, or to the whole image where that is shown already. */
  function fit(): void {
    if (scene) move(camera || !scene.target ? null : cameraFor(null, scene.art.subject, size()));
  }

  /** Whether parts of the image are out of sight. */
  function isZoomed(): boolean {
    return scene !== null && current().scale > cameraFor(null, scene.art.subject, size()).scale * 1.01;
  }

  /** Move the crosshair, by px of the image; it begins in the middle of the place, or of what is seen. */
  function moveCross(x: number, y: number): void {
    if (!scene) return;
    const { height, width } = scene.art.subject;
    const [y0, x0, y1, x1] = (!camera && scene.target) || [];
    const from = cross ?? (y0 === undefined ? current() : { x: (x0! + x1!) / 2, y: (y0 + y1!) / 2 });
    const to = { x: clamp(Math.floor(from.x) + x, width - 1), y: clamp(Math.floor(from.y) + y, height - 1) };
    const { x: middleX, y: middleY, scale } = current();
    const beyond = (at: number, length: number) => Math.sign(at) * Math.max(Math.abs(at) - length / 2 + EDGE_PX, 0);
    const [right, down] = [beyond((to.x + 0.5 - middleX) * scale, size().width), beyond((to.y + 0.5 - middleY) * scale, size().height)];
    if (right || down) panBy(right, down);
    setCross(to);
  }

  function setCross(to: Point | null): void {
    cross = to;
    listener.onPoint(to, true);
    redraw();
  }

  function point(at: Point | null): void {
    listener.onPoint(at ? pixelAt(at) : cross, !at);
  }

  function click(at: Point): void {
    setCross(pixelAt(at));
  }

  function redraw(): void {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      panes.forEach((pane, canvas) => draw(canvas, pane));
    });
  }

  function pixelAt(at: Point): Point {
    const { x, y, scale } = current();
    return { x: Math.floor(x + at.x / scale), y: Math.floor(y + at.y / scale) };
  }

  function size(): Size {
    const [canvas] = panes.keys();
    return { height: canvas?.clientHeight || 1, width: canvas?.clientWidth || 1 };
  }

  function current(): Camera {
    return camera ?? (scene ? cameraFor(scene.target, scene.art.subject, size()) : { x: 0, y: 0, scale: 1 });
  }

  function move(to: Camera | null): void {
    camera = to;
    listener.onCamera();
    redraw();
  }

  function draw(canvas: HTMLCanvasElement, { under, over }: Pane): void {
    const context = canvas.getContext("2d")!;
    const [height, width] = [canvas.clientHeight, canvas.clientWidth];
    const pixels = (length: number) => Math.round(length * devicePixelRatio);
    if (canvas.height !== pixels(height) || canvas.width !== pixels(width)) [canvas.height, canvas.width] = [pixels(height), pixels(width)];
    context.resetTransform();
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!scene || !canvas.height || !canvas.width) return;
    const { art, look, frames } = scene;
    const now = current();
    art.draw(context, under, now, look);
    if (over) {
      context.save();
      if (over.how === "swipe") {
        context.beginPath();
        context.rect(pixels(width * over.share), 0, canvas.width, canvas.height);
        context.clip();
        context.clearRect(0, 0, canvas.width, canvas.height);
      } else {
        context.globalAlpha = over.share;
      }
      art.draw(context, over.pane, now, look, over.how === "overlay");
      context.restore();
    }
    art.outline(context, now, look);
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const onPane = ([y0, x0, y1, x1]: Box): Area => [
      width / 2 + (x0 - now.x) * now.scale,
      height / 2 + (y0 - now.y) * now.scale,
      (x1 - x0) * now.scale,
      (y1 - y0) * now.scale,
    ];
    for (const each of frames) drawFrame(context, onPane(each.box), each, { height, width });
    if (cross) drawCross(context, onPane([cross.y, cross.x, cross.y + 1, cross.x + 1]));
  }

  return { show, put, zoomForAddress, zoomBy, zoomToPixels, panByShare, fit, isZoomed, moveCross, setCross, hasCross: () => cross !== null };
}

/** x, y, width, height on a pane. */
type Area = [number, number, number, number];

function drawFrame(context: CanvasRenderingContext2D, [x, y, width, height]: Area, { label, isDashed }: Frame, pane: Size): void {
  for (const [line, ink] of [[4, DARK], [1.5, LIGHT]] as const) {
    context.setLineDash(isDashed && ink === LIGHT ? [6, 4] : []);
    context.lineWidth = line;
    context.strokeStyle = ink;
    context.strokeRect(x - 2, y - 2, width + 4, height + 4);
  }
  if (!label) return;
  context.font = `${LETTERS_PX}px system-ui, sans-serif`;
  const room = Math.min(context.measureText(label).width + 10, pane.width);
  const tall = LETTERS_PX + 8;
  const left = clamp(x - 3, pane.width - room);
  const top = y > tall + 6 ? y - tall - 5 : Math.min(y + height + 5, pane.height - tall);
  context.fillStyle = DARK;
  context.fillRect(left, top, room, tall);
  context.fillStyle = LIGHT;
  context.fillText(label, left + 5, top + LETTERS_PX + 2, room - 10);
}

function drawCross(context: CanvasRenderingContext2D, [x, y, side]: Area): void {
  const [middleX, middleY, near] = [x + side / 2, y + side / 2, side / 2 + 3];
  context.setLineDash([]);
  context.beginPath();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
    context.moveTo(middleX + dx * near, middleY + dy * near);
    context.lineTo(middleX + dx * (near + 11), middleY + dy * (near + 11));
  }
  context.rect(x - 1, y - 1, side + 2, side + 2);
  for (const [line, ink] of [[4, DARK], [2, LIGHT]] as const) {
    context.lineWidth = line;
    context.strokeStyle = ink;
    context.stroke();
  }
}
