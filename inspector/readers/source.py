"""Open a mask file: regular files only, without ever waiting on a pipe or a device."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from inspector.errors import EnvironmentFault, InputError

__all__ = ["HEAD_BYTES", "Source", "open_source"]

HEAD_BYTES = 1 << 16  # one read takes a typical mask whole
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):  # not every system has each
    _FLAGS |= getattr(os, _name, 0)
_OURS = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}  # the machine is short of something, the file is not at fault


@dataclass(frozen=True)
class Source:
    """An open regular file of `size` bytes; `head` holds its first `HEAD_BYTES` bytes (all of a short file)."""

    path: str
    file: io.FileIO
    size: int
    head: bytes

    def read_first(self, count: int) -> bytes:
        """The first `count` bytes of the file, or all of a shorter one."""
        if count <= len(self.head) or self.size <= len(self.head):
            return self.head[:count]
        self.file.seek(0)
        return self.file.read(count)

    def read_all(self) -> bytes:
        """The whole file; no second read where the head is all of it."""
        if self.size <= len(self.head):
            return self.head
        self.file.seek(0)
        return self.file.readall()


@contextmanager
def open_source(path: str | os.PathLike[str]) -> Iterator[Source]:
    """Open `path` for reading, or raise an InputError that says why it cannot be a mask."""
    name = os.fsdecode(path)
    try:
        _regular(os.stat(name), name)
        with io.FileIO(os.open(name, _FLAGS)) as file:
            size = _regular(os.fstat(file.fileno()), name)
            yield Source(name, file, size, file.read(HEAD_BYTES))
    except OSError as error:
        if error.errno is None:  # a decoder's, not the system's
            raise
        raise _explain(error, name) from error


def _regular(status: os.stat_result, name: str) -> int:
    """Size in bytes of a regular file that holds something."""
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise InputError("not_a_file", "this is a folder, expected a mask file", "rename or move the folder", path=name)
    if not stat.S_ISREG(mode):
        raise InputError(
            "special_file",
            "this is a pipe, a socket or a device, expected a regular file",
            "copy it to a file",
            path=name,
        )
    if status.st_size == 0:
        raise InputError("empty_file", "the file has 0 bytes", "copy or export it again", path=name)
    return status.st_size


def _explain(error: OSError, name: str) -> Exception:
    """The error to show for one of the system's."""
    why = error.strerror or type(error).__name__
    if error.errno in _OURS:
        return EnvironmentFault(f"cannot open {name}: {why}")
    if isinstance(error, FileNotFoundError) and os.path.islink(name):
        return InputError("dangling_link", "this link points to nothing", "restore its target or remove it", path=name)
    if isinstance(error, FileNotFoundError):
        return InputError("missing_file", "there is no such file", "check the path", path=name)
    return InputError("unreadable", f"the file cannot be read: {why}", "check its permissions and the disk", path=name)
