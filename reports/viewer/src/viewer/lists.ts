// What "next" and "previous" go through: the list that a place was opened from.

import { packedTable, type Packed } from "../data";
import { order } from "../order";
import { fill, words } from "../strings";
import type { PageData, Place } from "../types";

/** A list in words. */
export interface ListHead {
  title: string;
  /** How many places the run has of it, of which the page may hold fewer; "more" where it may have more than the page. */
  of: number | "more" | null;
}

/**
 * The places of a list: `finding.<number>`, `cell.<true>.<predicted>` (most pixels first; the box is found when the
 * place is opened), `missed`, `missed.<class>` (small objects first, then worst image first), `class.<index>` (most
 * wrong pixels of the class first), `images` (as the table of images shows them). Any other list is empty.
 */
export async function placesOf(page: PageData, list: string): Promise<Place[]> {
  const [kind = "", first, second] = list.split(".");
  if (kind === "finding") {
    const finding = page.findings.find((row) => row.number === Number(first));
    return finding?.images.map(({ image, box }) => ({ image, box, class: finding.class })) ?? [];
  }
  if (kind === "images") return ((await order(page)) ?? page.views.map((view) => view.image)).map((image) => ({ image, box: null, class: null }));
  if (kind === "cell") return cellPlaces(await packedTable(page, page.cells.block), Number(first), Number(second));
  if (kind === "missed") {
    const missed = await missedObjects(page);
    return first === undefined ? missed : missed.filter((object) => object.class === Number(first));
  }
  return kind === "class" ? classPlaces(await packedTable(page, page.class_rows.block), Number(first)) : [];
}

/** What a list is called. */
export function listHead(page: PageData, list: string): ListHead {
  const [kind = "", first, second] = list.split(".");
  const [a, b] = [Number(first), Number(second)];
  if (kind === "finding") {
    const finding = page.findings.find((row) => row.number === a);
    return { title: finding ? fill(words.lists.finding, { number: a, title: finding.title }) : "", of: null };
  }
  if (kind === "cell") {
    const total = page.cell_totals.find((row) => row[0] === a && row[1] === b);
    return { title: fill(words.lists.cell, { truth: nameOf(page, a), predicted: nameOf(page, b) }), of: total?.[3] ?? null };
  }
  if (kind === "missed") {
    const { total_missed, shown } = page.objects;
    return first === undefined ? { title: words.lists.missed, of: total_missed } : { title: fill(words.lists.missed_of, { name: nameOf(page, a) }), of: shown < total_missed ? "more" : null };
  }
  if (kind === "class") return { title: fill(words.lists.class, { name: nameOf(page, a) }), of: page.class_rows.shown < page.class_rows.total ? "more" : null };
  return { title: kind === "images" ? words.lists.images : "", of: null };
}

/** The name of a class; its index where there is none of that index. */
export function nameOf(page: PageData, index: number): string {
  return page.classes[index]?.name ?? words.common.no_class;
}

/** A true object that was not found; those of a background are none, as everywhere in the report. */
export interface Missed extends Place {
  box: NonNullable<Place["box"]>;
  class: number;
  area: number;
  recalled: number;
  /** The class that most of its other pixels were predicted as: -1 nothing, K no class. */
  takenBy: number;
}

let missed: Promise<Missed[]> | undefined;

/** The missed objects of the images that can be looked at, small ones first, then worst image first. */
export function missedObjects(page: PageData): Promise<Missed[]> {
  missed ??= packedTable(page, page.objects.block).then((table) => readMissed(page, table));
  missed.catch(() => (missed = undefined));
  return missed;
}

function readMissed(page: PageData, table: Packed): Missed[] {
  const rank = new Map(page.views.map((view, place) => [view.image, place]));
  const column = Object.fromEntries(
    ["image", "class", "y0", "x0", "y1", "x1", "area", "recalled", "size", "matched", "taken_by"].map((name) => [name, table.numbers(name)]),
  );
  const at = (name: string, row: number) => column[name]![row]!;
  const rows = [...Array(table.rows).keys()].filter((row) => !at("matched", row) && !page.classes[at("class", row)]?.background);
  const placeOf = (row: number) => rank.get(at("image", row)) ?? rank.size;
  rows.sort((a, b) => at("size", a) - at("size", b) || placeOf(a) - placeOf(b) || a - b);
  return rows.map((row) => ({
    image: at("image", row),
    class: at("class", row),
    box: [at("y0", row), at("x0", row), at("y1", row), at("x1", row)],
    area: at("area", row),
    recalled: at("recalled", row),
    takenBy: at("taken_by", row),
  }));
}

function cellPlaces(table: Packed, truth: number, predicted: number): Place[] {
  const [t, p, image] = [table.numbers("true"), table.numbers("pred"), table.numbers("image")];
  const places: Place[] = [];
  for (let row = 0; row < table.rows; row++) {
    if (t[row] === truth && p[row] === predicted) places.push({ image: image[row]!, box: null, class: truth });
  }
  return places;
}

function classPlaces(table: Packed, index: number): Place[] {
  const [image, of, gt, pred, tp] = ["image", "class", "gt_px", "pred_px", "tp_px"].map((name) => table.numbers(name));
  const found: { image: number; wrong: number }[] = [];
  for (let row = 0; row < table.rows; row++) {
    const wrong = gt![row]! + pred![row]! - 2 * tp![row]!;
    if (of![row] === index && wrong > 0) found.push({ image: image![row]!, wrong });
  }
  found.sort((a, b) => b.wrong - a.wrong || a.image - b.image);
  return found.map(({ image: place }) => ({ image: place, box: null, class: index }));
}
