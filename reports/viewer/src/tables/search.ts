// What is typed into a search box: words of the name, and filters such as `miou<50`.

import { fixed } from "../formats";
import type { Column } from "../types";

type Operator = "<" | "<=" | ">" | ">=" | "=";

/** One part of a search. `text` is as typed; `bad` cannot be read and filters nothing. */
export type Term =
  | { sort: "word"; text: string; word: string }
  | { sort: "text"; text: string; key: string; word: string }
  | { sort: "number"; text: string; key: string; operator: Operator; number: number; digits: number; unit: number }
  | { sort: "bad"; text: string };

export type Searched = Pick<Column, "key" | "short" | "kind">;

/**
 * The terms of a query, parted by spaces; what stands in quotes is one word, whatever it holds. A filter is
 * `<key or short heading><operator><number>`, a percentage as it is shown, or `=<text>`, in quotes where it holds a blank
 * or is empty. Case, blanks and marks of a heading do not matter.
 */
export function parsed(query: string, columns: readonly Searched[]): Term[] {
  return [...query.matchAll(PARTS)].map(([text, quoted]) => term(text, quoted, columns));
}

/** Quoted words, filters (with blanks around their operator, their text in quotes or not), words. */
const PARTS = /"([^"]*)"?|[^\s"<>=]+\s*(?:<=|>=|[<>=])\s*(?:"[^"]*"?|\S+)|\S+/g;

function term(text: string, quoted: string | undefined, columns: readonly Searched[]): Term {
  const word = (quoted ?? text).toLowerCase();
  const parts = quoted === undefined ? /^(.*?)\s*(<=|>=|[<>=])\s*(.*)$/.exec(text) : null;
  if (!parts) return { sort: "word", text, word };
  const [, name, operator, value] = parts as unknown as [string, string, Operator, string];
  const column = columns.find(({ key, short }) => [key, short].some((known) => bare(known) === bare(name)));
  if (!column || !value) return { sort: "bad", text };
  const { key, kind } = column;
  if (kind === "text") {
    const asIs = /^"([^"]*)"?$/.exec(value)?.[1] ?? value;
    return operator === "=" ? { sort: "text", text, key, word: asIs.toLowerCase() } : { sort: "bad", text };
  }
  const plain = value.replace(/,|%$/g, "").replace("\u2212", "-");
  if (operator === "=" && value === "undefined") return { sort: "number", text, key, operator, number: NaN, digits: 0, unit: 1 };
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(plain)) return { sort: "bad", text };
  const digits = plain.split(".")[1]?.length ?? 0;
  return { sort: "number", text, key, operator, number: Number(plain), digits, unit: kind === "percent" ? 100 : 1 };
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Where a search looks. */
export interface Sources {
  /** Names in lower case, by row. */
  names: readonly string[];
  numbers: (key: string) => ArrayLike<number>;
  texts: (key: string) => readonly string[];
}

/** The rows that every term allows, in the order in which they come. */
export function matching(rows: Uint32Array, terms: readonly Term[], sources: Sources): Uint32Array {
  return terms.reduce((left, one) => left.filter(test(one, sources)), rows);
}

function test(one: Term, { names, numbers, texts }: Sources): (row: number) => boolean {
  if (one.sort === "bad") return () => true;
  if (one.sort === "word") return (row) => names[row]!.includes(one.word);
  if (one.sort === "text") {
    const values = texts(one.key);
    return (row) => values[row]!.toLowerCase() === one.word;
  }
  const values = numbers(one.key);
  const { operator, number, digits, unit } = one;
  const limit = number / unit;
  if (Number.isNaN(number)) return (row) => Number.isNaN(values[row]);
  if (operator === "<") return (row) => values[row]! < limit;
  if (operator === "<=") return (row) => values[row]! <= limit;
  if (operator === ">") return (row) => values[row]! > limit;
  if (operator === ">=") return (row) => values[row]! >= limit;
  const written = fixed(number, digits); // equal: it would be written so with as many decimals
  return (row) => fixed(unit * values[row]!, digits) === written;
}

/** The terms that cannot be read, as they were typed. */
export function badOf(terms: readonly Term[]): string[] {
  return terms.filter((one) => one.sort === "bad").map((one) => one.text);
}
