"""`Description`: all that a prediction needs beside the weights. It travels in the same file as they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import torch
from torch import Tensor

from inspector.categories import Categories, Category
from inspector.errors import InputError

__all__ = ["SCHEMA_VERSION", "Description", "Normalisation"]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel, in stored units (0 to 255 for 8 bits)."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.mean or len(self.mean) != len(self.std) or min(self.std) <= 0:
            raise ValueError(f"expected a mean and a positive deviation for each channel, got {self}")

    def apply(self, images: Tensor) -> Tensor:
        """(N, C, H, W) float: (images - mean) / std."""
        mean = torch.tensor(self.mean, dtype=images.dtype, device=images.device)[:, None, None]  # (C, 1, 1)
        std = torch.tensor(self.std, dtype=images.dtype, device=images.device)[:, None, None]
        return (images - mean) / std


@dataclass(frozen=True)
class Description:
    """What a model is and what it was trained on.

    architecture   "unet", or the specification of another library's model ("smp:Unet:resnet34")
    options        what builds that architecture again, as plain data
    categories     the K classes in the order of the output channels, and the ignored values of the masks
    normalisation  of the images, one mean and deviation for each channel
    crop           (height, width) px of the training crops; (0, 0) where that is not known
    activation     softmax over K channels, or sigmoid of one channel: the second of exactly two classes
    training       what the model card tells: recipe, data, scores, versions; plain data
    """

    architecture: str
    options: Mapping[str, Any]
    categories: Categories
    normalisation: Normalisation
    crop: tuple[int, int] = (0, 0)
    activation: Literal["softmax", "sigmoid"] = "softmax"
    training: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.activation == "sigmoid" and len(self.categories) != 2:
            raise ValueError(f"one sigmoid channel tells two classes apart, not {len(self.categories)}")

    @property
    def channels(self) -> int:
        return len(self.normalisation.mean)

    @property
    def outputs(self) -> int:
        """Channels of the logits."""
        return 1 if self.activation == "sigmoid" else len(self.categories)

    def as_json(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "architecture": self.architecture,
            "options": dict(self.options),
            "classes": self.categories.as_json(),
            "normalisation": {"mean": list(self.normalisation.mean), "std": list(self.normalisation.std)},
            "crop": list(self.crop),
            "activation": self.activation,
            "training": dict(self.training),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Description:
        """The description that `as_json` wrote. Raises InputError for a newer schema or a key that is missing."""
        version = document.get("schema_version")
        if version != SCHEMA_VERSION:
            reason = f"a model description of version {version}; this program reads version {SCHEMA_VERSION}"
            raise InputError("model_version", reason, "use the version of mask-inspector that wrote it")
        try:
            normalisation = document["normalisation"]
            return cls(
                architecture=str(document["architecture"]),
                options=dict(document["options"]),
                categories=_categories(document["classes"]),
                normalisation=Normalisation(tuple(normalisation["mean"]), tuple(normalisation["std"])),
                crop=cast(tuple[int, int], tuple(document["crop"])),
                activation=document["activation"],
                training=dict(document["training"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            reason = f"the model description is not usable: {type(error).__name__}: {error}"
            raise InputError("model_description", reason, "take the file as `unet train` wrote it") from None


def _categories(document: Mapping[str, Any]) -> Categories:
    listed = [_category(record, ignore=False) for record in document["classes"]]
    listed += [_category(record, ignore=True) for record in document["ignored"]]
    return Categories.of(listed, str(document["source"]))


def _category(record: Mapping[str, Any], *, ignore: bool) -> Category:
    return Category(
        id=int(record["id"]),
        name=str(record["name"]),
        color=cast(tuple[int, int, int], tuple(record["color"])) if record["color"] else None,
        values=tuple(int(value) for value in record["values"]),
        ignore=ignore,
        isthing=bool(record["isthing"]),
        background=bool(record["background"]),
    )
