// The keys, in a dialog over the viewer.

import { useEffect, useRef } from "preact/hooks";
import { words } from "../strings";

export function Help({ close }: { close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} class="viewer-help" aria-labelledby="viewer-keys" onClose={close}>
      <h2 id="viewer-keys">{words.viewer.keys}</h2>
      <dl>
        {words.viewer.key_list.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button onClick={() => dialog.current!.close()}>
        {words.viewer.close}
      </button>
    </dialog>
  );
}
