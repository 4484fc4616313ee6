// What can be looked at of an image: its files as they lie in the page, decoded.

import { blockText, bytesOf } from "../data";
import { readLabels, type Labels } from "../png";
import { fill, words } from "../strings";
import type { PageData, ViewFiles } from "../types";
import { factsOf } from "./facts";

/** A part of an image: its labels, and where in the image they lie. */
export interface Plane {
  gt: Labels;
  pred: Labels;
  /** Corner in pixels of the image. */
  y0: number;
  x0: number;
  /** Pixels of the image to one of the plane, down and across. */
  step: number;
}

/** What there is to see of an image. */
export interface Subject {
  image: number;
  /** In pixels of the masks. */
  height: number;
  width: number;
  /** The whole, then its parts at full resolution. */
  planes: Plane[];
  picture: ImageBitmap | null;
  isThumb: boolean;
}

const lines = new Map<string, Promise<string[]>>();
let thumbPlaces: Map<number, number> | undefined;

/** The thumbnail of an image; null where none is kept. */
async function thumbOf(page: PageData, image: number): Promise<Plane | null> {
  thumbPlaces ??= new Map(page.thumbs.image.map((index, place) => [index, place]));
  const place = thumbPlaces.get(image);
  if (place === undefined) return null;
  const block = page.thumbs.blocks[Math.floor(place / page.thumbs.per_block)]!;
  let held = lines.get(block);
  if (!held) {
    held = blockText(page, block).then((text) => text.trim().split("\n"));
    held.catch(() => lines.delete(block));
    lines.set(block, held);
  }
  const [gt, pred] = ((await held)[place % page.thumbs.per_block] ?? "").trim().split(" ");
  if (!gt || !pred) throw new Error(fill(words.errors.no_thumbnail, { block, image }));
  return { gt: await readLabels(gt), pred: await readLabels(pred), y0: 0, x0: 0, step: 1 };
}

async function viewOf(page: PageData, image: number): Promise<Subject | null> {
  const ref = page.views.find((view) => view.image === image);
  if (!ref) return null;
  const files = JSON.parse(await blockText(page, ref.block)) as ViewFiles;
  const parts = [{ box: [0, 0], step: ref.shrink, ...files }, ...files.patches.map((patch) => ({ step: 1, ...patch }))];
  const [picture, ...planes] = await Promise.all([
    files.image === null ? null : createImageBitmap(new Blob([bytesOf(files.image)], { type: "image/jpeg" })),
    ...parts.map(async ({ gt, pred, step, box }) => ({
      gt: await readLabels(gt),
      pred: await readLabels(pred),
      y0: box[0]!,
      x0: box[1]!,
      step,
    })),
  ]);
  return { image, height: ref.height, width: ref.width, planes, picture, isThumb: false };
}

/** Truth and prediction of an image at whatever resolution is kept, the smallest first; null where nothing is. */
export async function labelsOf(page: PageData, image: number): Promise<Plane | null> {
  return (await thumbOf(page, image)) ?? (await viewOf(page, image))?.planes[0] ?? null;
}

const MOST_HELD = 3;
const held = new Map<number, Promise<Subject | null>>();

/**
 * What there is to see of an image: all of it, else its thumbnail, else null. The last three that were asked for are kept;
 * a picture that is let go is closed.
 */
export function subjectOf(page: PageData, image: number): Promise<Subject | null> {
  const subject = held.get(image) ?? viewOf(page, image).then((view) => view ?? enlarged(page, image));
  held.delete(image); // the last asked for stands last
  held.set(image, subject);
  subject.catch(() => held.delete(image));
  for (const [oldest, left] of held) {
    if (held.size <= MOST_HELD) break;
    held.delete(oldest);
    left.then((gone) => gone?.picture?.close(), () => undefined);
  }
  return subject;
}

async function enlarged(page: PageData, image: number): Promise<Subject | null> {
  const plane = await thumbOf(page, image);
  if (!plane) return null;
  const [height, width] = (await factsOf(page, image)).size;
  const step = Math.ceil(Math.max(height, width) / Math.max(plane.gt.height, plane.gt.width));
  return { image, height, width, planes: [{ ...plane, step }], picture: null, isThumb: true };
}
