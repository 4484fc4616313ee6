// How the panes are shown, and the camera's buttons.

import { type Words, words } from "../strings";
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
    ["−", words.viewer.zoom_out, () => stage.zoomBy(1 / ZOOM)],
    ["+", words.viewer.zoom_in, () => stage.zoomBy(ZOOM)],
    [words.viewer.fit, words.viewer.fit_long, () => stage.fit()],
    ["1:1", words.viewer.actual, () => stage.zoomToPixels()],
    ["←", words.viewer.left, () => stage.panByShare(-PAN, 0)],
    ["→", words.viewer.right, () => stage.panByShare(PAN, 0)],
    ["↑", words.viewer.up, () => stage.panByShare(0, -PAN)],
    ["↓", words.viewer.down, () => stage.panByShare(0, PAN)],
  ];
  return (
    <div class="viewer-tools">
      <div role="group" aria-label={words.viewer.modes}>
        {MODES.map((mode) => (
          <button key={mode} aria-pressed={state.mode === mode} onClick={() => change({ mode, pair: null })}>
            {words.modes[mode]}
          </button>
        ))}
      </div>
      {state.mode !== "side" && <Pair state={state} hasPicture={hasPicture} />}
      {state.mode === "overlay" && (
        <label>
          {words.viewer.opacity}
          <input type="range" min="0" max="100" value={state.opacity} onInput={(event) => change({ opacity: event.currentTarget.value })} />
          <output>{state.opacity} %</output>
        </label>
      )}
      <div role="group" aria-label={words.viewer.camera}>
        {camera.map(([sign, name, act]) => (
          <button key={name} aria-label={name} title={name} onClick={act}>
            {sign}
          </button>
        ))}
        <button aria-pressed={isCross} onClick={toggleCross} aria-keyshortcuts="c">
          {words.viewer.crosshair}
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
      {words.pairs[state.mode as keyof Words["pairs"]].map((label, side) => (
        <label key={label}>
          {label}
          <select value={state.pair[side]!} onChange={(event) => set(side, event.currentTarget.value)}>
            {PANES.filter((pane) => hasPicture || pane !== "image").map((pane: PaneName) => (
              <option key={pane} value={pane}>
                {words.panes[pane]}
              </option>
            ))}
          </select>
        </label>
      ))}
    </>
  );
}
