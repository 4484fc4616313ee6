"""Evaluate: how often the picker is right on descriptions with answers, and whether that is good enough to ship.

A gold file is JSON Lines; of each line `id`, `description`, `task`, `acceptable`, and where they are there `cue`
(explicit or implicit) and `architectures` (families that an expert accepts) are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.answer import TASKS, Answer, Task
from prompts.errors import PromptsError

__all__ = ["Bar", "Evaluation", "GoldItem", "Result", "Score", "evaluate", "read_gold", "wilson"]

Z = 1.959964  # of a 95 % interval


class GoldItem(BaseModel):
    """A description and its answer. `acceptable` holds the answer, and others that an expert would accept too."""

    model_config = ConfigDict(frozen=True)  # further keys are for people

    id: str = Field(min_length=1)
    description: str = Field(min_length=1)
    task: Task
    acceptable: tuple[Task, ...] = Field(min_length=1)
    cue: str = ""
    architectures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What became of an item."""

    item: GoldItem
    answer: Answer

    @property
    def strict(self) -> bool:
        return self.answer.task == self.item.task

    @property
    def lenient(self) -> bool:
        return self.answer.task in self.item.acceptable

    @property
    def architecture(self) -> bool:
        return self.answer.architecture[0].name in self.item.architectures

    @property
    def asked(self) -> bool:
        return self.answer.ask_user is not None


@dataclass(frozen=True)
class Score:
    """`hits` of `items`; the share is NaN for no items."""

    hits: int
    items: int

    @property
    def share(self) -> float:
        return self.hits / self.items if self.items else float("nan")

    def as_json(self) -> dict[str, Any]:
        low, high = wilson(self.hits, self.items)
        share = self.share if self.items else None
        return {"hits": self.hits, "items": self.items, "share": share, "interval": [low, high] if self.items else None}


@dataclass(frozen=True)
class Bar:
    """What is good enough: name of a score -> the least share, and the most."""

    least: Mapping[str, float]
    most: Mapping[str, float] = field(default_factory=dict)

    def missed(self, evaluation: Evaluation) -> tuple[str, ...]:
        """A sentence for each bar that is missed. One without items is: nothing passes unmeasured."""
        shares = {name: score.share for name, score in evaluation.scores.items()} | {"balanced": evaluation.balanced}
        low = (f"{name} is {shares[name]:.1%}, at least {bar:.1%} is asked for"
               for name, bar in self.least.items() if not shares[name] >= bar)  # fmt: skip
        high = (f"{name} is {shares[name]:.1%}, at most {bar:.1%} is allowed"
                for name, bar in self.most.items() if not shares[name] <= bar)  # fmt: skip
        return (*low, *high)


@dataclass(frozen=True)
class Evaluation:
    """All results, and what they add up to. `scores` by name; `balanced` is the mean of the recalls of the tasks."""

    results: tuple[Result, ...]
    scores: Mapping[str, Score]
    balanced: float

    def as_json(self) -> dict[str, Any]:
        return {
            "items": len(self.results),
            "balanced": self.balanced,
            "scores": {name: score.as_json() for name, score in self.scores.items()},
            "wrong": [
                {"id": each.item.id, "expected": each.item.task, "found": each.answer.task, "lenient": each.lenient}
                for each in self.results
                if not each.strict
            ],
        }


def read_gold(text: str, where: str) -> tuple[GoldItem, ...]:
    """The items of a gold file. Raises PromptsError naming the line and the field, and for a file without any item."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise PromptsError(f"{where}: there is no item; expected JSON Lines with id, description, task, acceptable")
    return tuple(_item(line, f"{where}: line {number}") for number, line in lines)


def _item(line: str, where: str) -> GoldItem:
    try:
        item = GoldItem.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        raise PromptsError(f"{where}: {field}: {first['msg']}; correct it") from None
    if item.task not in item.acceptable:
        raise PromptsError(
            f"{where}: acceptable: {', '.join(item.acceptable)} does not hold the task {item.task}; add it"
        )
    return item


def evaluate(items: Sequence[GoldItem], answer: Callable[[str], Answer]) -> Evaluation:
    """Answer every description and score the answers.

    strict        the gold task            lenient  an acceptable one
    explicit, implicit    strict, by the item's cue
    settled       strict, of those that were not asked about; asked: how many were
    architecture  the first architecture is an acceptable family, of the items that list any
    """
    results = tuple(Result(item, answer(item.description)) for item in items)
    scores: dict[str, Score] = {
        "strict": _score(results, lambda r: r.strict),
        "lenient": _score(results, lambda r: r.lenient),
        **{task: _score([r for r in results if r.item.task == task], lambda r: r.strict) for task in TASKS},
        **{
            cue: _score([r for r in results if r.item.cue == cue], lambda r: r.strict)
            for cue in ("explicit", "implicit")
        },
        "asked": _score(results, lambda r: r.asked),
        "settled": _score([r for r in results if not r.asked], lambda r: r.strict),
        "architecture": _score([r for r in results if r.item.architectures], lambda r: r.architecture),
    }
    recalls = [scores[task].share for task in TASKS if scores[task].items]
    return Evaluation(results, scores, sum(recalls) / len(recalls))


def _score(results: Sequence[Result], hit: Callable[[Result], bool]) -> Score:
    return Score(sum(map(hit, results)), len(results))


def wilson(hits: int, items: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) for no items."""
    if not items:
        return 0.0, 1.0
    share, square = hits / items, Z * Z / items
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * ((share * (1 - share) + square / 4) / items) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)
