// The table of all images: sorted, searched, filtered, with the numbers of one class on demand.

import { useMemo } from "preact/hooks";
import { type Packed, packedTable } from "../data";
import { count } from "../formats";
import { linkTo, setState } from "../hash";
import { setOrder } from "../order";
import { fill, words } from "../strings";
import type { Column, PageData } from "../types";
import { useHash, useLoaded } from "../use";
import { VERDICTS, type Verdict } from "../review/items";
import { useReview } from "../review/use";
import { Thumb } from "../viewer/thumb";
import { Pick } from "./controls";
import { Name } from "./names";
import { openImage, viewOf } from "./open";
import { type OfClass, PRESENCE, isPresent, ofClass } from "./per_class";
import { TableOf } from "./table";

const NS = "images";
/** Height of a thumbnail in px, a third of its width; on a phone there must be room for a number beside it. */
const THUMB_PX = matchMedia("(max-width: 46rem)").matches ? 28 : 44;

/** Measures, sizes, groups; metadata last, so that a column of the user does not hide one of ours from a search. */
function columnsOf({ image_columns }: PageData, table: Packed): Column[] {
  const isUser = ({ key }: Column) => key.startsWith("user.");
  const more = Object.entries(words.image_columns).map(([key, { title, definition }]): Column => (
    { key, title, short: title, definition, kind: table.textNames.includes(key) ? "text" : "count", shown: false }
  ));
  return [...image_columns.filter((column) => !isUser(column)), ...more.filter(({ key }) => table.has(key)), ...image_columns.filter(isUser)];
}

/** The index in the run of each row, and the row of an index. */
function placesOf(table: Packed) {
  if (!table.has("index")) return { indices: Uint32Array.from({ length: table.rows }, (_, row) => row), placeOf: (image: number) => image };
  const indices = table.numbers("index");
  const places = new Map(Array.from(indices, (image, row) => [image, row]));
  return { indices, placeOf: (image: number) => places.get(image) };
}

export function ImageTable({ page, table }: { page: PageData; table: Packed }) {
  const { classes, class_rows, images } = page;
  const state = useHash(NS);
  const { indices, placeOf } = useMemo(() => placesOf(table), []);
  const chosen = state.class && classes[Number(state.class)] ? Number(state.class) : null;
  const isWhole = class_rows.shown === class_rows.total;
  const loaded = useLoaded(chosen, async () => {
    if (chosen === null) return null;
    return ofClass(await packedTable(page, class_rows.block), chosen, table.rows, placeOf, isWhole);
  });
  const of = loaded.state === "ready" ? loaded.value : null;
  const source = useMemo(() => {
    const isOf = (key: string): key is keyof OfClass => !!of && key in of;
    const named = Object.entries(of ? words.class_columns : {}).map(([key, { title, definition }]): Column => {
      const short = `${title}, ${classes[chosen!]!.name}`;
      return { key, title: short, short, definition, kind: key === "class_iou" ? "percent" : "px", shown: true };
    });
    const columns = [...named, ...columnsOf(page, table)];
    const isText = (key: string) => table.textNames.includes(key);
    return { rows: table.rows, names: table.texts("image"), columns, values: (key: string) => (isOf(key) ? of![key] : isText(key) ? table.texts(key) : table.numbers(key)) };
  }, [of]);
  const how = PRESENCE.find((one) => one === state.is);
  const verdicts = useVerdicts(page);
  const { reviewed } = state;
  const isWanted = useMemo(() => {
    if (!(of && how) && !reviewed) return null;
    return (row: number) => (!of || !how || isPresent(of, how, row)) && (!reviewed || isReviewed(verdicts.get(indices[row]!), reviewed));
  }, [of, how, reviewed, reviewed && verdicts]);
  const open = (row: number, place: number) => openImage(indices[row]!, place, chosen);
  const pick = (key: string) => (value: string | null) => setState(NS, { [key]: value, row: null });
  return (
    <TableOf
      ns={NS} table={source} noun={words.tables.images} first="miou" height={3.5} isKept={(key) => key.startsWith("class_")} isWanted={isWanted} onOpen={open}
      onRows={(rows) => setOrder(Array.from(rows, (row) => indices[row]!))}
      tools={<>
        <Pick label={words.tables.class} name="class" value={state.class} choices={[["", words.tables.none_chosen], ...classes.map(({ name }, at) => [String(at), name] as const)]} onPick={pick("class")} />
        {chosen !== null && <Pick label={words.tables.presence} name="is" value={how} choices={[["", words.tables.all_images], ...PRESENCE.map((one) => [one, words.presence[one]] as const)]} onPick={pick("is")} />}
        <Pick label={words.tables.review} name="reviewed" value={reviewed} choices={reviewedChoices()} onPick={pick("reviewed")} />
      </>}
      said={<>
        {images.shown < images.total && ` ${fill(words.tables.not_all, { shown: count(images.shown), total: count(images.total) })}`}
        {chosen !== null && !isWhole && ` ${words.tables.part_of_class}`}
        {page.missing_columns && ` ${page.missing_columns}`}
        {loaded.state === "failed" && fill(words.common.failed, { why: loaded.why })}
      </>}
      before={[
        {
          key: "thumb", short: words.tables.picture, definition: words.viewer.thumb, kind: "text", width: (3 * THUMB_PX) / 16 + 1.25, isUnsorted: true,
          cell: (row) => <Thumb key={indices[row]!} page={page} image={indices[row]!} focus={chosen} size={THUMB_PX} />,
        },
        {
          key: "name", short: words.tables.image, definition: words.tables.image_definition, kind: "text", isName: true,
          cell: (row, place) => {
            const follow = (event: MouseEvent) => {
              if (event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault(); // its address was written before the last change of other parts
              open(row, place);
            };
            return <a href={linkTo("view", viewOf(indices[row]!, place, chosen), "view")} tabIndex={-1} onClick={follow}><Name>{source.names[row]!}</Name></a>;
          },
        },
      ]}
      after={verdicts.size ? [{
        key: "review", short: words.tables.review, definition: words.tables.review_definition, kind: "text", width: 9, isUnsorted: true,
        cell: (row) => [...(verdicts.get(indices[row]!) ?? [])].map(said).join(", "),
      }] : []}
    />
  );
}

function said(verdict: Verdict): string {
  return words.verdicts[verdict].name;
}

function reviewedChoices() {
  return [["", words.tables.any_verdict], ["any", words.tables.looked], ["none", words.tables.not_looked], ...VERDICTS.map((verdict) => [verdict, said(verdict)] as const)] as const;
}

/** The verdicts on each image and on what is in it. */
function useVerdicts(page: PageData): Map<number, Set<Verdict>> {
  const { items, version } = useReview(page);
  return useMemo(() => {
    const found = new Map<number, Set<Verdict>>();
    for (const { image_index, verdict } of items.values()) found.set(image_index, (found.get(image_index) ?? new Set()).add(verdict));
    return found;
  }, [version]);
}

/** `how` is "any", "none" or a verdict. */
function isReviewed(verdicts: Set<Verdict> | undefined, how: string): boolean {
  return how === "none" ? !verdicts : !!verdicts && (how === "any" || verdicts.has(how as Verdict));
}
