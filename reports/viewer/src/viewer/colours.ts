// Colours as canvases hold them: 32 bits, red first in memory. Those of errors are those of inspector/overlays.py.

import type { PageData } from "../types";

export type Rgb = readonly [number, number, number];

/** What fills a layer, and what its texture is drawn in: no layer is told from another by its colour alone. */
export const INKS = {
  missed: { fill: [86, 180, 255] },
  false: { fill: [255, 159, 28], mark: [214, 122, 0] },
  wrong: { fill: [255, 122, 182], mark: [122, 32, 78] },
  other: { fill: [132, 106, 150] },
  void: { fill: [66, 70, 78], mark: [92, 97, 106] },
} satisfies Record<string, { fill: Rgb; mark?: Rgb }>;

/** A pixel of a canvas; `alpha` 0 to 255. */
export function pixel([red, green, blue]: Rgb, alpha = 255): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export function css([red, green, blue]: Rgb, alpha = 1): string {
  return `rgb(${red} ${green} ${blue} / ${alpha})`;
}

/** The colour of each class as a pixel; a class in `hidden`, and what is no class, is clear. */
export function classPixels(page: PageData, hidden: ReadonlySet<number> = new Set()): Uint32Array {
  const pixels = new Uint32Array(page.classes.length + 1);
  page.classes.forEach(({ color }, index) => {
    const value = Number.parseInt(color.slice(1), 16);
    if (!hidden.has(index)) pixels[index] = pixel([value >> 16, (value >> 8) & 255, value & 255]);
  });
  return pixels;
}
