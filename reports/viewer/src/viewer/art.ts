// The drawings of one image: each layer painted once at the resolution of the labels, then only moved and scaled.

import type { Labels } from "../png";
import type { PageData } from "../types";
import type { Camera } from "./camera";
import { classPixels, css, INKS, pixel, type Rgb } from "./colours";
import { chordMap, chordsOf, traceChords } from "./contours";
import { bandOf, errorWidth } from "./band";
import { CONFUSED, errorKinds, FALSE, MISSED } from "./errors";
import type { Plane, Subject } from "./files";
import type { Layer, PaneName } from "./state";

/** What is drawn, apart from where. */
export interface Look {
  focus: number | null;
  hidden: ReadonlySet<number>;
  layers: ReadonlySet<Layer>;
}

/** Draws the layers of a subject. Contexts are in device pixels. */
export interface Art {
  subject: Subject;
  /** Draw a pane of the image. `isOver`: over another pane, without ground of its own. */
  draw: (context: CanvasRenderingContext2D, pane: PaneName, camera: Camera, look: Look, isOver?: boolean) => void;
  /** Draw the outlines that the look wants over a pane. */
  outline: (context: CanvasRenderingContext2D, camera: Camera, look: Look) => void;
  /** Give back the memory of all canvases. */
  release: () => void;
}

type Side = "gt" | "pred";
type Texture = "stripes" | "hatch" | "dots";

/** The outlines of one side of a plane, cut into tiles so that only what is in sight is drawn. */
interface Traced {
  key: string;
  chords: Uint8Array;
  /** Those that are in no tile yet. */
  left: Uint8Array;
  tiles: Map<number, Path2D>;
}

/** A map in colours over an image, and the texture in it. */
interface Coat {
  name: string;
  /** What it depends on besides the image. */
  key: unknown;
  codes: (plane: Plane, index: number) => ArrayLike<number>;
  /** The pixel of each code; 0 is clear. */
  pixels: Uint32Array;
  texture?: [Texture, Rgb];
}

const TILE = 64;
const DIM = "rgb(43 43 43 / .553)"; // over grey: 24 to 138 of 255, as behind the errors in the page's pictures
const BAND: Rgb = [255, 255, 255];
const BAND_ALPHA = 90;
const CASING: Rgb = [10, 12, 16];
/** Truth is solid, prediction dashed. */
const LINES: Record<Side, { ink: Rgb; dash: number[] }> = {
  gt: { ink: [255, 255, 255], dash: [] },
  pred: { ink: [255, 221, 87], dash: [5, 4] },
};
const FAR_UNIT = 1.5; // pixels of the labels to one of the screen beyond which lines are drawn as a map

