// The canvases: several panes side by side, or one that holds two.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { fill, words } from "../strings";
import { columnsFor, type Size } from "./camera";
import type { Subject } from "./files";
import type { Pane, Stage } from "./stage";
import { change, PANES, type PaneName, type ViewState } from "./state";

const HALF_BLINK_MS = 334; // 1.5 blinks a second: WCAG 2.3.1 allows three flashes
const SPLIT_STEP = 2;

export function Panes({ state, stage, subject, children }: { state: ViewState; stage: Stage; subject: Subject | null; children: ComponentChildren }) {
  const room = useRef<HTMLDivElement>(null);
  const size = useSize(room);
  useEffect(() => room.current!.focus({ preventScroll: true }), []);
  const shown = PANES.filter((pane) => subject?.picture || pane !== "image");
  const [first, second] = state.pair.map((pane) => (shown.includes(pane) ? pane : "truth")) as [PaneName, PaneName];
  const columns = subject && state.mode === "side" && size ? columnsFor(shown.length, subject, size) : 1;
  return (
    <div ref={room} class="viewer-stage" role="application" tabIndex={0} aria-label={words.viewer.stage} aria-describedby="viewer-stage-keys" style={{ "--columns": columns }}>
      <span id="viewer-stage-keys" class="viewer-unseen">
        {words.viewer.stage_keys}
      </span>
      {children}
      {subject && state.mode === "side" && shown.map((pane) => <Canvas key={pane} stage={stage} pane={{ under: pane }} caption={words.panes[pane]} />)}
      {subject && state.mode === "swipe" && (
        <Canvas stage={stage} pane={{ under: first, over: { pane: second, how: "swipe", share: state.split / 100 } }} caption={fill(words.viewer.swiped, { left: words.panes[first], right: words.panes[second] })}>
          <Divider split={state.split} room={room} />
        </Canvas>
      )}
      {subject && state.mode === "blink" && <Blink stage={stage} panes={[first, second]} />}
      {subject && state.mode === "overlay" && (
        <Canvas
          stage={stage}
          pane={{ under: first, over: { pane: second, how: "overlay", share: state.opacity / 100 } }}
          caption={fill(words.viewer.overlaid, { below: words.panes[first], above: words.panes[second] })}
        />
      )}
    </div>
  );
}

function useSize(room: { current: HTMLElement | null }): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => entry && setSize({ height: entry.contentRect.height, width: entry.contentRect.width }));
    watch.observe(room.current!);
    return () => watch.disconnect();
  }, []);
  return size;
}

function Canvas({ stage, pane, caption, children }: { stage: Stage; pane: Pane; caption: string; children?: ComponentChildren }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => stage.put(canvas.current!, pane));
  useEffect(() => {
    const own = canvas.current!;
    return () => stage.put(own, null);
  }, []);
  return (
    <figure class="viewer-pane">
      <canvas ref={canvas} role="img" aria-label={caption} />
      {children}
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

/** The line of swipe: dragged, or moved by the arrow keys. */
function Divider({ split, room }: { split: number; room: { current: HTMLElement | null } }) {
  const set = (share: number) => change({ split: String(Math.round(Math.min(Math.max(share, 0), 100))) });
  const drag = (event: PointerEvent) => {
    if (!(event.currentTarget as Element).hasPointerCapture(event.pointerId)) return;
    const { left, width } = room.current!.getBoundingClientRect();
    set(((event.clientX - left) / width) * 100);
  };
  const press = (event: KeyboardEvent) => {
    const by: Record<string, number> = { ArrowLeft: -SPLIT_STEP, ArrowDown: -SPLIT_STEP, ArrowRight: SPLIT_STEP, ArrowUp: SPLIT_STEP, PageDown: -10, PageUp: 10, Home: -100, End: 100 };
    const step = by[event.key];
    if (step === undefined) return;
    event.preventDefault();
    set(split + step);
  };
  return (
    <div
      class="viewer-divider"
      role="slider"
      tabIndex={0}
      aria-label={words.viewer.divider}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={split}
      style={{ left: `${split}%` }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    />
  );
}

/** Two panes in turns; paused from the start where the reader wants little motion. */
function Blink({ stage, panes }: { stage: Stage; panes: [PaneName, PaneName] }) {
  const [isPaused, setPaused] = useState(() => matchMedia("(prefers-reduced-motion: reduce)").matches);
  const [side, setSide] = useState<0 | 1>(0);
  const swap = () => setSide((before) => (before ? 0 : 1));
  useEffect(() => {
    if (isPaused) return;
    const timer = setInterval(swap, HALF_BLINK_MS);
    return () => clearInterval(timer);
  }, [isPaused]);
  return (
    <Canvas stage={stage} pane={{ under: panes[side] }} caption={words.panes[panes[side]]}>
      <div class="viewer-blink">
        <button onClick={() => setPaused(!isPaused)}>
          {isPaused ? words.viewer.play : words.viewer.pause}
        </button>
        {isPaused && (
          <button onClick={swap}>
            {words.viewer.swap}
          </button>
        )}
      </div>
    </Canvas>
  );
}
