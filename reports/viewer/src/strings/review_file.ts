// What is wrong with a file that should be a review: words that stand alone, so that the bundle holds no name of one.

export const tooLarge = "This file is too large for a review.";
export const noJson = "This file is no JSON: choose a review.json.";
export const noReview = "This file is no review: choose one that was exported here.";
export const version = (found: string) => `This review is of version ${found}, 1 is expected.`;
export const otherRun = (found: string, here: string) => `This is the review of another run (${found}), the page shows ${here}: import it into the report that was reviewed.`;
export const item = (place: number, why: string) => `Item ${place}: ${why}. Nothing was imported.`;
export const noItem = "it is no object";
export const twice = "the same image, class and box as another item";
export const key = (key: string, found: string) => `\`${key}\` is ${found}, which this run does not have or which is no such value`;
