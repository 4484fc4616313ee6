"""What stands around the page: style sheets, scripts, and the policy that lets in nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from markupsafe import Markup

from reports.language import WORDS
from reports.size import DEFAULT, Size

__all__ = ["FOLDER", "SCRIPT", "STYLES", "TASK_SCRIPT", "Shell", "asset", "size_in"]

FOLDER = "report_files"  # beside the page, where it is not one file
STYLES = ("report.css", "page.css", "viewer.css", "tables.css", "review.css")
TASK_STYLE = "task.css"
TASK_SCRIPT = "task.js"
SCRIPT = "viewer.js"
_CHOSEN = re.compile(r'<meta name="report-size" content="(\[(?:\d{1,10}|null), (?:\d{1,10}|null)\])">')


@dataclass(frozen=True)
class Shell:
    """The page has these scripts; `is_folder`: they and the style sheets are files beside it; `is_served`: it may talk
    to the server that it comes from; `size`: the largest that it may be, where it is one file."""

    scripts: tuple[str, ...]
    has_task: bool
    is_folder: bool = False
    is_served: bool = False
    size: Size = DEFAULT

    @property
    def policy(self) -> Markup:
        """The content security policy: no request, no script but ours, each named by its hash or by its place.

        `'self'` holds for the neighbours of a page that was opened by double click, too (Chromium, Firefox).
        """
        place = "'self'" if self.is_folder else ""
        allowed = place or " ".join(f"'{_hash(asset(name))}'" for name in self.scripts)
        parts = [
            "default-src 'none'",
            "img-src data: blob:" if SCRIPT in self.scripts else "img-src data:",
            " ".join(filter(None, ("style-src", place, "'unsafe-inline'"))),
            "base-uri 'none'",
            "form-action 'none'",
        ]
        parts += [f"script-src {allowed}"] if self.scripts else []
        parts += ["connect-src 'self'"] if self.is_served else []
        return Markup("; ").join(map(Markup, parts))  # all of it is ours, and its quotes stand as they are

    @property
    def promise(self) -> str:
        """What the page does and does not do, for its footer."""
        words = WORDS.promise
        form = words.form_folder.format(folder=FOLDER) if self.is_folder else words.form_file
        asks = words.asks_server if self.is_served else words.asks_nobody
        scripts = words.scripts_ours if self.scripts else words.scripts_none
        return str(words.sentence.format(form=form, asks=asks, scripts=scripts))

    @property
    def size_element(self) -> Markup:
        """An element that says the size that was chosen, for whoever draws the page again; nothing where none was."""
        if self.is_folder or self.size == DEFAULT:
            return Markup("")
        chosen = json.dumps([self.size.bytes, self.size.thumbs])
        return Markup('<meta name="report-size" content="{}">\n').format(chosen)

    @property
    def styles(self) -> Markup:
        """The style sheets as elements."""
        if self.is_folder:
            return Markup("").join(Markup('<link rel="stylesheet" href="{}">\n').format(_at(n)) for n in self.sheets)
        return Markup("").join(Markup("<style>\n{}\n</style>\n").format(asset(name)) for name in self.sheets)

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the style sheets that say something."""
        named = (*STYLES, TASK_STYLE) if self.has_task else STYLES
        return [name for name in named if asset(name)]

    def script(self, name: str) -> Markup:
        """A script as an element; nothing where the page does not have it."""
        if name not in self.scripts:
            return Markup("")
        if self.is_folder:
            return Markup('<script src="{}"></script>\n').format(_at(name))
        return Markup("<script>{}</script>\n").format(asset(name))


def size_in(head: str) -> Size:
    """The size that a page was drawn with, as its head says; the default where it says none."""
    found = _CHOSEN.search(head)
    return Size(*json.loads(found[1])) if found else DEFAULT


@cache
def asset(name: str) -> Markup:
    """Our own file, so it is safe to put into the page as it is."""
    return Markup(resources.files("reports").joinpath("assets", name).read_text(encoding="utf-8"))  # noqa: S704


def _at(name: str) -> str:
    return f"{FOLDER}/{name}"


def _hash(script: str) -> str:
    """What a content security policy calls the text between <script> and </script>."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
