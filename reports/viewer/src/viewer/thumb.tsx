// A small picture of an image: truth, prediction and errors side by side, drawn when it comes into sight.

import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../strings";
import type { PageData } from "../types";
import { classPixels, INKS, pixel } from "./colours";
import { CONFUSED, errorKinds, FALSE, MISSED, VOID } from "./errors";
import { labelsOf, type Plane } from "./files";

const PANES = 3;
const GAP = 0.06; // of the width of a picture
const MOST_PX = 256;

/**
 * Truth, prediction and errors of an image in a row; a dash where no picture is kept.
 *
 * @param focus index of the class that missed and false speak of
 * @param size height in CSS px; the row is three times as wide
 */
export function Thumb({ page, image, focus = null, size = 64 }: { page: PageData; image: number; focus?: number | null; size?: number }) {
  const place = useRef<HTMLSpanElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isSeen, setSeen] = useState(false);
  const [isNone, setNone] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver((entries) => setSeen(entries.some((entry) => entry.isIntersecting)), { rootMargin: "200px" });
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (!isSeen) return;
    let isWanted = true;
    const settle = (plane: Plane | null) => {
      if (!isWanted) return;
      setNone(!plane);
      if (plane && canvas.current) draw(canvas.current, plane, page, focus);
    };
    labelsOf(page, image).then(settle, () => settle(null));
    return () => {
      isWanted = false;
    };
  }, [isSeen, page, image, focus]);
  return (
    <span ref={place} class="thumb" style={{ width: `${PANES * size}px`, height: `${size}px` }}>
      {isNone ? <span title={words.viewer.no_picture}>–</span> : <canvas ref={canvas} role="img" aria-label={words.viewer.thumb} width="1" height="1" />}
    </span>
  );
}

function draw(canvas: HTMLCanvasElement, { gt, pred }: Plane, page: PageData, focus: number | null): void {
  const shrink = Math.ceil(Math.max(gt.height, gt.width) / MOST_PX);
  const height = Math.ceil(gt.height / shrink);
  const width = Math.ceil(gt.width / shrink);
  canvas.height = height;
  const gap = Math.ceil(width * GAP);
  canvas.width = PANES * (width + gap) - gap;
  const context = canvas.getContext("2d")!;
  const colours = classPixels(page);
  const kinds = errorKinds(gt.codes, pred.codes, page.classes.map((row) => row.background), focus);
  const inks = errorPixels(focus !== null);
  const drawn = [gt.codes, pred.codes, kinds].map((codes, pane) => {
    const picture = new ImageData(width, height);
    const pixels = new Uint32Array(picture.data.buffer);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const code = codes[y * shrink * gt.width + x * shrink]!;
        pixels[y * width + x] = pane === 2 ? inks(code, y, x) : code < page.classes.length ? colours[code]! : inks(VOID, y, x);
      }
    }
    return picture;
  });
  drawn.forEach((picture, pane) => context.putImageData(picture, pane * (width + gap), 0));
}

/** The pixel of a kind of error at a place: false is striped and void is hatched, as in the pictures of Python. */
function errorPixels(isFocused: boolean): (kind: number, y: number, x: number) => number {
  const inks = INKS;
  return (kind, y, x) => {
    if (kind === MISSED) return pixel(inks.missed.fill);
    if (kind === FALSE) return pixel((x - y) % 4 ? inks.false.fill : inks.false.mark);
    if (kind === CONFUSED) return pixel(isFocused ? inks.other.fill : inks.wrong.fill);
    return kind === VOID ? pixel(((x + y) >> 1) % 4 ? inks.void.fill : inks.void.mark) : pixel([24, 26, 30]);
  };
}
