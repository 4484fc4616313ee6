// Ways from a table into the viewer.

import { setState } from "../hash";
import type { Box, PageData } from "../types";
import { placesOf } from "../viewer/lists";

/** What the address says of an image of the table of images. */
export function viewOf(image: number, at: number, focus: number | null): Record<string, string> {
  return { image: String(image), list: "images", at: String(at), ...(focus === null ? {} : { class: String(focus) }) };
}

export function openImage(image: number, at: number, focus: number | null): void {
  open(image, "images", at, focus, null);
}

/** Open the first place of a list; false where the page holds none. */
export async function openList(page: PageData, list: string): Promise<boolean> {
  const [first] = await placesOf(page, list);
  if (first) open(first.image, list, 0, first.class, first.box);
  return !!first;
}

function open(image: number, list: string, at: number, focus: number | null, box: Box | null): void {
  const change = { ...viewOf(image, at, focus), list, box: box?.join() ?? null, ...(focus === null ? { class: null } : {}) };
  setState("view", change, { push: true, anchor: "view" });
}
