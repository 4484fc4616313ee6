// A page to review, and items of it: what the tests of the review share.

import { readFileSync } from "node:fs";
import type { Item } from "../src/review/items";
import type { PageData } from "../src/types";

/** Also read by a test of inspector/review.py: what is written here, and what Python reads, is one format. */
export const SAMPLE = readFileSync(new URL("../test/review_sample.json", import.meta.url), "utf8");

export const PAGE = {
  run: "0123456789abcdef",
  classes: [
    { id: 7, name: "road" },
    { id: 3, name: "<b>car</b>" },
  ],
  images: { total: 20, shown: 20, block: "images" },
  server: null,
} as unknown as PageData;

export const ITEMS = (JSON.parse(SAMPLE) as { items: Item[] }).items;

export function item(change: Partial<Item> = {}): Item {
  return { ...ITEMS[0]!, ...change };
}
