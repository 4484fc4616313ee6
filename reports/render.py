"""Page data becomes HTML: Jinja2 with autoescape and StrictUndefined; style sheet and script inlined."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.charts import patterns
from reports.view import page_of
from reports.words import ERROR_LAYERS, WHOLE_IMAGE_LAYERS

__all__ = ["render"]


def render(
    document: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    run: Mapping[str, Any] | None = None,
    task: Mapping[str, Any] | None = None,
) -> str:
    """The HTML page of an inspection document.

    document   inspection.json
    pictures   path in the run folder -> PNG bytes, as named in the document; what is not there is not shown
    run        run.json, for the footer; without it the same document gives the same bytes
    task       task.json, for the task panel; without it there is no panel

    The page calls nobody: one file, with a content security policy that lets nothing else in. It holds no script but
    the one of the task panel, which the policy names by its hash. Raises ReportError for another schema version of
    either document.
    """
    page = page_of(document, pictures, run, task)
    scripted = page.task is not None and page.task.scripted
    template = _environment().get_template("base.html")
    return template.render(
        page=page,
        css=_asset("report.css"),
        patterns=patterns(),
        task_css=_asset("task.css"),
        script=_asset("task.js") if scripted else None,
        script_hash=_hash(_asset("task.js")),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"error_layers": ERROR_LAYERS, "whole_image_layers": WHOLE_IMAGE_LAYERS}
    return environment


@cache
def _asset(name: str) -> Markup:
    """Our own file, so it is safe to put into the page as it is."""
    return Markup(resources.files("reports").joinpath("assets", name).read_text(encoding="utf-8"))  # noqa: S704


def _hash(script: str) -> str:
    """What a content security policy calls the text between <script> and </script>."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
