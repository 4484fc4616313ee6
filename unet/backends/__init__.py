"""Every model that a specification can name, ours and other libraries', behind one `Segmenter`.

load_segmenter(spec)     a model with its weights, ready to predict
build_net(spec, …)       a network to train
build_segmenter(…)       a network again from its description, for the weights that are then put into it
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from inspector.categories import Categories
from inspector.errors import UsageError
from unet.backends import exported, hf, smp, torchvision
from unet.backends.common import PICKLES, Say, Wanted, load_weights, one_of, refuse_pickle
from unet.checkpoints import model_file, read_model
from unet.description import Description, Normalisation
from unet.model import UNet, UNetConfig
from unet.segmenter import Segmenter

__all__ = [
    "FORMS",
    "as_segmenter",
    "build_net",
    "build_segmenter",
    "load_segmenter",
    "portable",
    "pretrained_normalisation",
]

FORMS = (
    "a folder or .safetensors file that `unet train` wrote",
    "smp:ARCH:ENCODER:WEIGHTS.safetensors or smp:FOLDER",
    "hf:FOLDER",
    "torchvision:NAME:WEIGHTS.safetensors",
    "FILE.onnx, FILE.pt2 or FILE.ts (onnx:FILE, export:FILE, torchscript:FILE)",
)
LIBRARIES: Mapping[str, ModuleType] = {  # each offers build, load, multiple_of, portable and pretrained_normalisation
    "smp": smp,
    "hf": hf,
    "torchvision": torchvision,
}
PROGRAMS = {".onnx": "onnx", ".pt2": "export", ".ts": "torchscript"}  # suffix -> kind, also a prefix of its own


def _quiet(_: str) -> None:
    pass


def load_segmenter(
    spec: str | Path,
    *,
    device: str | torch.device = "cpu",
    classes: Categories | None = None,
    normalisation: str | None = None,
    trust: bool = False,
) -> Segmenter:
    """The model that `spec` names, in evaluation mode on `device`. Nothing is fetched and nothing unpickled.

    classes         of a model that does not name its own, in the order of its outputs
    normalisation   "unit", "imagenet" or "none", for a model that does not say it
    trust           also load formats that can run code of whoever made the file

    Raises UsageError for a specification that means nothing or lacks a part, InputError for a file that does not serve.
    """
    wanted = Wanted(classes, normalisation, trust)
    library, _, rest = str(spec).partition(":")
    segmenter: Segmenter
    if library in LIBRARIES and rest:
        segmenter = LIBRARIES[library].load(rest, wanted)
    elif library in exported.READERS and rest:
        segmenter = exported.load(library, Path(rest), wanted)
    else:
        segmenter = _load_path(Path(spec), wanted)
    return segmenter.eval().to(device)


def build_net(
    architecture: str, options: Mapping[str, Any], channels: int, outputs: int, say: Say = _quiet
) -> nn.Module:
    """A network to train: (N, channels, H, W) normalised images to (N, outputs, h, w) logits.

    options  of the architecture; "encoder_weights": FILE.safetensors starts an encoder of smp from those
    say      hears what was loaded

    Weights are drawn from torch's generator. Raises UsageError for an architecture or an option that is not there.
    """
    if architecture == "unet":
        return _build_unet(options, channels, outputs)
    library, rest = _library(architecture)
    return library.build(rest, options, channels, outputs, say)


def portable(architecture: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(architecture, options) to keep in a `Description`: the same network, without files of this machine."""
    if architecture == "unet":
        return architecture, dict(options)
    library, rest = _library(architecture)
    name, kept = library.portable(rest, options)
    return f"{architecture.partition(':')[0]}:{name}", kept


def pretrained_normalisation(architecture: str, options: Mapping[str, Any], channels: int) -> Normalisation | None:
    """The normalisation that the pretrained weights of a network to train are made for; None: take the data's."""
    if architecture == "unet":
        return None
    library, rest = _library(architecture)
    return library.pretrained_normalisation(rest, options, channels)


def build_segmenter(description: Description) -> Segmenter:
    """The network that a description tells of, with random weights: those of its file are to be loaded into `.net`."""
    net = build_net(description.architecture, description.options, description.channels, description.outputs)
    return as_segmenter(net, description)


def as_segmenter(net: nn.Module, description: Description) -> Segmenter:
    """`net` with what it needs of the sizes of images, by its architecture.

    Our U-Net takes any size; it gets multiples of its pooling all the same, so that a tile that starts on one sees
    the same grid as the whole image does.
    """
    if isinstance(net, UNet):
        return Segmenter(net, description, net.smallest, net.reach)
    return Segmenter(net, description, _library(description.architecture)[0].multiple_of(net))


def _build_unet(options: Mapping[str, Any], channels: int, outputs: int) -> UNet:
    settings = {key: value for key, value in options.items() if key not in ("channels", "outputs")}
    try:
        return UNet(UNetConfig(channels=channels, outputs=outputs, **settings))
    except (TypeError, ValueError) as error:
        raise UsageError(f"this U-Net cannot be built: {error}", kind="bad_option") from None


def _library(architecture: str) -> tuple[ModuleType, str]:
    name, _, rest = architecture.partition(":")
    if name not in LIBRARIES or not rest:
        known = ["unet", *(f"{each}:…" for each in LIBRARIES)]
        one_of(architecture, known, "architecture")
    return LIBRARIES[name], rest


def _load_path(path: Path, wanted: Wanted) -> Segmenter:
    """A file or folder without a word before it: a program by its suffix, else what `unet train` wrote."""
    suffix = path.suffix.lower()
    if path.is_dir():
        _refuse_other_folder(path)
    elif suffix in PROGRAMS:
        return exported.load(PROGRAMS[suffix], path, wanted)
    elif suffix in PICKLES:
        refuse_pickle(path)
    elif not path.exists():
        raise UsageError(f"there is no model {str(path)!r}; expected {'; '.join(FORMS)}", kind="no_such_model")
    file = model_file(path)
    if wanted.classes or wanted.normalisation:
        what = "--classes, --num-classes and --normalisation are for models that do not say them; this one does"
        raise UsageError(f"{file}: {what}: leave them out", kind="known", path=str(file))
    description, tensors = read_model(file)
    segmenter = build_segmenter(description)
    load_weights(segmenter.net, tensors, file, description.architecture)
    return segmenter


def _refuse_other_folder(folder: Path) -> None:
    """Say how to name a folder of another library, or that it holds pickles only."""
    if any(folder.glob("pytorch_model*.bin")) and not any(folder.glob("*.safetensors")):
        refuse_pickle(
            next(folder.glob("pytorch_model*.bin")), "model.save_pretrained(FOLDER), which writes safetensors"
        )
    if (folder / "config.json").is_file():
        fix = "write hf:FOLDER for a model of transformers, smp:FOLDER for one of segmentation_models_pytorch"
        raise UsageError(f"{folder} is a folder of another library: {fix}", kind="other_library", fix=fix)
