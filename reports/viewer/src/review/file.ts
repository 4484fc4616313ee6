// review.json: written by the browser, read again with a reason for whatever is not as it should be.

import { fill, words } from "../strings";
import type { Box, PageData } from "../types";
import { keyOf, LONGEST, VERDICTS, type Item, type Verdict } from "./items";

const MOST_BYTES = 64_000_000;

/** The text of review.json, in the order of the images. */
export function reviewText(page: PageData, items: Iterable<Item>): string {
  const sorted = [...items].sort((a, b) => a.image_index - b.image_index || (keyOf(a) < keyOf(b) ? -1 : 1));
  return `${JSON.stringify({ schema_version: 1, run: page.run, tool: "mask-inspector", items: sorted }, null, 1)}\n`;
}

/** Hand a text to the person as a file. */
export function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the download has begun by then
}

/** The text of a file that a person chose. Rejects, with a sentence, for one that is far too large. */
export function textOf(file: Blob): Promise<string> {
  return file.size > MOST_BYTES ? Promise.reject(new Error(words.review_file.too_large)) : file.text();
}

/**
 * The items of a review of this run. Throws an Error with a sentence that names the item for anything else.
 *
 * nameOf  image index -> its name on the page, undefined where the page does not say
 */
export function readReview(text: string, page: PageData, nameOf: (image: number) => string | undefined): Item[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error(words.review_file.no_json);
  }
  if (!isRecord(document) || !Array.isArray(document.items)) throw new Error(words.review_file.no_review);
  if (document.schema_version !== 1) throw new Error(fill(words.review_file.version, { found: shown(document.schema_version) }));
  if (document.run !== page.run) throw new Error(fill(words.review_file.other_run, { found: shown(document.run), here: page.run }));
  const keys = new Set<string>();
  return document.items.map((record: unknown, place) => {
    const wrong = (why: string) => new Error(fill(words.review_file.item, { place: place + 1, why }));
    const item = itemFrom(record, page, nameOf, wrong);
    if (keys.has(keyOf(item))) throw wrong(words.review_file.twice);
    keys.add(keyOf(item));
    return item;
  });
}

function itemFrom(record: unknown, page: PageData, nameOf: (image: number) => string | undefined, wrong: (why: string) => Error): Item {
  const expect = (isGood: boolean, key: string, value: unknown) => {
    if (!isGood) throw wrong(fill(words.review_file.key, { key, found: shown(value) }));
  };
  if (!isRecord(record)) throw wrong(words.review_file.no_item);
  const { image, image_index, class: id, box, verdict, at } = record;
  const { note = "", reviewer = "", class_name = null } = record;
  expect(typeof image === "string" && image !== "", "image", image);
  expect(isWhole(image_index) && image_index < page.images.total, "image_index", image_index);
  const name = nameOf(image_index as number);
  expect(name === undefined || name === image, "image", image);
  expect(id === null || page.classes.some((row) => row.id === id), "class", id);
  expect(class_name === null || typeof class_name === "string", "class_name", class_name);
  expect(box === null || isBox(box), "box", box);
  expect(VERDICTS.includes(verdict as Verdict), "verdict", verdict);
  expect(typeof note === "string" && note.length <= LONGEST.note, "note", note);
  expect(typeof reviewer === "string" && reviewer.length <= LONGEST.reviewer, "reviewer", reviewer);
  expect(typeof at === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(at) && !Number.isNaN(Date.parse(at)), "at", at);
  return { image, image_index, class: id, class_name, box, verdict, note, reviewer, at } as Item;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBox(value: unknown): value is Box {
  if (!Array.isArray(value) || value.length !== 4 || !value.every(isWhole)) return false;
  const [y0, x0, y1, x1] = value as Box;
  return y0 < y1 && x0 < x1;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? words.review_file.nothing).slice(0, 80);
}
