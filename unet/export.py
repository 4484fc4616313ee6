"""A model as a program that runs without this package: torch.export (.pt2) and ONNX.

The program takes images (N, C, H, W) float32 in stored units, and returns logits (N, K, H, W): normalisation and
resizing are inside. N, H and W are free, but H and W must be multiples of what the architecture halves (padding is its
caller's): a size that is free altogether cannot be traced through the skip connections. What was written is compared
with the model it came from.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import Dim
from torch.nn import functional as F

from inspector.errors import EnvironmentFault, InspectorError, UsageError
from unet.backends import load_segmenter
from unet.backends.exported import FACTS, facts_of
from unet.optional import need
from unet.segmenter import Segmenter

__all__ = ["FORMATS", "Exported", "export_model"]

TOLERANCE = 1e-4  # of the logits, for logits of up to 1 in size; of larger ones it is relative
CHECKED = ((2, 3), (5, 2), (3, 7))  # (height, width) of the images that are compared, in multiples


@dataclass(frozen=True)
class Exported:
    """What was written. `difference`: the largest between the logits of model and file, over `largest`, at least 1."""

    path: Path
    difference: float
    largest: float
    sizes: tuple[tuple[int, int], ...]


class Graph(nn.Module):
    """What is exported: stored units in, logits of the same size out."""

    mean: Tensor
    std: Tensor

    def __init__(self, segmenter: Segmenter) -> None:
        super().__init__()
        normalisation = segmenter.description.normalisation
        self.net = segmenter.net
        self.register_buffer("mean", torch.tensor(normalisation.mean)[:, None, None])  # (C, 1, 1)
        self.register_buffer("std", torch.tensor(normalisation.std)[:, None, None])

    def forward(self, images: Tensor) -> Tensor:
        x = (images - self.mean) / self.std  # (N, C, H, W)
        logits = self.net(x)  # (N, K, h, w)
        if logits.shape[2:] != x.shape[2:]:
            logits = F.interpolate(logits, size=x.shape[2:], mode="bilinear", align_corners=False)
        return logits  # (N, K, H, W)


def export_model(
    segmenter: Segmenter, out: Path, kind: str | None = None, say: Callable[[str], None] = lambda text: None
) -> Exported:
    """Write `segmenter`, which is moved to the processor, to `out` and compare the file with it.

    kind  a key of FORMATS; None: by the suffix of `out`

    Raises UsageError for another format or a model that cannot be traced, EnvironmentFault where the file does not give
    the model's logits: then nothing is left at `out`.
    """
    kind = kind or {".pt2": "pt2", ".onnx": "onnx"}.get(out.suffix.lower(), out.suffix)
    if kind not in FORMATS:
        raise UsageError(f"there is no export to {kind!r}: expected {' or '.join(FORMATS)}", kind="no_such_format")
    segmenter = segmenter.cpu().eval()
    say("tracing the model: half a minute or so")
    making = out.with_name(f".{os.getpid()}.{out.name}.{kind}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _explained(segmenter, kind):
            FORMATS[kind](segmenter, making)
        exported = _compared(segmenter, making, out)
        making.replace(out)
    except OSError as error:
        raise EnvironmentFault(f"{out}: could not be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            making.unlink()
    return exported


def _write_pt2(segmenter: Segmenter, path: Path) -> None:
    images, shapes = _example(segmenter)
    program = torch.export.export(Graph(segmenter).eval(), (images,), dynamic_shapes=shapes)
    torch.export.save(program, path, extra_files={FACTS: facts_of(segmenter, least=2 * segmenter.multiple)})


def _write_onnx(segmenter: Segmenter, path: Path) -> None:
    need("onnxscript", "onnx", "an export to ONNX")
    images, shapes = _example(segmenter)
    program: Any = torch.onnx.export(
        Graph(segmenter).eval(),
        (images,),
        dynamo=True,
        dynamic_shapes=shapes,
        input_names=["images"],
        output_names=["logits"],
        verbose=False,
    )
    program.model.metadata_props[FACTS] = facts_of(segmenter, least=1)
    program.save(path)


def _example(segmenter: Segmenter) -> tuple[Tensor, dict[str, Any]]:
    """(images to trace with, which of their sizes are free): any number, of any size in multiples of the model's."""
    multiple = segmenter.multiple
    images = torch.rand(2, segmenter.description.channels, 3 * multiple, 4 * multiple)  # a 1 would be taken as fixed
    height, width = (Dim(name, min=2) * multiple if multiple > 1 else Dim(name, min=2) for name in ("h", "w"))
    return images, {"images": {0: Dim("n"), 2: height, 3: width}}


@contextmanager
def _explained(segmenter: Segmenter, kind: str) -> Iterator[None]:
    """What a tracer cannot do, as a UsageError; its warnings about torch's own insides are kept from the user."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (InspectorError, OSError):
        raise
    except Exception as error:  # the tracers have dozens of kinds
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        other = next(each for each in FORMATS if each != kind)
        fix = f"{other} is written in another way: try that"
        what = f"{segmenter.description.architecture} cannot be exported to {kind}: {first[:300]} ({fix})"
        raise UsageError(what, kind="not_exportable", fix=fix) from error


def _compared(segmenter: Segmenter, path: Path, out: Path) -> Exported:
    """The written file against the model, on random images. Raises EnvironmentFault with the numbers that differ."""
    loaded = load_segmenter(path, trust=True)  # we made it
    generator = torch.Generator().manual_seed(0)
    channels, multiple = segmenter.description.channels, segmenter.multiple
    sizes = tuple((rows * multiple, columns * multiple) for rows, columns in CHECKED)
    graph = Graph(segmenter)
    mean, std = graph.mean, graph.std  # (C, 1, 1)
    worst, largest = 0.0, 1.0
    with torch.inference_mode():
        for height, width in sizes:
            noise = torch.rand(1, channels, height, width, generator=generator)
            images = mean + (2 * noise - 1) * 2 * std  # where normalised images are
            expected, found = segmenter(images), loaded(images)
            worst = max(worst, float((expected - found).abs().max()))
            largest = max(largest, float(expected.abs().max()))
    if not worst <= TOLERANCE * largest:  # NaN too
        raise EnvironmentFault(
            f"{out}: the exported program gives other logits than the model: they differ by {worst:.3g} where the "
            f"largest is {largest:.3g}; expected at most {TOLERANCE * largest:.3g}. Nothing was written"
        )
    return Exported(out, worst, largest, sizes)


FORMATS: Mapping[str, Callable[[Segmenter, Path], None]] = {"pt2": _write_pt2, "onnx": _write_onnx}
