// What the panel of the review says: words that stand alone, so that the bundle holds no name of one.

export const head = "Review";
export const verdict = "Verdict on what is looked at";
export const verdicts = {
  accept: ["Accept", "The model is off here, and that is fine: `inspect review apply` makes a waiver of it, for 90 days"],
  "model-error": ["Model error", "The model is wrong here, and the truth is right: it goes on counting"],
  "label-error": ["Label error", "The truth is wrong here: to be relabelled, and the next run can leave the image out"],
  "needs-relabel": ["Needs relabel", "The truth is not good enough to measure on: to be relabelled, and the next run can leave the image out"],
} as Record<"accept" | "model-error" | "label-error" | "needs-relabel", [string, string]>;
export const done = (done: string, of: string) => `${done} of ${of} in this list reviewed`;
export const note = "Note";
export const noteNeeds = "A note is kept with a verdict: choose one.";
export const reviewer = "Your name";
export const by = (who: string, day: string) => `by ${who}, ${day}`;
export const someone = "someone";
export const clear = "Take it back";
export const nothing = "nothing";
export const conflict = (who: string, theirs: string, mine: string) => `${who} was faster and said: ${theirs}. You said: ${mine}.`;
export const conflicts = (others: string) => `Places where another was faster, to be settled: ${others}`;
export const theirs = "Keep theirs";
export const mine = "Put mine";
export const exportFile = (items: string) => `Export review.json (${items})`;
export const importFile = "Import…";
export const imported = (added: string, changed: string, kept: string) => `Imported: ${added} new, ${changed} changed, ${kept} as new or newer here.`;
export const unreadable = "The browser keeps a text of this run, in its local storage, that cannot be read as a review. Nothing of it is lost:";
export const take = "Download";
export const forget = "Remove";
