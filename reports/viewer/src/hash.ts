// The state of the page in its address: `#anchor?ns.key=value&…`. A link reopens what its sender saw.

/** Every part writes its own namespace; null removes a key. */
export type Change = Record<string, string | null>;

interface Held {
  anchor: string;
  params: URLSearchParams;
}

type Listener = () => void;

const listeners = new Set<Listener>();
let held: Held = parse(typeof location === "undefined" ? "" : location.hash);

function parse(hash: string): Held {
  const text = hash.replace(/^#/, "");
  const cut = text.indexOf("?");
  return cut < 0
    ? { anchor: text, params: new URLSearchParams() }
    : { anchor: text.slice(0, cut), params: new URLSearchParams(text.slice(cut + 1)) };
}

function written({ anchor, params }: Held): string {
  const query = params.toString().replaceAll("%2C", ",");
  return `#${anchor}${query ? `?${query}` : ""}`;
}

/** The keys of one namespace, without its name. */
export function getState(ns: string): Record<string, string> {
  const prefix = `${ns}.`;
  const state: Record<string, string> = {};
  for (const [key, value] of held.params) {
    if (key.startsWith(prefix)) state[key.slice(prefix.length)] = value;
  }
  return state;
}

/** The anchor of the address: the section that is looked at. */
export function getAnchor(): string {
  return held.anchor;
}

/** Change keys of a namespace. `push` makes a step that Back undoes; `anchor` names the section. */
export function setState(ns: string, change: Change, options: { push?: boolean; anchor?: string } = {}): void {
  const params = new URLSearchParams(held.params);
  for (const [key, value] of Object.entries(change)) {
    if (value === null) params.delete(`${ns}.${key}`);
    else params.set(`${ns}.${key}`, value);
  }
  const next = { anchor: options.anchor ?? held.anchor, params };
  if (written(next) === written(held)) return;
  held = next;
  write(options.push ? "pushState" : "replaceState");
  for (const listener of listeners) listener();
}

const AGAIN_MS = 1000;
let again = 0;

/** Write the state into the address. Browsers refuse many changes in a short time, some of them with an error: then again. */
function write(method: "pushState" | "replaceState"): void {
  clearTimeout(again);
  if ((location.hash || "#") === written(held)) return;
  try {
    history[method](history.state, "", written(held));
  } catch {
    // the page goes on with the state that it holds
  }
  again = window.setTimeout(write, AGAIN_MS, method);
}

/** A link that opens the page with these keys of a namespace, and all else as it is now. */
export function linkTo(ns: string, change: Record<string, string>, anchor: string): string {
  const params = new URLSearchParams(held.params);
  for (const key of [...params.keys()]) if (key.startsWith(`${ns}.`)) params.delete(key);
  for (const [key, value] of Object.entries(change)) params.set(`${ns}.${key}`, value);
  return written({ anchor, params });
}

/** Called after every change of the address; returns what ends it. */
export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Listen to the address. A plain anchor (`#findings`) keeps the state of all parts but an open viewer. */
export function start(): void {
  window.addEventListener("hashchange", arrive);
  window.addEventListener("popstate", arrive);
  arrive();
}

function arrive(): void {
  const next = parse(location.hash);
  if (![...next.params.keys()].length) {
    for (const [key, value] of held.params) if (!key.startsWith("view.")) next.params.set(key, value);
  } else if (![...next.params.keys()].some((key) => !key.startsWith("view."))) {
    for (const [key, value] of held.params) if (!key.startsWith("view.")) next.params.append(key, value); // a short link
  }
  if (written(next) === written(held) && location.hash === written(held)) return;
  const isBefore = held;
  held = next;
  if (location.hash !== written(held)) history.replaceState(history.state, "", written(held));
  const isLeft = isBefore.params.has("view.image"); // a viewer that closes leaves the page where it was
  if (held.anchor && held.anchor !== isBefore.anchor && !isLeft) document.getElementById(held.anchor)?.scrollIntoView();
  for (const listener of listeners) listener();
}
