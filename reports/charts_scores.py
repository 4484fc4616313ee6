"""How the scores of images spread: a histogram, its median, and the worst images as marks below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.formats import percent, plural
from reports.language import WORDS
from reports.svg import el, group, number

__all__ = ["Histogram", "histogram_chart", "histogram_of"]

_BINS = 20
_WIDTH, _HEIGHT = 1080, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 22, 40


@dataclass(frozen=True)
class Histogram:
    """Counts of scores in equal bins of [low, 1]; the last one holds its upper end, too."""

    low: float
    counts: tuple[int, ...]

    def edges(self, place: int) -> tuple[float, float]:
        width = (1 - self.low) / len(self.counts)
        return self.low + place * width, self.low + (place + 1) * width


def histogram_of(scores: Sequence[float]) -> Histogram:
    """Of scores in [0, 1], one at least: from the tenth below the lowest one up to 1."""
    tenth = min(int(10 * min(scores)), 9)  # whole tenths: 0.1 has no exact float
    counts = [0] * _BINS
    for score in scores:
        place = int((10 * score - tenth) * _BINS / (10 - tenth))
        counts[min(max(place, 0), _BINS - 1)] += 1
    return Histogram(tenth / 10, tuple(counts))


def histogram_chart(histogram: Histogram, median: float, worst: Sequence[tuple[str, float]], label: str) -> Markup:
    """Bars, a line at the median, and a mark with its name for each of the worst (name, score)."""
    plot = _Plot(histogram)
    bars = [plot.bar(place) for place, count in enumerate(histogram.counts) if count]
    marks = [plot.mark(name, score) for name, score in worst]
    return el(
        "svg", plot.axes(), *bars, plot.median(median), *marks,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart scores", role="img", aria_label=label,
    )  # fmt: skip


@dataclass(frozen=True)
class _Plot:
    histogram: Histogram

    @property
    def floor(self) -> float:
        return _HEIGHT - _BOTTOM

    def x(self, score: float) -> float:
        low = self.histogram.low
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (score - low) / (1 - low)

    def height(self, count: float) -> float:
        return (self.floor - _TOP) * count / max(self.histogram.counts)

    def bar(self, place: int) -> Markup:
        count, (low, high) = self.histogram.counts[place], self.histogram.edges(place)
        images = plural(count, WORDS.counted.images)
        title = el("title", WORDS.scores.bin.format(low=percent(low), high=percent(high), images=images))
        height = self.height(count)
        return el(
            "rect", title, x=self.x(low) + 1, width=self.x(high) - self.x(low) - 2, y=self.floor - height,
            height=height, class_="fill",
        )  # fmt: skip

    def median(self, score: float) -> Markup:
        x, anchor = self.x(score), "end" if self.x(score) > _WIDTH / 2 else "start"
        words = el(
            "text", WORDS.scores.median.format(score=percent(score)), x=x + (-5 if anchor == "end" else 5), y=_TOP - 8,
            class_="axis", text_anchor=anchor,
        )  # fmt: skip
        return el("line", x1=x, x2=x, y1=_TOP - 16, y2=self.floor, class_="whisker") + words

    def mark(self, name: str, score: float) -> Markup:
        place = f"translate({number(self.x(score))} {number(self.floor + 7)})"
        told = WORDS.scores.mark.format(name=name, score=percent(score))
        return el("path", el("title", told), d="M0 -5l5 5l-5 5l-5 -5z", transform=place, class_="worst")

    def axes(self) -> Markup:
        most = max(self.histogram.counts)
        parts = [el("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=self.floor, y2=self.floor, class_="grid")]
        parts.append(el("text", f"{most:,}", x=_LEFT - 8, y=_TOP + 9, class_="axis", text_anchor="end"))
        parts.append(el("text", "0", x=_LEFT - 8, y=self.floor, class_="axis", text_anchor="end"))
        for tenth in range(round(10 * self.histogram.low), 11):
            x = self.x(tenth / 10)
            anchor = "end" if tenth == 10 else "middle"
            parts.append(el("text", f"{10 * tenth}\u202f%", x=x, y=_HEIGHT - 8, class_="axis", text_anchor=anchor))
        return group(parts)
