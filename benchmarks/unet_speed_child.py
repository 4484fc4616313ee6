"""One measurement of unet_speed in a process of its own, so that its memory, threads and allocator are its own.

    python -m benchmarks.unet_speed_child '{"what": "tiles", "method": "ours", …}'

Prints the result as JSON.
"""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.torchvision_ops import declare_missing_ops
from benchmarks.unet_speed_nets import OurLoop, Work, segmenter_of
from unet.backends import build_net
from unet.prediction.predict import PredictSettings, predict_folder
from unet.prediction.tiles import ArraySource, Tiling, predict_blocks
from unet.segmenter import Segmenter
from unet.shapes import write_shapes

__all__ = ["measured"]

Asked = Mapping[str, Any]
Labels = NDArray[np.uint8]


def measured(asked: Asked) -> dict[str, Any]:
    """Do what is asked with the given number of threads; CPU and wall seconds are those of the work alone."""
    torch.set_num_threads(asked.get("threads", 1))
    return {"tiles": _tiles, "step": _step, "folder": _folder}[asked["what"]](asked)


def _peak_mib() -> float:
    """Largest resident set so far. On Linux not by getrusage, which begins with that of the parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    (peak,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak) / 1024


def _timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


# ---------------------------------------------------------------------- a training step


def _step(asked: Asked) -> dict[str, Any]:
    """Medians of a few steps and forward passes of our U-Net."""
    torch.manual_seed(0)
    work = Work(asked["size"], asked["batch"], precision=asked["precision"])
    net = build_net("unet", {"base": asked["base"]}, 3, work.classes)
    loop = OurLoop(net, work, channels_last=asked["channels_last"])
    loop.step()
    loop.forward()
    spent: dict[str, list[dict[str, float]]] = {"step": [], "forward": []}
    for _ in range(asked["turns"]):
        spent["step"].append(_timed(loop.step)[1])
        spent["forward"].append(_timed(loop.forward)[1])
    medians = {
        f"{what}_{key}": statistics.median(each[key] for each in times)
        for what, times in spent.items()
        for key in ("cpu_s", "wall_s")
    }
    return {**medians, "peak_mib": _peak_mib()}


# ---------------------------------------------------------------------- tiles


def _tiles(asked: Asked) -> dict[str, Any]:
    """Predict one large image in tiles: labels, and what they cost."""
    torch.manual_seed(0)
    segmenter = segmenter_of(build_net("unet", {"base": asked["base"]}, 3, asked["classes"]), asked["classes"]).eval()
    segmenter.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    side, tile = asked["side"], asked["tile"]
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    predict = {"ours": _by_blocks, "MONAI": _by_windows}[asked["method"]]
    predict(segmenter, pixels[: 2 * tile, : 2 * tile], tile, tile // 4)  # warm-up
    before = _peak_mib()
    labels, spent = _timed(lambda: predict(segmenter, pixels, tile, tile // 4))
    return {**spent, "before_mib": before, "peak_mib": _peak_mib(), "sum": int(labels.sum(dtype=np.int64))}


def _by_blocks(segmenter: Segmenter, pixels: Labels, tile: int, overlap: int) -> Labels:
    labels = np.empty(pixels.shape[:2], np.uint8)
    for block in predict_blocks(segmenter, ArraySource(pixels), Tiling((tile, tile), overlap)):
        found = block.probabilities.argmax(dim=0).numpy()
        labels[block.y : block.y + found.shape[0], block.x : block.x + found.shape[1]] = found
    return labels


def _by_windows(segmenter: Segmenter, pixels: Labels, tile: int, overlap: int) -> Labels:
    """The same tiles and the same probabilities, stitched by MONAI."""
    declare_missing_ops()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what MONAI warns of is not ours to mend
        infer = importlib.import_module("monai.inferers").SlidingWindowInferer(
            (tile, tile), sw_batch_size=1, overlap=overlap / tile, mode="gaussian", padding_mode="reflect"
        )
        images = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()  # (1, 3, H, W)
        with torch.inference_mode():
            return infer(images, segmenter.probabilities)[0].argmax(dim=0).numpy().astype(np.uint8)


# ---------------------------------------------------------------------- a folder


def _folder(asked: Asked) -> dict[str, Any]:
    """PNG in, PNG out: `unet predict`, or a loop that does one thing after the other."""
    torch.manual_seed(0)
    net = build_net("unet", {"base": asked["base"]}, 3, 3)
    segmenter = segmenter_of(net, 3).eval()
    segmenter.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    segmenter.to(asked["device"])
    with TemporaryDirectory() as scratch:
        size, folder = (asked["height"], asked["width"]), Path(scratch)
        write_shapes(folder / "few", 2, size)
        write_shapes(folder / "many", asked["images"], size)
        predict = {"ours": _predict_folder, "plain": _predict_plainly}[asked["method"]]
        predict(segmenter, folder / "few" / "images", folder / "warm-up")
        busy, spent = _timed(lambda: predict(segmenter, folder / "many" / "images", folder / "out"))
    return {**spent, "images_per_s": asked["images"] / spent["wall_s"], "busy": busy}


def _predict_folder(segmenter: Segmenter, images: Path, out: Path) -> float:
    """The share of the time in which the network worked."""
    return predict_folder(images, segmenter, out, PredictSettings()).device_busy_fraction


def _predict_plainly(segmenter: Segmenter, images: Path, out: Path) -> float:
    out.mkdir()
    device, busy = next(segmenter.parameters()).device, 0.0
    began = time.perf_counter()
    for path in sorted(images.iterdir()):
        with Image.open(path) as image:
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]  # (1, 3, H, W)
        start = time.perf_counter()
        with torch.inference_mode():
            labels = segmenter(pixels.to(device).float())[0].argmax(dim=0).byte().cpu().numpy()
        busy += time.perf_counter() - start
        Image.fromarray(labels).save(out / path.name)
    return busy / (time.perf_counter() - began)


if __name__ == "__main__":
    print(json.dumps(measured(json.loads(sys.argv[1]))))
