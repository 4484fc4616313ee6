import assert from "node:assert/strict";
import { test } from "node:test";
import { type Searched, type Sources, matching, parsed } from "../src/tables/search";
import { random } from "./random";

const COLUMNS: Searched[] = [
  { key: "miou", short: "mIoU", kind: "percent" },
  { key: "boundary_iou", short: "bound. IoU", kind: "percent" },
  { key: "prediction_ratio", short: "predicted / true", kind: "ratio" },
  { key: "missed_px", short: "missed", kind: "px" },
  { key: "group", short: "group", kind: "text" },
  { key: "user.miou", short: "miou", kind: "number" },
  { key: "user.time_of_day", short: "Time of day", kind: "text" },
  { key: "user.погода", short: "погода", kind: "text" },
];

const kinds = (query: string) => parsed(query, COLUMNS).map(({ sort }) => sort);

test("words, filters and what cannot be read are told apart", () => {
  assert.deepEqual(kinds("miou<50 Person"), ["number", "word"]);
  assert.deepEqual(kinds('"miou<50" "two words" "open'), ["word", "word", "word"]);
  assert.deepEqual(kinds("boundary-IoU>=3 bound.iou>3 predicted/true<1 missed=1,234 mIoU<50%"), Array(5).fill("number"));
  assert.deepEqual(kinds("group=Rural group<3 group="), ["text", "bad", "bad"]);
  assert.deepEqual(kinds("person miou < 50 x >= y"), ["word", "number", "bad"]);
  assert.deepEqual(kinds("miou<"), ["bad"]);
  assert.deepEqual(kinds("<script> miou<abc nothing>3 miou<5<6 miou==5 =5 miou<.5 miou<1e3 miou=undefined miou<undefined"), [
    "bad", "bad", "bad", "bad", "bad", "bad", "number", "bad", "number", "bad",
  ]);
  assert.deepEqual(kinds("  "), []);
});

function sources(values: number[], names: string[] = values.map(String), groups: string[] = []): Sources {
  return {
    names: names.map((name) => name.toLowerCase()),
    numbers: (key) => (key === "miou" || key === "missed_px" ? Float64Array.from(values) : new Float64Array(values.length)),
    texts: () => groups,
  };
}

function found(query: string, from: Sources): number[] {
  const rows = Uint32Array.from(from.names, (_, i) => i);
  return [...matching(rows, parsed(query, COLUMNS), from)];
}

test("every word must be in the name, whatever its case", () => {
  const from = sources([0, 1, 2], ["Rue/Berlin_001.png", "rue/paris_001.png", "berlin two.png"]);
  assert.deepEqual(found("berlin", from), [0, 2]);
  assert.deepEqual(found("001 RUE", from), [0, 1]);
  assert.deepEqual(found('"berlin two"', from), [2]);
  assert.deepEqual(found("berlin miou<1", from), [0]);
  assert.deepEqual(found("", from), [0, 1, 2]);
});

test("a bad term filters nothing", () => {
  assert.deepEqual(found("miou<x 1", sources([1, 2, 11])), [0, 2]);
});

test("a text is the same text, whatever its case", () => {
  assert.deepEqual(found("group=RURAL", sources([0, 0, 0], ["a", "b", "c"], ["rural", "Rural east", "RURAL"])), [0, 2]);
});

test("a text that holds blanks, or is empty, is put in quotes", () => {
  const from = sources([0, 0, 0], ["a", "b", "c"], ["light rain", "light", ""]);
  assert.deepEqual(found('timeofday="Light Rain"', from), [0]);
  assert.deepEqual(found('user.time_of_day = "light rain" a', from), [0]);
  assert.deepEqual(found("Time-of-day=light", from), [1]);
  assert.deepEqual(found('timeofday=""', from), [2]);
  assert.deepEqual(found('погода="light', from), [1]); // the quotes still open
  assert.deepEqual(kinds('timeofday=light rain miou<"5"'), ["text", "word", "bad"]);
});

test("a column of the user does not hide one of ours, and has a name of its own", () => {
  assert.deepEqual(parsed("miou<50 user.miou<50", COLUMNS).map((term) => (term.sort === "number" ? [term.key, term.unit] : null)), [["miou", 100], ["user.miou", 1]]);
});

test("limits are exact, in per cent as shown; undefined passes none of them", () => {
  const values = [0.07, 0.0700001, 0.0699999, 0.29, 1, 0, NaN];
  const from = sources(values);
  assert.deepEqual(found("miou<=7", from), [0, 2, 5]);
  assert.deepEqual(found("miou<7", from), [2, 5]);
  assert.deepEqual(found("miou>=29%", from), [3, 4]);
  assert.deepEqual(found("miou>29", from), [4]);
  assert.deepEqual(found("miou=7", from), [0, 1, 2]);
  assert.deepEqual(found("miou=7.00", from), [0, 1, 2]);
  assert.deepEqual(found("miou=7.00001", from), [1]);
  assert.deepEqual(found("miou=undefined", from), [6]);
  assert.deepEqual(found("miou<=100 miou>=0", from), [0, 1, 2, 3, 4, 5]);
});

test("random filters against plain comparisons", () => {
  const next = random(5);
  for (let round = 0; round < 300; round++) {
    const values = Array.from({ length: 50 }, () => (next() < 0.1 ? NaN : Math.floor(next() * 40)));
    const limit = Math.floor(next() * 40);
    const compare: Record<string, (value: number) => boolean> = {
      "<": (value) => value < limit, "<=": (value) => value <= limit, ">": (value) => value > limit,
      ">=": (value) => value >= limit, "=": (value) => value === limit,
    };
    for (const [operator, is] of Object.entries(compare)) {
      const expected = values.flatMap((value, i) => (is(value) ? [i] : []));
      assert.deepEqual(found(`missed_px${operator}${limit}`, sources(values)), expected);
    }
  }
});
