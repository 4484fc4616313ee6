"""run.json: what changes from run to run, kept apart from the document."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from inspector.problems import shown

__all__ = ["write_run_record"]

LIBRARIES = ("mask-inspector", "numpy", "numba", "pyarrow", "imagecodecs", "tifffile", "nibabel", "click", "jinja2")


def write_run_record(folder: Path, began: float, configuration: str = "") -> None:
    """Write run.json: when, where, how long, which versions, which command line, and which configuration file was in
    use, if any. `began` is a time.time()."""
    record: dict[str, Any] = {
        "started": datetime.fromtimestamp(began, UTC).isoformat(timespec="seconds"),
        "seconds": round(time.time() - began, 3),
        "cpu_seconds": round(time.process_time(), 3),
        "host": platform.node(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in LIBRARIES if (found := _version(name))},
        "command": [shown(arg) for arg in sys.argv],
        "folder": shown(os.getcwd()),
        "configuration": shown(configuration) or None,
    }
    (folder / "run.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
