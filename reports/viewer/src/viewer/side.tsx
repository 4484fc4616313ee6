// The column beside the panes: what is under the pointer, the layers, the classes, the missed objects.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, px } from "../formats";
import { fill, words } from "../strings";
import type { PageData } from "../types";
import { errorWidth } from "./band";
import type { Subject } from "./files";
import { nameOf, type Missed } from "./lists";
import type { Seen } from "./open";
import { probeAt, type Probe } from "./probe";
import { change, LAYERS, placeKeys, toggled, type ViewState } from "./state";

interface Given {
  page: PageData;
  state: ViewState;
  subject: Subject;
}

const SPOKEN_MS = 500;
const MOST_ROWS = 50;
/** By the number of the kind of error, see errors.ts. */
const RESULTS = ["correct", "missed", "false", "wrong", "void"] as const;

/** What is at the pixel under the pointer or the crosshair; what the crosshair finds is said aloud, with pauses. */
export function ProbePanel({ page, state, subject, seen: { point, isCross } }: Given & { seen: Seen }) {
  const { focus } = state;
  const found = point && probeAt(page, subject, point.x, point.y, focus);
  const rows = found ? rowsOf(page, found, focus) : [];
  const text = rows.map(([what, value]) => `${what} ${value}`).join(", ");
  const [spoken, setSpoken] = useState("");
  const timer = useRef(0);
  useEffect(() => {
    if (!isCross) return;
    timer.current = window.setTimeout(() => setSpoken(text), SPOKEN_MS);
    return () => clearTimeout(timer.current);
  }, [text, isCross]);
  return (
    <section class="viewer-probe" aria-labelledby="viewer-probe">
      <h3 id="viewer-probe">{words.viewer.pixel}</h3>
      {found ? (
        <dl>
          {rows.map(([what, value]) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      ) : (
        <p class="viewer-quiet">{words.viewer.point_at_it}</p>
      )}
      <p class="viewer-unseen" role="status">
        {spoken}
      </p>
    </section>
  );
}

function rowsOf(page: PageData, found: Probe, focus: number | null): [string, string][] {
  const isVoid = found.truth >= page.classes.length;
  const rows: [string, string][] = [
    [words.probe.at, fill(words.probe.xy, { x: found.x, y: found.y })],
    [words.probe.truth, isVoid ? words.common.void : nameOf(page, found.truth)],
    [words.probe.predicted, nameOf(page, found.predicted)],
    [words.probe.result, resultOf(page, found.kind, focus)],
    [words.probe.boundary, distanceOf(found)],
  ];
  if (found.step > 1) rows.push([words.probe.kept, fill(words.probe.shrunk, { step: found.step })]);
  return rows;
}

function resultOf(page: PageData, kind: number, focus: number | null): string {
  const result = RESULTS[kind]!;
  return focus === null ? words.result[result] : fill(words.result_of_class[result], { name: nameOf(page, focus) });
}

function distanceOf({ distance, limit, step }: Probe): string {
  if (distance === null) return fill(step > 1 ? words.probe.beyond_about : words.probe.beyond, { limit });
  return fill(step > 1 ? words.probe.distance_about : words.probe.distance, { distance: distance.toFixed(1) });
}

/** What is drawn over the errors and over all panes. */
export function LayerPanel({ page, subject, state }: Given) {
  const focus = state.focus === null ? null : nameOf(page, state.focus);
  const isSpoken = focus !== null || page.classes.some((row) => row.background); // else nothing is missed or false
  const labels = focus === null ? words.layers : words.layers_of_class;
  const filled = { name: focus ?? "", width: errorWidth(page.settings.error_width, subject) };
  return (
    <section aria-labelledby="viewer-layers">
      <h3 id="viewer-layers">{words.viewer.layers}</h3>
      <ul>
        {LAYERS.filter((layer) => isSpoken || (layer !== "fn" && layer !== "fp")).map((layer) => (
          <li key={layer}>
            <button class="viewer-layer" aria-pressed={state.layers.has(layer)} onClick={() => change({ layers: toggled(state.layers, layer) })}>
              <span class={`viewer-key ${layer} ${focus === null ? "" : "focused"}`} aria-hidden="true" />
              <bdi>{fill(labels[layer], filled)}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The classes of this image: which are shown, and which the errors speak of. */
export function ClassPanel({ page, subject, state }: Given) {
  const present = useMemo(() => presentIn(page, subject), [subject]);
  const hide = (index: number) => change({ hidden: toggled(state.hidden, index) || null });
  const focus = (index: number) => change({ class: state.focus === index ? null : String(index) });
  return (
    <section aria-labelledby="viewer-classes">
      <h3 id="viewer-classes">{words.viewer.classes}</h3>
      {state.hidden.size > 0 && (
        <button onClick={() => change({ hidden: null })}>
          {words.viewer.show_all}
        </button>
      )}
      <ul class="viewer-classes">
        {present.map((index) => (
          <li key={index}>
            <label>
              <input type="checkbox" checked={!state.hidden.has(index)} onChange={() => hide(index)} />
              <span class="dot" style={{ background: page.classes[index]!.color }} />
              <bdi>{nameOf(page, index)}</bdi>
            </label>
            <button aria-pressed={state.focus === index} aria-label={fill(words.viewer.focus_on, { name: nameOf(page, index) })} onClick={() => focus(index)}>
              {words.viewer.focus}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function presentIn(page: PageData, { planes }: Subject): number[] {
  const isPresent = new Uint8Array(page.classes.length + 1);
  for (const { gt, pred } of planes) {
    for (let i = 0; i < gt.codes.length; i++) isPresent[gt.codes[i]!] = isPresent[pred.codes[i]!] = 1;
  }
  return page.classes.map((_, index) => index).filter((index) => isPresent[index]);
}

/** The missed objects of this image, of the class in focus or of all, each a step of the list of missed objects. */
export function MissedPanel({ page, state, objects, here }: { page: PageData; state: ViewState; objects: Missed[]; here: Missed[] }) {
  const list = state.focus === null ? "missed" : `missed.${state.focus}`;
  const open = (object: Missed) => {
    const places = state.focus === null ? objects : objects.filter((each) => each.class === state.focus);
    change(placeKeys(object, list, places.indexOf(object)));
  };
  return (
    <section aria-labelledby="viewer-missed">
      <h3 id="viewer-missed">{fill(words.viewer.missed, { count: count(here.length) })}</h3>
      <ul class="viewer-missed">
        {here.slice(0, MOST_ROWS).map((object) => (
          <li key={String([object.class, object.box])}>
            <button aria-current={state.list.startsWith("missed") && String(state.box) === String(object.box)} onClick={() => open(object)}>
              <bdi>{nameOf(page, object.class)}</bdi> {fill(words.viewer.missed_line, { area: px(object.area), taken: nameOf(page, object.takenBy) })}
            </button>
          </li>
        ))}
      </ul>
      {here.length > MOST_ROWS && <p class="viewer-quiet">{fill(words.viewer.more_missed, { count: count(here.length - MOST_ROWS) })}</p>}
    </section>
  );
}
