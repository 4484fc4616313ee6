// What the keys do.

import type { Steps } from "./open";
import type { Stage } from "./stage";
import { change, MODES, toggled, type ViewState } from "./state";

interface Doing {
  stage: Stage;
  steps: Steps;
  state: ViewState;
  toggleCross: () => void;
  help: () => void;
}

const PAN = 0.15;
const ZOOM = 1.25;
const STRIDE = 10;
const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The handler of the keys of the viewer: letters anywhere but where text is typed, arrows where no control wants them. */
export function keyHandler(doing: Doing): (event: KeyboardEvent) => void {
  const { stage, steps, state } = doing;
  const letters: Record<string, () => void> = {
    j: () => steps.go(1),
    k: () => steps.go(-1),
    "+": () => stage.zoomBy(ZOOM),
    "=": () => stage.zoomBy(ZOOM),
    "-": () => stage.zoomBy(1 / ZOOM),
    0: () => stage.fit(),
    z: () => stage.zoomToPixels(),
    c: doing.toggleCross,
    l: () => change({ layers: toggled(state.layers, "contours") }),
    "?": doing.help,
    ...Object.fromEntries(MODES.map((mode) => [mode[0], () => change({ mode, pair: null })])),
    s: () => change({ mode: "side", pair: null }),
    w: () => change({ mode: "swipe", pair: null }),
  };
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const arrow = ARROWS[event.key];
    const letter = letters[event.key.toLowerCase()];
    if (arrow && !isSlider(event.target)) moveBy(arrow, event.shiftKey);
    else if (letter && !(event.target as Element).closest("dialog dialog")) letter();
    else return;
    event.preventDefault();
  };

  function moveBy([x, y]: [number, number], isFar: boolean): void {
    if (stage.hasCross()) stage.moveCross(x * (isFar ? STRIDE : 1), y * (isFar ? STRIDE : 1));
    else if (stage.isZoomed()) stage.panByShare(x * PAN, y * PAN);
    else if (x) steps.go(x);
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("textarea, select, input:not([type=checkbox], [type=range])");
}

function isSlider(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("[type=range], [role=slider], [type=radio]");
}
