"""What the page calls things: names and definitions of metrics, causes, sizes and severities, in the page's order."""

from __future__ import annotations

from dataclasses import dataclass

from reports.language import WORDS

__all__ = [
    "CAUSES",
    "CHANGE_LAYERS",
    "ERROR_LAYERS",
    "HEADLINES",
    "LAYERS",
    "METRICS",
    "NO_CLASS",
    "SETTINGS",
    "SEVERITIES",
    "SIZES",
    "TASKS",
    "WHOLE_IMAGE_LAYERS",
    "Cause",
    "Term",
    "title_of",
]


@dataclass(frozen=True)
class Term:
    """A number: its name, its name in a narrow column, and its definition in one line."""

    title: str
    short: str
    definition: str


@dataclass(frozen=True)
class Cause:
    """One additive part of a class's loss."""

    key: str
    title: str
    definition: str


HEADLINES: dict[str, Term] = {key: Term(**vars(term)) for key, term in vars(WORDS.headlines).items()}
METRICS: dict[str, Term] = {key: Term(**vars(term)) for key, term in vars(WORDS.metrics).items()}
CAUSES: tuple[Cause, ...] = tuple(
    Cause(key, cause.title, cause.definition) for key, cause in vars(WORDS.causes).items()
)
SIZES: tuple[str, ...] = tuple(vars(WORDS.sizes))  # keys of the document

NO_CLASS: str = WORDS.common.no_class
SEVERITIES: dict[str, str] = vars(WORDS.severities)
TASKS: dict[str, str] = vars(WORDS.tasks)
SETTINGS: dict[str, str] = vars(WORDS.settings)

#: (layer, what it is called); of the last three, the kinds of error that a picture tells apart.
LAYERS: tuple[tuple[str, str], ...] = tuple(vars(WORDS.layers).items())
ERROR_LAYERS: tuple[tuple[str, str], ...] = tuple(vars(WORDS.error_layers).items())
CHANGE_LAYERS: tuple[tuple[str, str], ...] = tuple(vars(WORDS.change_layers).items())
WHOLE_IMAGE_LAYERS: tuple[tuple[str, str], ...] = (("wrong", WORDS.pictures.wrong), ERROR_LAYERS[-1])


def title_of(key: str) -> str:
    """A key of the document in words, without its unit: "fp_extent_px" is "fp extent"."""
    for unit in ("_px", "_mm", "_fraction", "_ratio", "_count"):
        key = key.removesuffix(unit)
    return key.replace("_", " ").replace("-", " ")
