"""What a user writes about gates: strict records, checked by pydantic; an unknown key is an error."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from inspector.gates.run_options import RunOptions, Strict, as_tuple

__all__ = ["PRESETS", "Config", "Gate", "Gates", "LastDay", "Level", "Owner", "Reason", "Waiver"]

Level = Literal["off", "warn", "error"]
Statistic = Literal["sure", "point", "ci_lower", "ci_upper"]
Correction = Literal["holm", "none"]
Preset = Literal["recommended", "strict", "medical", "driving"]
PRESETS: tuple[Preset, ...] = ("recommended", "strict", "medical", "driving")
Fraction = Annotated[float, Field(gt=0, lt=1)]
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def _as_day(value: Any) -> Any:
    """A day may be written in quotes too; what is no day is left to be refused."""
    try:
        return datetime.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


class Gate(Strict):
    """One gate: a metric, where it is looked at, and the condition."""

    id: str = Field(
        description="Name of the gate: letters, digits, dots, dashes; it stays the same when a threshold changes."
    )
    metric: str = Field(description="Name of a metric, as `inspect gate metrics` lists them.")
    classes: Annotated[Literal["*"] | tuple[str, ...] | None, BeforeValidator(as_tuple)] = Field(
        default=None,
        description='Names of classes, or "*": every class that is true or predicted. Not given: all classes as one '
        "number.",
    )
    size: Literal["small", "medium", "large"] | None = Field(default=None, description="Objects of this size only.")
    slice: str | None = Field(
        default=None, description="Only images of a slice: column=value, as the report names slices."
    )
    fail_below: float | None = Field(
        default=None, description="Fails below this. Fractions are written as 0.7, not as 70."
    )
    fail_above: float | None = Field(default=None, description="Fails above this.")
    warn_below: float | None = Field(default=None, description="Warns below this.")
    warn_above: float | None = Field(default=None, description="Warns above this.")
    baseline: str | None = Field(
        default=None, description="Compare with this baseline: its name, a file, or a run folder."
    )
    margin: float = Field(default=0.0, ge=0, description="With a baseline: a drop of at most so much is no drop.")
    statistic: Statistic = Field(
        default="sure",
        description="What must lie beyond the threshold: the whole interval (sure; the number alone then warns), the "
        "number itself (point), or one end of the interval.",
    )
    min_images: int | None = Field(default=None, ge=1, description="Fewer images than this decide nothing.")
    level: Level | None = Field(default=None, description="off, warn (a failure is told as a warning) or error.")
    correction: Correction | None = Field(default=None, description="For many classes at once: holm or none.")
    confidence: Fraction | None = Field(default=None, description="Of intervals and tests.")

    @field_validator("id")
    @classmethod
    def _named(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise ValueError("expected letters, digits, dots, dashes and underscores, at most 100 of them")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Gate:
        bounds = (self.fail_below, self.fail_above, self.warn_below, self.warn_above)
        if self.baseline is None and all(bound is None for bound in bounds):
            raise ValueError("expected fail_below, fail_above, warn_below, warn_above or baseline: it could never fail")
        if self.baseline is not None and any(bound is not None for bound in bounds):
            raise ValueError("a gate has thresholds or a baseline, not both: write two gates")
        if self.margin and self.baseline is None:
            raise ValueError("margin is for gates with a baseline")
        for low, high in ((self.fail_below, self.fail_above), (self.warn_below, self.warn_above)):
            if low is not None and high is not None and low > high:
                raise ValueError(f"nothing lies between {low:g} and {high:g}")
        return self


Reason = Annotated[str, Field(min_length=1, description="Why the failure is accepted.")]
Owner = Annotated[str, Field(min_length=1, description="Who answers for it.")]
LastDay = Annotated[datetime.date, BeforeValidator(_as_day), Field(description="The last day that it holds.")]


class Waiver(Strict):
    """A failure that is known and accepted until a day; past it the gate fails again."""

    gate: str = Field(description="The id of the gate.")
    class_name: str | None = Field(default=None, alias="class", description="Only this class.")
    reason: Reason
    owner: Owner
    until: LastDay


class Gates(Strict):
    """The table [gates]: what holds for all, and the gates."""

    level: Level = Field(default="error", description="Of gates that do not say: off, warn or error.")
    confidence: Fraction = Field(default=0.95, description="Of intervals and tests.")
    min_images: int = Field(default=20, ge=1, description="Fewer images than this decide nothing.")
    correction: Correction = Field(default="holm", description="For many classes at once: holm or none.")
    seed: int = Field(default=0, ge=0, description="Seed of the resamples.")
    resamples: int = Field(default=2000, ge=100, le=100_000, description="Bootstrap resamples behind each interval.")
    strict: bool = Field(default=False, description="What is inconclusive fails.")
    ratchet: bool = Field(default=False, description="Propose a higher threshold when it is beaten for sure.")
    preset: Preset | None = Field(
        default=None, description="Gates to begin with: they only warn until a gate of the same id gives numbers."
    )
    gate: Annotated[tuple[Gate, ...], BeforeValidator(as_tuple)] = Field(default=(), description="The gates.")
    waivers: Annotated[tuple[Waiver, ...], BeforeValidator(as_tuple)] = Field(
        default=(), description="Failures that are accepted for a while."
    )
    waivers_file: str | None = Field(
        default=None,
        description="Images that a review accepts for a while: the waivers.toml of `inspect review apply`.",
    )

    @model_validator(mode="after")
    def _different(self) -> Gates:
        seen: set[str] = set()
        for gate in self.gate:
            if gate.id in seen:
                raise ValueError(f"two gates are called {gate.id!r}")
            seen.add(gate.id)
        unknown = {waiver.gate for waiver in self.waivers} - seen
        if unknown:
            raise ValueError(f"a waiver is for {sorted(unknown)[0]!r}, which is no gate here")
        return self


class Config(Strict):
    """A configuration file: inspect.toml, or [tool.mask-inspector] in pyproject.toml."""

    gates: Gates = Field(default=Gates(), description="What a run must hold.")
    baselines: dict[str, str] = Field(
        default_factory=dict, description="Name of a baseline -> its file or run folder, from this file's folder."
    )
    run: RunOptions = Field(default=RunOptions(), description="Defaults for the options of the main job.")
