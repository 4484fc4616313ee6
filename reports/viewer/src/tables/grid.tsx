// A table of any length: only the rows that can be seen are in the page. Moves by keys as an ARIA grid.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { shown } from "../formats";
import { words } from "../strings";
import type { Column, Kind } from "../types";
import { type Active, moved } from "./moves";
import { useScrolled } from "./scrolled";
import { type Sort, clicked } from "./sort";
import { useTip } from "./tip";
import { drawnOf } from "./window";

export interface GridColumn extends Pick<Column, "key" | "short" | "definition" | "kind"> {
  /** In rem, where not as its kind is; the column of names is as wide as there is room for. */
  width?: number;
  /** Stays in sight when the table is scrolled sideways, and names the row. */
  isName?: boolean;
  isUnsorted?: boolean;
  /** `row` is what `rows` holds, `place` where it stands. */
  cell: (row: number, place: number) => ComponentChildren;
}

const WIDTHS: Record<Kind, number> = { percent: 6, ratio: 6.5, px: 7.5, length: 6, count: 6, text: 13, number: 7.5 };

interface GridProps {
  label: string;
  columns: readonly GridColumn[];
  rows: Uint32Array;
  /** Of a row, in rem. */
  height: number;
  sort: readonly Sort[];
  onSort: (sort: Sort[]) => void;
  /** Enter, or a click on a row. */
  onOpen: (row: number, place: number) => void;
  /** Of what the rows are: when it changes, the table is at its start again. */
  token: string;
  /** The row at the top, and who is told of another. */
  top: number;
  onTop: (row: number) => void;
}

