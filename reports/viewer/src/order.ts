// The order in which the table of images shows them now: what "next" and "previous" follow in the viewer.

import { packedTable } from "./data";
import type { PageData } from "./types";

let images: readonly number[] | null = null;
let tell: () => void;
const told = new Promise<void>((resolve) => (tell = resolve));

/**
 * Indices of the images that the table shows, after its filters, in its order; a link may open the viewer before the
 * table is drawn, which is waited for. Null where the page has no such table.
 */
export async function order(page: PageData): Promise<readonly number[] | null> {
  if (!images && document.querySelector("[data-mount=images]")) await packedTable(page, page.images.block).then(() => told, () => undefined);
  return images;
}

export function setOrder(next: readonly number[]): void {
  images = next;
  tell();
}
