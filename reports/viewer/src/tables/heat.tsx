// The confusion matrix as a map of cells that are walked through with the arrow keys. Of a large one, only the cells that
// can be seen are in the page.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { wholePercent } from "../formats";
import { fill, words } from "../strings";
import type { PageData } from "../types";
import { type Active, moved } from "./moves";
import { classOf } from "./names";
import { drawnOf, rowsAt, same } from "./window";

export const NORMALISE = ["true", "predicted", "counts"] as const;
export type Normalise = (typeof NORMALISE)[number];

/** Pixels of each class in the truth and in the predictions. */
export interface Totals {
  truth: number[];
  predicted: number[];
}

const STEPS = 8;
const LEAST_SIDE = 24; // px: what can be hit with a finger; a number has no room in it
const PAGE = 10; // rows

interface HeatProps {
  page: PageData;
  matrix: number[][];
  totals: Totals;
  how: Normalise;
  /** What a cell is, in words. */
  label: (truth: number, predicted: number) => string;
  onOpen: (truth: number, predicted: number) => void;
}

export function HeatMap({ page, matrix, totals, how, label, onOpen }: HeatProps) {
  const k = matrix.length;
  const columns = matrix[0]!.length;
  const side = k <= 14 ? 44 : k <= 20 ? 28 : LEAST_SIDE;
  const root = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<Active>([0, 0]);
  const [pointed, setPointed] = useState<Active | null>(null);
  const [down, setDown] = useState(() => rowsAt(0, 800, side, k));
  const [across, setAcross] = useState(() => rowsAt(0, 1300, side, columns));
  const isMoved = useRef(false);
  const most = useMemo(() => Math.max(1, ...matrix.map((row) => Math.max(...row))), []);

  const look = () => {
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = root.current!;
    setDown((held) => same(held, rowsAt(scrollTop, clientHeight, side, k)));
    setAcross((held) => same(held, rowsAt(scrollLeft, clientWidth, side, columns)));
  };
  useLayoutEffect(() => {
    if (!isMoved.current) return;
    isMoved.current = false;
    const cell = root.current!.querySelector<HTMLElement>('[tabindex="0"]')!;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [active]);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(look);
    watch.observe(root.current!);
    return () => watch.disconnect();
  }, []);

  const open = ([truth, predicted]: Active) => {
    if (truth !== predicted && matrix[truth]![predicted]) onOpen(truth, predicted);
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    const next = moved(event, active, [0, k - 1], columns, PAGE);
    if (next) {
      isMoved.current = true;
      setActive(next);
    } else if (event.key === "Enter" || event.key === " ") open(active);
    else return;
    event.preventDefault();
  };
  const over = (then: (at: Active) => void) => (event: Event) => {
    const at = (event.target as Element).closest<HTMLElement>("[data-cell]")?.dataset.cell?.split(".").map(Number);
    if (at) then(at as unknown as Active);
  };
  const focused = (at: Active) => {
    if (String(at) !== String(active)) setActive(at);
    setPointed(at);
  };

  // the crosshair and the words are apart from the cells, which are not drawn again for every move of the pointer
  const cells = useMemo(() => {
    const drawn = drawnOf(across, active[1], columns);
    const place = (at: number) => ({ left: `calc(var(--names) + ${at * side}px)`, width: `${side}px` });
    const cell = (truth: number, predicted: number) => {
      const px = matrix[truth]![predicted]!;
      const share = px && px / (how === "predicted" ? totals.predicted[predicted]! : totals.truth[truth]!);
      const part = how === "counts" ? Math.log1p(px) / Math.log1p(most) : Math.sqrt(share); // small confusions are seen, too
      const step = px && Math.min(STEPS, 1 + Math.floor(STEPS * part));
      return (
        <div
          key={predicted} role="gridcell" class={`${truth === predicted ? "hit" : "miss"} s${step}`} data-cell={`${truth}.${predicted}`} aria-colindex={predicted + 2}
          aria-label={label(truth, predicted)} tabIndex={truth === active[0] && predicted === active[1] ? 0 : -1} style={place(predicted)}
        >
          {side > LEAST_SIDE && share >= 0.005 && (how === "counts" ? short(px) : wholePercent(share))}
        </div>
      );
    };
    const head = (at: number, role: "rowheader" | "columnheader", style = {}) => {
      const { name } = classOf(page, at);
      return <div key={`${at}`} role={role} title={name} style={style} aria-colindex={role === "rowheader" ? 1 : at + 2}><bdi>{name}</bdi></div>;
    };
    return (
      <>
        <div role="row" class="heat-head" aria-rowindex={1}>
          <div role="columnheader" class="corner"><span>{words.confusion.predicted_columns}</span><span>{words.confusion.true_rows}</span></div>
          {drawn.map((at) => head(at, "columnheader", place(at)))}
        </div>
        {drawnOf(down, active[0], k).map((truth) => (
          <div key={truth} role="row" class="heat-row" aria-rowindex={truth + 2} style={{ top: `calc(var(--head) + ${truth * side}px)`, height: `${side}px` }}>
            {head(truth, "rowheader")}
            {drawn.map((predicted) => cell(truth, predicted))}
          </div>
        ))}
      </>
    );
  }, [how, down, across, active]);
  const cross = (edge: "top" | "left", before: string, at: number) => ({ [edge]: `calc(var(${before}) + ${at * side}px)`, [edge === "top" ? "height" : "width"]: `${side}px` });
  return (
    <>
      <p class="readout">{pointed ? <bdi>{label(...pointed)}</bdi> : words.confusion.map_hint}</p>
      <div
        ref={root} class="heat-map" role="grid" aria-label={fill(words.confusion.map, { classes: k })} aria-rowcount={k + 1} aria-colcount={columns + 1} tabIndex={-1}
        onScroll={look} onKeyDown={pressed} onClick={over(open)} onMouseOver={over(setPointed)} onFocusIn={over(focused)}
      >
        <div class="heat-inner" style={{ width: `calc(var(--names) + ${columns * side}px)`, height: `calc(var(--head) + ${k * side}px)` }}>
          {cells}
          {pointed && <div class="cross across" style={cross("top", "--head", pointed[0])} />}
          {pointed && <div class="cross down" style={cross("left", "--names", pointed[1])} />}
        </div>
      </div>
      <ul class="legend">
        <li><span class="heat-key hit s6" aria-hidden="true" />{words.confusion.right}</li>
        <li><span class="heat-key miss s6" aria-hidden="true" />{words.confusion.wrong}</li>
      </ul>
    </>
  );
}

/** Pixels in a few characters, for a cell: rounded to its unit; the words of the cell say all digits. */
function short(px: number): string {
  const power = Math.min(4, Math.floor((String(px).length - 1) / 3));
  return Math.round(px / 1000 ** power) + ["", "k", "M", "G", "T"][power]!;
}
