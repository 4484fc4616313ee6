// Made of reports/language/script.toml by build.mjs: which words there are, and the places that are filled in them.

/** A text that is to be filled: see `fill` in strings.ts. */
export interface Sentence<Place extends string> {
  readonly places: Place;
}

export interface Words {
  common: {
    undefined: string;
    no_class: string;
    void: string;
    loading: string;
    failed: Sentence<"why">;
    range: Sentence<"low" | "high">;
  };
  errors: {
    no_block: Sentence<"block">;
    no_file: Sentence<"file">;
    no_column: Sentence<"column">;
    no_labels: Sentence<"depth" | "colour">;
    cut_short: string;
    no_thumbnail: Sentence<"block" | "image">;
  };
  review: {
    head: string;
    verdict: string;
    done: Sentence<"done" | "total">;
    note: string;
    note_needs: string;
    reviewer: string;
    by: Sentence<"reviewer" | "day">;
    someone: string;
    clear: string;
    nothing: string;
    conflict: Sentence<"reviewer" | "theirs" | "mine">;
    conflicts: Sentence<"others">;
    theirs: string;
    mine: string;
    export: Sentence<"items">;
    import: string;
    imported: Sentence<"added" | "changed" | "kept">;
    unreadable: string;
    take: string;
    forget: string;
  };
  verdicts: {
    accept: {
      name: string;
      meaning: string;
    };
    "model-error": {
      name: string;
      meaning: string;
    };
    "label-error": {
      name: string;
      meaning: string;
    };
    "needs-relabel": {
      name: string;
      meaning: string;
    };
  };
  review_file: {
    too_large: string;
    no_json: string;
    no_review: string;
    version: Sentence<"found">;
    other_run: Sentence<"found" | "here">;
    item: Sentence<"place" | "why">;
    no_item: string;
    twice: string;
    key: Sentence<"key" | "found">;
    nothing: string;
  };
  review_state: {
    kept: string;
    not_kept: string;
    unreadable: Sentence<"why">;
    sending: string;
    saved: string;
    not_saved: Sentence<"why">;
    away: Sentence<"why">;
    back: string;
    conflict: string;
    settled: string;
  };
  tables: {
    images: string;
    classes: string;
    confusions: string;
    columns: string;
    search: Sentence<"noun">;
    hint_title: string;
    hint: Sentence<"keys">;
    bad: Sentence<"terms">;
    second: string;
    none: string;
    all: Sentence<"count" | "noun">;
    of: Sentence<"count" | "total" | "noun">;
    not_all: Sentence<"shown" | "total">;
    not_all_cells: Sentence<"shown" | "total">;
    part_of_class: string;
    no_picture: Sentence<"what">;
    picture: string;
    image: string;
    image_definition: string;
    class: string;
    class_definition: string;
    background: string;
    none_chosen: string;
    presence: string;
    all_images: string;
    review: string;
    review_definition: string;
    any_verdict: string;
    looked: string;
    not_looked: string;
    true: string;
    true_definition: string;
  };
  presence: {
    either: string;
    true: string;
    predicted: string;
    wrong: string;
  };
  image_columns: {
    height: {
      title: string;
      definition: string;
    };
    width: {
      title: string;
      definition: string;
    };
    group: {
      title: string;
      definition: string;
    };
  };
  class_columns: {
    class_iou: {
      title: string;
      definition: string;
    };
    class_gt_px: {
      title: string;
      definition: string;
    };
    class_pred_px: {
      title: string;
      definition: string;
    };
    class_missed_px: {
      title: string;
      definition: string;
    };
    class_false_px: {
      title: string;
      definition: string;
    };
  };
  acts: {
    images: {
      title: string;
      definition: string;
      button: string;
    };
    worst: {
      title: string;
      definition: string;
      button: string;
    };
    missed: {
      title: string;
      definition: string;
      button: string;
    };
  };
  confusion: {
    of_true: Sentence<"share" | "name">;
    of_predicted: Sentence<"share" | "name">;
    in_image_one: Sentence<"images">;
    in_image_many: Sentence<"images">;
    map: Sentence<"classes">;
    map_hint: string;
    true_rows: string;
    predicted_columns: string;
    colour_by: string;
    right: string;
    wrong: string;
    no_map: string;
  };
  colour_by: {
    true: string;
    predicted: string;
    counts: string;
  };
  confusion_columns: {
    pred: {
      title: string;
      definition: string;
    };
    px: {
      title: string;
      definition: string;
    };
    of_true: {
      title: string;
      definition: string;
    };
    of_pred: {
      title: string;
      definition: string;
    };
    images: {
      title: string;
      definition: string;
    };
  };
  viewer: {
    thumb: string;
    no_picture: string;
    nothing: Sentence<"left_out">;
    only_thumb: Sentence<"left_out">;
    only_thumb_shrunk: Sentence<"step" | "left_out">;
    unnamed: Sentence<"image">;
    previous: string;
    next: string;
    copy: string;
    copied: string;
    not_copied: string;
    full: string;
    keys: string;
    close: string;
    place: Sentence<"at" | "total" | "list">;
    of_all: Sentence<"total">;
    of_more: string;
    modes: string;
    swiped: Sentence<"left" | "right">;
    overlaid: Sentence<"above" | "below">;
    divider: string;
    opacity: string;
    pause: string;
    play: string;
    swap: string;
    camera: string;
    zoom_in: string;
    zoom_out: string;
    fit: string;
    fit_long: string;
    actual: string;
    left: string;
    right: string;
    up: string;
    down: string;
    crosshair: string;
    stage: string;
    stage_keys: string;
    pixel: string;
    point_at_it: string;
    layers: string;
    classes: string;
    show_all: string;
    focus: string;
    focus_on: Sentence<"name">;
    missed: Sentence<"count">;
    missed_line: Sentence<"area" | "taken">;
    missed_label: Sentence<"name" | "area" | "taken">;
    more_missed: Sentence<"count">;
    key_list: readonly [readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string], readonly [string, string]];
  };
  modes: {
    side: string;
    swipe: string;
    blink: string;
    overlay: string;
  };
  panes: {
    image: string;
    truth: string;
    prediction: string;
    errors: string;
  };
  pairs: {
    swipe: readonly [string, string];
    blink: readonly [string, string];
    overlay: readonly [string, string];
  };
  probe: {
    at: string;
    xy: Sentence<"x" | "y">;
    truth: string;
    predicted: string;
    result: string;
    boundary: string;
    distance: Sentence<"distance">;
    distance_about: Sentence<"distance">;
    beyond: Sentence<"limit">;
    beyond_about: Sentence<"limit">;
    kept: string;
    shrunk: Sentence<"step">;
  };
  result: {
    correct: string;
    missed: string;
    false: string;
    wrong: string;
    void: string;
  };
  result_of_class: {
    correct: string;
    missed: Sentence<"name">;
    false: Sentence<"name">;
    wrong: string;
    void: string;
  };
  layers: {
    fn: string;
    fp: string;
    wrong: string;
    boundary: Sentence<"width">;
    void: string;
    contours: string;
    missed: string;
  };
  layers_of_class: {
    fn: Sentence<"name">;
    fp: Sentence<"name">;
    wrong: string;
    boundary: Sentence<"width">;
    void: string;
    contours: Sentence<"name">;
    missed: string;
  };
  lists: {
    finding: Sentence<"number" | "title">;
    cell: Sentence<"truth" | "predicted">;
    missed: string;
    missed_of: Sentence<"name">;
    class: Sentence<"name">;
    images: string;
  };
}
