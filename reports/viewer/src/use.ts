// Hooks that every part uses.

import { useEffect, useState } from "preact/hooks";
import { getState, subscribe } from "./hash";

/** The keys of a namespace of the address; the component is drawn again when they change. */
export function useHash(ns: string): Record<string, string> {
  const [state, setHeld] = useState(() => getState(ns));
  useEffect(() => {
    const look = () => setHeld((before) => (same(before, getState(ns)) ? before : getState(ns)));
    look();
    return subscribe(look);
  }, [ns]);
  return state;
}

function same(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

export type Loaded<T> = { state: "loading" } | { state: "ready"; value: T } | { state: "failed"; why: string };

/** What a promise gives; `load` is called again when `key` changes. */
export function useLoaded<T>(key: unknown, load: () => Promise<T>): Loaded<T> {
  const [held, setHeld] = useState<{ key: unknown; loaded: Loaded<T> }>({ key, loaded: { state: "loading" } });
  useEffect(() => {
    let isWanted = true;
    const settle = (loaded: Loaded<T>) => isWanted && setHeld({ key, loaded });
    load().then(
      (value) => settle({ state: "ready", value }),
      (error: unknown) => settle({ state: "failed", why: error instanceof Error ? error.message : String(error) }),
    );
    return () => {
      isWanted = false;
    };
  }, [key]);
  return held.key === key ? held.loaded : { state: "loading" };
}
