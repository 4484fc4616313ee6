// The table of classes: every number of a class, or why it has none; and the ways to its images.

import { useMemo, useState } from "preact/hooks";
import { bounds, percent } from "../formats";
import { setState } from "../hash";
import { type Words, fill, words } from "../strings";
import type { Column, PageData } from "../types";
import { type GridColumn, Value } from "./grid";
import { ClassName } from "./names";
import { openList } from "./open";
import { TableOf } from "./table";

export function ClassTable({ page }: { page: PageData }) {
  const { classes, class_columns } = page;
  const [missing, setMissing] = useState("");
  const table = useMemo(() => {
    const values = (key: string) => {
      const place = class_columns.findIndex((column) => column.key === key);
      const empty = class_columns[place]?.kind === "text" ? "" : NaN;
      return classes.map((row) => row.values[place] ?? empty) as number[] | string[];
    };
    return { rows: classes.length, names: classes.map((row) => row.name), columns: class_columns, values };
  }, []);
  const act = (name: keyof Words["acts"], onAct: (row: number, label: string) => void): GridColumn => {
    const { title: short, definition, button } = words.acts[name];
    return {
      key: `act.${name}`, short, definition, kind: "text", width: 5.5, isUnsorted: true,
      cell: (row) => {
        if (name === "missed" && classes[row]!.background) return null; // of the background no object is missed
        const label = `${short}: ${classes[row]!.name}`;
        return <button tabIndex={-1} aria-label={label} onClick={() => onAct(row, label)}>{button}</button>;
      },
    };
  };
  const look = (list: string) => async (row: number, label: string) => setMissing((await openList(page, `${list}.${row}`)) ? "" : ` ${fill(words.tables.no_picture, { what: label })}`);
  return (
    <TableOf
      ns="classes" table={table} noun={words.tables.classes} first="iou" height={3.5} said={missing} onOpen={toImages} drawn={(column) => numberColumn(page, column)}
      before={[{
        key: "name", short: words.tables.class, definition: words.tables.class_definition, kind: "text", isName: true,
        cell: (row) => <><ClassName page={page} index={row} />{classes[row]!.background && <small>{words.tables.background}</small>}</>,
      }]}
      after={[act("images", toImages), act("worst", look("class")), act("missed", look("missed"))]}
    />
  );
}

/** The images that the class is in, those where it is worst first. */
function toImages(row: number): void {
  setState("images", { class: String(row), is: "either", sort: "class_iou", q: null, row: null }, { push: true, anchor: "images" });
  document.getElementById("images")?.scrollIntoView();
}

/** A number of a class with its interval, or why it is undefined. */
function numberColumn({ classes, class_columns }: PageData, { key, short, kind }: Column): Partial<GridColumn> {
  const place = class_columns.findIndex((column) => column.key === key);
  const isBar = key === "iou";
  const cell = (row: number) => {
    const { values, notes, intervals, name } = classes[row]!;
    const value = values[place] ?? null;
    const number = <Value value={value} kind={kind} note={notes[key] ?? bounds(intervals[key], kind)} />;
    return isBar ? <div class="with-bar"><div>{number}</div><Bar value={value as number | null} ends={intervals[key]} name={`${short}, ${name}`} /></div> : number;
  };
  return { width: isBar ? 13 : kind === "text" ? 15 : 7, cell };
}

/** A share as a bar, its interval as a whisker. */
function Bar({ value, ends, name }: { value: number | null; ends: [number, number] | undefined; name: string }) {
  const at = (share: number) => `${100 * Math.min(Math.max(share, 0), 1)}%`;
  const line = (x1: number, x2: number, y1: string, y2: string) => <line class="whisker" x1={at(x1)} x2={at(x2)} y1={y1} y2={y2} />;
  return (
    <svg class="bar" role="img" aria-label={`${name}: ${percent(value)}`}>
      <rect class="track" width="100%" height="100%" />
      {value !== null && <rect class="fill" width={at(value)} height="100%" />}
      {ends && [line(...ends, "50%", "50%"), ...ends.map((end) => line(end, end, "25%", "75%"))]}
    </svg>
  );
}
