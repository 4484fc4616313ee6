"""Threads that write files while the device goes on, and the way of a large image to them, a few blocks at a time."""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType

from unet.prediction.writers import Output, Part, save

__all__ = ["WAITING", "Channel", "Encoders"]

WAITING = 4  # blocks of a large image that may wait to be written


class Encoders:
    """Threads that write files; an image that is given while too many wait holds its giver up."""

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="encode")
        self._waiting: deque[Future[None]] = deque()
        self._most = 2 * jobs

    def __enter__(self) -> Encoders:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=kind is not None)

    def submit(self, parts: Iterable[Part], outputs: Sequence[Output]) -> Future[None]:
        """Raises what went wrong with an earlier image: EnvironmentFault where it could not be written."""
        while len(self._waiting) >= self._most:
            self._waiting.popleft().result()
        future = self._pool.submit(_save, parts, outputs)
        self._waiting.append(future)
        return future

    def finish(self) -> None:
        """Wait until everything is written."""
        while self._waiting:
            self._waiting.popleft().result()


def _save(parts: Iterable[Part], outputs: Sequence[Output]) -> None:
    with contextlib.suppress(_Stopped):  # whoever stopped it knows
        save(parts, outputs)


class _Stopped(Exception):
    """A large image that is not finished will not be."""


class Channel:
    """Parts of a large image on their way to its files: few at a time."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Part | None] = queue.Queue(WAITING)
        self.written: Future[None] | None = None
        self._stopped = False

    def put(self, part: Part | None) -> None:
        """None is the end. Raises what went wrong with the files meanwhile."""
        while True:
            if self.written is not None and self.written.done():
                self.written.result()
            try:
                return self._queue.put(part, timeout=0.5)
            except queue.Full:
                continue

    def stop(self) -> None:
        """Give the image up, and wait until nothing of it is left: another attempt takes the same names."""
        self._stopped = True
        if self.written is not None:
            wait([self.written])

    def __iter__(self) -> Iterator[Part]:
        while True:
            if self._stopped:
                raise _Stopped
            try:
                part = self._queue.get(timeout=0.2)
            except queue.Empty:
                continue
            if part is None:
                return
            yield part
