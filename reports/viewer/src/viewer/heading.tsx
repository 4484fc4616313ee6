// Which image this is, where in the list it stands, and the way to the next.

import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "../formats";
import { fill, words } from "../strings";
import type { PageData } from "../types";
import type { Loaded } from "../use";
import type { Facts } from "./facts";
import { listHead } from "./lists";
import type { Steps } from "./open";
import type { ViewState } from "./state";

interface Given {
  page: PageData;
  state: ViewState;
  steps: Steps;
  facts: Loaded<Facts>;
  close: () => void;
  help: () => void;
}

export function Heading({ page, state, steps, facts, close, help }: Given) {
  const { places, at, go } = steps;
  const known = facts.state === "ready" ? facts.value : null;
  const head = listHead(page, state.list);
  const of = head.of === "more" ? ` ${words.viewer.of_more}` : head.of !== null && head.of > places.length ? ` ${fill(words.viewer.of_all, { total: count(head.of) })}` : "";
  return (
    <header class="viewer-head">
      <div class="viewer-title">
        <h2 id="viewer-name">
          <bdi>{known ? known.name || fill(words.viewer.unnamed, { image: state.image }) : words.common.loading}</bdi>
        </h2>
        <p class="viewer-place" role="status">
          {at >= 0 && head.title ? fill(words.viewer.place, { at: count(at + 1), total: count(places.length), list: head.title }) + of : ""}
        </p>
        <p class="viewer-scores">
          {known?.scores.map(([what, value]) => (
            <span key={what}>
              {what} <strong>{value}</strong>
            </span>
          ))}
        </p>
      </div>
      <div class="viewer-buttons">
        {/* not `disabled`: a button that loses its place under the finger takes the keys with it */}
        <button onClick={() => go(-1)} aria-disabled={at <= 0} aria-keyshortcuts="k">
          {words.viewer.previous}
        </button>
        <button onClick={() => go(1)} aria-disabled={at >= places.length - 1} aria-keyshortcuts="j">
          {words.viewer.next}
        </button>
        <CopyLink />
        <FullScreen />
        <button onClick={help} aria-keyshortcuts="?">
          {words.viewer.keys}
        </button>
        <button class="viewer-close" onClick={close}>
          {words.viewer.close}
        </button>
      </div>
    </header>
  );
}

function CopyLink() {
  const [said, setSaid] = useState("");
  const timer = useRef(0);
  const copy = () => {
    const say = (text: string) => {
      setSaid(text);
      clearTimeout(timer.current);
      timer.current = window.setTimeout(() => setSaid(""), 4000);
    };
    // a page that is no secure context has no clipboard at all
    Promise.resolve(navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error())).then(
      () => say(words.viewer.copied),
      () => say(words.viewer.not_copied),
    );
  };
  return (
    <span class="viewer-copy">
      <button onClick={copy}>
        {words.viewer.copy}
      </button>
      <span role="status">{said}</span>
    </span>
  );
}

function FullScreen() {
  const [isFull, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const look = () => setFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => {
      document.removeEventListener("fullscreenchange", look);
      if (document.fullscreenElement) void document.exitFullscreen();
    };
  }, []);
  if (!document.fullscreenEnabled) return null;
  const toggle = (event: MouseEvent) => {
    if (isFull) void document.exitFullscreen();
    else void (event.currentTarget as Element).closest(".viewer-body")!.requestFullscreen(); // a dialog may not fill the screen itself;
  };
  return (
    <button onClick={toggle} aria-pressed={isFull}>
      {words.viewer.full}
    </button>
  );
}
