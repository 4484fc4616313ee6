// What the viewer says: words that stand alone, so that the bundle holds no name of one.

export const thumb = "Truth, prediction and errors";
export const noPicture = "No picture of this image is kept";
export const nothing = (left: string) => `No picture of this image is kept. ${left}`;
export const onlyThumb = (step: number, left: string) =>
  `Only a thumbnail of this image is kept${step > 1 ? `: one pixel of ${step} × ${step}` : ""}. ${left}`;
export const unnamed = (image: number) => `Image ${image} is not on this page`;
export const previous = "Previous";
export const next = "Next";
export const copy = "Copy link";
export const copied = "Copied";
export const notCopied = "Not copied: the link is in the address bar";
export const full = "Full screen";
export const keys = "Keys";
export const close = "Close";
export const place = (at: string, total: string, of: string, title: string) => `${at} of ${total} in ${title}${of}`;
export const ofAll = (all: string) => ` (${all} in the run; the others are not on this page)`;
export const ofMore = " (on this page; the run may hold more)";
export const modes = "How to compare";
export const mode = { side: "Side by side", swipe: "Swipe", blink: "Blink", overlay: "Overlay" };
export const pane = { image: "Image", truth: "Truth", prediction: "Prediction", errors: "Errors" };
export const pair = { swipe: ["Left", "Right"], blink: ["First", "Second"], overlay: ["Below", "Above"] };
export const swiped = (left: string, right: string) => `${left} | ${right}`;
export const overlaid = (below: string, above: string) => `${above} over ${below}`;
export const divider = "Where the left picture ends";
export const opacity = "Opacity";
export const pause = "Pause";
export const play = "Play";
export const swap = "Swap";
export const camera = "Zoom and move";
export const zoomIn = "Zoom in";
export const zoomOut = "Zoom out";
export const fit = "Fit";
export const fitLong = "Fit: the place, then the whole image";
export const actual = "One to one";
export const left = "Move left";
export const right = "Move right";
export const up = "Move up";
export const down = "Move down";
export const crosshair = "Crosshair";
export const stage = "Pictures";
export const stageKeys = "Arrow keys move the picture when it is zoomed, else they go to the next image. C puts a crosshair that arrow keys move. Question mark lists all keys.";
export const pixel = "Pixel";
export const pointAtIt = "Point at a pixel, click it, or press C for a crosshair that the arrow keys move.";
export const probe = {
  at: "Place",
  xy: (x: string, y: string) => `x ${x}, y ${y}`,
  truth: "True",
  predicted: "Predicted",
  result: "Result",
  boundary: "To the true boundary",
  distance: (distance: number, step: number) => `${step > 1 ? "about " : ""}${distance.toFixed(1)} px`,
  beyond: (limit: number, step: number) => `${step > 1 ? "about " : ""}more than ${limit} px`,
  kept: "Resolution",
  shrunk: (step: number) => `one pixel of ${step} × ${step} is kept`,
};
export const kinds = (focus: string | null) => [
  "correct",
  focus === null ? "missed: predicted as background" : `missed: ${focus}, not predicted`,
  focus === null ? "false: background predicted as a class" : `false: predicted ${focus}, not true`,
  focus === null ? "confused" : "wrong between other classes",
  "void: not scored",
];
export const layersHead = "Layers";
export const layers = (focus: string | null, width: number) => ({
  fn: focus === null ? "Missed: a class predicted as background" : `Missed: true ${focus}, not predicted`,
  fp: focus === null ? "False: background predicted as a class" : `False: predicted ${focus}, not true`,
  wrong: focus === null ? "Confused: one class for another" : "Wrong between other classes",
  boundary: `Boundary: within ${width} px of another true class`,
  void: "Void: not scored",
  contours: focus === null ? "Contours: truth solid, prediction dashed" : `Contours of ${focus}: truth solid, prediction dashed`,
  missed: "Missed objects: dashed frames",
});
export const classesHead = "Classes in this image";
export const showAll = "Show all";
export const focus = "Focus";
export const focusOn = (name: string) => `Focus on ${name}`;
export const missedHead = (number: string) => `Missed objects: ${number}`;
export const missedLine = (area: string, taken: string) => `${area}, predicted as ${taken}`;
export const missedLabel = (name: string, area: string, taken: string) => `${name}: ${area}, predicted as ${taken}`;
export const moreMissed = (number: string) => `and ${number} more: focus on a class to see its own`;
export const keyList = [
  ["J, K", "next, previous of the list"],
  ["← →", "next, previous while the whole image is seen"],
  ["← → ↑ ↓", "move the picture when it is zoomed"],
  ["+, −", "zoom in, out; also the wheel, two fingers, a double click"],
  ["0", "fit the place; again: the whole image"],
  ["Z", "one pixel of the image to one of the screen"],
  ["C", "crosshair; the arrow keys move it, with Shift by 10 px"],
  ["S, W, B, O", "side by side, swipe, blink, overlay"],
  ["L", "contours"],
  ["1 to 4", "verdict: accept, model error, label error, needs relabel"],
  ["?", "this list"],
  ["Escape", "close"],
];
export const lists = {
  finding: (number: number, title: string) => `finding ${number}: ${title}`,
  cell: (truth: string, predicted: string) => `${truth} predicted as ${predicted}`,
  missed: (name: string | null) => (name === null ? "missed objects" : `missed objects of ${name}`),
  class: (name: string) => `images by wrong pixels of ${name}`,
  images: "the table of images",
};
