// How a review is kept, and why it is not: words that stand alone, so that the bundle holds no name of one.

export const kept = "Kept in this browser.";
export const notKept = "This browser keeps nothing for this page: export the review before you close it.";
export const unreadable = (why: string) => `What this browser kept could not be read: ${why} It is kept apart when the next verdict is.`;
export const sending = "Saving…";
export const saved = "Saved for all.";
export const notSaved = (why: string) => `Not saved yet, it is tried again: ${why}`;
export const away = (why: string) => `The server does not answer, it is asked again: ${why}`;
export const back = "The server answers again.";
export const conflict = "Not saved: another was faster.";
export const settled = "Left as the other said.";
