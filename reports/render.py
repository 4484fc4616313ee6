"""Page data becomes HTML: Jinja2 with autoescape and StrictUndefined; style sheets, scripts and data in the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from reports.album import PICTURE_BYTES
from reports.charts import patterns
from reports.formats import plural
from reports.language import WORDS, script_words
from reports.links import image_names, view_link, with_links
from reports.page_data import Block, Source, gathered, to_json
from reports.run import Run
from reports.section_images import MOST_ROWS
from reports.shards import inert
from reports.shell import FOLDER, SCRIPT, TASK_SCRIPT, Shell
from reports.size import Size
from reports.text import cleaned
from reports.view import Extras, Page, page_of
from reports.words import CHANGE_LAYERS, ERROR_LAYERS, WHOLE_IMAGE_LAYERS

__all__ = ["Interactive", "printed", "render", "render_interactive"]

_OF_PICTURES = 0.4  # of a page: the most that the pictures may take which are seen without a script
_MOUNTS = ("classes", "images", "confusion")


def render(
    document: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    run: Mapping[str, Any] | None = None,
    task: Mapping[str, Any] | None = None,
) -> str:
    """The HTML page of an inspection document, to read and to print.

    document   inspection.json
    pictures   path in the run folder -> PNG bytes, as named in the document; what is not there is not shown
    run        run.json, for the footer; without it the same document gives the same bytes
    task       task.json, for the task panel; without it there is no panel

    The page calls nobody: one file, with a content security policy that lets nothing else in. It holds no script but
    the one of the task panel, which the policy names by its hash. Raises ReportError for another schema version of
    either document.
    """
    return _whole(page_of(document, pictures, run, task))


def printed(run: Run) -> str:
    """The page of a run to print: all that is seen without a script, and the worst images of its tables."""
    return _whole(page_of(run.document, run.pictures, run.run, run.task, _extras(run, is_interactive=False)))


@dataclass(frozen=True)
class Interactive:
    """A page with its script and its data, in parts that are written one after the other.

    blocks  the data that is read when it is needed; where the shell is a folder they are no part of the page
    """

    shell: Shell
    opened: str
    blocks: tuple[Block, ...]
    closed: str


def render_interactive(
    run: Run, size: Size, *, is_folder: bool = False, server: Mapping[str, str] | None = None
) -> Interactive:
    """The page of a run as a place to work.

    size     the largest page, in bytes: its static part and its tables are always in, then as many masks as fit
    server   {"token_header", "url"} of the server that the page comes from and may talk to

    Raises ReportError for another schema version and for a table that cannot be read.
    """
    images = run.tables.images
    document = with_links(run.document, images.indices_of(image_names(run.document)) if images else {})
    extras = _extras(run, is_interactive=True, size=size)
    page = page_of(document, run.pictures, run.run, run.task, extras)
    shell = Shell((*_task_script(page), SCRIPT), page.task is not None, is_folder, server is not None, size)
    opened = _opened(page, shell)
    source = Source(run.folder, cleaned(document), run.digest, run.tables)
    used = len(opened.encode("utf-8")) + len(_closed("{}", shell).encode("utf-8"))
    data, blocks = gathered(source, page.title, used, size, FOLDER if is_folder else None, server)
    return Interactive(shell, opened, tuple(blocks), _closed(to_json(data), shell))


def _whole(page: Page) -> str:
    shell = Shell(_task_script(page), page.task is not None)
    return _opened(page, shell) + _closed("", shell)


def _task_script(page: Page) -> tuple[str, ...]:
    return (TASK_SCRIPT,) if page.task is not None and page.task.scripted else ()


def _extras(run: Run, *, is_interactive: bool, size: Size = Size(None)) -> Extras:  # noqa: B008  frozen
    images = run.tables.images
    rows = images.worst_rows(MOST_ROWS) if images else None
    if rows and is_interactive:
        rows = [{**row, "look": view_link(row["image_index"], list_="images", at=at)} for at, row in enumerate(rows)]
    there = {"classes": True, "images": images, "confusion": run.tables.has("confusion.parquet")}
    return Extras(
        images=rows,
        scores=images.scores() if images else (),
        compare=run.compare,
        history=run.history,
        total=len(images) if images else None,
        mounts=tuple(name for name in _MOUNTS if is_interactive and there[name]),
        pictures=PICTURE_BYTES if size.bytes is None else min(PICTURE_BYTES, size.bytes * _OF_PICTURES),
    )


def _opened(page: Page, shell: Shell) -> str:
    """All of the page but its data and its script."""
    return _environment().get_template("base.html").render(
        page=page,
        shell=shell,
        patterns=patterns(),
        mount=lambda name: Markup(' data-mount="{}"').format(name) if name in page.mounts else "",
        task_script=shell.script(TASK_SCRIPT),
    )  # fmt: skip


def _closed(data: str, shell: Shell) -> str:
    """The end of the page: the words of its script and its data, as JSON, and the script."""
    told = {"words": to_json(script_words()), "data-page": data} if data else {}
    held = "".join(inert(name, text, "application/json") for name, text in told.items())
    return f"{held}{shell.script(SCRIPT)}</body>\n</html>\n"


def _filled(text: str, **values: object) -> Markup:
    """A text of `reports.language` with its places filled: values are escaped unless they are markup."""
    return escape(text).format(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fill"] = _filled
    environment.globals |= {
        "WORDS": WORDS,
        "plural": plural,
        "change_layers": CHANGE_LAYERS,
        "error_layers": ERROR_LAYERS,
        "whole_image_layers": WHOLE_IMAGE_LAYERS,
    }
    return environment
