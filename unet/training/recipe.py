"""`Recipe`: every choice of a training, with the defaults that were measured to work (docs/unet.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from inspector.errors import UsageError

__all__ = ["Recipe"]


@dataclass(frozen=True)
class Recipe:
    """A training, but for its data. Exactly one of epochs, steps and minutes says how long it lasts.

    model            "unet", or the specification of another library's architecture
    options          of the architecture: for "unet" the fields of UNetConfig but channels and outputs
    size             px: side of the square crops; 0: whole images where they have one size and fit
    rate             peak learning rate of AdamW; `warmup` is the fraction of the training in which it climbs
    clip             largest norm of the gradient; 0: not clipped
    ema              decay of the moving average of the weights that is evaluated and kept; 0: the weights themselves
    class_weights    "none", "balanced" (1 / sqrt of the share, mean 1) or one number for each class
    precision        fp32, bf16, fp16 or auto (bf16 where a GPU has it, else fp32)
    compile          on, off or auto (on a GPU, for trainings long enough to earn it back)
    evaluations      how often the validation images are predicted, at most once an epoch
    val_fraction     of the images that are kept for validation where the data has no split of its own
    patience         evaluations without a gain before the training stops early; 0: never
    """

    model: str = "unet"
    options: Mapping[str, Any] = field(default_factory=dict)
    loss: str = "ce+dice"
    dice_weight: float = 1.0
    class_weights: str | tuple[float, ...] = "none"
    epochs: int = 0
    steps: int = 0
    minutes: float = 0.0
    batch: int = 4
    size: int = 0
    rate: float = 2e-3
    weight_decay: float = 1e-2
    warmup: float = 0.3
    clip: float = 1.0
    ema: float = 0.0
    augment: str = "standard"
    balance: bool = False
    precision: str = "auto"
    compile: str = "auto"
    deterministic: bool = False
    evaluations: int = 20
    val_fraction: float = 0.2
    patience: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        lengths = [name for name in ("epochs", "steps", "minutes") if getattr(self, name)]
        if len(lengths) != 1:
            found = " and ".join(f"--{name}" for name in lengths) or "none of them"
            raise UsageError(f"say how long to train by one of --epochs, --steps and --minutes; found {found}")
        if not (self.rate > 0 and 0 <= self.warmup < 1 and 0 <= self.ema < 1 and self.batch >= 1):
            raise UsageError("expected --rate above 0, --warmup and --ema in [0, 1), --batch of at least 1")

    def total_steps(self, steps_per_epoch: int) -> int:
        """How many steps the training lasts; 0 where `minutes` say when it is over."""
        return self.steps or self.epochs * steps_per_epoch

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "options": dict(self.options)}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Recipe:
        """The recipe that `as_json` wrote; keys that this version does not know are refused."""
        known = {each.name for each in fields(cls)}
        if unknown := sorted(set(document) - known):
            raise UsageError(f"this version knows no {', '.join(unknown)} in a recipe")
        weights = document.get("class_weights", "none")
        return cls(**{**document, "class_weights": weights if isinstance(weights, str) else tuple(weights)})
