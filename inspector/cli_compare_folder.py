"""A comparison goes into a run folder: compare.json, its pictures and the report, or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from inspector.errors import EnvironmentFault, InputError
from inspector.run_folder import OWN, new_run_folder
from inspector.whole_files import write_whole

__all__ = ["COMPARISON", "publish"]

COMPARISON = "compare.json"
DRAWN_AGAIN = frozenset({COMPARISON, "report.html"})


def publish(newer: Path, place: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    """Write a comparison into the run folder `newer`, or into a copy of it at another `place`.

    text      of compare.json
    pictures  path in the run folder -> PNG; those of an older comparison go
    Raises EnvironmentFault where that cannot be done; what was there is then as it was.
    """
    from reports import ReportError

    try:
        if place == newer:
            _replace(newer, text, pictures)
        else:
            _copy(newer, place, text, pictures)
    except ReportError as error:
        raise InputError("no_run", str(error)) from None
    except OSError as error:
        what = f"{place}: the comparison could not be written into it ({error.strerror}); it is as it was"
        raise EnvironmentFault(f"{what}. Choose another folder with -o") from error


def _copy(newer: Path, place: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    from reports import write_report

    with new_run_folder(place) as making:
        for name in sorted(OWN - DRAWN_AGAIN):
            path = newer / name
            if path.is_dir():
                shutil.copytree(path, making / name, copy_function=shutil.copyfile)
            elif path.is_file():
                shutil.copyfile(path, making / name)
        _write_pictures(making, pictures)
        _remove(_others(making, pictures))
        write_whole(making / COMPARISON, text.encode())
        write_report(making)


def _replace(folder: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    """Pictures first, under names that no older comparison has for others; then what names them, and the report."""
    from reports import write_report

    path = folder / COMPARISON
    older = path.read_bytes() if path.is_file() else None
    written: list[Path] = []
    try:
        written += _write_pictures(folder, pictures)
        write_whole(path, text.encode())
        write_report(folder)
    except BaseException:
        if older is not None:
            write_whole(path, older)
        else:
            path.unlink(missing_ok=True)
        _remove(written)
        raise
    _remove(_others(folder, pictures))


def _write_pictures(folder: Path, pictures: Mapping[str, bytes]) -> list[Path]:
    """The files that were not there. A name holds a digest of its content, so what is there is the same."""
    missing = {folder / name: data for name, data in pictures.items() if not (folder / name).is_file()}
    for path, data in missing.items():
        path.parent.mkdir(exist_ok=True)
        write_whole(path, data)
    return list(missing)


def _others(folder: Path, pictures: Mapping[str, bytes]) -> list[Path]:
    """The pictures of an older comparison."""
    from inspector.comparison_images import PREFIX
    from inspector.evidence_files import FOLDER

    kept = {folder / name for name in pictures}
    return [path for path in (folder / FOLDER).glob(f"{PREFIX}*.png") if path not in kept]


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
