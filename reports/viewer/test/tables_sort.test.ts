import assert from "node:assert/strict";
import { test } from "node:test";
import { type Key, clicked, ordered, ranks, sortOf, sortText } from "../src/tables/sort";
import { sources } from "../src/tables/source";
import { random } from "./random";

/** Insertion into a list: slow, plain, stable. */
function naive(rows: readonly number[], keys: readonly Key[]): number[] {
  const before = (a: number, b: number): boolean => {
    for (const { values, falling } of keys) {
      const [x, y] = [values[a]!, values[b]!];
      if (Number.isNaN(x) && Number.isNaN(y)) continue;
      if (Number.isNaN(x)) return false;
      if (Number.isNaN(y)) return true;
      if (x !== y) return falling ? x > y : x < y;
    }
    return false;
  };
  const sorted: number[] = [];
  for (const row of rows) {
    let place = sorted.length;
    while (place > 0 && before(row, sorted[place - 1]!)) place--;
    sorted.splice(place, 0, row);
  }
  return sorted;
}

const SPECIAL = [NaN, 0, -0, Infinity, -Infinity, 5e-324, -5e-324, 1, -1, 0.1 + 0.2, 0.3, 2 ** 53, 2 ** 53 - 1, Number.MAX_VALUE, -Number.MAX_VALUE];

test("an order by any keys is that of a naive sort: ties stay, undefined is last both ways", () => {
  const next = random(1);
  for (let round = 0; round < 300; round++) {
    const n = Math.floor(next() * 60);
    const few = 1 + Math.floor(next() * 6);
    const draw = [
      () => SPECIAL[Math.floor(next() * SPECIAL.length)]!,
      () => Math.floor(next() * few),
      () => (next() < 0.2 ? NaN : next() - 0.5),
    ];
    const keys = Array.from({ length: 1 + Math.floor(next() * 3) }, () => {
      const one = draw[Math.floor(next() * 3)]!;
      return { values: Float64Array.from({ length: n }, one), falling: next() < 0.5 };
    });
    const rows = Uint32Array.from({ length: n }, (_, i) => i).filter(() => next() < 0.8);
    if (next() < 0.5) rows.reverse();
    assert.deepEqual([...ordered(rows, keys)], naive([...rows], keys));
  }
});

test("whole numbers and single precision are sorted as they are", () => {
  const rows = Uint32Array.from([0, 1, 2, 3]);
  assert.deepEqual([...ordered(rows, [{ values: Uint32Array.from([4e9, 3, 4e9 - 1, 0]), falling: true }])], [0, 2, 1, 3]);
  assert.deepEqual([...ordered(rows, [{ values: Float32Array.from([0.5, NaN, -0.5, 0.25]), falling: false }])], [2, 3, 0, 1]);
});

test("whatever the bits of an undefined value, it stays where it stands", () => {
  const values = Float64Array.from([NaN, 1, NaN, NaN]);
  new Uint32Array(values.buffer).set([7, 0xfff80000, 0, 0x3ff00000, 3], 0);
  const rows = Uint32Array.from([0, 1, 2, 3]);
  for (const falling of [true, false]) assert.deepEqual([...ordered(rows, [{ values, falling }])], [1, 0, 2, 3]);
});

test("100,000 rows are sorted by two keys in a moment", () => {
  const next = random(2);
  const rows = Uint32Array.from({ length: 100_000 }, (_, i) => i);
  const values = Float64Array.from(rows, () => next());
  const start = performance.now();
  ordered(rows, [{ values, falling: true }, { values: rows, falling: false }]);
  assert.ok(performance.now() - start < 1000); // ten times what it takes: a busy machine
});

test("texts are ranked with their numbers by size, whatever their case", () => {
  const texts = ["b2", "a10", "A9", "a10", "", "b", "a9x"];
  const placed = ranks(texts);
  assert.deepEqual([...placed], [5, 3, 1, 3, 0, 4, 2]);
});

test("a click turns the first key, a shift-click the second", () => {
  const start = [{ key: "miou", falling: false }];
  const turned = clicked(start, "miou", false, false);
  assert.equal(sortText(turned), "-miou");
  const two = clicked(turned, "name", true, true);
  assert.equal(sortText(two), "-miou,-name");
  assert.equal(sortText(clicked(two, "name", true, true)), "-miou,name");
  assert.equal(sortText(clicked(two, "px", true, true)), "-miou,-px");
  assert.equal(sortText(clicked(two, "name", true, false)), "-name");
  assert.equal(sortText(clicked(two, "miou", true, false)), "miou");
});

test("what the address says of an order is read back; strangers are left out", () => {
  const known = (key: string) => ["miou", "name"].includes(key);
  assert.equal(sortText(sortOf("-miou,name", known)), "-miou,name");
  assert.equal(sortText(sortOf("-evil,name,", known)), "name");
  assert.equal(sortText(sortOf("miou,-miou,name,name", known)), "miou,name");
  assert.equal(sortText(sortOf("a,-b,c", () => true)), "a,-b");
  assert.equal(sortText(sortOf("evil,", known)), "");
});

test("numbers that are held as they were written are sorted by what they are, nothing last", () => {
  const texts = ["10", "", "-2", "9.50", "1e2", "9.5", "0"];
  const columns = [{ key: "user.a", title: "", short: "", definition: "", kind: "number" as const, shown: false }];
  const from = sources({ rows: texts.length, names: texts, columns, values: () => texts });
  const order = (falling: boolean) => [...ordered(Uint32Array.from(texts, (_, row) => row), [{ values: from.numbers("user.a"), falling }])];
  assert.deepEqual(order(false).map((row) => texts[row]), ["-2", "0", "9.50", "9.5", "10", "1e2", ""]);
  assert.deepEqual(order(true).map((row) => texts[row]), ["1e2", "10", "9.50", "9.5", "0", "-2", ""]);
});
