"""How the images score one by one: the spread, and the worst marked."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from markupsafe import Markup

from reports.charts_scores import histogram_chart, histogram_of
from reports.formats import count, percent, plural
from reports.language import WORDS
from reports.links import view_link
from reports.text import visible

__all__ = ["ScoreRow", "Scores", "scores_of"]

_FEWEST = 5  # images below which a list says more than a spread
_MARKED = 5


@dataclass(frozen=True)
class ScoreRow:
    """One of the worst images; `look` opens it in the viewer."""

    image: str
    score: str
    look: str


@dataclass(frozen=True)
class Scores:
    """The section."""

    chart: Markup
    said: str
    unscored: str
    worst: tuple[ScoreRow, ...]


def scores_of(rows: Iterable[tuple[int, str, float | None]], *, are_linked: bool = True) -> Scores | None:
    """The spread of (image index, name, its mean IoU in [0, 1] or None); None for fewer than five scores.

    are_linked   images open in the viewer of the page
    Rows are taken one at a time: of a million of images only their scores are held.
    """
    scores, unscored = array("d"), 0
    worst: list[tuple[float, int, str]] = []
    for index, name, score in rows:
        if score is None or score != score:  # NaN
            unscored += 1
            continue
        scores.append(score)
        if len(worst) < _MARKED or score < worst[-1][0]:
            worst = nsmallest(_MARKED, [*worst, (score, index, visible(name))])
    if len(scores) < _FEWEST:
        return None
    ordered = sorted(scores)
    median, tenth = _quantile(ordered, 0.5), _quantile(ordered, 0.1)
    numbers = {"n": plural(len(scores), WORDS.counted.images), "median": percent(median), "tenth": percent(tenth)}
    numbers |= {"low": percent(ordered[0]), "high": percent(ordered[-1])}
    label = WORDS.scores.spoken.format(**numbers)
    return Scores(
        chart=histogram_chart(histogram_of(scores), median, [(name, score) for score, _, name in worst], label),
        said=WORDS.scores.spread.format(**numbers),
        unscored=WORDS.scores.unscored.format(n=count(unscored)) if unscored else "",
        worst=tuple(
            ScoreRow(name, percent(score), view_link(index, list_="images", at=at) if are_linked else "")
            for at, (score, index, name) in enumerate(worst)
        ),
    )


def _quantile(ordered: list[float], q: float) -> float:
    """Linear between the two scores around it."""
    place = q * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
