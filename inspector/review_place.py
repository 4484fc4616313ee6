"""Where the results of a review may be written: never among masks, and never over what is something else."""

from __future__ import annotations

import os
from pathlib import Path

from inspector.errors import EnvironmentFault, UsageError
from inspector.review import read_review
from inspector.review_outputs import COCO, EXCLUDE, RELABEL, WAIVERS
from inspector.review_run import Image, ReviewedRun
from inspector.run_folder import Kind, check_place
from inspector.whole_files import write_whole

__all__ = ["LISTS", "check_lists_place", "write_review"]

LISTS = Kind("set of lists from a review", RELABEL, frozenset({RELABEL, COCO, WAIVERS, EXCLUDE}))
MASKS_LOOKED_FOR = 20


def check_lists_place(place: Path, run: ReviewedRun) -> None:
    """Raise UsageError unless the lists of a review may stand at `place`: nothing there, or older ones; not in the
    run folder, and not in a folder that holds the masks of the run."""
    check_place(place, LISTS)
    real = Path(os.path.realpath(place))
    if real.is_relative_to(os.path.realpath(run.folder)):
        raise UsageError(
            f"{place}: lies in the run folder, which holds a run alone; choose another -o", path=str(place)
        )
    if len(run.images) > 1:  # a single pair may lie anywhere
        for folder in (real, *real.parents):
            if any(_lies_in(folder, image) for image in run.images[:MASKS_LOOKED_FOR]):
                raise UsageError(f"{place}: lies among the masks in {folder}; choose another -o", path=str(place))


def _lies_in(folder: Path, image: Image) -> bool:
    return any((folder / path).is_file() for path in (image.gt_path, image.pred_path) if path)


def write_review(path: Path, text: str, run: str) -> None:
    """Write `review.json` whole or not at all. Raises UsageError where something else stands there than an older
    review of this run, and EnvironmentFault where it cannot be written."""
    if path.exists() and not _is_review_of(path, run):
        raise UsageError(f"{path}: is there, and no review of this run; choose another -o", path=str(path))
    try:
        write_whole(path, text.encode(), durable=True)
    except OSError as error:
        raise EnvironmentFault(f"{path}: could not be written ({error.strerror}); choose another -o") from error


def _is_review_of(path: Path, run: str) -> bool:
    try:
        return read_review(path).run == run
    except UsageError:
        return False