/** Paints the layers of a subject when they are first wanted, and keeps them until it is left. */
export function artOf(page: PageData, subject: Subject): Art {
  const { planes, height, width } = subject;
  const isBackground = page.classes.map((row) => row.background);
  const canvases: HTMLCanvasElement[] = [];
  const scratch = blank(1, 1);
  const kinds = memo((index, focus: number | null) => errorKinds(planes[index]!.gt.codes, planes[index]!.pred.codes, isBackground, focus));
  const band = errorWidth(page.settings.error_width, subject);
  const bands: (index: number) => Uint8Array = memo((index) => bandOf(planes[index]!, band, index ? { ...planes[0]!, band: bands(0) } : null));
  const painted = new Map<string, { key: unknown; canvas: HTMLCanvasElement | null }>();
  const traced = new Map<string, Traced>();
  const lines = blank(1, 1);
  let outlined = "";
  let dimmed: HTMLCanvasElement | undefined;

  return { subject, draw, outline, release };

  function release(): void {
    for (const canvas of [...canvases, scratch, lines]) canvas.width = canvas.height = 0;
  }

  function draw(context: CanvasRenderingContext2D, pane: PaneName, camera: Camera, look: Look, isOver = false): void {
    if (pane === "image") return drawPicture(context, camera, subject.picture);
    if (!isOver && (pane === "errors" || look.hidden.size)) drawPicture(context, camera, (dimmed ??= ground()));
    for (const coat of coatsOf(pane, look)) drawCoat(context, coat, camera);
  }

  function coatsOf(pane: PaneName, { focus, hidden, layers }: Look): Coat[] {
    const only = (code: number, ink: Rgb, alpha?: number) => {
      const pixels = new Uint32Array(Math.max(isBackground.length, CONFUSED) + 1);
      pixels[code] = pixel(ink, alpha);
      return pixels;
    };
    const side: Side = pane === "prediction" ? "pred" : "gt";
    const codes = (plane: Plane) => plane[side].codes;
    const hatch: Coat = { name: `void-${side}`, key: 0, codes, pixels: only(isBackground.length, INKS.void.fill), texture: ["hatch", INKS.void.mark] };
    if (pane !== "errors") return [{ name: side, key: [...hidden].join(), codes, pixels: classPixels(page, hidden) }, hatch];
    const errors = (code: number, ink: Rgb, texture?: [Texture, Rgb]): Coat => ({
      name: `errors-${code}`,
      key: focus,
      codes: (_, index) => kinds(index, focus),
      pixels: only(code, ink),
      ...(texture && { texture }),
    });
    const coats: Partial<Record<Layer, Coat>> = {
      boundary: { name: "band", key: 0, codes: (_, index) => bands(index), pixels: only(1, BAND, BAND_ALPHA) },
      fn: errors(MISSED, INKS.missed.fill),
      fp: errors(FALSE, INKS.false.fill, ["stripes", INKS.false.mark]),
      wrong: focus === null ? errors(CONFUSED, INKS.wrong.fill, ["dots", INKS.wrong.mark]) : errors(CONFUSED, INKS.other.fill),
      void: hatch,
    };
    return Object.entries(coats).flatMap(([layer, coat]) => (layers.has(layer as Layer) ? [coat] : []));
  }

  function drawCoat(context: CanvasRenderingContext2D, coat: Coat, camera: Camera): void {
    const drawn = planes.map((plane, index) => paint(coat, plane, index));
    if (!drawn.some(Boolean)) return;
    const { canvas } = context;
    const target = coat.texture ? scratch.getContext("2d")! : context;
    if (coat.texture) {
      if (scratch.height !== canvas.height || scratch.width !== canvas.width) [scratch.height, scratch.width] = [canvas.height, canvas.width];
      else target.clearRect(0, 0, canvas.width, canvas.height);
    }
    drawn.forEach((layer, index) => {
      if (!layer) return;
      target.save();
      target.imageSmoothingEnabled = place(target, camera, index) < 1;
      target.drawImage(layer, 0, 0);
      target.restore();
    });
    if (!coat.texture) return;
    fill(target, textured(target, coat.texture, camera), "source-atop");
    context.save();
    context.resetTransform();
    context.drawImage(scratch, 0, 0);
    context.restore();
  }

  function paint({ name, key, codes, pixels }: Coat, plane: Plane, index: number): HTMLCanvasElement | null {
    const place = `${name} ${index}`;
    const before = painted.get(place);
    if (before && before.key === key) return before.canvas;
    if (before?.canvas) before.canvas.width = 0;
    const canvas = canvasOf(codes(plane, index), pixels, plane.gt);
    if (canvas) canvases.push(canvas);
    painted.set(place, { key, canvas });
    return canvas;
  }

  /**
   * Put the origin at the corner of a plane, a unit to a pixel of it, and keep the whole off the parts that lie over it.
   * Gives device pixels to a pixel of the plane.
   */
  function place(context: CanvasRenderingContext2D, camera: Camera, index: number): number {
    const { x0, y0, step } = planes[index]!;
    const { scale, left, top } = onScreen(context, camera);
    context.setTransform(scale, 0, 0, scale, left, top);
    if (!index) {
      clip(context, 0, 0, 0, 0);
      const inset = 1 / scale; // a device pixel under the edge of a part, or a gap would be seen there
      for (const part of planes.slice(1)) clip(context, part.x0 + inset, part.y0 + inset, part.gt.width - 2 * inset, part.gt.height - 2 * inset);
    }
    context.transform(step, 0, 0, step, x0, y0);
    return scale * step;
  }

  /** Keep to the image, and out of a part of it. */
  function clip(context: CanvasRenderingContext2D, ...part: [number, number, number, number]): void {
    const outside = new Path2D();
    outside.rect(0, 0, width, height);
    outside.rect(...part);
    context.clip(outside, "evenodd");
  }

  function drawPicture(context: CanvasRenderingContext2D, camera: Camera, picture: ImageBitmap | HTMLCanvasElement | null): void {
    if (!picture) return;
    const { scale, left, top } = onScreen(context, camera);
    context.save();
    context.imageSmoothingEnabled = (scale * width) / picture.width < 2;
    context.drawImage(picture, left, top, width * scale, height * scale);
    context.restore();
  }

  /** What lies behind errors and hidden classes: the picture in grey, else the truth, dimmed. */
  function ground(): HTMLCanvasElement {
    const { codes, ...size } = planes[0]!.gt;
    const behind = subject.picture ?? canvasOf(codes, classPixels(page), { codes, ...size });
    const canvas = blank(behind?.height ?? 1, behind?.width ?? 1);
    const context = canvas.getContext("2d")!;
    if (behind) context.drawImage(behind, 0, 0);
    fill(context, "#000", "saturation");
    fill(context, DIM, "source-over");
    canvases.push(canvas);
    return canvas;
  }

  function outline(context: CanvasRenderingContext2D, camera: Camera, { layers, focus, hidden }: Look): void {
    if (!layers.has("contours")) return;
    const { canvas } = context;
    const isShown = isBackground.map((_, code) => (focus === null ? !hidden.has(code) : code === focus));
    const key = String([canvas.width, canvas.height, camera.x, camera.y, camera.scale, isShown]);
    if (key !== outlined) {
      outlined = key; // the same over all panes
      [lines.width, lines.height] = [canvas.width, canvas.height];
      for (const side of ["gt", "pred"] as const) planes.forEach((_, index) => drawLines(lines.getContext("2d")!, camera, side, index, isShown));
    }
    context.drawImage(lines, 0, 0);
  }

  function drawLines(context: CanvasRenderingContext2D, camera: Camera, side: Side, index: number, isShown: boolean[]): void {
    const { ink, dash } = LINES[side];
    context.save();
    const unit = devicePixelRatio / place(context, camera, index); // a CSS px
    if (unit > FAR_UNIT) {
      const step = 2 ** Math.ceil(Math.log2(unit)); // a pixel of the map is one to two of the screen
      const map = mapOf(side, index, isShown, step);
      context.imageSmoothingEnabled = false;
      if (map) context.drawImage(map, 0.5, 0.5, map.width * step, map.height * step);
    } else {
      const path = inSight(context, camera, side, index, isShown);
      context.setLineDash(dash.map((part) => part * unit));
      for (const [line, colour] of [[3, CASING], [1.5, ink]] as const) {
        context.lineWidth = line * unit;
        context.strokeStyle = css(colour);
        context.stroke(path);
      }
    }
    context.restore();
  }

  function mapOf(side: Side, index: number, isShown: boolean[], step: number): HTMLCanvasElement | null {
    const { gt } = planes[index]!;
    const map = chordMap(chordsFor(side, index, isShown).chords, gt.height - 1, gt.width - 1, step, side === "pred");
    const pixels = new Uint32Array([0, pixel(LINES[side].ink), pixel(CASING)]);
    return paint({ name: `map-${side}`, key: `${step} ${isShown}`, codes: () => map.codes, pixels }, { ...planes[index]!, gt: map }, index);
  }

  function chordsFor(side: Side, index: number, isShown: boolean[]): Traced {
    const [name, key] = [side + index, String(isShown)];
    let found = traced.get(name);
    if (found?.key !== key) {
      const { gt, [side]: own } = planes[index]!;
      const chords = chordsOf(own, isShown, gt.codes, isBackground.length);
      found = { key, chords, left: chords.slice(), tiles: new Map() };
      traced.set(name, found);
    }
    return found!;
  }

  /** The lines of the tiles that are in sight. */
  function inSight({ canvas }: CanvasRenderingContext2D, camera: Camera, side: Side, index: number, isShown: boolean[]): Path2D {
    const { gt, x0, y0, step } = planes[index]!;
    const { left, tiles } = chordsFor(side, index, isShown);
    const path = new Path2D();
    const [rows, columns] = [gt.height - 1, gt.width - 1];
    const firstAndPast = (middle: number, length: number, count: number) => {
      const reach = length / devicePixelRatio / camera.scale / 2;
      return [Math.max(Math.floor((middle - reach) / step / TILE), 0), Math.min((middle + reach) / step, count) / TILE] as const;
    };
    const [top, bottom] = firstAndPast(camera.y - y0, canvas.height, rows);
    const [first, past] = firstAndPast(camera.x - x0, canvas.width, columns);
    for (let y = top; y < bottom; y++) {
      for (let x = first; x < past; x++) {
        let drawn = tiles.get(y * columns + x);
        if (!drawn) {
          drawn = new Path2D();
          traceChords(left, columns, [y * TILE, x * TILE, Math.min((y + 1) * TILE, rows), Math.min((x + 1) * TILE, columns)], drawn);
          tiles.set(y * columns + x, drawn);
        }
        path.addPath(drawn);
      }
    }
    return path;
  }
}

