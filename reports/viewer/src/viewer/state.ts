// What the viewer shows, as the address of the page says it.

import { setState, type Change } from "../hash";
import type { Box, PageData, Place } from "../types";
import type { Camera } from "./camera";

export const MODES = ["side", "swipe", "blink", "overlay"] as const;
export type Mode = (typeof MODES)[number];

export const PANES = ["image", "truth", "prediction", "errors"] as const;
export type PaneName = (typeof PANES)[number];

export const LAYERS = ["fn", "fp", "wrong", "boundary", "void", "contours", "missed"] as const;
export type Layer = (typeof LAYERS)[number];
const FIRST_LAYERS: readonly Layer[] = ["fn", "fp", "wrong", "void"];

export interface ViewState {
  image: number;
  list: string;
  /** Place in the list; -1: wherever the image is in it. */
  at: number;
  focus: number | null;
  box: Box | null;
  mode: Mode;
  /** What swipe, blink and overlay are between; an overlay has the second over the first. */
  pair: [PaneName, PaneName];
  layers: ReadonlySet<Layer>;
  opacity: number;
  /** Where swipe parts the two, in hundredths of the width. */
  split: number;
  hidden: ReadonlySet<number>;
  /** The camera as text, see `readZoom`; "" where the place decides. */
  zoom: string;
}

/** The state that the keys of the address give; what is not understood is as if it were not there. Null: nothing is open. */
export function readState(raw: Record<string, string>, page: PageData): ViewState | null {
  if (!/^\d+$/.test(raw.image ?? "")) return null;
  const mode = oneOf(MODES, raw.mode) ?? "side";
  const focus = Number.parseInt(raw.class ?? "", 10);
  const box = numbers(raw.box);
  const [first, second] = (raw.pair ?? "").split(",");
  const usual: [PaneName, PaneName] = mode === "overlay" ? ["image", "errors"] : ["truth", "prediction"];
  return {
    image: Number(raw.image),
    list: raw.list ?? "images",
    at: Number.parseInt(raw.at ?? "-1", 10),
    focus: page.classes[focus] ? focus : null,
    box: box.length === 4 && box[0]! < box[2]! && box[1]! < box[3]! ? (box as Box) : null,
    mode,
    pair: [oneOf(PANES, first) ?? usual[0], oneOf(PANES, second) ?? usual[1]],
    layers: new Set(raw.layers === undefined ? FIRST_LAYERS : LAYERS.filter((layer) => raw.layers!.split(",").includes(layer))),
    opacity: share(raw.opacity, 60),
    split: share(raw.split, 50),
    hidden: new Set(numbers(raw.hidden)),
    zoom: raw.zoom ?? "",
  };
}

/** The camera of "x,y,scale"; null where the text is no such thing. */
export function readZoom(text: string): Camera | null {
  const [x, y, scale] = numbers(text);
  return scale !== undefined && scale > 0 ? { x: x!, y: y!, scale } : null;
}

function oneOf<T extends string>(known: readonly T[], text: string | undefined): T | undefined {
  return known.find((each) => each === text);
}

/** The numbers of a list with commas; none where one of them is not a number. */
function numbers(text: string | undefined): number[] {
  const found = text ? text.split(",").map(Number) : [];
  return found.every(Number.isFinite) ? found : [];
}

function share(text: string | undefined, usual: number): number {
  const value = Number(text ?? usual);
  return value >= 0 && value <= 100 ? value : usual;
}

/** Write keys of the viewer into the address. */
export function change(keys: Change): void {
  setState("view", keys);
}

/** The keys of a place in a list. The class in focus stays where the place has none. */
export function placeKeys(place: Place, list: string, at: number): Change {
  return {
    image: String(place.image),
    list,
    at: String(at),
    box: place.box ? place.box.join(",") : null,
    zoom: null,
    ...(place.class === null ? {} : { class: String(place.class) }),
  };
}

/** `set` with `member` in it, or out of it where it was in, as the address has it. */
export function toggled<T>(set: ReadonlySet<T>, member: T): string {
  return [...(set.has(member) ? [...set].filter((each) => each !== member) : [...set, member])].join(",");
}
