"""This run against another one: the verdict, and where the difference comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.album import Album, Shot
from reports.charts_forest import forest_axis, forest_row, reach_of
from reports.comparison import ClassChange, Comparison, ImageChange, OverallChange, SliceChange, read_comparison
from reports.formats import count, from_to, percent, plural, probability, signed_points, tenths
from reports.language import WORDS
from reports.links import view_link
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of
from reports.words import CAUSES, HEADLINES, METRICS, title_of

__all__ = ["ChangeRow", "ClassRow", "Compare", "ImageRow", "MarkedVerdict", "compare_of"]

_CAUSES_SHOWN = 12
_WITH_PICTURES = 4  # images of each list
#: verdict -> shape of its badge
_SHAPES = {"better": "good", "worse": "error", "no difference shown": "note", "cannot tell": "warning"}
_CAUSE_TITLES = {cause.key: cause.title for cause in CAUSES}


@dataclass(frozen=True)
class MarkedVerdict:
    """A verdict as a word and the shape of its badge."""

    shape: str
    word: str


@dataclass(frozen=True)
class ChangeRow:
    """One number in both runs; what does not apply is empty."""

    name: tuple[str, ...]
    a: str
    b: str
    delta: str
    interval: str = ""
    p: str = ""
    n: str = ""
    verdict: MarkedVerdict | None = None


@dataclass(frozen=True)
class ClassRow:
    """One class of the forest plot."""

    name: ClassName
    forest: Markup
    row: ChangeRow


@dataclass(frozen=True)
class ImageRow:
    """One image that changed; `look` opens it in the viewer."""

    image: str
    look: str
    a: str
    b: str
    delta: str
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class Compare:
    """The section."""

    a: str
    b: str
    verdict: MarkedVerdict
    sentence: str
    how: tuple[str, str, str]
    overall: tuple[ChangeRow, ...]
    class_metric: str
    classes: tuple[ClassRow, ...]
    axis: Markup
    classes_shown: str
    causes: tuple[ChangeRow, ...]
    causes_more: str
    sizes: tuple[ChangeRow, ...]
    slices: tuple[ChangeRow, ...]
    fixed: tuple[ImageRow, ...]
    broken: tuple[ImageRow, ...]
    images: str


def compare_of(
    document: Mapping[str, Any] | None, album: Album | None = None, *, are_linked: bool = True
) -> Compare | None:
    """The section of a parsed compare.json whose texts are clean; None without one.

    album       the pictures that it may name; None: none
    are_linked  images open in the viewer of the page
    Raises ReportError where the file breaks its contract (see `reports.comparison`).
    """
    if document is None:
        return None
    held = read_comparison(document)
    classes = sorted(held.classes, key=lambda c: (c.delta is None, c.delta or 0.0))[:MOST_ROWS]
    reach = reach_of([bound for c in classes for bound in (c.delta, *(c.interval or ()))])
    causes = sorted((c for c in held.causes if c.delta), key=lambda c: -abs(c.delta or 0.0))
    left = len(causes) - _CAUSES_SHOWN
    metrics = {c.metric for c in classes}
    unchanged, shown = plural(held.images.unchanged, WORDS.counted.images), count(held.images.shown)
    return Compare(
        a=held.a.name,
        b=held.b.name,
        verdict=_marked(held.verdict),
        sentence=held.sentence,
        how=_how(held),
        overall=tuple(_overall_row(row) for row in held.overall),
        class_metric=_metric(metrics.pop()) if len(metrics) == 1 else "",
        classes=tuple(_class_row(row, reach) for row in classes),
        axis=forest_axis(reach),
        classes_shown=shown_of(len(held.classes)),
        causes=tuple(
            ChangeRow((c.name, _CAUSE_TITLES.get(c.cause, title_of(c.cause))), *_both(c))
            for c in causes[:_CAUSES_SHOWN]
        ),
        causes_more=WORDS.compare.causes_more.format(n=count(left)) if left > 0 else "",
        sizes=tuple(ChangeRow((size.size,), *_both(size), n=count(size.n)) for size in held.sizes),
        slices=tuple(_slice_row(row) for row in held.slices[:MOST_ROWS]),
        fixed=_image_rows(held.images.fixed, album, are_linked),
        broken=_image_rows(held.images.broken, album, are_linked),
        images=WORDS.compare.images.format(shown=shown, unchanged=unchanged),
    )


def _how(held: Comparison) -> tuple[str, str, str]:
    """Which images, which intervals, and whether p is corrected."""
    words, counted = WORDS.compare, WORDS.counted
    paired = words.paired.format(
        images=plural(held.paired.images, counted.images),
        groups=plural(held.paired.groups, counted.groups),
        overlap=percent(held.paired.overlap_fraction),
    )
    drawn = words.drawn.format(
        confidence=tenths(held.confidence).removesuffix(".0"),
        resamples=plural(held.resamples, counted.paired_resamples),
    )
    none = held.correction.lower() in ("", "none")
    corrected = words.corrected_not if none else words.corrected.format(correction=held.correction)
    return paired, drawn, corrected


def _marked(verdict: str) -> MarkedVerdict:
    return MarkedVerdict(_SHAPES[verdict], _verdict(verdict))


def _verdict(verdict: str) -> str:
    return str(getattr(WORDS.verdicts, verdict.replace(" ", "_")))


def _metric(key: str) -> str:
    term = HEADLINES.get(key) or METRICS.get(key)
    return term.title if term else title_of(key)


def _both(change: Any) -> tuple[str, str, str]:
    return tenths(change.a), tenths(change.b), signed_points(change.delta)


def _range(bounds: tuple[float, float] | None) -> str:
    return from_to(*map(signed_points, bounds)) if bounds else ""


def _overall_row(row: OverallChange) -> ChangeRow:
    p = probability(row.p if row.p_adjusted is None else row.p_adjusted)
    return ChangeRow((_metric(row.metric),), *_both(row), _range(row.interval), p, verdict=_marked(row.verdict))


def _class_row(row: ClassChange, reach: float) -> ClassRow:
    bounds = _range(row.interval)
    label = WORDS.compare.spoken.format(
        name=row.name, metric=_metric(row.metric), delta=signed_points(row.delta),
        interval=bounds or WORDS.common.none, verdict=_verdict(row.verdict),
    )  # fmt: skip
    change = ChangeRow(
        (row.name,), *_both(row), bounds, probability(row.p_adjusted), count(row.images), _marked(row.verdict)
    )
    forest = forest_row(row.delta, row.interval, reach, row.verdict, label)
    return ClassRow(class_name({"name": row.name, "color": row.color}), forest, change)


def _slice_row(row: SliceChange) -> ChangeRow:
    return ChangeRow(
        (row.column, row.value), *_both(row), _range(row.interval), n=count(row.n), verdict=_marked(row.verdict)
    )


def _image_rows(rows: Sequence[ImageChange], album: Album | None, are_linked: bool) -> tuple[ImageRow, ...]:
    return tuple(
        ImageRow(
            row.image,
            view_link(row.image_index) if are_linked else "",
            *_both(row),
            album.take(row.pictures) if album and place < _WITH_PICTURES else (),
        )
        for place, row in enumerate(rows)
    )
