// Which class is taken for which: the map, and every confusion in order.

import { useMemo, useState } from "preact/hooks";
import { count, percent } from "../formats";
import { setState } from "../hash";
import * as words from "../strings/tables";
import type { Column, PageData } from "../types";
import { useHash } from "../use";
import type { GridColumn } from "./grid";
import { HeatMap, NORMALISE, type Totals } from "./heat";
import { ClassName, classOf } from "./names";
import { openList } from "./open";
import { TableOf } from "./table";

const NS = "confusion";

/** Pixels of each class on both sides, the last one no class; NaN where the page does not say. */
function totalsOf({ matrix, classes, class_columns }: PageData): Totals {
  if (matrix) return { truth: matrix.map(sum), predicted: (matrix[0] ?? []).map((_, at) => sum(matrix.map((row) => row[at]!))) };
  const column = (key: string) => {
    const place = class_columns.findIndex((one) => one.key === key);
    return classes.map((row) => Number(row.values[place] ?? NaN));
  };
  return { truth: column("gt_px"), predicted: column("pred_px") };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

export function Confusion({ page }: { page: PageData }) {
  const { cell_totals, cells_total, matrix } = page;
  const state = useHash(NS);
  const [missing, setMissing] = useState("");
  const totals = useMemo(() => totalsOf(page), []);
  const table = useMemo(() => readCells(page, totals), []);
  const images = useMemo(() => new Map(cell_totals.map(([t, p, , n]) => [`${t}.${p}`, n])), []);
  const how = NORMALISE.find((one) => one === state.normalise) ?? "true";
  const name = (index: number) => classOf(page, index).name;
  const open = async (truth: number, predicted: number) => {
    setMissing((await openList(page, `cell.${truth}.${predicted}`)) ? "" : words.noPicture(words.cell(name(truth), name(predicted))));
  };
  const label = (t: number, p: number) => {
    const px = matrix![t]![p]!;
    const n = images.get(`${t}.${p}`);
    const share = how === "predicted" ? words.ofPredicted(percent(px / totals.predicted[p]!), name(p)) : words.ofTrue(percent(px / totals.truth[t]!), name(t));
    const more = [`${count(px)} px`, px && share, n && words.inImages(count(n))].filter(Boolean);
    return `${words.cell(name(t), name(p))}: ${more.join(", ")}`;
  };
  const named = (side: 0 | 1): Pick<GridColumn, "cell" | "width"> => ({ width: 7.5, cell: (row) => <ClassName page={page} index={cell_totals[row]![side]} /> });
  return (
    <div class="confusion">
      {matrix?.length ? (
        <div class="map">
          <fieldset class="by">
            <legend>{words.colourBy}</legend>
            {NORMALISE.map((one) => (
              <label key={one}>
                <input type="radio" name="normalise" value={one} checked={one === how} onChange={() => setState(NS, { normalise: one === "true" ? null : one })} />
                {words.by[one]}
              </label>
            ))}
          </fieldset>
          <HeatMap page={page} matrix={matrix} totals={totals} how={how} label={label} onOpen={open} />
        </div>
      ) : <p class="shown">{words.noMap}</p>}
      <div class="ranking">
        <TableOf
          ns={NS} table={table} noun={words.confusions} first="-px" height={2.75} onOpen={(row) => open(cell_totals[row]![0], cell_totals[row]![1])}
          said={<>{cell_totals.length < cells_total && words.notAllCells(count(cell_totals.length), count(cells_total))}{missing}</>}
          before={[{ key: "name", short: words.true, definition: words.trueDefinition, kind: "text", isName: true, ...named(0) }]}
          drawn={({ key, kind }) => (key === "pred" ? named(1) : { width: kind === "px" ? 6.5 : 5 })}
        />
      </div>
    </div>
  );
}

function readCells(page: PageData, { truth, predicted }: Totals) {
  const cells = page.cell_totals;
  const values: Record<string, number[] | string[]> = {
    pred: cells.map(([, p]) => classOf(page, p).name),
    px: cells.map(([, , px]) => px),
    of_true: cells.map(([t, , px]) => px / (truth[t] ?? NaN)),
    of_pred: cells.map(([, p, px]) => px / (predicted[p] ?? NaN)),
    images: cells.map(([, , , n]) => n),
  };
  const columns = Object.entries(words.confusion).map(([key, [short, definition, kind]]): Column => ({ key, title: short, short, definition, kind, shown: true }));
  return { rows: cells.length, names: cells.map(([t, p]) => `${classOf(page, t).name} ${classOf(page, p).name}`), columns, values: (key: string) => values[key]! };
}
