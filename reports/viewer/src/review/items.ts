// What a review is made of: the same as inspector/review.py reads.

import type { Box, PageData, Place } from "../types";

/** In the order of their keys, 1 to 4. */
export const VERDICTS = ["accept", "model-error", "label-error", "needs-relabel"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One record of review.json; `class` is the id of the class list, not its index. */
export interface Item {
  image: string;
  image_index: number;
  class: number | null;
  class_name: string | null;
  box: Box | null;
  verdict: Verdict;
  note: string;
  reviewer: string;
  at: string;
}

/** What a verdict is on: a place, and how its image is called. */
export interface Subject extends Place {
  name: string;
}

/** The longest note and name, as Python reads them. */
export const LONGEST = { note: 2000, reviewer: 100 };

/** There is one item for each image, class and box. */
export function keyOf({ image_index, class: id, box }: Pick<Item, "image_index" | "class" | "box">): string {
  return JSON.stringify([image_index, id, box]);
}

/** The key of a place, whose class is an index; beyond the list of classes it is none. */
export function keyAt(page: PageData, { image, class: index, box }: Place): string {
  return keyOf({ image_index: image, class: idOf(page, index), box });
}

function idOf(page: PageData, index: number | null): number | null {
  return (index === null ? null : page.classes[index]?.id) ?? null;
}

/** The item that says `verdict` of a subject, as of now. */
export function itemOn(page: PageData, subject: Subject, said: Pick<Item, "verdict" | "note" | "reviewer">): Item {
  const { image, name, class: index, box } = subject;
  return {
    image: name,
    image_index: image,
    class: idOf(page, index),
    class_name: (index === null ? null : page.classes[index]?.name) ?? null,
    box,
    ...said,
    at: new Date().toISOString().replace(/\.\d+/, ""),
  };
}
