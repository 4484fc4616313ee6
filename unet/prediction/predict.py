"""Predict a folder: images are decoded, predicted and written side by side, and a run that was stopped goes on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from inspector.errors import InputError, UsageError
from inspector.folders import list_folder
from inspector.problems import Problem
from inspector.workers import default_jobs
from unet.devices import pick_precision
from unet.prediction.batches import device_of, predicting
from unet.prediction.blocks import TiffBlocks
from unet.prediction.cubes import NpyCube, ZarrCube
from unet.prediction.encoders import Encoders
from unet.prediction.flow import Flow, Job
from unet.prediction.manifest import fingerprint, open_folder
from unet.prediction.memory import free_bytes
from unet.prediction.outputs import CLASSES, MaskCode, Targets, class_document, mask_code, write_json
from unet.prediction.reduction import Reduction
from unet.prediction.tiles import Tiling, choose_tiling, grid_of
from unet.prediction.tta import averaged, parse_tta
from unet.prediction.worklist import Image, Loaded, list_images, load_ahead
from unet.prediction.writers import LARGE_PX, Output, PngPlane, TiffPlane, confidence_values, mask_values
from unet.segmenter import Segmenter

__all__ = ["PredictSettings", "Predicted", "predict_folder"]

BATCH = {"cuda": 16}  # tiles at once; elsewhere one, which is as fast and takes less memory
STAGE = "predict"


@dataclass(frozen=True)
class PredictSettings:
    """How to predict.

    tile, overlap   px; None chooses them for each size of image, tile 0 is the whole image
    batch           tiles at once, None chooses; halved where memory is short
    tta             test-time augmentation as `parse_tta` reads it
    precision       auto, fp32, bf16 or fp16
    probabilities   kept as uint8 (round(255 p)) or float16, "" for not at all; as_zarr: as Zarr instead of NPY
    confidence      the highest probability as an 8-bit PNG
    pseudo_labels   pixels whose highest probability is below it become void; None: every pixel gets a class
    overwrite       predict all anew where the folder holds something else
    jobs            threads that decode, and as many that encode; None: one for each processor
    """

    tile: int | None = None
    overlap: int | None = None
    batch: int | None = None
    tta: str = ""
    precision: str = "auto"
    probabilities: Literal["", "uint8", "float16"] = ""
    as_zarr: bool = False
    confidence: bool = False
    pseudo_labels: float | None = None
    overwrite: bool = False
    jobs: int | None = None

    def __post_init__(self) -> None:
        if self.pseudo_labels is not None and not 0 < self.pseudo_labels <= 1:
            raise UsageError(f"--pseudo-labels {self.pseudo_labels}: expected a probability above 0 and up to 1")
        if self.tile and self.overlap is not None and self.overlap >= self.tile:
            raise UsageError(f"--overlap {self.overlap}: expected less than the tile, {self.tile} px")
        if self.batch is not None and self.batch < 1:
            raise UsageError(f"--batch {self.batch}: expected 1 or more")

    def that_matter(self, precision: torch.dtype) -> dict[str, Any]:
        """What changes a written digit."""
        settings = asdict(self)
        for key in ("batch", "overwrite", "jobs"):
            del settings[key]
        return {**settings, "precision": str(precision).removeprefix("torch.")}


@dataclass(frozen=True)
class Predicted:
    """What became of the images: images == predicted + skipped + len(problems).

    skipped               were there already, from an earlier part of this run
    megapixels            of the images predicted now
    device_busy_fraction  share of `seconds` in [0, 1] in which the device worked, NaN where nothing was predicted
    problems              files that were not predicted
    """

    images: int
    predicted: int
    skipped: int
    megapixels: float
    seconds: float
    device_busy_fraction: float
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def predict_folder(
    images: Path,
    segmenter: Segmenter,
    out: Path,
    settings: PredictSettings,
    say: Callable[[str], None] = lambda text: None,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Predicted:
    """Predict the images of a folder, a tree of folders, or one file, into `out` (see `unet.prediction.outputs`).

    Files appear whole or not at all, whatever stops the run, and the same command goes on where it stopped. The same
    images give the same files with any number of threads. An image that cannot be predicted is a problem; the others
    are predicted all the same.

    Raises InputError where there is no image, UsageError for settings that cannot be and for a folder that holds
    something else, EnvironmentFault where the disk is full or memory does not hold even a small tile.
    """
    _check_place(images, out)
    code = mask_code(segmenter.description.categories, with_void=settings.pseudo_labels is not None)
    found, problems = list_images(images, out)
    run = _Run(segmenter, out, settings, code, say)
    since = open_folder(out, fingerprint(segmenter), settings.that_matter(run.precision), overwrite=settings.overwrite)
    write_json(out / CLASSES, class_document(segmenter.description.categories, code))
    waiting = [image for image in found if not run.targets(image).is_done(since, image.path)]
    began = time.perf_counter()
    run.predict(waiting, partial(progress, STAGE), len(found), len(found) - len(waiting))
    seconds = time.perf_counter() - began
    return Predicted(
        images=len(found) + len(problems),
        predicted=run.predicted,
        skipped=len(found) - len(waiting),
        megapixels=run.pixels / 1e6,
        seconds=seconds,
        device_busy_fraction=run.busy_seconds / seconds if run.predicted else float("nan"),
        notes=(*run.notes, *_strangers(out, found)),
        problems=(*problems, *run.problems),
    )


def _check_place(images: Path, out: Path) -> None:
    """Masks have the names of their images, and must not replace them."""
    if out.resolve() in (images.resolve(), images.resolve().parent if images.is_file() else None):
        raise UsageError(f"{out}: this is the folder of the images; choose another -o for the masks", path=str(out))


class _Run:
    """One run over the images that are not predicted yet."""

    def __init__(
        self, segmenter: Segmenter, out: Path, settings: PredictSettings, code: MaskCode, say: Callable[[str], None]
    ) -> None:
        self._segmenter, self._out, self._settings, self._code, self._say = segmenter, out, settings, code, say
        self._device = device_of(segmenter)
        self._tta = parse_tta(settings.tta)
        self._free = free_bytes(self._device)  # asked once: the same images are tiled the same way to the end
        self._tilings: dict[tuple[int, int], Tiling] = {}
        self.precision = pick_precision(settings.precision, self._device)
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self.predicted = self.pixels = 0
        self.busy_seconds = 0.0

    def targets(self, image: Image) -> Targets:
        extension = (".zarr" if self._settings.as_zarr else ".npy") if self._settings.probabilities else ""
        return Targets(self._out, image.stem, extension, self._settings.confidence)

    def predict(self, images: list[Image], progress: Callable[[int, int], None], total: int, done: int) -> None:
        jobs = self._settings.jobs or default_jobs()
        channels = self._segmenter.description.channels
        with (
            predicting(self._segmenter, self.precision),
            Encoders(jobs) as encoders,
            self._flow(encoders) as flow,
            contextlib.closing(load_ahead(images, channels, jobs)) as loaded,
        ):
            progress(done, total)
            for number, item in enumerate(loaded, start=done + 1):
                if isinstance(item, Problem):
                    self.problems.append(item)
                else:
                    flow.add(self._job(item))
                progress(number, total)
            flow.finish()
            self.busy_seconds = flow.meter.seconds()

    def _flow(self, encoders: Encoders) -> Flow:
        classes = len(self._segmenter.description.categories)
        reduction = Reduction(
            torch.uint8 if classes <= 255 else torch.int16,
            self._settings.confidence,
            self._settings.pseudo_labels,
            classes,
            getattr(torch, self._settings.probabilities) if self._settings.probabilities else None,
        )
        return Flow(
            averaged(self._segmenter.probabilities, self._tta, self._segmenter.multiple),
            self._device,
            partial(grid_of, self._segmenter),
            reduction,
            encoders,
            batch=self._settings.batch or BATCH.get(self._device.type, 1),
            multiple=self._segmenter.multiple,
            say=self._note,
        )

    def _job(self, loaded: Loaded) -> Job:
        height, width, _ = loaded.source.shape
        large = height * width > LARGE_PX
        return Job(
            loaded.source,
            self._tiling(height, width),
            partial(self._outputs, loaded.image, (height, width), large),
            streamed=large,
            failed=lambda error: self.problems.append(loaded.image.problem(error)),
            done=partial(self._count, height * width),
            close=loaded.source.close if isinstance(loaded.source, TiffBlocks) else lambda: None,
        )

    def _count(self, pixels: int) -> None:
        self.predicted += 1
        self.pixels += pixels

    def _tiling(self, height: int, width: int) -> Tiling:
        if (height, width) not in self._tilings:
            tile, overlap = self._settings.tile, self._settings.overlap
            tiling, notes = choose_tiling(self._segmenter, height, width, tile, overlap, self._free)
            self._tilings[height, width] = tiling
            for note in notes:
                self._note(note)
        return self._tilings[height, width]

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
            self._say(text)

    def _outputs(self, image: Image, size: tuple[int, int], large: bool) -> Sequence[Output]:
        """The files of an image, the mask last: where it is, all are."""
        targets, kept, outputs = self.targets(image), self._settings.probabilities, list[Output]()
        if kept:
            cube = ZarrCube if self._settings.as_zarr else NpyCube
            shape = (len(self._segmenter.description.categories), *size)
            outputs.append(cube(targets.probabilities_file(), shape, np.dtype(kept)))
        if self._settings.confidence:
            outputs.append(_plane(targets.confidence_file(large=large), size, large))
        outputs.append(_plane(targets.mask(large=large), size, large, self._code))
        return outputs


def _plane(path: Path, size: tuple[int, int], large: bool, code: MaskCode | None = None) -> Output:
    """The file of a mask, or of the confidence where no code is given."""
    values = confidence_values if code is None else mask_values(code)
    palette = None if code is None else code.palette
    if not large:
        return PngPlane(path, size, values, palette)
    return TiffPlane(path, size, values, palette, np.dtype(np.uint8) if code is None else code.values.dtype)


def _strangers(out: Path, images: Iterable[Image]) -> Iterator[str]:
    """A note where the folder holds masks of none of these images: `inspect` would find them too."""
    try:
        held = list_folder(str(out), "pred").files
    except InputError:
        return
    known = {image.stem for image in images}
    others = [file.relative for file in held if file.relative.rpartition(".")[0] not in known]
    if others:
        some = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        yield f"{out} also holds {len(others)} masks of other images than these: {some}"
