"""How much memory a prediction may take: what is free, and what a network needs for a pixel."""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from unet.prediction.batches import device_of, predicting
from unet.segmenter import Segmenter

__all__ = ["bytes_per_pixel", "free_bytes"]

PROBE = 128  # px: side of the image that a network is tried with
UNKNOWN = 8192  # bytes for a pixel where a network does not show its layers
CGROUP = "/sys/fs/cgroup"  # limits of a container, where there are any
_measured: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()


def free_bytes(device: torch.device) -> int:
    """Bytes that can still be taken on the device without others having to give way."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    return min(_available(), _container())


def bytes_per_pixel(segmenter: Segmenter) -> int:
    """Bytes for each pixel of an image while it is predicted: an upper bound, the outputs of all layers together.

    Found by one small prediction, once for each segmenter.
    """
    if segmenter not in _measured:
        _measured[segmenter] = _measure(segmenter)
    return _measured[segmenter]


def _measure(segmenter: Segmenter) -> int:
    side = -(-PROBE // segmenter.multiple) * segmenter.multiple
    seen: list[int] = []

    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            seen.append(output.nbytes)

    hooks = [m.register_forward_hook(note) for m in segmenter.net.modules() if not any(True for _ in m.children())]
    try:
        with predicting(segmenter):
            images = torch.zeros(1, segmenter.description.channels, side, side, device=device_of(segmenter))
            seen.append(2 * segmenter.probabilities(images).nbytes)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(seen) // side**2 if len(seen) > 2 else UNKNOWN


def _available() -> int:
    """Bytes of memory that Linux calls available, elsewhere half of what the machine has."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _file_cache() -> int:
    """Bytes that count as used in a container and are given back when they are asked for: files that were read."""
    with open(f"{CGROUP}/memory.stat", encoding="ascii") as file:
        held = dict(line.split() for line in file)
    return int(held.get("active_file", 0)) + int(held.get("inactive_file", 0))


def _container() -> int:
    """Bytes that the limit of a container leaves; without one, more than there is."""
    try:
        with (
            open(f"{CGROUP}/memory.max", encoding="ascii") as most,
            open(f"{CGROUP}/memory.current", encoding="ascii") as now,
        ):
            return max(0, int(most.read()) - int(now.read()) + _file_cache())
    except (OSError, ValueError):  # no such files, or "max"
        return 1 << 62
