"""A baseline by its name in the configuration, or by its path: what gates compare a run with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inspector.errors import InputError
from inspector.gates.configuration import Configuration
from inspector.runs import Run, read_run

__all__ = ["baselines_of"]


def baselines_of(configuration: Configuration, read_file: Callable[[Path], Run]) -> Callable[[str], Run]:
    """name -> run: of [baselines], else a path from the folder of the configuration file, else from the current one.

    `read_file` reads a baseline file. What is returned raises InputError where nothing is found.
    """

    def baseline(name: str) -> Run:
        path = _path(configuration, name)
        return read_run(path) if path.is_dir() else read_file(path)

    return baseline


def _path(configuration: Configuration, name: str) -> Path:
    known = configuration.baselines
    if name in known:
        if not known[name].exists():
            raise InputError("no_baseline", f"baseline {name!r}: {known[name]} not found", _fix(known[name]))
        return known[name]
    places = [folder / name for folder in dict.fromkeys((configuration.file.folder, Path()))]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        named = f"[baselines] names {', '.join(known)}" if known else "[baselines] names none"
        raise InputError("no_baseline", f"baseline {name!r} is neither a name nor a path: {named}", _fix(None))
    return found


def _fix(path: Path | None) -> str:
    return f"write one with `inspect baseline save RUN -o {path or 'baseline.json'}`"
