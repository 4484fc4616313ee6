"""A folder of ours appears whole or not at all: it is made beside its place and moved there in one step."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.errors import EnvironmentFault, UsageError

__all__ = ["DOCUMENT", "REVIEW", "RUN", "Kind", "check_place", "new_folder", "new_run_folder"]

DOCUMENT = "inspection.json"
PREFIX = ".inspect-"  # of folders in the making; one that is left over belonged to a run that was killed
LEFT_OVER = (PREFIX, ".report-")  # … or to a report, which is made in the run folder itself
TABLES = ("images.parquet", "classes.parquet", "confusion.parquet", "objects.parquet", "metadata.parquet")
RECORDS = ("run.json", "task.json", "compare.json", "history.json")
FILES = frozenset({DOCUMENT, *TABLES, *RECORDS, "report.html", "report.pdf", "junit.xml", "summary.md"})
OWN = FILES | {"evidence", "report_files"}  # all that a run folder holds: what an older run may be replaced with
REVIEW = "review.sqlite"  # of `inspect review serve`: the work of people, which no new run replaces


@dataclass(frozen=True)
class Kind:
    """A kind of folder: how it is called, the file that makes a folder one, and all that it may hold."""

    called: str
    mark: str
    own: frozenset[str]


RUN = Kind("run", DOCUMENT, OWN)


def check_place(place: Path, kind: Kind = RUN) -> None:
    """Raise UsageError unless a folder of this kind may stand at `place`: nothing there, an empty folder, or an older
    one and nothing else. Raises EnvironmentFault where that cannot be seen."""
    try:
        held = _held(place)
    except NotADirectoryError:
        what = f"{place}: expected a folder for the {kind.called}, found a file; choose another -o"
        raise UsageError(what, path=str(place)) from None
    except OSError as error:
        raise EnvironmentFault(f"{place}: cannot look there ({error.strerror}); choose another -o") from error
    if os.path.isdir(place) and not os.access(place, os.W_OK | os.X_OK):
        raise EnvironmentFault(f"{place}: this folder is read-only; choose another -o")
    others = held if kind.mark not in held else held - kind.own
    if REVIEW in others and kind is RUN:
        fix = f"keep it with `inspect review export {place}` and remove {REVIEW}, or choose another -o"
        raise UsageError(f"{place}: holds a review of the run that is there; {fix}", path=str(place), fix=fix)
    if others:
        some = ", ".join(sorted(others)[:3]) + (", …" if len(others) > 3 else "")
        raise UsageError(
            f"{place}: holds other things than a {kind.called} ({some}); nothing was written, choose another -o",
            path=str(place),
        )


def _held(place: Path) -> set[str]:
    try:
        names = os.listdir(place)
    except FileNotFoundError:
        return set()
    return {name for name in names if not name.startswith(LEFT_OVER) and name != "lost+found"}


def new_run_folder(place: Path) -> contextlib.AbstractContextManager[Path]:
    """`new_folder` for a run."""
    return new_folder(place, RUN)


@contextlib.contextmanager
def new_folder(place: Path, kind: Kind) -> Iterator[Path]:
    """A folder to fill; when the block ends well it takes the place of whatever older one stood there.

    Raises EnvironmentFault when the disk is full or cannot be written; the older one then stands untouched.
    """
    place = Path(os.path.realpath(place))  # a link stays a link, to the new run
    making = _beside(place)
    try:  # before it is made: an interruption may come with the folder
        _make(making, place)
        yield making
        _publish(making, place, kind)
    except OSError as error:
        raise EnvironmentFault(
            f"{place}: could not be written ({_what(error, making)}); free some space or choose another -o. "
            f"An older {kind.called} there is untouched"
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _beside(place: Path) -> Path:
    """A name that nothing has, on the file system of `place`."""
    return (place if _stays(place) else place.parent) / f"{PREFIX}{secrets.token_hex(8)}"


def _make(making: Path, place: Path) -> None:
    try:
        making.parent.mkdir(parents=True, exist_ok=True)
        making.mkdir()
        making.chmod(0o755)  # whatever the mask of the process keeps back
    except OSError as error:
        raise EnvironmentFault(f"{place}: cannot write there ({error.strerror}); choose another -o") from error


def _what(error: OSError, making: Path) -> str:
    """What the system says, with the file where that is not one of the run folder."""
    elsewhere = isinstance(error.filename, str) and not error.filename.startswith(str(making))
    return f"{error.filename}: {error.strerror}" if elsewhere else error.strerror or str(error)


def _stays(place: Path) -> bool:
    """A mount point cannot be renamed, and the folder we are in should not be: their files are moved one by one."""
    return os.path.ismount(place) or place == Path(os.path.realpath(os.curdir))


def _publish(making: Path, place: Path, kind: Kind) -> None:
    _flush(making)
    check_place(place, kind)  # it may have changed meanwhile
    if _stays(place):
        _move_files(making, place, kind)
    elif place.exists():
        _replace(making, place)
    else:
        os.replace(making, place)


def _flush(folder: Path) -> None:
    """Onto the disk before the folder gets its name: a machine that loses its power has the old run or the new."""
    for path in [*folder.iterdir(), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _replace(making: Path, place: Path) -> None:
    """Set the older run aside, and put it back if anything, an interruption too, comes between."""
    aside = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place.parent))
    try:
        os.replace(place, aside)
        os.replace(making, place)
    except BaseException:
        if place.exists():  # the older run, or the newer one, or that of another process
            shutil.rmtree(aside, ignore_errors=True)
        else:
            os.replace(aside, place)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _move_files(making: Path, place: Path, kind: Kind) -> None:
    """The mark goes first and comes last: while it is away the folder is no run, never a torn one."""
    (place / kind.mark).unlink(missing_ok=True)
    for name in kind.own - {kind.mark}:  # what the new run does not have must not stay
        _remove(place / name)
    names = sorted((entry.name for entry in making.iterdir()), key=lambda name: name == kind.mark)
    for name in names:
        os.replace(making / name, place / name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
