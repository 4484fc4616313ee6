// Where the numbers and texts of a table lie, by row and column.

import type { Column } from "../types";
import type { Sources } from "./search";
import { ranks } from "./sort";

/** A table as its part of the page gives it. */
export interface Table {
  rows: number;
  /** What the rows are called: searched for words, sorted as "name". */
  names: readonly string[];
  /** What can be shown, sorted and searched. */
  columns: readonly Column[];
  /** Texts where the column is of texts or of numbers as they were written, else numbers with NaN where undefined. */
  values: (key: string) => ArrayLike<number> | readonly string[];
}

/** The same for sorts and searches; what takes time is done once, when it is first wanted. */
export function sources({ names, columns, values }: Table): Sources {
  const held = new Map<string, ArrayLike<number>>();
  const read = (key: string) => {
    if (key === "name") return ranks(names);
    const kind = columns.find((column) => column.key === key)?.kind;
    const plain = values(key);
    if (kind === "text") return ranks(plain as string[]);
    if (kind === "number") return Float64Array.from(plain as string[], (text) => (text ? Number(text) : NaN));
    return plain as ArrayLike<number>;
  };
  return {
    names: names.map((name) => name.toLowerCase()),
    texts: values as (key: string) => string[],
    numbers: (key) => {
      if (!held.has(key)) held.set(key, read(key));
      return held.get(key)!;
    },
  };
}
