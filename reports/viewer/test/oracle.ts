// Runs what the viewer computes on maps that a test in Python gives, as JSON on the standard input.

import { readFileSync } from "node:fs";
import { INKS } from "../src/viewer/colours";
import { bandOf, errorWidth } from "../src/viewer/band";
import { chordsOf, traceChords } from "../src/viewer/contours";
import { nearestOther, squaredDistances } from "../src/viewer/distances";
import { errorKinds } from "../src/viewer/errors";
import { largestRegion } from "../src/viewer/regions";

interface Task {
  gt: number[][];
  pred: number[][];
  background: boolean[];
  focus: number | null;
  shown: boolean[];
  tile: number;
  band: number;
}

function labels(rows: number[][]) {
  return { height: rows.length, width: rows[0]!.length, codes: Uint16Array.from(rows.flat()) };
}

/** [x0, y0, x1, y1] of every step of the lines of a map, in quarter tiles as the viewer draws them. */
function steps(task: Task, map: ReturnType<typeof labels>): number[][] {
  const chords = chordsOf(map, task.shown, labels(task.gt).codes, task.background.length);
  const found: number[][] = [];
  let [x, y] = [0, 0];
  const pen = {
    moveTo: (toX: number, toY: number) => void ([x, y] = [toX, toY]),
    lineTo: (toX: number, toY: number) => {
      const unit = toX === x || toY === y ? 1 : 0.5;
      const count = Math.max(Math.abs(toX - x), Math.abs(toY - y)) / unit;
      for (let i = 0; i < count; i++) {
        found.push([x, y, (x += (toX - x) / (count - i)), (y += (toY - y) / (count - i))]);
      }
    },
  };
  for (let y0 = 0; y0 < map.height - 1; y0 += task.tile) {
    for (let x0 = 0; x0 < map.width - 1; x0 += task.tile) {
      traceChords(chords, map.width - 1, [y0, x0, Math.min(y0 + task.tile, map.height - 1), Math.min(x0 + task.tile, map.width - 1)], pen);
    }
  }
  return found;
}

/** The band of a map, and that of its lower right part. */
function bandAndPart({ gt, band }: Task): number[][] {
  const plane = (y0: number, x0: number) => {
    const part = labels(gt.slice(y0).map((row) => row.slice(x0)));
    return { gt: part, pred: part, y0, x0, step: 1 };
  };
  const whole = plane(0, 0);
  const of = bandOf(whole, band, null);
  const part = plane(Math.floor(gt.length / 3), Math.floor(gt[0]!.length / 3));
  return [[...of], [...bandOf(part, band, { ...whole, band: of })]];
}

const tasks = JSON.parse(readFileSync(0, "utf8")) as Task[];
const answers = tasks.map((task) => {
  const [gt, pred] = [labels(task.gt), labels(task.pred)];
  const pixels = [...gt.codes.keys()];
  return {
    contours: steps(task, pred),
    squares: [...squaredDistances(gt)],
    band: bandAndPart(task),
    nearest: pixels.map((at) => nearestOther(gt, Math.floor(at / gt.width), at % gt.width, 6, true).distance),
    part: pixels.map((at) => nearestOther(gt, Math.floor(at / gt.width), at % gt.width, 6, false)),
    errors: [...errorKinds(gt.codes, pred.codes, task.background, task.focus)],
    region: largestRegion(gt, pred, 0, 1),
  };
});
const widths = [0.01, 0.0075, 0.5, 2.5, 3.5, 4, 1].flatMap((setting) => [
  errorWidth(setting, { height: 30, width: 40 }),
  errorWidth(setting, { height: 3, width: 4 }),
]);
console.log(JSON.stringify({ answers, inks: INKS, widths }));
