"""The model card: a README.md that tells what a trained model is, how good it is, and how to use it.

Mitchell et al., "Model Cards for Model Reporting", 2019 (arXiv 1810.03993), as far as a training can know it. What the
description does not hold is left out, never made up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from unet.description import Description

__all__ = ["model_card"]

SPECIAL = re.compile(
    r"([\\`*_{}\[\]<>()#+\-!|~&$])"
)  # what Markdown, with tables and HTML, may take for more than itself
UNDEFINED = "—"
RARE = 0.001  # share of the pixels below which a class is called rare
WEAK = 0.5  # IoU below which a class is called weak


def model_card(description: Description, model: str = "MODEL") -> str:
    """Markdown from a description and what its training left in it.

    model  what to write for the folder in the commands
    """
    training = description.training
    parts = [
        _title(description),
        _classes(description),
        _data(training.get("data", {})),
        _recipe(training),
        _scores(training.get("scores", {}), description.categories.names),
        _use(description, model),
        _limits(description, training),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(description: Description) -> str:
    height, width = description.crop
    lines = [
        f"# {_plain(description.architecture)}: {len(description.categories)} classes",
        "A semantic segmentation model: it gives each pixel of an image one class. Trained with mask-inspector.",
        _list(
            {
                "Input": f"{description.channels} channels, normalised inside by {_normalisation(description)}",
                "Trained on crops of": f"{height} x {width} px" if height and width else None,
                "Output": f"{description.outputs} channels, {description.activation}",
            }
        ),
    ]
    return "\n\n".join(lines)


def _normalisation(description: Description) -> str:
    own = description.normalisation
    mean, std = (", ".join(f"{value:.4g}" for value in values) for values in (own.mean, own.std))
    return f"mean {mean} and deviation {std} of the stored values"


def _classes(description: Description) -> str:
    categories = description.categories
    rows = [(_plain(each.name), ", ".join(map(str, each.values))) for each in categories.classes]
    ignored = ", ".join(map(str, sorted(categories.ignore_values)))
    text = "## Classes\n\n" + _table(("class", "values in masks"), rows)
    return text + (f"\n\nIgnored values of the masks: {ignored}." if ignored else "")


def _data(data: Mapping[str, Any]) -> str:
    facts = _list({"Training images": data.get("train_images"), "Validation images": data.get("val_images")})
    shares = data.get("class_shares") or {}
    rows = [(_plain(name), UNDEFINED if share is None else f"{share:.2%}") for name, share in shares.items()]
    table = _table(("class", "share of the pixels"), rows) if rows else ""
    return _section("Data", facts, table)


def _recipe(training: Mapping[str, Any]) -> str:
    recipe = {str(key): _value(value) for key, value in training.get("recipe", {}).items()}
    seconds = training.get("seconds")
    facts = {
        "Steps": training.get("step"),
        "Time": None if seconds is None else _duration(float(seconds)),
        **{_plain(key): _plain(value) for key, value in recipe.items() if value != ""},
    }
    versions = training.get("versions", {})
    if versions:
        facts["Versions"] = _plain(", ".join(f"{name} {version}" for name, version in versions.items()))
    return _section("Training", _list(facts))


def _scores(scores: Mapping[str, Any], names: Iterable[str]) -> str:
    iou = scores.get("iou") or {}
    rows = [(_plain(name), _score(iou[name])) for name in names if name in iou]
    if "miou" in scores:
        rows.append(("**mean**", f"**{_score(scores['miou'])}**"))
    if not rows:
        return ""
    note = "IoU on the validation images, from the pixels of all of them together; — where no image has the class."
    return _section("Scores", note, _table(("class", "IoU"), rows))


def _use(description: Description, model: str) -> str:
    commands = (
        f"unet predict IMAGES --model {model} -o PREDICTIONS\n"
        f"unet predict IMAGES --model {model} -o PREDICTIONS --inspect MASKS  # and say which classes fail, and why\n"
        f"unet export --model {model} -o model.onnx"
    )
    code = (
        "from unet.backends import load_segmenter\n\n"
        f'segmenter = load_segmenter("{model}")\n'
        f"probabilities = segmenter.probabilities(images)  # (N, {description.channels}, H, W), as stored"
    )
    return f"## Use\n\n```sh\n{commands}\n```\n\n```python\n{code}\n```"


def _limits(description: Description, training: Mapping[str, Any]) -> str:
    iou = training.get("scores", {}).get("iou") or {}
    shares = training.get("data", {}).get("class_shares") or {}
    weak = [name for name, value in iou.items() if _known(value) and value < WEAK]
    unmeasured = [name for name, value in iou.items() if not _known(value)]
    rare = [name for name, share in shares.items() if share is not None and share < RARE]
    height, width = description.crop
    sentences = [
        "It knows the classes above and nothing else: whatever an image shows, each pixel gets one of them.",
        f"IoU below {WEAK:.1f} on the validation images: {_names(weak)}." if weak else "",
        f"Not measured, for want of a validation image that has it: {_names(unmeasured)}." if unmeasured else "",
        f"Under {RARE:.1%} of the training pixels: {_names(rare)}." if rare else "",
        f"Images in tiles below {height} x {width} px show it less than it saw in training."
        if height and width
        else "",
        "The scores are of images like those it was trained on; for others, predict some and inspect them.",
    ]
    return "## Limits\n\n" + "\n".join(f"- {sentence}" for sentence in sentences if sentence)


def _section(title: str, *parts: str) -> str:
    kept = [part for part in parts if part]
    return "\n\n".join([f"## {title}", *kept]) if kept else ""


def _list(facts: Mapping[str, Any]) -> str:
    return "\n".join(f"- {key}: {value}" for key, value in facts.items() if value is not None)


def _table(header: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| {header[0]} | {header[1]} |", "| --- | ---: |", *(f"| {left} | {right} |" for left, right in rows)]
    return "\n".join(lines)


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(_plain, names))


def _known(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _score(value: Any) -> str:
    return f"{value:.3f}" if _known(value) else UNDEFINED


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
