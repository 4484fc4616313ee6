import assert from "node:assert/strict";
import { test } from "node:test";
import type { PageData } from "../src/types";
import { cameraFor, columnsFor, moved, zoomed } from "../src/viewer/camera";
import { chordMap } from "../src/viewer/contours";
import { readState, toggled } from "../src/viewer/state";

const page = { classes: [{ name: "a" }, { name: "b" }, { name: "c" }] } as unknown as PageData;
const image = { height: 100, width: 200 };
const pane = { height: 400, width: 400 };

test("a viewer is open where an image is named", () => {
  assert.equal(readState({ mode: "swipe" }, page), null);
  const state = readState({ image: "7" }, page)!;
  assert.deepEqual([state.image, state.list, state.at, state.mode, state.focus, state.box, state.opacity], [7, "images", -1, "side", null, null, 60]);
  assert.deepEqual([...state.layers], ["fn", "fp", "wrong", "void"]);
});

test("what is not understood in a link is as if it were not there", () => {
  const usual = readState({ image: "7" }, page);
  const junk = { image: "7", mode: "x", pair: "a,b", class: "9", box: "4,4,1,1", layers: undefined!, opacity: "900", split: "-1", hidden: "a,b" };
  assert.deepEqual(readState(junk, page), usual);
  assert.equal(readState({ image: "7", class: "<b>", box: "1,2,NaN,4" }, page)!.box, null);
  assert.deepEqual([...readState({ image: "7", layers: "" }, page)!.layers], []);
});

test("an overlay has the errors over the image until others are chosen", () => {
  assert.deepEqual(readState({ image: "1", mode: "overlay" }, page)!.pair, ["image", "errors"]);
  assert.deepEqual(readState({ image: "1", mode: "overlay", pair: "truth,prediction" }, page)!.pair, ["truth", "prediction"]);
});

test("a member of a set is put in and out", () => {
  assert.equal(toggled(new Set([1, 2]), 2), "1");
  assert.equal(toggled(new Set([1]), 2), "1,2");
  assert.equal(toggled(new Set([1]), 1), "");
});

test("the camera shows the whole image, or a box with what is around it", () => {
  assert.deepEqual(cameraFor(null, image, pane), { x: 100, y: 50, scale: 2 });
  assert.deepEqual(cameraFor([40, 90, 60, 120], image, pane), { x: 105, y: 50, scale: 400 / 60 });
});

test("a box at the edge is not shown with emptiness beside it", () => {
  const { x, y, scale } = cameraFor([0, 190, 10, 200], image, pane);
  assert.deepEqual([x + 200 / scale, y - 200 / scale], [200, 0]);
});

test("zooming leaves what is at the pointer where it is", () => {
  const before = { x: 80, y: 40, scale: 3 };
  const after = zoomed(before, 2, image, pane, { x: 30, y: -60 });
  assert.equal(after.scale, 6);
  assert.deepEqual([after.x + 30 / 6, after.y - 60 / 6], [80 + 30 / 3, 40 - 60 / 3]);
});

test("the camera never leaves the image", () => {
  assert.deepEqual(moved({ x: 80, y: 40, scale: 2 }, 9999, -9999, image), { x: 200, y: 0, scale: 2 });
  assert.equal(zoomed({ x: 0, y: 0, scale: 60 }, 10, image, pane, { x: 0, y: 0 }).scale, 64);
  assert.equal(zoomed({ x: 0, y: 0, scale: 2 }, 0.001, image, pane, { x: 0, y: 0 }).scale, 1);
});

test("panes stand where they are largest", () => {
  assert.equal(columnsFor(4, image, { height: 700, width: 1000 }), 2);
  assert.equal(columnsFor(4, { height: 500, width: 100 }, { height: 500, width: 1000 }), 4);
  assert.equal(columnsFor(4, image, { height: 400, width: 390 }), 2);
});

test("from afar an outline is a map that loses no chord, and a dashed one is broken in any direction", () => {
  const [rows, columns, step] = [56, 84, 4];
  const lines: [string, (y: number, x: number) => boolean][] = [
    ["across", (y) => y === 20],
    ["down", (_, x) => x === 20],
    ["falling", (y, x) => x === y],
    ["rising", (y, x) => x + y === 55],
  ];
  for (const [name, isOn] of lines) {
    const chords = Uint8Array.from({ length: rows * columns }, (_, i) => +isOn(Math.floor(i / columns), i % columns));
    const solid = chordMap(chords, rows, columns, step, false);
    const dashed = chordMap(chords, rows, columns, step, true);
    assert.deepEqual([solid.height, solid.width], [14, 21]);
    chords.forEach((on, i) => on && assert.equal(solid.codes[Math.floor(i / columns / step) * 21 + Math.floor((i % columns) / step)], 1));
    const share = dashed.codes.filter((code) => code === 1).length / solid.codes.filter((code) => code === 1).length;
    assert.ok(share > 0.4 && share < 0.8, `${name}: ${share}`);
  }
});
