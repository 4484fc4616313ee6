"""A run folder appears whole or not at all: it is made beside its place and moved there in one step."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from inspector.errors import EnvironmentFault, UsageError

__all__ = ["DOCUMENT", "check_place", "new_run_folder"]

DOCUMENT = "inspection.json"
PREFIX = ".inspect-"  # of folders in the making; one that is left over belonged to a run that was killed


def check_place(place: Path) -> None:
    """Raise UsageError unless a run folder may stand at `place`: nothing there, an empty folder, or an older run."""
    if not place.exists():
        return
    if not place.is_dir():
        raise UsageError(f"{place}: expected a folder for the run, found a file; choose another -o", path=str(place))
    held = [name for name in os.listdir(place) if not name.startswith(PREFIX) and name != "lost+found"]
    if held and DOCUMENT not in held:
        raise UsageError(
            f"{place}: holds other things ({', '.join(sorted(held)[:3])}) and no {DOCUMENT}; "
            "nothing was written, choose another -o",
            path=str(place),
        )


@contextlib.contextmanager
def new_run_folder(place: Path) -> Iterator[Path]:
    """A folder to fill; when the block ends well it takes the place of whatever run stood there.

    Raises EnvironmentFault when the disk is full or cannot be written; the older run then stands untouched.
    """
    inside = os.path.ismount(place)  # a mount point cannot be renamed: its files are moved one by one
    try:
        home = place if inside else place.absolute().parent
        home.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
    except OSError as error:
        raise EnvironmentFault(f"{place}: cannot write there ({error.strerror}); choose another -o") from error
    try:
        making.chmod(0o755)  # mkdtemp makes it private
        yield making
        _publish(making, place, inside)
    except OSError as error:
        if error.filename2 is None and error.errno is None:
            raise
        raise EnvironmentFault(
            f"{place}: could not be written ({error.strerror or error}); free some space or choose another -o. "
            "An older run there is untouched"
        ) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _publish(making: Path, place: Path, inside: bool) -> None:
    if inside:
        _move_files(making, place)
        return
    check_place(place)  # it may have changed meanwhile
    if place.exists():
        older = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place.absolute().parent))
        os.replace(place, older)  # an empty folder gives way to a folder
        try:
            os.replace(making, place)
        except OSError:
            os.replace(older, place)
            raise
        shutil.rmtree(older, ignore_errors=True)
    else:
        os.replace(making, place)


def _move_files(making: Path, place: Path) -> None:
    """The document goes first and comes last: while it is away the folder is no run, never a torn one."""
    (place / DOCUMENT).unlink(missing_ok=True)
    names = sorted((entry.name for entry in making.iterdir()), key=lambda name: name == DOCUMENT)
    for name in names:
        target = place / name
        if target.is_dir():
            shutil.rmtree(target)
        os.replace(making / name, target)
