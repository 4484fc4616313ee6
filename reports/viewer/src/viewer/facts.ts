// What the viewer says of an image besides its picture: its name, its size and its scores.

import { packedTable, type Packed } from "../data";
import { percent, px, shown } from "../formats";
import type { Column, PageData } from "../types";

export interface Facts {
  name: string;
  /** Height and width in px; 0 where the page does not hold this image. */
  size: [number, number];
  /** [what, how much] of the scores that the table of images shows. */
  scores: [string, string][];
}

/** The facts of an image; without a name where the page holds no row of it. */
export async function factsOf(page: PageData, image: number): Promise<Facts> {
  const table = await packedTable(page, page.images.block);
  const row = table.has("index") ? table.numbers("index").indexOf(image as never) : image;
  const name = table.texts("image")[row];
  if (name === undefined) return { name: "", size: [0, 0], scores: [] };
  const columns = page.image_columns.filter((column) => column.shown && column.kind !== "text" && table.has(column.key));
  return {
    name,
    size: [table.numbers("height")[row]!, table.numbers("width")[row]!],
    scores: columns.map((column) => [column.short, scoreOf(table, column, row)]),
  };
}

function scoreOf(table: Packed, { key, kind }: Column, row: number): string {
  const value = table.numbers(key)[row];
  return kind === "percent" ? percent(value) : kind === "px" ? px(value) : shown(value, kind);
}
