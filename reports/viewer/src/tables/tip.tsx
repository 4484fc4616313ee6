// The definition of a heading that is pointed at or has the focus.

import { useState } from "preact/hooks";
import { clamp } from "./window";

const WIDEST = 288; // px, as in the style sheet
const EDGE = 8;

/** `point` takes what is pointed at; the definition stays while the pointer is on it. */
export function useTip(definitionOf: (place: number) => string | undefined) {
  const [held, setHeld] = useState<{ text: string; left: number; top: number } | null>(null);
  const point = (event: Event) => {
    const place = event.target as Element;
    if (place.closest(".tip")) return;
    const head = place.closest<HTMLElement>("[data-head]");
    const text = head && definitionOf(Number(head.dataset.head));
    if (!text) return setHeld(null);
    const { left, bottom } = head.getBoundingClientRect();
    setHeld({ text, left: clamp(left, EDGE, Math.max(EDGE, innerWidth - WIDEST - EDGE)), top: bottom });
  };
  const tip = held && <div class="tip" role="tooltip" style={{ left: `${held.left}px`, top: `${held.top}px` }}>{held.text}</div>;
  return { tip, point, hide: () => setHeld(null) };
}
