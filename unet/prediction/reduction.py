"""What crosses from the device to the processor: labels instead of probabilities, and when they have arrived."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from unet.prediction.stitching import Block
from unet.prediction.writers import Part

__all__ = ["Meter", "Reduction"]


@dataclass(frozen=True)
class Reduction:
    """What is kept of the probabilities of a block; computed on the device, which sends less over that way.

    void           class index of pixels whose highest probability is below `threshold`; None: all get a class
    probabilities  torch.uint8 (round(255 p)), torch.float16, or None
    """

    dtype: torch.dtype  # of class indices
    confidence: bool = False
    threshold: float | None = None
    void: int = 0
    probabilities: torch.dtype | None = None

    def __call__(self, block: Block) -> Part:
        p = block.probabilities  # (K, h, w)
        highest, found = p.max(dim=0)  # (h, w) each; several times as fast as argmax
        labels = found.to(self.dtype)
        if self.threshold is not None:
            labels[highest < self.threshold] = self.void
        kept = None if self.probabilities is None else _bytes(p) if self.probabilities == torch.uint8 else p.half()
        return Part(
            block.y,
            block.x,
            labels=_to_host(labels),
            confidence=_to_host(_bytes(highest)) if self.confidence else None,
            probabilities=None if kept is None else _to_host(kept),
            finite=_to_host(p.sum().isfinite()),
            ready=_marker(p.device),
        )


def _bytes(p: Tensor) -> Tensor:
    return (p * 255).round().clamp(0, 255).to(torch.uint8)


def _to_host(tensor: Tensor) -> NDArray[np.generic]:
    """The values in the memory of the processor; from a GPU they may still be on their way."""
    if tensor.device.type != "cuda":
        return tensor.contiguous().numpy() if tensor.device.type == "cpu" else tensor.cpu().numpy()
    host = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    return host.copy_(tensor, non_blocking=True).numpy()


def _marker(device: torch.device) -> Callable[[], object]:
    """What to call before the values that were sent until now are read."""
    if device.type != "cuda":
        return lambda: None
    event = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch gives it no types
    event.record(torch.cuda.current_stream(device))  # by itself it would take the stream of the first GPU
    return event.synchronize


class Meter:
    """Seconds that the device works, told by its own clock where it has one."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._seconds = 0.0
        self._began: float | torch.cuda.Event = 0.0
        self._spans: deque[tuple[torch.cuda.Event, torch.cuda.Event]] = deque()

    def __enter__(self) -> None:
        self._began = self._now()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        began, ended = self._began, self._now()
        if isinstance(began, float) and isinstance(ended, float):
            self._seconds += ended - began
        elif not isinstance(began, float) and not isinstance(ended, float):
            self._spans.append((began, ended))

    def seconds(self) -> float:
        while self._spans:
            began, ended = self._spans.popleft()
            ended.synchronize()
            self._seconds += began.elapsed_time(ended) / 1000
        return self._seconds

    def _now(self) -> float | torch.cuda.Event:
        if self._device.type != "cuda":
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self._device))
        return event
