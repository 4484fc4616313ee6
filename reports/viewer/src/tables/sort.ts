// Sorts by typed arrays: exact values, stable, what is undefined last whichever way is asked for.

/** One key of an order; `values[row]` is NaN where undefined. */
export interface Key {
  values: ArrayLike<number>;
  falling: boolean;
}

/** What the address says of an order: "-miou,name" is by miou falling, then by name. */
export interface Sort {
  key: string;
  falling: boolean;
}

const DIGITS = 1 << 16;

/** `rows` in the order of the keys, the first the weightiest; rows that are alike stay as they stand. */
export function ordered(rows: Uint32Array, keys: readonly Key[]): Uint32Array {
  return keys.reduceRight(byOne, rows);
}

/** A radix sort by the bits of the doubles: four passes, each stable, as fast for any values. */
function byOne(rows: Uint32Array, { values, falling }: Key): Uint32Array {
  const n = rows.length;
  const words = sortable(rows, values, falling);
  let [places, next] = [new Uint32Array(n), new Uint32Array(n)];
  for (let i = 0; i < n; i++) places[i] = i;
  for (let pass = 0; pass < 4; pass++) {
    const word = pass >> 1;
    const shift = (pass & 1) << 4;
    const starts = new Uint32Array(DIGITS + 1);
    for (let i = word; i < words.length; i += 2) starts[((words[i]! >>> shift) & 0xffff) + 1]!++;
    for (let digit = 1; digit < DIGITS; digit++) starts[digit]! += starts[digit - 1]!;
    for (let i = 0; i < n; i++) next[starts[(words[2 * places[i]! + word]! >>> shift) & 0xffff]!++] = places[i]!;
    [places, next] = [next, places];
  }
  for (let i = 0; i < n; i++) next[i] = rows[places[i]!]!;
  return next;
}

/** The values as pairs of words (low, high) that, as whole numbers, stand in the order that is asked for. */
function sortable(rows: Uint32Array, values: ArrayLike<number>, falling: boolean): Uint32Array {
  const doubles = new Float64Array(rows.length);
  const words = new Uint32Array(doubles.buffer); // little-endian, as on every machine with a browser
  const turned = falling ? -1 : 0;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]!]! + 0; // + 0: a negative zero is zero
    doubles[i] = value;
    const high = words[2 * i + 1]!;
    const negative = high >> 31;
    words[2 * i] = Number.isNaN(value) ? -1 : words[2 * i]! ^ negative ^ turned;
    words[2 * i + 1] = Number.isNaN(value) ? -1 : high ^ (negative | (1 << 31)) ^ turned;
  }
  return words;
}

/** The place of each text among all of them, numbers in texts by their size; equal texts have equal places. */
export function ranks(texts: readonly string[]): Uint32Array {
  const keys = texts.map((text) => text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, "0")));
  const places = keys.map((_, row) => row).sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : 0));
  const found = new Uint32Array(texts.length);
  let rank = 0;
  places.forEach((row, i) => {
    if (i && keys[row] !== keys[places[i - 1]!]) rank++;
    found[row] = rank;
  });
  return found;
}

/** Read what the address says, at most two keys, each once; keys that are not known are left out. */
export function sortOf(text: string, known: (key: string) => boolean): Sort[] {
  return text
    .split(",")
    .map((part) => ({ key: part.replace(/^-/, ""), falling: part[0] === "-" }))
    .filter(({ key }, place, all) => known(key) && all.findIndex((one) => one.key === key) === place)
    .slice(0, 2);
}

export function sortText(sort: readonly Sort[]): string {
  return sort.map(({ key, falling }) => (falling ? "-" : "") + key).join(",");
}

/** The order after a click on a heading: it alone, or (`also`) as the second key; again turns it round. */
export function clicked(sort: readonly Sort[], key: string, startsFalling: boolean, also: boolean): Sort[] {
  const turned = (held: Sort): Sort => ({ key, falling: !held.falling });
  const held = sort.find((one) => one.key === key);
  if (!also) return [held && sort[0] === held ? turned(held) : { key, falling: startsFalling }];
  if (held) return sort.map((one) => (one === held ? turned(one) : one));
  return [...sort.slice(0, 1), { key, falling: startsFalling }];
}
