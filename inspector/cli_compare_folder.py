"""A comparison goes into a run folder: compare.json, its pictures and the report, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from inspector.cli_redraw import copy_run, rewritten
from inspector.errors import EnvironmentFault, InputError
from inspector.run_folder import new_run_folder
from inspector.whole_files import write_whole

__all__ = ["COMPARISON", "publish"]

COMPARISON = "compare.json"


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
    from reports import redraw_report

    with new_run_folder(place) as making:
        copy_run(newer, making)
        _write(making, text, pictures)
        _remove_others(making, pictures)
        redraw_report(making, like=newer)


def _replace(folder: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    missing = [name for name in pictures if not (folder / name).is_file()]
    with rewritten(folder, missing, COMPARISON) as making:
        _write(making, text, pictures)
    _remove_others(folder, pictures)


def _write(folder: Path, text: str, pictures: Mapping[str, bytes]) -> None:
    """Write the comparison. A picture that is there is the same: its name holds a digest of its content."""
    for name, data in pictures.items():
        path = folder / name
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            write_whole(path, data)
    write_whole(folder / COMPARISON, text.encode())


def _remove_others(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Remove the pictures of an older comparison."""
    from inspector.comparison_images import PREFIX
    from inspector.evidence_files import FOLDER

    for path in (folder / FOLDER).glob(f"{PREFIX}*.png"):
        if path.relative_to(folder).as_posix() not in pictures:
            path.unlink(missing_ok=True)
