"""What the adapters of all libraries share: what the user said, classes, normalisation, and weights without pickle."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from torch import Tensor, nn

from inspector.categories import Categories, Category, numbered
from inspector.errors import InputError, UsageError
from unet.description import Normalisation
from unet.optional import need

__all__ = [
    "IMAGENET",
    "NORMALISATIONS",
    "PICKLES",
    "Say",
    "Tensors",
    "Wanted",
    "activation_of",
    "choose_categories",
    "choose_normalisation",
    "load_weights",
    "one_of",
    "read_tensors",
    "refuse_pickle",
    "scaled",
]

Say = Callable[[str], None]
Tensors = dict[str, Tensor]

PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")  # what torch.save and its kin write
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean and deviation of RGB in [0, 1]
NORMALISATIONS = {
    "unit": "pixels / 255",
    "imagenet": "pixels / 255, then mean and deviation of ImageNet (three channels)",
    "none": "pixels as they are stored",
}


@dataclass(frozen=True)
class Wanted:
    """What the user says about a model of another library, which may not say it itself.

    classes        its classes, in the order of its outputs
    normalisation  one of NORMALISATIONS; None: what the model says, and a UsageError where it says nothing
    trust          also open formats that can run code of whoever made the file
    """

    classes: Categories | None = None
    normalisation: str | None = None
    trust: bool = False


def one_of(name: str, known: Iterable[str], what: str) -> str:
    """`name`, or the known one that differs by case only. Raises UsageError with the closest and the list."""
    names = list(known)
    same = {each.lower(): each for each in names}
    if name.lower() in same:
        return same[name.lower()]
    close = difflib.get_close_matches(name.lower(), same, n=1, cutoff=0.5)
    hint = f"did you mean {same[close[0]]}? " if close else ""
    listed = ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")
    raise UsageError(f"there is no {what} {name!r}; {hint}There are: {listed}", kind="no_such_model", fix=hint.strip())


def choose_categories(outputs: int, wanted: Wanted, names: Sequence[str] = (), source: str = "the model") -> Categories:
    """The classes of a model of `outputs` channels: the user's, else those it names, else "class 0", "class 1", …

    One output channel tells two classes apart. Raises UsageError where the user's list has another length.
    """
    count = max(outputs, 2)
    if wanted.classes is not None:
        if len(wanted.classes) != count:
            what = f"the model has {outputs} output channels, for {count} classes; {wanted.classes.source} lists "
            fix = f"give --classes with {count} classes, in the order of the channels"
            raise UsageError(f"{what}{len(wanted.classes)} ({fix})", kind="class_count", fix=fix)
        return wanted.classes
    if len(names) == count:
        return Categories.of((Category(index, name) for index, name in enumerate(names)), source)
    if outputs == 1:
        return Categories.of([Category(0, "background", background=True), Category(1, "foreground")], source)
    return replace(numbered(count), source=f"{count} output channels of {source}")


def activation_of(outputs: int) -> Literal["softmax", "sigmoid"]:
    return "sigmoid" if outputs == 1 else "softmax"


def scaled(mean: Sequence[float], std: Sequence[float], scale: float = 1 / 255) -> Normalisation:
    """The normalisation in stored units of one that is applied to pixels times `scale`."""
    return Normalisation(tuple(value / scale for value in mean), tuple(value / scale for value in std))


def choose_normalisation(
    channels: int, wanted: Wanted, own: Normalisation | None = None, what: str = "the model"
) -> Normalisation:
    """The one that the user names, else the model's own. Raises UsageError where neither is known: a guess would
    give masks that are wrong without a sign of it."""
    listed = "; ".join(f"{name}: {meaning}" for name, meaning in NORMALISATIONS.items())
    name = wanted.normalisation
    if name is None:
        if own is not None:
            return own
        fix = f"say it by --normalisation ({listed})"
        raise UsageError(f"{what} does not say how its images are normalised: {fix}", kind="no_normalisation", fix=fix)
    if name not in NORMALISATIONS:
        raise UsageError(f"there is no normalisation {name!r}; there are {listed}", kind="no_normalisation")
    if name == "imagenet":
        if channels != 3:
            raise UsageError(f"--normalisation imagenet is for 3 channels; {what} has {channels}")
        return scaled(*IMAGENET)
    return scaled([0.0] * channels, [1.0] * channels, 1 / 255 if name == "unit" else 1.0)


def refuse_pickle(path: Path, spec: str = "") -> None:
    """Raise InputError: loading a pickle runs whatever its maker wrote into it."""
    reason = "is a pickle: loading one runs code of whoever made it, so this program opens none"
    fix = "convert it once where you trust it: " + (
        spec
        or "m.load_state_dict(torch.load(FILE, weights_only=True)); safetensors.torch.save_model(m, 'x.safetensors')"
    )
    raise InputError("pickle", reason, fix, path=str(path))


def read_tensors(path: Path) -> Tensors:
    """The tensors of a safetensors file, by name. Raises InputError for a pickle and for anything else."""
    if path.suffix.lower() in PICKLES:
        refuse_pickle(path)
    if not path.is_file():
        raise InputError("not_found", "there is no such file", "check the path", path=str(path))
    load = need("safetensors.torch", "unet", "reading weights").load_file
    try:
        tensors: Tensors = load(path)
    except Exception as error:  # safetensors has errors of its own, and none of a common kind
        reason = f"is no safetensors file, or a damaged one: {error}"
        raise InputError("corrupt", reason, "copy it again, or convert it from its source", path=str(path)) from None
    return tensors


def load_weights(net: nn.Module, tensors: Tensors, path: Path, what: str) -> None:
    """Put `tensors` into `net`, every one of them. Raises InputError that names what is missing, left over or of
    another shape."""
    own: dict[str, Any] = net.state_dict()
    problems = [f"{name} is missing" for name in own if name not in tensors]
    problems += [f"{name} is left over" for name in tensors if name not in own]
    problems += [
        f"{name} is {tuple(tensors[name].shape)}, expected {tuple(own[name].shape)}"
        for name in own
        if name in tensors and tensors[name].shape != own[name].shape
    ]
    if problems:
        some = "; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else "")
        reason = f"its weights do not fit {what}: {some}"
        raise InputError("other_weights", reason, "check the architecture and the encoder", path=str(path))
    net.load_state_dict(tensors)
