// The panel beside the pictures: a verdict on what is looked at, and the review as a file.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { packedTable } from "../data";
import { count } from "../formats";
import { fill, words } from "../strings";
import type { PageData, Place } from "../types";
import { download, readReview, reviewText, textOf } from "./file";
import { itemOn, keyAt, LONGEST, VERDICTS, type Subject, type Verdict } from "./items";
import type { ReviewStore } from "./store";
import { useReview } from "./use";

/** Where a digit is text, or belongs to a dialog over the viewer. */
const ELSEWHERE = "textarea, select, input:not([type=checkbox], [type=range]), dialog dialog *";

/** Verdict, note and name for `item`; `places` is the list that is gone through, whose reviewed places are counted. */
export function ReviewPanel({ page, item, places }: { page: PageData; item: Subject; places: readonly Place[] }) {
  const review = useReview(page);
  const key = keyAt(page, item);
  const held = review.items.get(key);
  const [draft, setDraft] = useState({ key: "", note: "" });
  const note = draft.key === key ? draft.note : (held?.note ?? "");
  const judge = (verdict: Verdict) => {
    review.put(itemOn(page, item, { verdict, note, reviewer: review.reviewer.trim() }));
    setDraft({ key: "", note: "" });
  };
  const keepNote = () => held && draft.key === key && draft.note !== held.note && judge(held.verdict);
  useVerdictKeys(judge);
  const leave = useRef(keepNote);
  useEffect(() => () => void leave.current(), [key]); // Escape and Back take the field away before it says that it changed
  useEffect(() => {
    leave.current = keepNote;
  });
  // the list may hold every image, and the panel is drawn with every move of the pointer
  const done = useMemo(() => places.filter((place) => review.items.has(keyAt(page, place))).length, [places, review.version]);
  return (
    <section class="review" aria-labelledby="review-head">
      <h3 id="review-head">{words.review.head}</h3>
      {places.length > 0 && <p class="viewer-quiet">{fill(words.review.done, { done: count(done), total: count(places.length) })}</p>}
      <div class="review-verdicts" role="group" aria-label={words.review.verdict}>
        {VERDICTS.map((verdict, at) => (
          <button key={verdict} class={`review-verdict ${verdict}`} aria-pressed={held?.verdict === verdict} aria-keyshortcuts={String(at + 1)} title={words.verdicts[verdict].meaning} onClick={() => judge(verdict)}>
            {words.verdicts[verdict].name} <kbd aria-hidden="true">{at + 1}</kbd>
          </button>
        ))}
      </div>
      <label>
        {words.review.note}
        <textarea rows={2} maxLength={LONGEST.note} value={note} onInput={(event) => setDraft({ key, note: event.currentTarget.value })} onChange={keepNote} />
      </label>
      {!held && note && <p class="viewer-quiet">{words.review.note_needs}</p>}
      <label>
        {words.review.reviewer}
        <input type="text" maxLength={LONGEST.reviewer} value={review.reviewer} autocomplete="name" onInput={(event) => review.name(event.currentTarget.value)} />
      </label>
      {held && (
        <p class="viewer-quiet">
          {fill(words.review.by, { reviewer: held.reviewer || words.review.someone, day: held.at.slice(0, 10) })}{" "}
          <button onClick={() => review.clear(key)}>
            {words.review.clear}
          </button>
        </p>
      )}
      <Conflicts review={review} subject={key} />
      {[...review.unreadable].map(([name, text]) => <Unreadable key={name} name={name} text={text} onForget={() => review.forget(name)} />)}
      <ReviewFile page={page} review={review} />
      <p class="review-state" role="status">
        {review.status}
      </p>
    </section>
  );
}

/** The keys 1 to 4, wherever no text is typed. */
function useVerdictKeys(judge: (verdict: Verdict) => void): void {
  const latest = useRef(judge);
  latest.current = judge;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const verdict = VERDICTS[Number(event.key) - 1];
      const isElsewhere = event.target instanceof Element && event.target.matches(ELSEWHERE);
      if (!verdict || isElsewhere || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      latest.current(verdict);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

/** What another said of the same thing before my verdict arrived: one of the two is to be chosen. */
function Conflicts({ review, subject }: { review: ReviewStore; subject: string }) {
  const conflict = review.conflicts.get(subject);
  const others = review.conflicts.size - (conflict ? 1 : 0);
  const said = (verdict: Verdict | null | undefined) => (verdict ? words.verdicts[verdict].name : words.review.nothing);
  return (
    <>
      {conflict && (
        <div class="review-conflict" role="alert">
          <p>{fill(words.review.conflict, { reviewer: conflict.theirs?.reviewer || words.review.someone, theirs: said(conflict.theirs?.verdict), mine: said(conflict.mine.verdict) })}</p>
          <button onClick={() => review.settle(subject, false)}>
            {words.review.theirs}
          </button>
          <button onClick={() => review.settle(subject, true)}>
            {words.review.mine}
          </button>
        </div>
      )}
      {others > 0 && <p class="viewer-quiet">{fill(words.review.conflicts, { others: count(others) })}</p>}
    </>
  );
}

/** A text that the browser keeps and cannot read; it can be removed once it was downloaded. */
function Unreadable({ name, text, onForget }: { name: string; text: string; onForget: () => void }) {
  const [isTaken, setTaken] = useState(false);
  const take = () => {
    download(`${name}.txt`, text);
    setTaken(true);
  };
  return (
    <div class="review-conflict">
      <p>
        {words.review.unreadable} <code>{name}</code>
      </p>
      <button onClick={take}>
        {words.review.take}
      </button>
      {isTaken && (
        <button onClick={onForget}>
          {words.review.forget}
        </button>
      )}
    </div>
  );
}

/** The review as a file, out and in. */
function ReviewFile({ page, review }: { page: PageData; review: ReviewStore }) {
  const input = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const take = async (file: Blob | undefined) => {
    if (!file) return;
    try {
      const [text, nameOf] = await Promise.all([textOf(file), namesOf(page)]);
      const { added, changed, kept } = review.merge(readReview(text, page, nameOf));
      setSaid(fill(words.review.imported, { added: count(added), changed: count(changed), kept: count(kept) }));
    } catch (error) {
      setSaid((error as Error).message);
    }
  };
  return (
    <div class="review-file">
      <button disabled={review.items.size === 0} onClick={() => download(`review-${page.run}.json`, reviewText(page, review.items.values()))}>
        {fill(words.review.export, { items: count(review.items.size) })}
      </button>
      <button onClick={() => input.current!.click()}>
        {words.review.import}
      </button>
      <input
        ref={input} type="file" accept=".json,application/json" hidden aria-label={words.review.import}
        onChange={(event) => {
          void take(event.currentTarget.files?.[0]);
          event.currentTarget.value = ""; // the same file may be chosen again
        }}
      />
      <p role="status">{said}</p>
    </div>
  );
}

async function namesOf(page: PageData): Promise<(image: number) => string | undefined> {
  const table = await packedTable(page, page.images.block);
  const names = table.texts("image");
  if (!table.has("index")) return (image) => names[image];
  const rows = new Map(Array.from(table.numbers("index"), (image, row) => [image, row]));
  return (image) => names[rows.get(image) ?? -1];
}
