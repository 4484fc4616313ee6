"""[run] of a configuration file: defaults for the options of the main job, each by its long name with underscores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["RunOptions", "Strict", "as_tuple"]

Length = Annotated[float, Field(gt=0, le=100_000)]
Positive = Annotated[float, Field(gt=0)]
Value = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
_PLACES = ("gt", "classes", "images", "metadata", "output", "history", "exclude", "probabilities")


def as_tuple(value: Any) -> Any:
    """The lists of a file as tuples, which is what frozen records hold."""
    return tuple(value) if isinstance(value, list) else value


class Strict(BaseModel):
    """A record in which an unknown key is a mistake, and so is text where a number belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True, populate_by_name=True)


class RunOptions(Strict):
    """Defaults for options of `inspect PREDICTIONS` and, as far as it has them, of `inspect lint`."""

    gt: str | None = Field(default=None, description="Folder of the true masks.")
    classes: str | None = Field(default=None, description="Class list: a file or a preset.")
    num_classes: int | None = Field(default=None, description="Classes 0 to N-1, without names.")
    ignore: Annotated[Value | tuple[Value, ...] | None, BeforeValidator(as_tuple)] = Field(
        default=None, description="Value of the truth that is not scored, or a list of them."
    )
    match: str | None = Field(default=None, description="Regular expression that pairs files.")
    missing: Literal["error", "empty", "skip"] | None = Field(
        default=None, description="What becomes of a true mask without a prediction."
    )
    unknown: Literal["error", "wrong"] | None = Field(
        default=None, description="What becomes of a predicted value outside the class list."
    )
    max_pixels: int | None = Field(default=None, ge=1, description="Refuse larger masks.")
    jobs: int | None = Field(default=None, ge=1, le=1024, description="Threads.")
    tolerance: Length | None = Field(default=None, description="How far a boundary may be off and still be found.")
    boundary_width: Length | None = Field(default=None, description="Width of the bands of boundary IoU.")
    min_images: int | None = Field(default=None, ge=1, description="A class with fewer images is not judged.")
    spacing: Annotated[Positive | tuple[Positive, Positive] | None, BeforeValidator(as_tuple)] = Field(
        default=None, description="Size of a pixel in mm, or [rows, columns]."
    )
    resamples: int | None = Field(default=None, ge=100, le=100_000, description="Bootstrap resamples.")
    seed: int | None = Field(default=None, ge=0, le=2**63 - 1, description="Seed of the resamples.")
    output: str | None = Field(default=None, description="Run folder to write.")
    images: str | None = Field(default=None, description="Folder of the pictures behind the masks.")
    metadata: str | None = Field(default=None, description="CSV with a row for each image.")
    group: str | None = Field(default=None, description="Column of the metadata whose images belong together.")
    history: str | None = Field(default=None, description="Record of runs (SQLite) that the run is added to.")
    label: str | None = Field(default=None, description="What the run is called in that record.")
    as_json: bool | None = Field(default=None, alias="json", description="Print the document instead.")
    exclude: str | None = Field(default=None, description="Images to leave out by choice: a CSV or a review.json.")
    evidence: Annotated[int, Field(ge=1)] | Literal["all"] | None = Field(
        default=None, description="Images to keep files of."
    )
    probabilities: str | None = Field(default=None, description="Folder of how sure the model was.")
    report_size: str | None = Field(default=None, description="Largest report, such as 15MB.")
    report_folder: bool | None = Field(default=None, description="Write the report as a page and a folder.")
    quiet: bool | None = Field(default=None, description="Print nothing but errors.")

    def given(self, folder: Path, presets: tuple[str, ...]) -> Mapping[str, Any]:
        """Parameter of the command -> what the file says of it. Paths are from `folder`, where the file lies; a class
        list that is called like one of `presets` is no path."""
        held = {name: value for name, value in self if value is not None}
        if isinstance(held.get("ignore"), int):
            held["ignore"] = (held["ignore"],)
        if "spacing" in held:
            sizes = held["spacing"] if isinstance(held["spacing"], tuple) else (held["spacing"],)
            held["spacing"] = ",".join(map(str, sizes))
        for name in _PLACES:
            if name in held and not (name == "classes" and held[name] in presets):
                held[name] = str(folder / held[name])
        return held
