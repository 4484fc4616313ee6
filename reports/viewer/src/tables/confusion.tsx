// Which class is taken for which: the map, and every confusion in order.

import { useMemo, useState } from "preact/hooks";
import { count, percent } from "../formats";
import { setState } from "../hash";
import { fill, words } from "../strings";
import type { Column, PageData } from "../types";
import { useHash } from "../use";
import type { GridColumn } from "./grid";
import { HeatMap, NORMALISE, type Totals } from "./heat";
import { ClassName, classOf } from "./names";
import { openList } from "./open";
import { TableOf } from "./table";

const NS = "confusion";
/** The columns of the confusions, in order. */
const KINDS = { pred: "text", px: "px", of_true: "percent", of_pred: "percent", images: "count" } as const;

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
    setMissing((await openList(page, `cell.${truth}.${predicted}`)) ? "" : ` ${fill(words.tables.no_picture, { what: fill(words.lists.cell, { truth: name(truth), predicted: name(predicted) }) })}`);
  };
  const label = (t: number, p: number) => {
    const px = matrix![t]![p]!;
    const n = images.get(`${t}.${p}`);
    const share = how === "predicted"
      ? fill(words.confusion.of_predicted, { share: percent(px / totals.predicted[p]!), name: name(p) })
      : fill(words.confusion.of_true, { share: percent(px / totals.truth[t]!), name: name(t) });
    const more = [`${count(px)} px`, px && share, n && fill(n === 1 ? words.confusion.in_image_one : words.confusion.in_image_many, { images: count(n) })].filter(Boolean);
    return `${fill(words.lists.cell, { truth: name(t), predicted: name(p) })}: ${more.join(", ")}`;
  };
  const named = (side: 0 | 1): Pick<GridColumn, "cell" | "width"> => ({ width: 7.5, cell: (row) => <ClassName page={page} index={cell_totals[row]![side]} /> });
  return (
    <div class="confusion">
      {matrix?.length ? (
        <div class="map">
          <fieldset class="by">
            <legend>{words.confusion.colour_by}</legend>
            {NORMALISE.map((one) => (
              <label key={one}>
                <input type="radio" name="normalise" value={one} checked={one === how} onChange={() => setState(NS, { normalise: one === "true" ? null : one })} />
                {words.colour_by[one]}
              </label>
            ))}
          </fieldset>
          <HeatMap page={page} matrix={matrix} totals={totals} how={how} label={label} onOpen={open} />
        </div>
      ) : <p class="shown">{words.confusion.no_map}</p>}
      <div class="ranking">
        <TableOf
          ns={NS} table={table} noun={words.tables.confusions} first="-px" height={2.75} onOpen={(row) => open(cell_totals[row]![0], cell_totals[row]![1])}
          said={<>{cell_totals.length < cells_total && ` ${fill(words.tables.not_all_cells, { shown: count(cell_totals.length), total: count(cells_total) })}`}{missing}</>}
          before={[{ key: "name", short: words.tables.true, definition: words.tables.true_definition, kind: "text", isName: true, ...named(0) }]}
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
  const columns = Object.entries(KINDS).map(([key, kind]): Column => {
    const { title, definition } = words.confusion_columns[key as keyof typeof KINDS];
    return { key, title, short: title, definition, kind, shown: true };
  });
  return { rows: cells.length, names: cells.map(([t, p]) => `${classOf(page, t).name} ${classOf(page, p).name}`), columns, values: (key: string) => values[key]! };
}
