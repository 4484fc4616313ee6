"""A run folder of any number of images: what a large report is opened and measured on.

    python -m benchmarks.report_run OUT --images 10000 --classes 19

Every image is a window of one of a few street scenes, since drawing a scene is slow; all of them are inspected as any
folder is. Some names of images and classes are long, hostile, or not Latin. The same arguments give the same folder.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from inspector import inspect_folders, load_categories
from inspector.evidence_choice import HowMany
from inspector.png_writer import encode_indexed_png
from inspector.synthetic import class_list, make_pair, palette, photograph

__all__ = ["make_run"]

HEIGHT, WIDTH = 256, 512
LARGE = (5, 7)  # each pixel of a large image is repeated so often, down and across: above what is shown whole
IMAGES_PER_SCENE, FEWEST_SCENES = 50, 12
NAMED_ONE_IN = 30  # images has one of these names, which all have been names of files
NAMES = (
    "<script>document.title = 1</script>", '" onmouseover="document.title=1" x="', "gnp\u202e.exe", "شجرة/صورة",
    "two\nlines", "x" * 180, "👨‍👩‍👧é́́", "\u2066isolated\u2069", "]]>&lt;&#60;", "+1\t@SUM(A1)",
    "a/very/deep/folder/" * 6 + "frame", "日本語の長い名前の画像ファイル",
)  # fmt: skip
CLASS_NAMES = {  # by class index
    5: "tree <script>document.title = 1</script>",
    6: "pole, lamp post or any other thing that is long and thin",
    9: "fence\u202eecnef",
}


@dataclass(frozen=True)
class Image:
    """Masks (H, W) uint8 as `make_pair` gives them, picture (H, W, 3) uint8, and what is known of it."""

    name: str
    gt: NDArray[np.uint8]
    pred: NDArray[np.uint8]
    picture: NDArray[np.uint8]
    scene: str
    weather: str
    camera: str


def make_run(
    out: Path, images: int = 10_000, classes: int = 19, seed: int = 0, large: int = 2, kept: HowMany = None
) -> Path:
    """The run folder `out`, without a report.

    large  so many of the images are too large to be looked at whole; their predictions are shifted, so they are kept
    kept   how many images can be looked at in full, as for `inspect --evidence`
    """
    with tempfile.TemporaryDirectory(prefix="report-run-") as name:
        folder = Path(name)
        _write(folder, _images(images, classes, seed, large), classes)
        categories = load_categories(folder / "classes.json")
        inspect_folders(
            folder / "gt", folder / "pred", out=out, categories=categories, images=folder / "images",
            metadata=folder / "metadata.csv", group="scene", evidence=kept,
        )  # fmt: skip
    return out


def _images(images: int, classes: int, seed: int, large: int) -> Iterator[Image]:
    """Scene by scene, so that one is in memory at a time; a scene is twice as large as an image on each side."""
    large_ones = set(np.linspace(0, images - 1, large + 2).astype(int)[1:-1].tolist())
    scenes = min(images, max(FEWEST_SCENES, images // IMAGES_PER_SCENE))
    for scene in range(scenes):
        pair = make_pair(scene, 2 * HEIGHT, 2 * WIDTH, classes, seed)
        picture = photograph(pair.gt, np.random.default_rng((seed, scene, 1)))
        for index in range(scene, images, scenes):
            rng = np.random.default_rng((seed, index, 2))
            y, x, step = rng.integers(0, HEIGHT), rng.integers(0, WIDTH), rng.choice((-1, 1))
            layers = [layer[y : y + HEIGHT, x : x + WIDTH][:, ::step] for layer in (pair.gt, pair.pred, picture)]
            if index in large_ones:
                layers[1] = np.roll(layers[1], 8, axis=1)
                layers = [layer.repeat(LARGE[0], axis=0).repeat(LARGE[1], axis=1) for layer in layers]
            gt, pred, shown = map(np.ascontiguousarray, layers)
            yield Image(_name(index, scene), gt, pred, shown, f"scene {scene}", pair.weather, f"camera {index % 3}")


def _name(index: int, scene: int) -> str:
    plain = f"val/{scene:03d}/frame_{index:06d}"
    turn, place = divmod(index, NAMED_ONE_IN)
    return f"{plain} {NAMES[turn % len(NAMES)]}" if place == 7 else plain


def _write(folder: Path, images: Iterator[Image], classes: int) -> None:
    """gt/, pred/, images/, classes.json and metadata.csv."""
    rows = class_list(classes)
    for index, name in CLASS_NAMES.items():
        if index < classes:
            rows[index]["name"] = name
    (folder / "classes.json").write_text(json.dumps({"classes": rows}), encoding="utf-8")
    with ThreadPoolExecutor() as threads:
        table = list(threads.map(lambda image: _write_image(folder, image), images))
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "scene", "weather", "camera"), *table])


def _write_image(folder: Path, image: Image) -> tuple[str, str, str, str]:
    files = {
        "gt": (".png", encode_indexed_png(image.gt, palette(), 1)),
        "pred": (".png", encode_indexed_png(image.pred, palette(), 1)),
        "images": (".jpg", imagecodecs.jpeg8_encode(image.picture, 80)),
    }
    for part, (suffix, data) in files.items():
        path = folder / part / f"{image.name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return image.name, image.scene, image.weather, image.camera


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the run folder; an older one there is replaced")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=19)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--large", type=int, default=2, help="images too large to be looked at whole")
    parser.add_argument("--kept", type=int, help="images that can be looked at in full; default: as `inspect` does")
    given = parser.parse_args()
    print(make_run(given.out, given.images, given.classes, given.seed, given.large, given.kept))


if __name__ == "__main__":
    _main()
