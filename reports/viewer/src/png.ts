// Reads the PNG files that Python writes, to the value: a browser's canvas may blur what is read back from it.

import { bytesOf, inflated } from "./data";
import { fill, words } from "./strings";

/** (height, width) class indices, row by row. */
export interface Labels {
  height: number;
  width: number;
  codes: Uint8Array | Uint16Array;
}

const INDEXED = 3;
const TRUE_COLOUR = 2;

/** The labels of a PNG in base64: 8-bit indices, or red + 256 × green of true colour. Rejects any other file. */
export async function readLabels(base64: string): Promise<Labels> {
  const bytes = bytesOf(base64);
  const view = new DataView(bytes.buffer);
  const width = view.getUint32(16);
  const height = view.getUint32(20);
  const [depth, colour, , , interlace] = bytes.subarray(24, 29);
  if (depth !== 8 || interlace !== 0 || (colour !== INDEXED && colour !== TRUE_COLOUR)) {
    throw new Error(fill(words.errors.no_labels, { depth: depth!, colour: colour! }));
  }
  const raw = await inflated(imageData(bytes, view), "deflate");
  const channels = colour === INDEXED ? 1 : 3;
  if (raw.length !== height * (width * channels + 1)) throw new Error(words.errors.cut_short);
  unfilter(raw, height, width * channels, channels);
  return { height, width, codes: colour === INDEXED ? indices(raw, height, width) : pairs(raw, height, width) };
}

function imageData(bytes: Uint8Array<ArrayBuffer>, view: DataView): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) {
      parts.push(bytes.subarray(at + 8, at + 8 + length)); // IDAT
      total += length;
    }
    at += length + 12;
  }
  const joined = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Undo the filter of each row in place (PNG specification, 9.2). */
function unfilter(raw: Uint8Array, height: number, rowBytes: number, step: number): void {
  const stride = rowBytes + 1;
  for (let y = 0; y < height; y++) {
    const start = y * stride + 1;
    const filter = raw[start - 1] ?? 0;
    if (filter === 0) continue;
    for (let i = 0; i < rowBytes; i++) {
      const at = start + i;
      const left = i < step ? 0 : (raw[at - step] ?? 0);
      const above = y === 0 ? 0 : (raw[at - stride] ?? 0);
      const corner = y === 0 || i < step ? 0 : (raw[at - stride - step] ?? 0);
      raw[at] = (raw[at] ?? 0) + predicted(filter, left, above, corner);
    }
  }
}

function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return above;
  if (filter === 3) return (left + above) >> 1;
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

function indices(raw: Uint8Array, height: number, width: number): Uint8Array {
  const codes = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) codes.set(raw.subarray(y * (width + 1) + 1, (y + 1) * (width + 1)), y * width);
  return codes;
}

function pairs(raw: Uint8Array, height: number, width: number): Uint16Array {
  const codes = new Uint16Array(height * width);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0, i = y * (3 * width + 1) + 1; x < width; x++, i += 3) {
      codes[at++] = (raw[i] ?? 0) + 256 * (raw[i + 1] ?? 0);
    }
  }
  return codes;
}
