// A table with what stands above it: search, filters, choice of columns, how much is shown. Its state is in the address.

import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { count } from "../formats";
import { setState } from "../hash";
import { fill, words } from "../strings";
import type { Column } from "../types";
import { useHash } from "../use";
import { Chooser, Search, useTyped } from "./controls";
import { Grid, type GridColumn, Value } from "./grid";
import { badOf, matching, parsed } from "./search";
import { ordered, sortOf, sortText } from "./sort";
import { type Table, sources } from "./source";

interface Props {
  /** Namespace of the address. */
  ns: string;
  /** The table; another object is another table. */
  table: Table;
  /** What its rows are. */
  noun: string;
  /** The order at first, as the address would say it. */
  first: string;
  /** Of a row, in rem. */
  height: number;
  /** Columns that are always there, before and after those that are chosen. */
  before: GridColumn[];
  after?: GridColumn[];
  /** Columns that are always shown: they belong to a choice. */
  isKept?: (key: string) => boolean;
  /** How a column is drawn where it is not plain; nothing: plainly. */
  drawn?: (column: Column) => Partial<GridColumn>;
  /** Rows that are wanted, whatever is searched. Another function is another filter. */
  isWanted?: ((row: number) => boolean) | null;
  onOpen: (row: number, place: number) => void;
  onRows?: (rows: Uint32Array) => void;
  /** More filters, and more to say of how much is shown. */
  tools?: ComponentChildren;
  said?: ComponentChildren;
}

export function TableOf({ ns, table, noun, first, height, before, after = [], isKept, drawn, isWanted, onOpen, onRows, tools, said }: Props) {
  const { columns } = table;
  const state = useHash(ns);
  const [q, setQ] = useTyped(ns, "q", state.q ?? "");
  const from = useMemo(() => sources(table), [table]);
  const isKnown = (key: string) => key === "name" || columns.some((column) => column.key === key);
  const asked = sortOf(state.sort ?? "", isKnown);
  const sort = asked.length ? asked : sortOf(first, isKnown);
  const order = sortText(sort);
  const all = useMemo(
    () => ordered(Uint32Array.from({ length: table.rows }, (_, row) => row), sort.map(({ key, falling }) => ({ values: from.numbers(key), falling }))),
    [order, from],
  );
  const terms = useMemo(() => parsed(q, columns), [q, table]);
  const rows = useMemo(() => {
    const found = matching(all, terms, from);
    return isWanted ? found.filter(isWanted) : found;
  }, [all, terms, isWanted]);
  useEffect(() => onRows?.(rows), [rows]);

  const chosen = state.cols?.split(",");
  const choices = columns.filter(({ key }) => !isKept?.(key));
  const isShown = ({ key, shown }: Column) => isKept?.(key) || (chosen ? chosen.includes(key) : shown);
  const choose = (key: string, isChosen: boolean) => {
    const next = choices.filter((column) => (column.key === key ? isChosen : isShown(column)));
    const isAsAtFirst = choices.every((column) => column.shown === next.includes(column));
    setState(ns, { cols: isAsAtFirst ? null : next.map((column) => column.key).join() });
  };
  const plain = (column: Column): GridColumn => {
    const values = table.values(column.key);
    return { ...column, cell: (row) => <Value value={values[row]!} kind={column.kind} />, ...drawn?.(column) };
  };
  const [n, total] = [count(rows.length), count(table.rows)];
  return (
    <>
      <div class="tools">
        <Search label={fill(words.tables.search, { noun })} text={q} onText={setQ} hint={fill(words.tables.hint, { keys: columns.map(({ key }) => key).join(", ") })} bad={badOf(terms)} />
        {tools}
        <Chooser columns={choices} isShown={isShown} onChange={choose} />
      </div>
      <p class="shown" role="status">
        {fill(n === total ? words.tables.all : words.tables.of, { count: n, total, noun })}
        {said}
      </p>
      <Grid
        label={noun} columns={[...before, ...columns.filter(isShown).map(plain), ...after]} rows={rows} height={height} sort={sort}
        onSort={(next) => setState(ns, { sort: sortText(next), row: null })} token={[state.sort, q, state.class, state.is, state.reviewed].join()}
        top={Number(state.row) || 0} onTop={(row) => setState(ns, { row: row ? String(row) : null })} onOpen={onOpen}
      />
    </>
  );
}
