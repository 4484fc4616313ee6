// The viewer: a dialog over the whole window, open as long as the address names an image.

import { type ComponentChildren, render } from "preact";
import { useErrorBoundary, useLayoutEffect, useRef } from "preact/hooks";
import { getState, setState } from "../hash";
import { fill, words } from "../strings";
import type { PageData } from "../types";
import { useHash } from "../use";
import { Open } from "./open";
import { readState } from "./state";

/** Put the viewer into the page, closed unless the address opens it. */
export function mountViewer(page: PageData): void {
  const place = document.createElement("div");
  document.body.append(place);
  render(<Viewer page={page} />, place);
}

/** Opens where the address has `view.image`; Back, Escape and the button close it. */
export function Viewer({ page }: { page: PageData }) {
  const raw = useHash("view");
  const state = readState(raw, page);
  const isOpen = state !== null;
  const dialog = useRef<HTMLDialogElement>(null);
  const wasOpen = useRef<boolean | null>(null);
  const hasStep = useRef(false);
  const top = useRef(0);
  if (isOpen && wasOpen.current === false) hasStep.current = true; // opened from this page: Back leads there
  wasOpen.current = isOpen;
  useLayoutEffect(() => { // before anything in it asks for the focus
    const element = dialog.current!;
    if (isOpen && !element.open) {
      top.current = scrollY;
      element.showModal();
    }
    if (!isOpen && element.open) {
      element.close(); // gives the focus back to what opened it
      const opener = document.activeElement as HTMLElement | null;
      requestAnimationFrame(() => { // for Back to an anchor goes there, and takes the focus away again
        opener?.focus({ preventScroll: true });
        scrollTo({ top: top.current, behavior: "instant" });
      });
    }
  }, [isOpen]);
  const close = () => {
    if (!getState("view").image) return;
    if (hasStep.current) history.back();
    else setState("view", Object.fromEntries(Object.keys(getState("view")).map((key) => [key, null])), { anchor: "" });
    hasStep.current = false;
  };
  const leave = (event: Event) => {
    if (event.target !== event.currentTarget) return; // the dialog of the keys
    event.preventDefault();
    close();
  };
  return (
    <dialog ref={dialog} class="viewer" aria-labelledby="viewer-name" onCancel={leave} onClose={leave}>
      {state && (
        <Guarded close={close}>
          <Open page={page} state={state} close={close} />
        </Guarded>
      )}
    </dialog>
  );
}

/** What fails inside says so, and can be closed. */
function Guarded({ children, close }: { children: ComponentChildren; close: () => void }) {
  const [error] = useErrorBoundary();
  if (!error) return <>{children}</>;
  return (
    <p class="viewer-none" id="viewer-name">
      {fill(words.common.failed, { why: error instanceof Error ? error.message : String(error) })}
      <button onClick={close}>
        {words.viewer.close}
      </button>
    </p>
  );
}
