"""Where to compute, in which precision, and with how many processes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from inspector.errors import EnvironmentFault, UsageError

__all__ = [
    "PRECISIONS",
    "Place",
    "autocast",
    "is_out_of_memory",
    "joined",
    "memory_format",
    "pick_device",
    "pick_precision",
]

FULL = ("can't allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED")  # what torch says, by device
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def pick_device(name: str) -> torch.device:
    """The device that `name` ("auto", "cpu", "cuda", "cuda:1", "mps") means. Raises UsageError where there is none."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
        if device.type == "cuda" and device.index is not None:
            torch.cuda.set_device(device)  # what asks or records without naming a GPU then means this one
    except (RuntimeError, AssertionError) as error:
        what = str(error).splitlines()[0]
        raise UsageError(f"--device {name}: cannot be used here ({what}); auto takes what there is") from None
    return device


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """The dtype of the heavy work. auto: bf16 on a GPU that has it, else fp32. Raises UsageError for another name.

    bf16 on a processor is for those with instructions for it; elsewhere it is emulated, several times slower.
    """
    if name == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if fast else torch.float32
    if name not in PRECISIONS:
        raise UsageError(f"--precision {name}: expected auto, {', '.join(PRECISIONS)}")
    return PRECISIONS[name]


def autocast(device: torch.device, precision: torch.dtype) -> torch.autocast:
    """The context in which the heavy operations run in `precision`; float32 is the context that changes nothing."""
    enabled = precision != torch.float32
    return torch.autocast(device.type, dtype=precision if enabled else None, enabled=enabled)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch says that the device, or the machine, has no memory left."""
    told = isinstance(error, RuntimeError) and any(words in str(error) for words in FULL)
    return told or isinstance(error, torch.OutOfMemoryError | MemoryError)


def memory_format(device: torch.device) -> torch.memory_format:
    """The order of the axes in memory in which training is fastest.

    Channels last on GPUs and on processors with AVX-512; with AVX2 alone its backward pass loses what forward gains.
    """
    is_wide = device.type != "cpu" or torch.backends.cpu.get_cpu_capability() == "AVX512"
    return torch.channels_last if is_wide else torch.contiguous_format


@dataclass(frozen=True)
class Place:
    """This process among those of the training: its device, its rank, and how many there are."""

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def summed(self, values: Tensor) -> Tensor:
        """`values` added over all processes."""
        if self.world > 1:
            values = values.to(self.device)
            distributed.all_reduce(values)
        return values.cpu()

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Give every process those of the first."""
        for tensor in tensors if self.world > 1 else ():
            distributed.broadcast(tensor, 0)

    def agreed(self, flag: bool) -> bool:
        """True where any process says so: what one decides by its clock, all must do."""
        return bool(self.summed(torch.tensor(float(flag))) > 0) if self.world > 1 else flag


@contextlib.contextmanager
def joined(name: str) -> Iterator[Place]:
    """The place of this process. Under torchrun (RANK, WORLD_SIZE, LOCAL_RANK are set) the processes are joined, each
    with a GPU of its own; otherwise there is one."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Place(pick_device(name))
        return
    device = pick_device(name)
    if device.type == "cuda":
        local = int(os.environ["LOCAL_RANK"])
        if local >= torch.cuda.device_count():
            raise EnvironmentFault(
                f"process {local} has no GPU: {torch.cuda.device_count()} are here, one each is needed"
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Place(device, distributed.get_rank(), world)
    finally:
        distributed.destroy_process_group()
