// What is in the open viewer: the heading, the panes, and what can be done with them.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { px } from "../formats";
import { ReviewPanel } from "../review/panel";
import { fill, words } from "../strings";
import type { Box, PageData, Place } from "../types";
import { useLoaded } from "../use";
import { artOf } from "./art";
import type { Point } from "./camera";
import { factsOf } from "./facts";
import { subjectOf, type Subject } from "./files";
import { Heading } from "./heading";
import { Help } from "./help";
import { keyHandler } from "./keys";
import { missedObjects, nameOf, placesOf, type Missed } from "./lists";
import { Panes } from "./panes";
import { largestRegion } from "./regions";
import { ClassPanel, LayerPanel, MissedPanel, ProbePanel } from "./side";
import { stageOf, type Frame } from "./stage";
import { change, placeKeys, type ViewState } from "./state";
import { Toolbar } from "./toolbar";

const SETTLED_MS = 250;

/** The list that is gone through, and how to go on in it. */
export interface Steps {
  places: Place[];
  at: number;
  go: (by: number) => void;
}

/** What is looked at in the pictures: the pixel, and whether the crosshair is on it. */
export interface Seen {
  point: Point | null;
  isCross: boolean;
}

/** The viewer of one image after another. */
export function Open({ page, state, close }: { page: PageData; state: ViewState; close: () => void }) {
  const { image, list, focus } = state;
  const facts = useLoaded(image, () => factsOf(page, image));
  const loaded = useLoaded(image, () => subjectOf(page, image));
  const subject = loaded.state === "ready" ? loaded.value : null;
  const missed = useLoaded(page, () => missedObjects(page));
  const objects = missed.state === "ready" ? missed.value : [];
  const [seen, setSeen] = useState<Seen>({ point: null, isCross: false });
  const [isHelp, setHelp] = useState(false);
  const settle = useRef(0);
  const stage = useMemo(
    () =>
      stageOf({
        onPoint: (point, isCross) => setSeen({ point, isCross }),
        onCamera: () => {
          clearTimeout(settle.current);
          settle.current = window.setTimeout(() => change({ zoom: stage.zoomForAddress() || null }), SETTLED_MS);
        },
      }),
    [],
  );
  const steps = useSteps(page, state, () => clearTimeout(settle.current));
  const next = steps.places[steps.at + 1];
  useEffect(() => {
    if (subject && next) subjectOf(page, next.image).catch(() => undefined); // is there when it is asked for
  }, [subject, next]);

  const art = useMemo(() => subject && artOf(page, subject), [subject]);
  useEffect(() => () => art?.release(), [art]);
  const target = useMemo(() => targetOf(state, subject), [subject, String(state.box), list]);
  const here = useMemo(() => objects.filter((each) => each.image === image && (focus === null || each.class === focus)), [objects, image, focus]);
  useEffect(() => stage.show(art && { art, look: state, frames: framesOf(page, state, target, here), target, zoom: state.zoom }));

  const toggleCross = () => (stage.hasCross() ? stage.setCross(null) : stage.moveCross(0, 0));
  const help = () => setHelp(true);
  const shared = { page, state };
  return (
    <div class="viewer-body" onKeyDown={keyHandler({ stage, steps, state, toggleCross, help })}>
      <Heading {...shared} steps={steps} facts={facts} close={close} help={help} />
      <Toolbar state={state} stage={stage} hasPicture={Boolean(subject?.picture)} isCross={stage.hasCross()} toggleCross={toggleCross} />
      <div class="viewer-main">
        <Panes state={state} stage={stage} subject={subject}>
          {!subject && (
            <p class="viewer-none" role="status">
              {loaded.state === "failed" ? fill(words.common.failed, { why: loaded.why }) : loaded.state === "ready" ? fill(words.viewer.nothing, { left_out: page.missing_pictures }) : words.common.loading}
            </p>
          )}
        </Panes>
        <div class="viewer-side">
          {subject && (
            <>
              {subject.isThumb && <p class="viewer-note">{onlyThumb(subject.planes[0]!.step, page.missing_pictures)}</p>}
              <ProbePanel {...shared} subject={subject} seen={seen} />
            </>
          )}
          {facts.state === "ready" && facts.value.name && (
            <ReviewPanel page={page} item={{ class: focus, box: state.box, ...steps.places[steps.at], image, name: facts.value.name }} places={steps.places} />
          )}
          {subject && (
            <>
              <LayerPanel {...shared} subject={subject} />
              <ClassPanel {...shared} subject={subject} />
              {!subject.isThumb && <MissedPanel {...shared} objects={objects} here={here} />}
            </>
          )}
        </div>
      </div>
      {isHelp && <Help close={() => setHelp(false)} />}
    </div>
  );
}

function onlyThumb(step: number, left_out: string): string {
  return step > 1 ? fill(words.viewer.only_thumb_shrunk, { step, left_out }) : fill(words.viewer.only_thumb, { left_out });
}

function useSteps(page: PageData, { image, list, at: wanted }: ViewState, leave: () => void): Steps {
  const loaded = useLoaded(list, () => placesOf(page, list));
  const places = loaded.state === "ready" ? loaded.value : [];
  const at = places[wanted]?.image === image ? wanted : places.findIndex((place) => place.image === image);
  const go = (by: number) => {
    const place = places[at + by];
    if (!place) return;
    leave();
    change(placeKeys(place, list, at + by));
  };
  return { places, at, go };
}

/** What to look at: the box of the place, or the largest region of the confusion that is gone through. */
function targetOf({ list, box }: ViewState, subject: Subject | null): Box | null {
  const [kind, truth, predicted] = list.split(".");
  if (box || kind !== "cell" || !subject) return box;
  const { gt, pred, step } = subject.planes[0]!;
  const found = largestRegion(gt, pred, Number(truth), Number(predicted));
  return found && (found.map((edge, i) => Math.min(edge * step, i % 2 ? subject.width : subject.height)) as Box);
}

function framesOf(page: PageData, { list, layers }: ViewState, target: Box | null, here: Missed[]): Frame[] {
  const isTarget = (object: Missed) => String(object.box) === String(target);
  const label = (object: Missed) => fill(words.viewer.missed_label, { name: nameOf(page, object.class), area: px(object.area), taken: nameOf(page, object.takenBy) });
  const current = list.startsWith("missed") && here.find(isTarget);
  const others = layers.has("missed") ? here.filter((object) => object !== current) : [];
  return [
    ...others.map(({ box }) => ({ box, isDashed: true })),
    ...(current ? [{ box: current.box, isDashed: true, label: label(current) }] : target ? [{ box: target, isDashed: false }] : []),
  ];
}
