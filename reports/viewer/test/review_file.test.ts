import assert from "node:assert/strict";
import { test } from "node:test";
import { readReview, reviewText, textOf } from "../src/review/file";
import { itemOn, keyAt, keyOf, VERDICTS } from "../src/review/items";
import { item, ITEMS, PAGE, SAMPLE } from "./review_sample";
import "./words";

const nameOf = (image: number) => ({ 2: "a/b", 12: "z" })[image];
const read = (text: string) => readReview(text, PAGE, nameOf);
const fileOf = (...items: unknown[]) => JSON.stringify({ schema_version: 1, run: PAGE.run, tool: "mask-inspector", items });

test("a review is read as it was written, and written in the order of the images", () => {
  assert.deepEqual(read(SAMPLE), ITEMS);
  assert.equal(reviewText(PAGE, [...ITEMS].reverse()), SAMPLE);
});

test("what may be left out may be left out", () => {
  const { note: _, reviewer: __, class_name: ___, ...rest } = item();
  assert.deepEqual(read(fileOf(rest)), [{ ...item(), note: "", reviewer: "", class_name: null }]);
});

test("an image that the page does not name is taken by its index", () => {
  assert.equal(read(fileOf(item({ image: "unseen", image_index: 19 }))).length, 1);
});

for (const [change, words] of [
  [{ verdict: "good" }, /Item 2: `verdict` is "good"/],
  [{ verdict: null }, /`verdict` is null/],
  [{ image: "" }, /`image` is ""/],
  [{ image: "b" }, /`image` is "b"/],
  [{ image_index: 20 }, /`image_index` is 20/],
  [{ image_index: -1 }, /`image_index` is -1/],
  [{ image_index: 1.5 }, /`image_index` is 1.5/],
  [{ image_index: undefined }, /`image_index` is nothing/],
  [{ class: 0 }, /`class` is 0/],
  [{ class: "3" }, /`class` is "3"/],
  [{ class: undefined }, /`class` is nothing/],
  [{ class_name: 3 }, /`class_name` is 3/],
  [{ box: [0, 5, 10] }, /`box` is \[0,5,10\]/],
  [{ box: [10, 5, 0, 20] }, /`box` is/],
  [{ box: [0, 20, 10, 20] }, /`box` is/],
  [{ box: [-1, 5, 10, 20] }, /`box` is/],
  [{ note: "x".repeat(2001) }, /`note` is "x{79}/],
  [{ note: null }, /`note` is null/],
  [{ reviewer: "x".repeat(101) }, /`reviewer` is/],
  [{ at: "yesterday" }, /`at` is "yesterday"/],
  [{ at: "2026-13-21T20:00:00Z" }, /`at` is/],
] as [object, RegExp][]) {
  test(`an item that is wrong is named: ${JSON.stringify(change)}`.slice(0, 100), () => {
    assert.throws(() => read(fileOf(item({ image_index: 12, image: "z" }), { ...item(), ...change })), words);
  });
}

for (const [text, words] of [
  ["{", /no JSON/],
  ["null", /no review/],
  ["[]", /no review/],
  ['{"items": {}}', /no review/],
  [JSON.stringify({ schema_version: 2, run: PAGE.run, items: [] }), /version 2, 1 is expected/],
  [JSON.stringify({ schema_version: 1, run: "f".repeat(16), items: [] }), /another run \("f{16}"\), the page shows 0123456789abcdef/],
  [fileOf(5), /Item 1: it is no object/],
  [fileOf(item(), item({ note: "again" })), /Item 2: the same image, class and box/],
] as [string, RegExp][]) {
  test(`a file that is no review of this run is refused: ${words.source}`, () => {
    assert.throws(() => read(text), words);
  });
}

test("a file that is far too large is not read", async () => {
  const file = { size: 64_000_001, text: () => assert.fail("it was read") } as unknown as Blob;
  await assert.rejects(textOf(file), /too large/);
  assert.equal(await textOf(new Blob(["short"])), "short");
});

test("an item speaks of classes by their id, and of no class beyond the list", () => {
  const place = { image: 2, name: "a/b", box: null, class: 1 };
  const made = itemOn(PAGE, place, { verdict: "accept", note: "n", reviewer: "Ada" });
  assert.deepEqual([made.class, made.class_name, made.image, made.image_index], [3, "<b>car</b>", "a/b", 2]);
  assert.match(made.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.equal(keyOf(made), keyAt(PAGE, place));
  for (const none of [null, 2]) assert.equal(itemOn(PAGE, { ...place, class: none }, { verdict: "accept", note: "", reviewer: "" }).class, null);
  assert.deepEqual(read(reviewText(PAGE, [made])), [made]);
  assert.equal(VERDICTS.length, 4);
});