/** What a function of a plane gave last, for each plane, as long as it is asked the same. */
function memo<K, T>(make: (index: number, key: K) => T): (index: number, key?: K) => T {
  const held: { key: K | undefined; value: T }[] = [];
  return (index, key) => (held[index]?.key === key && held[index] ? held[index] : (held[index] = { key, value: make(index, key!) })).value;
}

/** Device pixels to a pixel of the image, and where the image begins. */
function onScreen({ canvas }: CanvasRenderingContext2D, camera: Camera): { scale: number; left: number; top: number } {
  const scale = camera.scale * devicePixelRatio;
  return { scale, left: canvas.width / 2 - camera.x * scale, top: canvas.height / 2 - camera.y * scale };
}

function blank(height: number, width: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.height = height;
  canvas.width = width;
  return canvas;
}

function fill(context: CanvasRenderingContext2D, style: string | CanvasPattern, how: GlobalCompositeOperation): void {
  context.globalCompositeOperation = how;
  context.fillStyle = style;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.globalCompositeOperation = "source-over";
}

/** The codes in colours; null where all is clear. */
function canvasOf(codes: ArrayLike<number>, pixels: Uint32Array, { height, width }: Labels): HTMLCanvasElement | null {
  let first = 0;
  while (first < codes.length && !pixels[codes[first]!]) first++;
  if (first === codes.length) return null;
  const picture = new ImageData(width, height);
  const drawn = new Uint32Array(picture.data.buffer);
  for (let i = first; i < codes.length; i++) drawn[i] = pixels[codes[i]!]!;
  const canvas = blank(height, width);
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
  return canvas;
}

const tiles = new Map<string, HTMLCanvasElement>();

/** A texture in px of the screen, held to the image, so that it moves along. */
function textured(context: CanvasRenderingContext2D, [texture, ink]: [Texture, Rgb], camera: Camera): CanvasPattern {
  const name = texture + ink + devicePixelRatio;
  const tile = tiles.get(name) ?? tileOf(texture, ink, Math.round(8 * devicePixelRatio));
  tiles.set(name, tile);
  const pattern = context.createPattern(tile, "repeat")!;
  const { left, top } = onScreen(context, camera);
  pattern.setTransform(new DOMMatrix([1, 0, 0, 1, Math.round(left), Math.round(top)])); // else it is blurred
  return pattern;
}

function tileOf(texture: Texture, ink: Rgb, side: number): HTMLCanvasElement {
  const tile = blank(side, side);
  const context = tile.getContext("2d")!;
  context.fillStyle = css(ink);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const along = (texture === "hatch" ? x + y : x - y + side) % side;
      if (texture === "dots" ? Math.hypot(x - side / 2, y - side / 2) < side / 5 : along < side * 0.4) context.fillRect(x, y, 1, 1);
    }
  }
  return tile;
}
