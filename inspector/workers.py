"""Work on many items at once: results in the order of the items, memory bounded in items and in pixels."""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["Budget", "Mapper", "default_jobs", "mapper"]

Item = TypeVar("Item")
Result = TypeVar("Result")
Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]

AHEAD = 2  # items in work or waiting to be taken, for each job: what bounds the memory


class Budget:
    """Pixels that may be in memory at once: small images are worked on side by side, huge ones one after the other."""

    def __init__(self, pixels: int) -> None:
        self._free = self._all = pixels
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def hold(self, pixels: int) -> Iterator[None]:
        """Wait until `pixels` (or all there are) are free, and keep them for the block."""
        share = min(pixels, self._all)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= share)
            self._free -= share
        try:
            yield
        finally:
            with self._changed:
                self._free += share
                self._changed.notify_all()


def default_jobs() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def mapper(jobs: int) -> Iterator[Mapper]:
    """A `map` over `jobs` threads, in order. Decoding and counting release the interpreter lock, so threads are
    enough; with one job everything happens in the calling thread."""
    if jobs <= 1:
        yield map
        return
    with ThreadPoolExecutor(jobs, thread_name_prefix="inspect") as pool:
        try:
            yield lambda work, items: _ordered(pool, work, items, AHEAD * jobs)
        except BaseException:  # Ctrl-C as well: what has not begun need not begin
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _ordered(
    pool: ThreadPoolExecutor, work: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
