// The column beside the panes: what is under the pointer, the layers, the classes, the missed objects.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, px } from "../formats";
import * as common from "../strings/common";
import * as words from "../strings/viewer";
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
      <h3 id="viewer-probe">{words.pixel}</h3>
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
        <p class="viewer-quiet">{words.pointAtIt}</p>
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
    [words.probe.at, words.probe.xy(String(found.x), String(found.y))],
    [words.probe.truth, isVoid ? common.void : nameOf(page, found.truth)],
    [words.probe.predicted, nameOf(page, found.predicted)],
    [words.probe.result, words.kinds(focus === null ? null : nameOf(page, focus))[found.kind]!],
    [words.probe.boundary, found.distance === null ? words.probe.beyond(found.limit, found.step) : words.probe.distance(found.distance, found.step)],
  ];
  if (found.step > 1) rows.push([words.probe.kept, words.probe.shrunk(found.step)]);
  return rows;
}

/** What is drawn over the errors and over all panes. */
export function LayerPanel({ page, subject, state }: Given) {
  const focus = state.focus === null ? null : nameOf(page, state.focus);
  const isSpoken = focus !== null || page.classes.some((row) => row.background); // else nothing is missed or false
  const labels = words.layers(focus, errorWidth(page.settings.error_width, subject));
  return (
    <section aria-labelledby="viewer-layers">
      <h3 id="viewer-layers">{words.layersHead}</h3>
      <ul>
        {LAYERS.filter((layer) => isSpoken || (layer !== "fn" && layer !== "fp")).map((layer) => (
          <li key={layer}>
            <button class="viewer-layer" aria-pressed={state.layers.has(layer)} onClick={() => change({ layers: toggled(state.layers, layer) })}>
              <span class={`viewer-key ${layer} ${focus === null ? "" : "focused"}`} aria-hidden="true" />
              <bdi>{labels[layer]}</bdi>
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
      <h3 id="viewer-classes">{words.classesHead}</h3>
      {state.hidden.size > 0 && (
        <button onClick={() => change({ hidden: null })}>
          {words.showAll}
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
            <button aria-pressed={state.focus === index} aria-label={words.focusOn(nameOf(page, index))} onClick={() => focus(index)}>
              {words.focus}
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
      <h3 id="viewer-missed">{words.missedHead(count(here.length))}</h3>
      <ul class="viewer-missed">
        {here.slice(0, MOST_ROWS).map((object) => (
          <li key={String([object.class, object.box])}>
            <button aria-current={state.list.startsWith("missed") && String(state.box) === String(object.box)} onClick={() => open(object)}>
              <bdi>{nameOf(page, object.class)}</bdi> {words.missedLine(px(object.area), nameOf(page, object.takenBy))}
            </button>
          </li>
        ))}
      </ul>
      {here.length > MOST_ROWS && <p class="viewer-quiet">{words.moreMissed(count(here.length - MOST_ROWS))}</p>}
    </section>
  );
}
