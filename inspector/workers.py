"""Work on many items at once, results in the order of the items, memory bounded."""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

__all__ = ["Mapper", "default_jobs", "mapper"]

Item, Result = TypeVar("Item"), TypeVar("Result")
Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]

AHEAD = 2  # items in work or waiting to be taken, for each job: what bounds the memory


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
