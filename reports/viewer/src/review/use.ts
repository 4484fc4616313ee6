// The one review of the page, for every part that shows something of it.

import { useEffect, useState } from "preact/hooks";
import type { PageData } from "../types";
import { KEPT, ReviewStore } from "./store";

let store: ReviewStore | null = null;

/** The review of this page, made when it is first asked for. */
export function reviewOf(page: PageData): ReviewStore {
  if (store) return store;
  const made = new ReviewStore(page, {
    storage: () => localStorage,
    fetch: (url, init) => fetch(url, init),
    later: (what, ms) => window.setTimeout(what, ms),
    token: new URLSearchParams(location.search).get("token") ?? "",
  });
  if (!page.server) addEventListener("storage", (event) => event.key === KEPT + page.run && made.reload()); // another tab wrote
  addEventListener("beforeunload", (event) => made.isAtRisk() && event.preventDefault());
  return (store = made);
}

/** The review; the component is drawn again when it changes. */
export function useReview(page: PageData): ReviewStore {
  const review = reviewOf(page);
  const [, setVersion] = useState(review.version);
  useEffect(() => review.subscribe(() => setVersion(review.version)), [review]);
  return review;
}
