// What the tables say: words that stand alone, so that the bundle holds no name of one.

import type { Kind } from "../types";

export const columns = "Columns";
export const search = (noun: string) => `Search the ${noun}`;
export const hintTitle = "How to search";
export const hint = (keys: string) =>
  `Words of the name, and filters: a column, then < <= > >= or =, then a number, a percentage as it is shown: iou<50. With = a value is rounded to the digits you type; =undefined finds what has none. Quotes take text as it is, after = too. Columns: ${keys}.`;
export const bad = (terms: string) => `Not understood, and left out: ${terms}. A filter is a column, < <= > >= or =, and a number; for a text as it is put it in quotes.`;
export const second = "second key of the order";
export const none = "Nothing matches.";
export const of = (n: string, of: string, noun: string) => `Showing ${n} of ${of} ${noun}.`;
export const images = "images";
export const classes = "classes";
export const confusions = "confusions";
export const notAll = (held: string, of: string) => ` The page holds the worst ${held} of ${of}; the others are in the tables of the run.`;
export const notAllCells = (held: string, of: string) => ` The page holds the heaviest ${held} of ${of}.`;
export const partOfClass = " It does not hold the pixels of each class of each image: what it lacks is undefined here.";
export const noPicture = (what: string) => ` The page holds no picture for this: ${what}.`;
export const picture = "Picture";
export const image = "Image";
export const imageDefinition = "The name of the image; it opens the image.";
export const more = {
  height: ["Height", "Height of the masks in pixels."],
  width: ["Width", "Width of the masks in pixels."],
  group: ["Group", "What was drawn as one for the intervals."],
} as Record<string, [string, string]>;
const classHead = "Class";
export const classDefinition = "As the class list names it.";
export const background = "background";
export const noneChosen = "none chosen";
export const presence = "Show";
export const allImages = "all images";
export const isPresent = { either: "where it is true or predicted", true: "where it is true", predicted: "where it is predicted", wrong: "where it is wrong" };
export const review = "Review";
export const reviewDefinition = "The verdicts on the image and on what is in it.";
export const anyVerdict = "whatever the verdict";
export const looked = "with a verdict";
export const notLooked = "without a verdict";
export const ofClass = {
  class_iou: ["IoU", "Correct pixels / pixels that are true or predicted as the class, in this image; undefined where it is neither."],
  class_gt_px: ["true px", "Pixels of the image that are the class."],
  class_pred_px: ["predicted px", "Pixels of the image that are predicted as the class."],
  class_missed_px: ["missed px", "Pixels that are the class and predicted as another."],
  class_false_px: ["false px", "Pixels that are predicted as the class and are another."],
} as Record<string, [string, string]>;
export const acts = {
  images: ["all its images", "The table of images with the numbers of this class, worst first.", "images"],
  worst: ["worst images", "The images with most wrong pixels of this class, one by one.", "worst"],
  missed: ["missed objects", "The true objects of this class that were not found, one by one, small ones first.", "missed"],
} as Record<"images" | "worst" | "missed", [string, string, string]>;
export const cell = (truth: string, predicted: string) => `${truth} predicted as ${predicted}`;
export const ofTrue = (share: string, name: string) => `${share} of the true ${name}`;
export const ofPredicted = (share: string, name: string) => `${share} of what is predicted as ${name}`;
export const inImages = (n: string) => `in ${n} ${n === "1" ? "image" : "images"}`;
export const map = (k: number) => `Confusion of ${k} classes: rows true, columns predicted`;
export const mapHint = "Point at a cell, or walk with the arrow keys; Enter opens the images of a confusion.";
export const trueRows = "true ↓";
export const predictedColumns = "predicted →";
export const colourBy = "Colour by";
export const by = { true: "share of the true class", predicted: "share of the predicted class", counts: "pixels (logarithmic)" };
export const right = "right: its corner is marked";
export const wrong = "wrong";
export const noMap = "There are too many classes to draw; the confusions are listed.";
const trueHead = "True";
export const trueDefinition = "The class that the pixels are.";
export const confusion = {
  pred: ["predicted as", "The class that they were predicted as.", "text"],
  px: ["pixels", "Pixels of the true class that were predicted as the other.", "px"],
  of_true: ["of true", "Share of the true pixels of the true class.", "percent"],
  of_pred: ["of predicted", "Share of all pixels that were predicted as the predicted class.", "percent"],
  images: ["images", "Images with at least one such pixel.", "count"],
} as Record<string, [string, string, Kind]>;
export { classHead as class, trueHead as true };
