"""`inspect review`: what people said of the images of a run: kept for a team, exported, turned into lists."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.errors import UsageError
from inspector.problems import visible
from inspector.run_folder import REVIEW

if TYPE_CHECKING:
    from inspector.review import Item
    from inspector.review_run import Placed, ReviewedRun

__all__ = ["review"]


@click.group(epilog=EPILOG, short_help="Verdicts of people on a run: serve, export, apply.")
def review() -> None:
    """What people say of the images of a run: whether the model is wrong there, or the truth.

    \b
    Examples:
        inspect review apply inspection/ review.json
            Turns a review that was exported from the report into lists.
        inspect review serve inspection/
            Keeps one review for several people, and shows them the report.
    """


@review.command(epilog=EPILOG, short_help="Turn a review into lists: to relabel, to waive, to leave out.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("file", metavar="[REVIEW.json]", required=False, type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Folder to write.  [default: RUN-review, beside RUN]"
)
def apply(run_folder: Path, file: Path | None, output: Path | None) -> int:
    """Turn the review of the run folder RUN into lists. Without REVIEW.json it is that of `inspect review serve`.

    \b
    Example:
        inspect review apply inspection/ review.json -o relabel/

    \b
    relabel.csv, relabel.coco.json  label errors, and what needs to be relabelled
    exclude.csv                     the images of these, for `inspect … --exclude`
    waivers.toml                    what was accepted, for 90 days: `inspect gate … --waivers`
    """
    from inspector.review_outputs import files_of
    from inspector.review_place import LISTS, check_lists_place
    from inspector.run_folder import new_folder

    run = _run(run_folder)
    placed = _placed(run, file)
    place = output or Path(f"{os.path.abspath(run_folder)}-review")
    check_lists_place(place, run)
    with new_folder(place, LISTS) as folder:
        for name, text in files_of(run, placed).items():
            (folder / name).write_text(text, encoding="utf-8", newline="")
    print_text("".join(f"{visible(line)}\n" for line in _told(os.path.relpath(place), placed)))
    return 0


@review.command(epilog=EPILOG, short_help="Write review.json of what the server has kept.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="File to write.  [default: RUN-review.json, beside RUN]"
)
def export(run_folder: Path, output: Path | None) -> int:
    """Write the review that `inspect review serve` has kept in the run folder RUN as a file.

    \b
    Example:
        inspect review export inspection/ -o review.json
    """
    from inspector.review import review_json
    from inspector.review_place import write_review

    run = _run(run_folder)
    items = [item for _, item in run.checked(_kept(run))]
    place = output or Path(f"{os.path.abspath(run_folder)}-review.json")
    write_review(place, review_json(run.identity, items), run.identity)
    print_text(visible(f"{_count(len(items), 'item')}: {os.path.relpath(place)}") + "\n")
    return 0


@review.command(epilog=EPILOG, short_help="Serve the report, and keep one review for several people.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    metavar="N",
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; those of this machine alone."
)
@click.option("--no-open", is_flag=True, help="Print the address, and open no browser.")
def serve(run_folder: Path, port: int, host: str, no_open: bool) -> int:
    """Serve the report of the run folder RUN on this machine, and keep its review in RUN/review.sqlite.

    \b
    Example:
        inspect review serve inspection/

    The address that is printed holds a key, which is made anew each time: who knows it can read the report and change
    the review. Others see it in the list of processes when a browser is opened: --no-open on a machine that you
    share. Colleagues come in through a tunnel, such as `ssh -L 8000:127.0.0.1:8000 machine` with --port 8000.
    Ctrl-C ends it.
    """
    from inspector.cli_review_serve import check_installed, check_loopback, serve_review

    check_loopback(host)
    check_installed()
    serve_review(_run(run_folder), host, port, opens=not no_open)
    return 0


# ---------------------------------------------------------------------- what is read and told


def _run(folder: Path) -> ReviewedRun:
    from inspector.review_run import read_run
    from reports.text import visible as shown_on_the_page

    return read_run(folder, shown_on_the_page)


def _placed(run: ReviewedRun, file: Path | None) -> list[Placed]:
    """The items of the review in `file`, or of the one that was served. Raises UsageError for that of another run."""
    from inspector.review import read_review

    if file is None:
        return run.checked(_kept(run))
    found = read_review(file)
    if found.run != run.identity:
        fix = f"give the folder that was reviewed; what it says of labels goes for any run: --exclude {file}"
        raise UsageError(
            f"{file}: is the review of the run {found.run}, but {run.folder} holds the run {run.identity}: {fix}",
            path=str(file),
            fix=fix,
        )
    try:
        return run.checked(found.items)
    except UsageError as error:
        raise UsageError(f"{file}: {error}", path=str(file)) from None


def _kept(run: ReviewedRun) -> Sequence[Item]:
    from inspector.review_store import has_review, stored_items

    if not has_review(run.folder):
        fix = "export review.json from the report and give it as the second argument, or use `inspect review serve`"
        raise UsageError(f"{run.folder}: holds no {REVIEW}; {fix}", path=str(run.folder), fix=fix)
    return stored_items(run.folder, run.identity)


def _told(place: str, placed: Sequence[Placed]) -> list[str]:
    """What was written, and what was not."""
    from inspector.review_outputs import COCO, EXCLUDE, RELABEL, WAIVED, WAIVERS, pages_to_relabel, relabelled

    pages, wrong = pages_to_relabel(placed), relabelled(placed)
    images = len({image.index for image, _ in wrong})
    left_out = len({image.index for image, _ in wrong if not image.is_page})
    waived = sum(item.verdict == WAIVED for _, item in placed)
    errors = len(placed) - waived - len(wrong)
    lines = [
        f"{place}: from {_count(len(placed), 'item')} of the review",
        f"  {RELABEL}, {COCO}: {_count(len(wrong), 'item')} to relabel in {_count(images, 'image')}",
        f"  {EXCLUDE}: {_count(left_out, 'image')}, for `inspect … --exclude {place}/{EXCLUDE}`",
        f"  {WAIVERS}: {_count(waived, 'waiver')}, for `inspect gate … --waivers {place}/{WAIVERS}`",
    ]
    if errors:
        lines.append(f"  {_count(errors, 'model error')}: in no list, since they go on counting")
    if pages:
        some = ", ".join(pages[:3]) + (", …" if len(pages) > 3 else "")
        lines.append(f"  not in {EXCLUDE}: {_count(len(pages), 'page')} of files with several ({some}): a file is left")
        lines.append("  out whole or not at all, so name the file there yourself if that is what you want")
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
