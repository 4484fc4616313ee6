"""From a folder and a recipe to a training: find, check, build; then train, and say how it went."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inspector.categories import Categories
from inspector.errors import EnvironmentFault, UsageError
from unet.backends import as_segmenter, build_net, portable, pretrained_normalisation
from unet.checkpoints import BEST, LAST, STATE, model_file, read_description, read_facts, read_model
from unet.data.augment import make_augment
from unet.data.checks import Facts, check_examples, image_statistics
from unet.data.layouts import Layout, find_examples
from unet.data.samples import Samples, default_crop
from unet.description import Description, Normalisation
from unet.devices import Place, joined
from unet.losses import is_binary, make_loss
from unet.optional import need
from unet.segmenter import Segmenter
from unet.training.card import model_card
from unet.training.curve import curve_svg
from unet.training.learner import Learner
from unet.training.logs import EVENTS, LOG, read_log
from unet.training.recipe import Recipe
from unet.training.train import Ended, Progress, Training

__all__ = ["Request", "Trained", "train_folder"]

CURVE, CARD = "curve.svg", "README.md"  # beside the model
DEFAULT_EPOCHS = 30
WORTH_COMPILING = 2000  # steps on a GPU: compiling takes as long as some hundred
LIBRARIES = ("torch", "numpy", "kornia", "safetensors", "mask-inspector")


@dataclass(frozen=True)
class Request:
    """What `unet train` was asked for.

    choices  fields of a Recipe; `named` are those that were asked for by name, and not left at their defaults
    init     a model file or folder whose weights to begin with, as far as they fit
    """

    data: Path
    out: Path
    choices: Mapping[str, Any]
    named: frozenset[str] = frozenset()
    categories: Categories | None = None
    ignore: tuple[int, ...] = ()
    init: Path | None = None
    device: str = "auto"
    workers: int = 2
    tensorboard: bool = False
    resume: bool = False


@dataclass(frozen=True)
class Trained:
    """How a training ended, and the best model it kept (`best_miou` is NaN without validation images)."""

    how: Ended
    out: Path
    step: int
    seconds: float
    best_step: int
    best_miou: float
    best_iou: Mapping[str, float | None]
    is_first: bool = True


def train_folder(
    request: Request,
    say: Callable[[str], None],
    tell: Callable[[Progress], None],
    should_stop: Callable[[], bool],
) -> Trained:
    """Train as `request` says. Raises UsageError, InputError (the data) and EnvironmentFault, each before or between
    steps: what was saved stays good."""
    with joined(request.device) as place:
        if not place.is_first:
            say, tell = _silent, _silent
        recipe = _recipe(request)
        _check_choices(request, recipe, place)
        _check_place(request)
        if request.tensorboard:
            need("torch.utils.tensorboard", "tensorboard", "--tensorboard")
        layout = find_examples(request.data, recipe.val_fraction, recipe.seed)
        older = _older(request)
        categories = older.categories if older and request.resume and not request.categories else request.categories
        facts = check_examples(layout, categories, request.ignore, older.channels if older else None)
        for note in facts.notes:
            say(f"note: {note.path}: {note.text}")
        if recipe.patience and not layout.val:
            raise UsageError("--patience: needs validation images to tell a gain by; there are none")
        training = _training(request, recipe, layout, facts, place, say)
        if request.resume:
            training.restore()
            say(f"going on at step {training.clock.step}")
        for line in _announcement(training, facts, layout):
            say(line)
        _make(request.out)
        how = training.run(tell, should_stop, request.workers)
        return _trained(how, training)


def _silent(_: object) -> None:
    """What the processes after the first say."""


# ---------------------------------------------------------------------- what was asked for


def _recipe(request: Request) -> Recipe:
    """The recipe of the choices; with --resume that of the older training, but for what is asked for by name."""
    choices = dict(request.choices)
    if request.resume:
        facts = read_facts(_state_file(request.out))
        older = Recipe.from_json(facts["recipe"]).as_json()
        named = {name: choices[name] for name in choices if name in request.named}
        shape = {name: value for name, value in choices.get("options", {}).items() if name in request.named}
        return Recipe.from_json({**older, **named, "options": {**older["options"], **shape}})
    if not any(choices.get(name) for name in ("epochs", "steps", "minutes")):
        choices["epochs"] = DEFAULT_EPOCHS
    return Recipe(**choices)


def _state_file(out: Path) -> Path:
    path = out / STATE
    if not path.is_file():
        raise UsageError(
            f"--resume: {out} holds no {STATE}; begin anew without --resume, in a new folder", path=str(out)
        )
    return path


def _older(request: Request) -> Description | None:
    """The description of the model to go on with, or to take weights from."""
    path = request.out / LAST if request.resume else request.init
    return read_description(model_file(path)) if path else None


def _check_place(request: Request) -> None:
    """Raise UsageError where --out holds an older model, or anything else that is not ours to write over."""
    out = request.out
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out}: expected a folder, found a file", path=str(out))
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    held = sorted(name for name in names - {LOG, EVENTS} if not name.startswith("."))  # what a failed start leaves
    if held and not request.resume:
        is_model = bool({BEST, LAST, STATE} & names)
        fix = "say --resume to go on with it, or give another folder" if STATE in names else "give a new folder"
        what = "a model" if is_model else held[0]
        raise UsageError(f"--out {out}: already holds {what}; {fix}", path=str(out), fix=fix)


def _check_choices(request: Request, recipe: Recipe, place: Place) -> None:
    """Raise UsageError for choices that would do nothing, or not what they say."""
    if request.init and request.resume:
        raise UsageError("--init and --resume: a training either goes on or begins from the weights of another")
    if "dice_weight" in request.named and "+" not in recipe.loss:
        raise UsageError(f"--dice-weight: of a sum of two losses; --loss {recipe.loss} is one")
    if recipe.batch % place.world:
        raise UsageError(f"--batch {recipe.batch}: cannot be shared equally among {place.world} processes")


def _announcement(training: Training, facts: Facts, layout: Layout) -> tuple[str, str]:
    """What is about to be trained, on what."""
    description = training.learner.segmenter.description
    weights = sum(value.numel() for value in training.learner.segmenter.parameters())
    height, width = description.crop
    shares = ", ".join(f"{name} {share:.1%}" for name, share in _shares(facts).items())
    return (
        f"{description.architecture} of {weights / 1e6:.2f} M weights on {training.place.device}: {len(layout.train)} "
        f"images to train on and {len(layout.val)} to validate on, {facts.channels} channels of {facts.dtype}, "
        f"{'crops' if training.samples.crop else 'whole images'} of {height} x {width} px",
        f"classes: {shares}",
    )


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(f"--out {out}: cannot be made ({error.strerror}); choose another folder") from None


# ---------------------------------------------------------------------- building


def _training(
    request: Request, recipe: Recipe, layout: Layout, facts: Facts, place: Place, say: Callable[[str], None]
) -> Training:
    crop = (recipe.size, recipe.size) if recipe.size else default_crop(facts)
    samples = Samples(layout.train, facts, crop, recipe.batch, recipe.seed, recipe.balance)
    description = _description(recipe, layout, facts, crop or next(iter(facts.sizes)))
    torch.manual_seed(recipe.seed)
    _make_deterministic(recipe.deterministic)
    net = build_net(recipe.model, recipe.options, facts.channels, description.outputs, say)
    segmenter = as_segmenter(net, description)
    if request.init and not request.resume:
        _take_over(segmenter, request.init, say)
    weights = _class_weights(recipe.class_weights, facts)
    loss = make_loss(
        recipe.loss, ignore=(len(facts.categories),), class_weights=weights, dice_weight=recipe.dice_weight
    )
    steps = recipe.total_steps(samples.steps_per_epoch)
    is_long = steps >= WORTH_COMPILING or recipe.minutes >= 10
    compiled = {"on": True, "off": False}.get(recipe.compile, is_long and _can_compile(place))
    learner = Learner(segmenter, loss, recipe, place, compiled, say)
    return Training(
        recipe,
        learner,
        samples,
        layout.val,
        make_augment(recipe.augment),
        request.out,
        fingerprint=_fingerprint(layout, facts),
        tensorboard=request.tensorboard,
    )


def _can_compile(place: Place) -> bool:
    """Whether compiling pays and works: on a GPU, with Triton and a C compiler, which slim images lack."""
    has_tools = importlib.util.find_spec("triton") is not None and any(map(shutil.which, ("cc", "gcc", "clang")))
    return place.device.type == "cuda" and has_tools


def _description(recipe: Recipe, layout: Layout, facts: Facts, crop: tuple[int, int]) -> Description:
    k = len(facts.categories)
    if is_binary(recipe.loss) and k != 2:
        raise UsageError(f"--loss {recipe.loss}: tells two classes apart, the masks hold {k}; use ce+dice")
    architecture, options = portable(recipe.model, recipe.options)
    pretrained = pretrained_normalisation(recipe.model, recipe.options, facts.channels)
    return Description(
        architecture=architecture,
        options=options,
        categories=facts.categories,
        normalisation=pretrained or Normalisation(*image_statistics(layout.train)),
        crop=crop,
        activation="sigmoid" if is_binary(recipe.loss) else "softmax",
        training={
            "recipe": recipe.as_json(),
            "data": {
                "source": layout.source,
                "train_images": len(layout.train),
                "val_images": len(layout.val),
                "class_shares": _shares(facts),
            },
            "versions": {**{name: metadata.version(name) for name in LIBRARIES}, "python": platform.python_version()},
        },
    )


def _shares(facts: Facts) -> dict[str, float]:
    """Class name -> its share of the training pixels that are not void."""
    total = max(1, int(facts.train_pixels.sum()))
    return dict(zip(facts.categories.names, (facts.train_pixels / total).tolist(), strict=True))


def _fingerprint(layout: Layout, facts: Facts) -> str:
    """Of what is trained and evaluated on, wherever it lies: another image, or other pixels in a class, changes it."""
    known = hashlib.sha256()
    for side in (layout.train, layout.val):
        for example in side:
            seen = facts.seen[example]
            known.update(f"{example.image_id} {seen.height} {seen.width} {seen.pixels.tolist()}\n".encode())
        known.update(b"--\n")
    return known.hexdigest()


def _make_deterministic(wanted: bool) -> None:
    """Without it a GPU may take the fastest algorithm of several, which differ in their last digits."""
    torch.backends.cudnn.benchmark = not wanted
    if wanted:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS wants for it
        torch.use_deterministic_algorithms(True)


def _class_weights(wanted: str | tuple[float, ...], facts: Facts) -> Tensor | None:
    """(K,) float32 with a mean of 1 over the classes that occur; None where all weigh the same."""
    if wanted == "none":
        return None
    if not isinstance(wanted, str):
        if len(wanted) != len(facts.categories):
            raise UsageError(f"--class-weights: {len(wanted)} numbers for {len(facts.categories)} classes")
        return torch.tensor(wanted)
    pixels = np.asarray(facts.train_pixels, np.float64)
    weights = np.where(pixels > 0, 1 / np.sqrt(np.maximum(pixels, 1)), 0.0)
    return torch.tensor(weights / weights[pixels > 0].mean(), dtype=torch.float32)


def _take_over(segmenter: Segmenter, path: Path, say: Callable[[str], None]) -> None:
    """Weights of another model wherever name and shape agree; says what does not, such as the head of other classes."""
    _, theirs = read_model(model_file(path))
    ours = segmenter.net.state_dict()
    fitting = {name: value for name, value in theirs.items() if name in ours and ours[name].shape == value.shape}
    if not fitting:
        raise UsageError(f"--init {path}: none of its weights fits this architecture", path=str(path))
    segmenter.net.load_state_dict({**ours, **fitting})
    fresh = sorted(set(ours) - set(fitting))
    more = f"; new from the start: {', '.join(fresh[:4])}{', …' if len(fresh) > 4 else ''}" if fresh else ""
    say(f"{len(fitting)} of {len(ours)} tensors taken from {path}{more}")


# ---------------------------------------------------------------------- the end


def _trained(how: Ended, training: Training) -> Trained:
    """What there is to tell, and the curve and the model card beside the model."""
    out, best = training.out, training.best
    kept = {}
    if training.place.is_first:
        description = read_description(model_file(out))
        kept = description.training.get("scores", {})
        (out / CURVE).write_text(curve_svg(read_log(out / LOG)), encoding="utf-8")
        (out / CARD).write_text(model_card(description), encoding="utf-8")
    return Trained(
        how=how,
        out=out,
        step=training.clock.step,
        seconds=training.clock.seconds,
        best_step=best.step,
        best_miou=best.miou if kept else math.nan,
        best_iou=kept.get("iou", {}),
        is_first=training.place.is_first,
    )