export function Grid({ label, columns, rows, height, sort, onSort, onOpen, token, top, onTop }: GridProps) {
  const id = useId();
  const [rowHeight] = useState(() => Math.round(height * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)));
  const scroller = useRef<HTMLDivElement>(null);
  const { seen, onScroll } = useScrolled(scroller, rowHeight, rows.length, token, top, onTop);
  const { tip, point, hide } = useTip((place) => columns[place]?.definition);
  const [wanted, setActive] = useState<Active>([-1, columns.findIndex((column) => column.isName)]);
  const active: Active = [Math.min(wanted[0], rows.length - 1), Math.min(wanted[1], columns.length - 1)];
  const isMoved = useRef(false);
  useLayoutEffect(() => setActive(([row, column]) => [Math.min(row, 0), column]), [token]);
  useLayoutEffect(() => {
    if (!isMoved.current) return;
    isMoved.current = false;
    const cell = scroller.current!.querySelector<HTMLElement>(`[data-at="${active.join(".")}"]`);
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [wanted]);

  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") hide();
    if (event.altKey || event.metaKey) return;
    const cell = (event.target as Element).closest<HTMLElement>("[data-at]");
    const [row, column] = active;
    if ((event.key === "Enter" || event.key === " ") && cell && row >= 0) {
      const inner = cell.querySelector<HTMLElement>("button");
      if (!inner && event.key === " ") return;
      event.preventDefault();
      if (inner) inner.click();
      else onOpen(rows[row]!, row);
      return;
    }
    const next = moved(event, active, [-1, rows.length - 1], columns.length, Math.floor(scroller.current!.clientHeight / rowHeight) - 1);
    if (!next || !cell) return;
    event.preventDefault();
    isMoved.current = next[0] !== row || next[1] !== column;
    if (isMoved.current) setActive(next);
  };
  const focused = (event: FocusEvent) => {
    const at = (event.target as Element).closest<HTMLElement>("[data-at]")?.dataset.at;
    if (at && at !== active.join(".")) setActive(at.split(".").map(Number) as unknown as Active);
    point(event);
  };
  const opened = (event: MouseEvent) => {
    const place = event.target as Element;
    const row = place.closest<HTMLElement>("[data-row]")?.dataset.row;
    if (row === undefined || place.closest("a, button") || String(getSelection())) return;
    onOpen(rows[Number(row)]!, Number(row));
  };

  const shape = {
    "--cols": columns.map((column) => (column.isName ? "minmax(var(--name), 1fr)" : `${widthOf(column)}rem`)).join(" "),
    "--rest": `${columns.reduce((sum, column) => sum + (column.isName ? 0 : widthOf(column)), 0)}rem`,
  };
  return (
    <div class="sheet-frame" onMouseOver={point} onMouseLeave={hide} onFocusOut={hide}>
      <div
        ref={scroller} class="sheet" style={shape} role="grid" aria-label={label} aria-rowcount={rows.length + 1} tabIndex={-1}
        onScroll={() => (onScroll(), hide())} onKeyDown={pressed} onFocusIn={focused} onClick={opened}
      >
        <div class="head" role="row" aria-rowindex={1}>
          {columns.map((column, place) => (
            <Heading key={column.key} id={id} column={column} place={place} sort={sort} isActive={active[0] < 0 && active[1] === place} onSort={onSort} />
          ))}
        </div>
        <div class="body" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
          {drawnOf(seen, active[0], rows.length).map((place) => (
            <div key={place} class="row" role="row" aria-rowindex={place + 2} data-row={place} style={{ top: `${place * rowHeight}px`, height: `${rowHeight}px` }}>
              {columns.map((column, at) => (
                <div
                  key={column.key} class={classOf(column)} role={column.isName ? "rowheader" : "gridcell"} data-at={`${place}.${at}`}
                  tabIndex={active[0] === place && active[1] === at ? 0 : -1}
                >
                  {column.cell(rows[place]!, place)}
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
      {!rows.length && <p class="empty">{words.tables.none}</p>}
      {columns.map(({ definition }, place) => (
        <span key={place} id={`${id}${place}`} hidden>{definition}</span>
      ))}
      {tip}
    </div>
  );
}

interface HeadingProps {
  id: string;
  column: GridColumn;
  place: number;
  sort: readonly Sort[];
  isActive: boolean;
  onSort: (sort: Sort[]) => void;
}

function Heading({ id, column, place, sort, isActive, onSort }: HeadingProps) {
  const { key, short, kind } = column;
  const rank = sort.findIndex((one) => one.key === key);
  const falling = sort[rank]?.falling;
  const roving = { "data-at": `-1.${place}`, tabIndex: isActive ? 0 : -1, "aria-describedby": `${id}${place}` };
  const order = falling ? "descending" : "ascending";
  // at the first click amounts fall, shares and names rise: that shows the worst first
  const click = (event: MouseEvent) => onSort(clicked(sort, key, /px|count|length/.test(kind), event.shiftKey));
  return (
    <div
      class={classOf(column)} role="columnheader" data-head={place} aria-sort={rank ? undefined : order}
      {...(column.isUnsorted ? roving : {})}
    >
      {column.isUnsorted ? short : (
        <button data-column={key} {...roving} onClick={click}>
          {short}
          {rank >= 0 && <span class="arrow" aria-hidden="true">{falling ? "▼" : "▲"}{rank ? 2 : ""}</span>}
          {rank > 0 && <span class="sr">, {words.tables.second}</span>}
        </button>
      )}
    </div>
  );
}

function widthOf({ width, kind }: GridColumn): number {
  return width ?? WIDTHS[kind];
}

function classOf({ kind, isName }: GridColumn): string {
  return `${kind === "text" ? "" : "n"}${isName ? " name" : ""}`;
}

/** A number or a text, and a second line. */
export function Value({ value, kind, note }: { value: number | string | null; kind: Kind; note?: string | undefined }) {
  const text = shown(value, kind);
  return (
    <>
      {kind === "text" ? <bdi title={text}>{text}</bdi> : <span class={text === words.common.undefined ? "undefined" : ""}>{text}</span>}
      {note && <small title={note}>{note}</small>}
    </>
  );
}
