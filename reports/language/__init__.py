"""Every word of the report, in one place: `page.toml` what the page says, `script.toml` what its script says.

A text holds named places, as `str.format` has them: "{count} of {total} images". Who reads a text fills them; what is
put into a page is escaped there.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from types import SimpleNamespace
from typing import Any

__all__ = ["WORDS", "Words", "script_words"]


class Words(SimpleNamespace):
    """One table of a file of words, its keys as attributes; `vars` gives them all, in the order of the file."""

    def __getattr__(self, key: str) -> Any:  # only where there is no such key: a template would print nothing for it
        raise AttributeError(f"no words are called {key!r} here; there are: {', '.join(vars(self))}")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("reports.language").joinpath(name).read_text(encoding="utf-8"))


def _words(value: Any) -> Any:
    return Words(**{key: _words(held) for key, held in value.items()}) if isinstance(value, dict) else value


#: The words of the page: `WORDS.loss.title`. A missing key is an AttributeError.
WORDS = _words(_read("page.toml"))


@cache
def script_words() -> dict[str, Any]:
    """The words of the script, for the page to hold as JSON."""
    return _read("script.toml")
