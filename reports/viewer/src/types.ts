// What Python puts into the page for the script; made by reports/page_data.py, which must give exactly this.

/** [y0, x0, y1, x1] in pixels of the masks, half-open. */
export type Box = [number, number, number, number];

/** All that is known at once; the larger tables and the pictures lie in blocks that are read when they are needed. */
export interface PageData {
  /** Identity of the run: the first 16 hex digits of the SHA-256 of inspection.json. */
  run: string;
  title: string;
  /** In index order. The index `classes.length` is void in a truth, and no class of the list in a prediction. */
  classes: ClassRow[];
  class_columns: Column[];
  image_columns: Column[];
  /** Packed table: `image` (name), the image columns, height, width; `index` where not all images are shown. */
  images: TableRef;
  /** What columns of the metadata were left out, as a sentence; "" where none was. */
  missing_columns: string;
  /** Packed table, a row for each image and class in it: image, class, gt_px, pred_px, tp_px. */
  class_rows: TableRef;
  /** Packed table: true, pred, image, px; of each cell the images with most pixels, heaviest first. */
  cells: { block: string; images_per_cell: number };
  /** [true, predicted, px, images with it] of the non-zero cells off the diagonal, heaviest first. */
  cell_totals: [number, number, number, number][];
  cells_total: number;
  /** Rows true, columns predicted, the last column no class; null where there are too many classes to draw. */
  matrix: number[][] | null;
  /** Packed table of the true objects in the images that can be looked at. */
  objects: { block: string; total_missed: number; shown: number };
  findings: FindingRef[];
  /** Images that can be looked at in full, worst first. */
  views: ViewRef[];
  thumbs: { image: number[]; per_block: number; blocks: string[] };
  settings: {
    error_width: number;
    tolerance: number;
    boundary_width: number;
    object_recall_threshold: number;
    size_edges_px: [number, number];
  };
  /** What pictures were left out, as a sentence; "" where none was. */
  missing_pictures: string;
  /** Where blocks lie as files, relative to the page; null: they are in the page. */
  folder: string | null;
  /** The server of `inspect review serve`; null for a file. */
  server: { token_header: string; url: string } | null;
}

export interface TableRef {
  total: number;
  shown: number;
  block: string;
}

export type Kind = "percent" | "ratio" | "px" | "length" | "count" | "text" | "number";

export interface Column {
  /** Begins with "user." where it is of the metadata; its values are texts, which are numbers where it is of the kind "number". */
  key: string;
  title: string;
  short: string;
  definition: string;
  kind: Kind;
  shown: boolean;
}

export interface ClassRow {
  id: number;
  name: string;
  color: string;
  background: boolean;
  /** By `class_columns`; null is undefined. */
  values: (number | string | null)[];
  intervals: Record<string, [number, number]>;
  /** Why a value is undefined, by the key of its column. */
  notes: Record<string, string>;
}

export interface FindingRef {
  number: number;
  anchor: string;
  kind: string;
  title: string;
  class: number | null;
  severity: string;
  images: { image: number; box: Box | null; px: number }[];
}

export interface ViewRef {
  image: number;
  block: string;
  height: number;
  width: number;
  shrink: number;
  has_image: boolean;
}

/** What a view block holds: files in base64. */
export interface ViewFiles {
  gt: string;
  pred: string;
  image: string | null;
  patches: { box: Box; gt: string; pred: string }[];
}

/** One place to look at: an image, and what of it. */
export interface Place {
  image: number;
  box: Box | null;
  class: number | null;
}
