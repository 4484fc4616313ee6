// Numbers as people read them; says what reports/formats.py says, so that one number has one face.

import { fill, words } from "./strings";
import type { Kind } from "./types";

const THIN = "\u202f";
const MINUS = "\u2212";

/**
 * `value` with so many decimals, as Python writes it: the exact binary value is rounded, and of a half the even digit
 * is taken (toFixed goes away from zero). Below 1e21.
 */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  const isHalf = Number.isInteger(value * 2 ** (digits + 1)) && value.toFixed(digits + 1).endsWith("5");
  if (!isHalf || Number(text.at(-1)) % 2 === 0) return text;
  return (value - Math.sign(value) * 0.5 * 10 ** -digits).toFixed(digits);
}

/** Thousands parted by commas, a minus as people write it; at most three decimals. */
function grouped(text: string): string {
  return text.replace(/\B(?=(\d{3})+(?!\d))/g, ",").replace("-", MINUS);
}

function isUndefined(value: number | null | undefined): value is null | undefined {
  return value === null || value === undefined || Number.isNaN(value);
}

/** A fraction as a percentage with one decimal and without its sign; never "100" or "0" unless it is exactly so. */
export function tenths(fraction: number | null | undefined): string {
  if (isUndefined(fraction)) return words.common.undefined;
  if (fraction === 0 || fraction === 1) return String(100 * fraction);
  const text = fixed(100 * fraction, 1);
  if (text === "0.0") return "<0.1";
  return text === "100.0" && fraction < 1 ? ">99.9" : text;
}

export function percent(fraction: number | null | undefined): string {
  return isUndefined(fraction) ? words.common.undefined : `${tenths(fraction)}${THIN}%`;
}

export function count(value: number | null | undefined): string {
  if (isUndefined(value)) return words.common.undefined;
  const text = fixed(value, 0);
  return text === "-0" ? "0" : grouped(text);
}

export function px(value: number | null | undefined): string {
  return isUndefined(value) ? words.common.undefined : `${count(value)}${THIN}px`;
}

export function ratio(value: number | null | undefined): string {
  return isUndefined(value) ? words.common.undefined : `${ratioNumber(value)}${THIN}×`;
}

function ratioNumber(value: number): string {
  if (value === 0 || value === 1) return String(value);
  if (value < 0.005) return "<0.01";
  if (value >= 100) return count(value);
  for (const digits of [2, 3, 4]) {
    const text = fixed(value, digits);
    if (Number(text) !== 1) return text;
  }
  return value > 1 ? ">1" : "<1";
}

/** A distance without its unit. */
export function length(value: number | null | undefined): string {
  if (isUndefined(value)) return words.common.undefined;
  const text = fixed(value, value < 1000 ? 1 : 0);
  return grouped(text === "0.0" ? (value === 0 ? "0" : "<0.1") : text);
}

/** A fraction as a whole percentage without its sign, for narrow places: "67", "<1", ">99". */
export function wholePercent(fraction: number): string {
  const text = fixed(100 * fraction, 0);
  if (text === "0" && fraction > 0) return "<1";
  return text === "100" && fraction < 1 ? ">99" : text;
}

/** Two values as a range, fractions in per cent: "64.1–70.0"; "" without an interval. */
export function bounds(ends: readonly [number, number] | undefined, kind: Kind): string {
  if (!ends) return "";
  const [low, high] = ends.map((end) => (kind !== "percent" ? shown(end, kind).replace(/\u202f×$/, "") : end < 0 ? signed(end) : tenths(end))) as [string, string];
  return low.includes(MINUS) ? fill(words.common.range, { low, high }) : `${low}–${high}`;
}

function signed(below: number): string {
  const text = tenths(-below);
  return /^[<>]/.test(text) ? `${text[0]}${MINUS}${text.slice(1)}` : MINUS + text;
}

const BY_KIND: Record<Exclude<Kind, "text" | "number">, (value: number | null | undefined) => string> = {
  percent: tenths,
  ratio,
  px: count,
  length,
  count,
};

/** A cell of a table; its heading says the unit. */
export function shown(value: number | string | null | undefined, kind: Kind): string {
  if (kind === "text" || kind === "number" || typeof value === "string") return String(value ?? "");
  return BY_KIND[kind](value);
}
