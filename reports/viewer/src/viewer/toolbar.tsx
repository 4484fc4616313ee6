// How the panes are shown, and the camera's buttons.

import * as words from "../strings/viewer";
import { change, MODES, PANES, type PaneName, type ViewState } from "./state";
import type { Stage } from "./stage";

interface Given {
  state: ViewState;
  stage: Stage;
  hasPicture: boolean;
  isCross: boolean;
  toggleCross: () => void;
}

const PAN = 0.25;
const ZOOM = 1.5;

export function Toolbar({ state, stage, hasPicture, isCross, toggleCross }: Given) {
  const camera: [string, string, () => void][] = [
    ["−", words.zoomOut, () => stage.zoomBy(1 / ZOOM)],
    ["+", words.zoomIn, () => stage.zoomBy(ZOOM)],
    [words.fit, words.fitLong, () => stage.fit()],
    ["1:1", words.actual, () => stage.zoomToPixels()],
    ["←", words.left, () => stage.panByShare(-PAN, 0)],
    ["→", words.right, () => stage.panByShare(PAN, 0)],
    ["↑", words.up, () => stage.panByShare(0, -PAN)],
    ["↓", words.down, () => stage.panByShare(0, PAN)],
  ];
  return (
    <div class="viewer-tools">
      <div role="group" aria-label={words.modes}>
        {MODES.map((mode) => (
          <button key={mode} aria-pressed={state.mode === mode} onClick={() => change({ mode, pair: null })}>
            {words.mode[mode]}
          </button>
        ))}
      </div>
      {state.mode !== "side" && <Pair state={state} hasPicture={hasPicture} />}
      {state.mode === "overlay" && (
        <label>
          {words.opacity}
          <input type="range" min="0" max="100" value={state.opacity} onInput={(event) => change({ opacity: event.currentTarget.value })} />
          <output>{state.opacity} %</output>
        </label>
      )}
      <div role="group" aria-label={words.camera}>
        {camera.map(([sign, name, act]) => (
          <button key={name} aria-label={name} title={name} onClick={act}>
            {sign}
          </button>
        ))}
        <button aria-pressed={isCross} onClick={toggleCross} aria-keyshortcuts="c">
          {words.crosshair}
        </button>
      </div>
    </div>
  );
}

/** The two panes that swipe, blink and overlay are between. */
function Pair({ state, hasPicture }: { state: ViewState; hasPicture: boolean }) {
  const set = (side: number, pane: string) => change({ pair: state.pair.map((held, place) => (place === side ? pane : held)).join(",") });
  return (
    <>
      {words.pair[state.mode as keyof typeof words.pair].map((label, side) => (
        <label key={label}>
          {label}
          <select value={state.pair[side]!} onChange={(event) => set(side, event.currentTarget.value)}>
            {PANES.filter((pane) => hasPicture || pane !== "image").map((pane: PaneName) => (
              <option key={pane} value={pane}>
                {words.pane[pane]}
              </option>
            ))}
          </select>
        </label>
      ))}
    </>
  );
}
