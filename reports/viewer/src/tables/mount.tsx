// Puts the tables in the place of what Python drew, which stays for print and for where something fails.

import { type ComponentChildren, render } from "preact";
import { useErrorBoundary } from "preact/hooks";
import { packedTable } from "../data";
import { getAnchor } from "../hash";
import { fill, words } from "../strings";
import type { PageData } from "../types";
import { ClassTable } from "./classes";
import { Confusion } from "./confusion";
import { ImageTable } from "./images";

/** Mount each part when what it needs is there; a part that fails leaves what was drawn and says so. */
export async function mountTables(page: PageData): Promise<void> {
  await Promise.all([
    mount("classes", async () => <ClassTable page={page} />),
    mount("confusion", async () => <Confusion page={page} />),
    mount("images", async () => <ImageTable page={page} table={await packedTable(page, page.images.block)} />),
  ]);
  document.getElementById(getAnchor())?.scrollIntoView(); // what stands above it has another height now
}

async function mount(name: string, made: () => Promise<ComponentChildren>): Promise<void> {
  const place = document.querySelector<HTMLElement>(`[data-mount="${name}"]`);
  if (!place) return;
  const live = document.createElement("div");
  live.className = "live";
  const fail = (error: unknown) => {
    render(null, live);
    place.classList.remove("mounted");
    const said = document.createElement("p");
    said.className = "shown";
    said.textContent = fill(words.common.failed, { why: error instanceof Error ? error.message : String(error) });
    live.remove();
    place.prepend(said);
  };
  try {
    const children = await made();
    const drawn = document.createElement("div");
    drawn.className = "drawn";
    drawn.append(...place.childNodes);
    place.append(drawn, live);
    place.classList.add("mounted");
    render(<Guard onFail={fail}>{children}</Guard>, live);
  } catch (error) {
    fail(error);
  }
}

function Guard({ children, onFail }: { children: ComponentChildren; onFail: (error: unknown) => void }) {
  const [error] = useErrorBoundary((caught) => queueMicrotask(() => onFail(caught)));
  return <>{error ? null : children}</>;
}
