"""Page data becomes HTML: Jinja2 with autoescape and StrictUndefined, one style sheet inlined."""

from __future__ import annotations

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


def render(document: Mapping[str, Any], pictures: Mapping[str, bytes], run: Mapping[str, Any] | None = None) -> str:
    """The HTML page of an inspection document.

    document   inspection.json
    pictures   path in the run folder -> PNG bytes, as named in the document; what is not there is not shown
    run        run.json, for the footer; without it the same document gives the same bytes

    The page calls nobody: one file, no script, a content security policy that says so. Raises ReportError for a
    document of another schema version.
    """
    page = page_of(document, pictures, run)
    return _environment().get_template("base.html").render(page=page, css=_css(), patterns=patterns())


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
def _css() -> Markup:
    """Our own file, so it is safe to put into the page as it is."""
    return Markup(resources.files("reports").joinpath("assets/report.css").read_text(encoding="utf-8"))  # noqa: S704
