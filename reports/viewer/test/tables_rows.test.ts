import assert from "node:assert/strict";
import { test } from "node:test";
import { unpack } from "../src/data";
import { PRESENCE, isPresent, ofClass } from "../src/tables/per_class";
import { type Active, moved } from "../src/tables/moves";
import { drawnOf, rowsAt, same } from "../src/tables/window";
import { random } from "./random";

test("every row that can be seen is in the page, and few besides", () => {
  const next = random(3);
  for (let round = 0; round < 2000; round++) {
    const rows = Math.floor(next() * 300);
    const rowHeight = 20 + Math.floor(next() * 60);
    const height = next() * 900;
    const top = next() * Math.max(0, rows * rowHeight - height + 50);
    const [first, last] = rowsAt(top, height, rowHeight, rows);
    assert.ok(0 <= first && first <= last && last <= rows);
    let seen = 0;
    for (let row = 0; row < rows; row++) {
      const isSeen = row * rowHeight < top + height && (row + 1) * rowHeight > top;
      if (isSeen) assert.ok(first <= row && row < last, `row ${row} of ${rows} at ${top}`);
      seen += Number(isSeen);
    }
    assert.ok(last - first <= seen + 10);
  }
});

test("a table of no rows, and a place beyond its end", () => {
  assert.deepEqual(rowsAt(0, 500, 50, 0), [0, 0]);
  assert.deepEqual(rowsAt(9000, 500, 50, 20), [20, 20]);
});

test("the row with the focus is drawn wherever it is, each row once and in order", () => {
  assert.deepEqual(drawnOf([3, 6], 4, 10), [3, 4, 5]);
  assert.deepEqual(drawnOf([3, 6], 0, 10), [0, 3, 4, 5]);
  assert.deepEqual(drawnOf([3, 6], 9, 10), [3, 4, 5, 9]);
  assert.deepEqual(drawnOf([3, 6], -1, 10), [3, 4, 5]);
  assert.deepEqual(drawnOf([3, 6], 12, 5), [3, 4]);
});

test("a window that has not moved is the same window", () => {
  const held = [1, 5] as const;
  assert.equal(same(held, [1, 5]), held);
  assert.deepEqual(same(held, [1, 6]), [1, 6]);
});

test("keys lead to the next cells, and never out of the table", () => {
  const key = (name: string, from: Active, ctrlKey = false) => moved({ key: name, ctrlKey } as KeyboardEvent, from, [-1, 99], 5, 10);
  assert.deepEqual(key("ArrowDown", [-1, 2]), [0, 2]);
  assert.deepEqual(key("ArrowUp", [0, 2]), [-1, 2]);
  assert.deepEqual(key("ArrowUp", [-1, 2]), [-1, 2]);
  assert.deepEqual(key("ArrowLeft", [3, 0]), [3, 0]);
  assert.deepEqual(key("ArrowRight", [3, 4]), [3, 4]);
  assert.deepEqual(key("PageDown", [95, 1]), [99, 1]);
  assert.deepEqual(key("PageUp", [4, 1]), [0, 1]); // the rows, not their heading
  assert.deepEqual(key("PageUp", [-1, 1]), [-1, 1]);
  assert.deepEqual(key("Home", [4, 3]), [4, 0]);
  assert.deepEqual(key("End", [4, 3]), [4, 4]);
  assert.deepEqual(key("Home", [4, 3], true), [0, 0]);
  assert.deepEqual(key("End", [4, 3], true), [99, 4]);
  assert.equal(key("x", [4, 3]), undefined);
});

interface Row {
  image: number;
  class: number;
  gt_px: number;
  pred_px: number;
  tp_px: number;
}

function packed(rows: readonly Row[]) {
  const columns = ["image", "class", "gt_px", "pred_px", "tp_px"] as const;
  const parts = columns.map((name) => {
    const values = rows.map((row) => row[name]);
    return Buffer.from((name === "class" ? Uint16Array.from(values) : Uint32Array.from(values)).buffer);
  });
  const head = columns.map((name, i) => ({ name, type: name === "class" ? "u2" : "u4", bytes: parts[i]!.length }));
  return unpack(new Uint8Array(Buffer.concat([Buffer.from(`${JSON.stringify({ rows: rows.length, columns: head })}\n`), ...parts])));
}

test("the columns of a class are those that a loop over pixels gives", () => {
  const next = random(4);
  const [classes, images, size] = [4, 40, 12];
  const rows: Row[] = [];
  const masks: { truth: number[]; prediction: number[] }[] = [];
  for (let image = 0; image < images; image++) {
    const used = 1 + Math.floor(next() * classes);
    const draw = () => Array.from({ length: size }, () => Math.floor(next() * used));
    const [truth, prediction] = [draw(), draw()];
    masks.push({ truth, prediction });
    for (let of = 0; of < classes; of++) {
      const gt_px = truth.filter((value) => value === of).length;
      const pred_px = prediction.filter((value) => value === of).length;
      const tp_px = truth.filter((value, i) => value === of && prediction[i] === of).length;
      if (gt_px || pred_px) rows.push({ image: image + 100, class: of, gt_px, pred_px, tp_px });
    }
  }
  const table = packed(rows);
  for (let of = 0; of < classes; of++) {
    const found = ofClass(table, of, images, (image) => (image === 105 ? undefined : image - 100), true);
    masks.forEach(({ truth, prediction }, image) => {
      let [inter, union, t, p] = [0, 0, 0, 0];
      for (let i = 0; i < size && image !== 5; i++) {
        const [isTrue, isPredicted] = [truth[i] === of, prediction[i] === of];
        inter += Number(isTrue && isPredicted);
        union += Number(isTrue || isPredicted);
        t += Number(isTrue);
        p += Number(isPredicted);
      }
      const expected = [union ? inter / union : NaN, t, p, t - inter, p - inter];
      const got = [found.class_iou, found.class_gt_px, found.class_pred_px, found.class_missed_px, found.class_false_px];
      assert.deepEqual(got.map((column) => column[image]), expected);
      const wanted = { either: union > 0, true: t > 0, predicted: p > 0, wrong: union > inter };
      for (const how of PRESENCE) assert.equal(isPresent(found, how, image), wanted[how], how);
    });
  }
});

test("where rows were left out, an image without a row of the class is unknown", () => {
  const table = packed([{ image: 1, class: 0, gt_px: 3, pred_px: 2, tp_px: 1 }]);
  const found = ofClass(table, 0, 2, (image) => image, false);
  assert.deepEqual([...found.class_gt_px], [NaN, 3]);
  assert.deepEqual([...found.class_iou], [NaN, 0.25]);
  assert.deepEqual(PRESENCE.map((how) => isPresent(found, how, 0)), [false, false, false, false]);
});
