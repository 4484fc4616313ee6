"""A file appears whole or not at all: it is written beside its place and moved there in one step."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from inspector.run_folder import PREFIX

__all__ = ["write_whole"]


def write_whole(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write `data`; a reader sees the older file or the new one. `durable`: it is on the disk before it has its name.

    What a killed process leaves over begins as a run folder in the making does, so a later run passes over it.
    Raises OSError; the older file is then as it was.
    """
    handle, name = tempfile.mkstemp(prefix=PREFIX, dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp makes it readable by the owner alone
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
