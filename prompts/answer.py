"""What a picker answers, whoever it is: the one schema of the rules, of the prompt files and of a language model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SISTER_TASKS", "TASKS", "Answer", "ArchitecturePick", "Choice", "Quote", "Resolution", "Task"]

Task = Literal["semantic", "instance", "panoptic", "none"]
TASKS: tuple[Task, ...] = ("semantic", "instance", "panoptic", "none")
SISTER_TASKS = (
    "detection",
    "oriented-detection",
    "counting",
    "classification",
    "regression",
    "depth",
    "keypoints",
    "ocr",
    "tracking",
    "retrieval",
    "captioning",
    "matting",
    "registration",
    "reconstruction",
    "generation",
    "optical-flow",
    "other",
)
Share = Annotated[float, Field(ge=0, le=1)]
Words = Annotated[str, Field(min_length=1, max_length=2000)]


class _Strict(BaseModel):
    """A key that the schema does not know is an error, in our own answers and in those of a language model."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Quote(_Strict):
    """Words of the user, as they stand in the text, and what they say about the task."""

    text: Words
    says: Words


class Choice(_Strict):
    """One thing recommended, and why."""

    name: Words
    why: Words


class ArchitecturePick(_Strict):
    """An architecture; `name` is an id of the knowledge base (see `prompts.knowledge`) wherever it has one."""

    name: Words
    library: Words
    why: Words


class Resolution(_Strict):
    """At which size images are given to the network, and in which pieces."""

    input: Words
    tiling: Words


class Answer(_Strict):
    """The answer to: which task, with what, measured how, and why."""

    task: Task = Field(
        description="semantic: a class for each pixel; instance: a mask for each object; panoptic: both in one map; "
        "none: segmentation is the wrong tool"
    )
    sister_task: Literal[SISTER_TASKS] | None = Field(  # type: ignore[valid-type]
        description="where task is none: what to do instead; else null"
    )
    confidence: Share = Field(description="how sure the task is, 0 to 1")
    evidence_quotes: tuple[Quote, ...] = Field(description="the user's own words that decide; empty if there are none")
    ask_user: str | None = Field(description="one question, where the text leaves the task open; else null")
    architecture: tuple[ArchitecturePick, ...] = Field(
        min_length=1, max_length=3, description="first choice first; of the sister task where task is none"
    )
    loss: Choice | None = Field(description="null where task is none")
    metrics: tuple[Choice, ...] = Field(min_length=1, max_length=6, description="the one to decide by first")
    resolution_tiling: Resolution | None = Field(description="null where task is none")
    why: Words = Field(description="two or three sentences")
    not_chosen: tuple[Choice, ...] = Field(description="each other task, and why it is not the one")
