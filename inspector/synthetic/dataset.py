"""A folder of truth and predictions, as `inspect` reads it, made from a seed."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.png_writer import encode_indexed_png, encode_rgb_png
from inspector.synthetic.faults import DUPLICATED, FAULTS
from inspector.synthetic.mistakes import disturb, street_model
from inspector.synthetic.pictures import palette, photograph
from inspector.synthetic.scenes import make_scene
from inspector.synthetic.street import VOID, scene_class

__all__ = ["Pair", "class_list", "make_pair", "write_dataset"]

IMAGES_PER_SCENE = 5
WEATHER = ("clear", "clear", "rain", "overcast", "night")  # night is truly harder, the others are all alike
NIGHT_FACTOR = 1.9
CAMERAS = ("front", "left", "right")  # makes no difference


@dataclass(frozen=True)
class Pair:
    """One image of a data set: (H, W) uint8 truth and prediction, and the row that describes it."""

    gt: NDArray[np.uint8]
    pred: NDArray[np.uint8]
    image: str
    scene: str
    weather: str
    camera: str


def make_pair(index: int, height: int, width: int, classes: int, seed: int, faults: Sequence[str] = ()) -> Pair:
    """Pair `index` of the data set of `seed`; it depends on nothing else, so any part can be made alone.

    faults  keys of FAULTS, applied in order, or DUPLICATED: every fifth image then shows the scene before it again
    """
    shown = _shown(index, faults)
    rng = np.random.default_rng((seed, shown))
    weather = WEATHER[int(rng.integers(len(WEATHER)))]
    gt = make_scene(height, width, classes, rng)
    model = street_model(classes)
    pred = disturb(gt, rng, model.worsened(NIGHT_FACTOR) if weather == "night" else model)
    for fault in faults:
        if fault != DUPLICATED:
            pred = FAULTS[fault](gt, pred, classes, rng)
    scene = f"street {shown // IMAGES_PER_SCENE:03d}"
    return Pair(gt, pred, f"{index:04d}", scene, weather, CAMERAS[shown % len(CAMERAS)])


def write_dataset(
    folder: Path,
    pairs: int,
    height: int,
    width: int,
    classes: int,
    seed: int = 0,
    faults: Sequence[str] = (),
    *,
    images: bool = False,
    metadata: bool = False,
) -> None:
    """Write gt/ and pred/ (indexed PNG), classes.json and, where asked for, images/ (RGB PNG) and metadata.csv.

    The same arguments give the same bytes. `folder` is made; files in it are overwritten.
    Raises ValueError for a fault that is not a key of FAULTS or DUPLICATED, before anything is written.
    """
    if unknown := sorted(set(faults) - set(FAULTS) - {DUPLICATED}):
        raise ValueError(f"no fault is called {', '.join(unknown)}; there are {', '.join([*FAULTS, DUPLICATED])}")
    for part in ("gt", "pred", *(["images"] if images else [])):
        (folder / part).mkdir(parents=True, exist_ok=True)
    rows = []
    for index in range(pairs):
        pair = make_pair(index, height, width, classes, seed, faults)
        rows.append((pair.image, pair.scene, pair.weather, pair.camera))
        _write_pair(folder, pair, np.random.default_rng((seed, _shown(index, faults), 1)) if images else None)
    listing = json.dumps({"classes": class_list(classes)}, indent=1)
    (folder / "classes.json").write_text(listing + "\n", encoding="utf-8")
    if metadata:
        with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([("image", "scene", "weather", "camera"), *rows])


def class_list(classes: int) -> list[dict[str, object]]:
    """The classes of a scene as class files list them, VOID as the ignored one at the end."""
    known = [scene_class(index) for index in range(classes)]
    rows: list[dict[str, object]] = [
        {"id": index, "name": each.name, "color": list(each.color), "isthing": each.isthing}
        for index, each in enumerate(known)
    ]
    return [*rows, {"id": VOID, "name": "void", "color": [0, 0, 0], "ignore": True}]


def _shown(index: int, faults: Sequence[str]) -> int:
    """Which scene pair `index` shows."""
    return index - 1 if DUPLICATED in faults and index % 5 == 4 else index


def _write_pair(folder: Path, pair: Pair, image_rng: np.random.Generator | None) -> None:
    name = f"{pair.image}.png"
    (folder / "gt" / name).write_bytes(encode_indexed_png(pair.gt, palette()))
    (folder / "pred" / name).write_bytes(encode_indexed_png(pair.pred, palette()))
    if image_rng is not None:
        brightness = 0.45 if pair.weather == "night" else 1.0
        (folder / "images" / name).write_bytes(encode_rgb_png(photograph(pair.gt, image_rng, brightness)))
