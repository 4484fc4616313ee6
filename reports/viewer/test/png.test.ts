import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { readLabels } from "../src/png";
import "./words";

function chunk(kind: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(kind, "latin1"), data, Buffer.alloc(4)]);
}

function png(width: number, height: number, colour: number, rows: Buffer): string {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, colour, 0, 0, 0], 8);
  const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...parts]).toString("base64");
}

test("indices without a filter", async () => {
  const labels = await readLabels(png(3, 2, 3, Buffer.from([0, 1, 2, 3, 0, 4, 5, 255])));
  assert.deepEqual([labels.height, labels.width, [...labels.codes]], [2, 3, [1, 2, 3, 4, 5, 255]]);
});

test("every filter undone, in true colour: red + 256 x green", async () => {
  const rows = [
    [0, 10, 1, 0, 20, 2, 0],
    [1, 10, 1, 0, 10, 1, 0], // sub
    [2, 0, 0, 0, 5, 0, 0], // up
    [3, 5, 0, 0, 0, 0, 0], // average of left and above
    [4, 0, 0, 0, 1, 0, 0], // Paeth
  ];
  const labels = await readLabels(png(2, 5, 2, Buffer.from(rows.flat())));
  // by hand: rows of (red, green): (10,1)(20,2) | (10,1)(20,2) | (10,1)(25,2) | (10,0)(17,1) | (10,0)(18,1)
  assert.deepEqual([...labels.codes], [266, 532, 266, 532, 266, 537, 10, 273, 10, 274]);
});

test("another kind of PNG is refused", async () => {
  await assert.rejects(readLabels(png(1, 1, 0, Buffer.from([0, 0]))), /colour type 0/);
});

test("a PNG that is cut short is refused", async () => {
  await assert.rejects(readLabels(png(4, 4, 3, Buffer.from([0, 1, 2, 3, 4]))), /cut short/);
});
