"""Knowledge: what each name that a decision table may choose is. Data in `knowledge/*.toml`, checked when loaded.

Every number carries its source. A source that says "general knowledge, not checked" was not looked up again; tables of
those who sell or wrote a model are labelled as theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from prompts.answer import SISTER_TASKS, Task
from prompts.errors import PromptsError
from prompts.toml_files import Line, checked, packaged, unique

__all__ = ["Architecture", "Knowledge", "Loss", "Metric", "Speed", "load_knowledge", "read_knowledge"]

Dims = Literal["2d", "3d", "video", "points", "series", "text"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Line
    name: Line
    source: Line  # the paper or page that defines it
    passed_over: str = ""  # why no table chooses it, though it is known; "" for what a table does choose


class Speed(BaseModel):
    """One measured speed, by whom and on what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Line
    device: Line
    source: Line


class Architecture(_Record):
    """A model one can have.

    tasks           what it answers; "none" for models of a sister task, which `sisters` names
    commercial      whether code and the weights usually taken may be used in a closed product: "yes", also where
                    training starts without weights or one can choose free ones; "weights" where the code may and the
                    weights, or the data they were trained on, may not (train your own); "no" (copyleft over a
                    network, non-commercial, or a paid licence)
    min_images      images with true masks from which training or fine-tuning pays; 0 where none are needed.
                    A rule of thumb: `min_images_source` says whose
    losses          ids of the losses it is trained with, the usual one first; empty where no masks train it
    """

    year: int = Field(ge=1990, le=2030)
    tasks: tuple[Task, ...] = Field(min_length=1)
    sisters: tuple[Literal[SISTER_TASKS], ...] = ()  # type: ignore[valid-type]
    dims: tuple[Dims, ...] = Field(min_length=1)
    library: Line
    install: Line
    usage: Line
    licence_code: Line
    licence_weights: Line
    commercial: Literal["yes", "weights", "no"]
    min_images: int = Field(ge=0)
    min_images_source: Line
    pretraining: Line
    losses: tuple[Line, ...] = ()
    speed: tuple[Speed, ...] = ()
    strengths: Line
    fails_when: Line


class Loss(_Record):
    """What a network is trained to make small."""

    formula_in_words: Line
    use_when: Line
    avoid_when: Line


class Metric(_Record):
    """A number to judge by. `ours` is its name in what `inspect` measures, "" where `inspect` does not measure it."""

    tasks: tuple[Task, ...] = Field(min_length=1)
    measures: Line
    use_when: Line
    pitfall: Line
    ours: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    architecture: tuple[Architecture, ...] = ()
    loss: tuple[Loss, ...] = ()
    metric: tuple[Metric, ...] = ()


@dataclass(frozen=True)
class Knowledge:
    """All that is known: id -> record, in the order of the files."""

    architectures: Mapping[str, Architecture]
    losses: Mapping[str, Loss]
    metrics: Mapping[str, Metric]


@cache
def load_knowledge() -> Knowledge:
    """The knowledge that comes with the package."""
    return read_knowledge(packaged("knowledge"))


def read_knowledge(texts: Mapping[str, str]) -> Knowledge:
    """The knowledge of TOML files: name -> content. Raises PromptsError naming the file, the record and the key."""
    files = [checked(_File, name, text) for name, text in texts.items()]
    knowledge = Knowledge(
        _by_id((each for file in files for each in file.architecture), "architectures"),
        _by_id((each for file in files for each in file.loss), "losses"),
        _by_id((each for file in files for each in file.metric), "metrics"),
    )
    for architecture in knowledge.architectures.values():
        _check_architecture(architecture, knowledge.losses)
    return knowledge


Record = TypeVar("Record", bound=_Record)


def _by_id(records: Iterable[Record], kind: str) -> dict[str, Record]:
    found = tuple(records)
    unique((each.id for each in found), kind)
    return {each.id: each for each in found}


def _check_architecture(architecture: Architecture, losses: Mapping[str, Loss]) -> None:
    where = f"architecture {architecture.id!r}"
    for loss in architecture.losses:
        if loss not in losses:
            raise PromptsError(f"{where}: losses: there is no loss {loss!r}; there are {', '.join(losses)}")
    if ("none" in architecture.tasks) != bool(architecture.sisters):
        raise PromptsError(f"{where}: sisters: name them where tasks has 'none', and only there")
