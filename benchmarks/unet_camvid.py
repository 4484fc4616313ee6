"""CamVid at a quarter of its size, nothing pretrained: our U-Net against smp.Unet at an equal budget; what Dice adds.

    python -m benchmarks.unet_camvid    # the images lie in ../shared/data/camvid

Steps, batches, augmentation, optimiser and schedule are the same for all; images and their order are paired by seed.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.measure import markdown_table
from benchmarks.torchvision_ops import declare_missing_ops
from benchmarks.unet_runs import Options, Record, column, options_of, publish, run_missing, spread, train
from inspector.categories import load_categories

__all__ = ["main"]

EXPERIMENT = "camvid"
SOURCE = Path("../shared/data/camvid")
SIZE = (240, 180)  # width, height px
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "ours": {"options": {"base": 16}, "loss": "ce+dice"},
    "smp resnet18": {"model": "smp:Unet:resnet18", "loss": "ce+dice"},
    "ours, ce": {"options": {"base": 16}, "loss": "ce"},
}
STEPS, BATCH, EVALUATIONS = 360, 4, 4
BAR_MIOU, BAR_ACCURACY, BAR_DIFFERENCE = 0.36, 0.81, -0.02


def main(argv: Sequence[str] | None = None) -> None:
    """Run what has not run, and print the tables."""
    with options_of(argv, str(__doc__), tuple(VARIANTS), seeds=3) as options:
        declare_missing_ops()  # a processor's torchvision, which smp imports, has none
        records = run_missing(options, EXPERIMENT, partial(_run, options))
        publish(options, "unet_camvid", "\n\n".join((_totals(records), _differences(records), _classes(records))))


def _run(options: Options, variant: str, seed: int) -> Record:
    choices = {**VARIANTS[variant], "steps": STEPS, "batch": BATCH, "evaluations": EVALUATIONS, "seed": seed}
    if options.quick:
        choices |= {"steps": 2, "batch": 2, "evaluations": 1}
        choices |= {"options": {"base": 2}} if "options" in choices else {}
    data = _resized(options)
    return train(data, choices, categories=load_categories("camvid"), device=options.device)


# ---------------------------------------------------------------------- the images


def _resized(options: Options) -> Path:
    """The folder of small images: pictures by an area filter, masks by the nearest pixel, made once."""
    size = (32, 32) if options.quick else SIZE
    folder = options.data / f"unet_camvid_{size[0]}x{size[1]}"
    if folder.exists():
        return folder
    part = folder.with_name(f"{folder.name}.{os.getpid()}")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(partial(_resize, part, size), _files(options.quick)))
    part.rename(folder)
    return folder


def _files(quick: bool) -> list[Path]:
    """Images and masks of train and val, relative to the source."""
    sides = [sorted((SOURCE / split / kind).iterdir()) for split in ("train", "val") for kind in ("images", "masks")]
    return [path.relative_to(SOURCE) for side in sides for path in (side[:2] if quick else side)]


def _resize(out: Path, size: tuple[int, int], file: Path) -> None:
    is_mask = file.parent.name == "masks"
    target = (out / file).with_suffix(".png")
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(SOURCE / file) as image:
        image.resize(size, Image.Resampling.NEAREST if is_mask else Image.Resampling.BOX).save(target)


# ---------------------------------------------------------------------- the tables


def _totals(records: Sequence[Record]) -> str:
    rows = []
    for variant in VARIANTS:
        runs = [each for each in records if each["variant"] == variant]
        if runs:
            values = [spread(column(records, variant, key)) for key in ("last/miou", "accuracy")]
            cpu = statistics.fmean(column(records, variant, "cpu_s"))
            rows.append([variant, f"{len(runs)}", f"{runs[0]['parameters'] / 1e6:.1f}", *values, f"{cpu:.0f}"])
    return markdown_table(("network", "seeds", "M parameters", "mIoU", "pixel accuracy", "CPU s"), rows)


def _differences(records: Sequence[Record]) -> str:
    """Of runs with the same seed, in points of mIoU."""
    rows = []
    for first, second in (("ours", "smp resnet18"), ("ours", "ours, ce")):
        points = [100 * value for value in _paired(records, first, second)]
        rows.append([f"{first} − {second}", ", ".join(f"{value:+.1f}" for value in points), spread(points, 1)])
    return markdown_table(("difference of mIoU, points", "by seed", "mean"), rows)


def _paired(records: Sequence[Record], first: str, second: str) -> list[float]:
    miou = {(each["variant"], each["seed"]): each["last"]["miou"] for each in records}
    seeds = sorted(seed for variant, seed in miou if variant == first and (second, seed) in miou)
    return [miou[first, seed] - miou[second, seed] for seed in seeds]


def _classes(records: Sequence[Record]) -> str:
    """Mean IoU of each class, the rarest gains first where Dice is added."""
    present = [variant for variant in VARIANTS if column(records, variant, "last/miou")]
    names = records[0]["last"]["iou"] if records else ()
    means = {
        name: {variant: statistics.fmean(column(records, variant, f"last/iou/{name}")) for variant in present}
        for name in names
    }
    rows = []
    for name, by in means.items():
        gain = f"{100 * (by['ours'] - by['ours, ce']):+.1f}" if {"ours", "ours, ce"} <= set(by) else ""
        rows.append([name, *(f"{by[variant]:.3f}" for variant in present), gain])
    return markdown_table(("IoU of class", *present, "what Dice adds, points"), rows)


if __name__ == "__main__":
    main()
