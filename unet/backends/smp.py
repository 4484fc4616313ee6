"""segmentation_models_pytorch: any of its architectures on any of its encoders, from files of this machine only.

smp:ARCH:ENCODER                        random weights, for training
smp:ARCH:ENCODER:WEIGHTS.safetensors    a state dict of such a model
smp:FOLDER                              what its save_pretrained wrote
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from inspector.errors import InputError, UsageError
from unet.backends.common import (
    IMAGENET,
    Say,
    Tensors,
    Wanted,
    activation_of,
    choose_categories,
    choose_normalisation,
    load_weights,
    one_of,
    read_tensors,
    refuse_pickle,
    scaled,
)
from unet.description import Description, Normalisation
from unet.optional import need
from unet.segmenter import Segmenter

__all__ = ["build", "load", "multiple_of", "portable", "pretrained_normalisation"]

FORMS = "smp:ARCH:ENCODER, smp:ARCH:ENCODER:WEIGHTS.safetensors or smp:FOLDER"
HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
OTHER_NORMALISATIONS = {  # of encoders whose published weights were not trained with that of ImageNet
    "inception": HALF,
    "xception": HALF,
    "timm-tf_efficientnet_lite": HALF,
    "dpn": ((124 / 255, 117 / 255, 104 / 255), (1 / (0.0167 * 255),) * 3),
}
FETCHES = ("checkpoint_path", "pretrained", "cache_dir", "features_only")  # options of timm that open other files


def build(rest: str, options: Mapping[str, Any], channels: int, outputs: int, say: Say) -> nn.Module:
    """The network of "ARCH:ENCODER" with random weights.

    options  arguments of the architecture (decoder_channels=…), and encoder_weights: a safetensors file whose
             tensors go into the encoder. Raises UsageError for an unknown name or argument.
    """
    arch, encoder, weights = _names(rest)
    if weights:
        raise UsageError(f"smp:{rest}: a training starts from an encoder: use --encoder-weights FILE.safetensors")
    settings = dict(options)
    encoder_weights = settings.pop("encoder_weights", None)
    net = _create(arch, encoder, settings, channels, outputs)
    if encoder_weights:
        say(_load_encoder(net, Path(encoder_weights), channels))
    return net


def portable(rest: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The same architecture without files of this machine: the encoder's weights are in the model by then."""
    arch, encoder, _ = _names(rest)
    return f"{arch}:{encoder}", {key: value for key, value in options.items() if key != "encoder_weights"}


def multiple_of(net: nn.Module) -> int:
    """What height and width must be divisible by: the stride of the encoder. Unet takes other sizes too, but then
    its features are shifted by up to a stride against where they were in training."""
    return int(getattr(net.encoder, "output_stride", 32))


def pretrained_normalisation(rest: str, options: Mapping[str, Any], channels: int) -> Normalisation | None:
    """How the encoder's pretrained weights want their images; None without them, or for other than three channels."""
    if channels != 3 or not options.get("encoder_weights"):
        return None
    return _pretrained_normalisation(_names(rest)[1])


def load(rest: str, wanted: Wanted) -> Segmenter:
    """The model of a folder or a weights file. Raises UsageError and InputError that say what is missing."""
    if (Path(rest) / "config.json").is_file() or Path(rest).is_dir():
        return _load_folder(Path(rest), wanted)
    arch, encoder, weights = _names(rest)
    if not weights:
        fix = f"add its weights, smp:{arch}:{encoder}:WEIGHTS.safetensors, or train it with unet train --model"
        raise UsageError(f"smp:{rest} has random weights: it can be trained, not used ({fix})", fix=fix)
    tensors = read_tensors(Path(weights))
    channels, outputs = _sizes(tensors, Path(weights))
    net = _create(arch, encoder, {}, channels, outputs)
    load_weights(net, tensors, Path(weights), f"smp:{arch}:{encoder}")
    return _segmenter(net, f"{arch}:{encoder}", {}, channels, outputs, wanted, own=None)


def _load_folder(folder: Path, wanted: Wanted) -> Segmenter:
    settings = _config(folder)
    arch, encoder = one_of(settings.pop("_model_class"), _architectures(), "smp architecture"), settings["encoder_name"]
    channels, outputs = int(settings.pop("in_channels", 3)), int(settings.pop("classes", 1))
    own = _pretrained_normalisation(encoder) if settings.pop("encoder_weights", None) and channels == 3 else None
    for key in ("encoder_name", "activation", "aux_params"):  # logits are wanted, and the classifier's head is not
        settings.pop(key, None)
    path = folder / "model.safetensors"
    if not path.is_file() and (folder / "pytorch_model.bin").is_file():
        refuse_pickle(folder / "pytorch_model.bin", "model.save_pretrained(FOLDER), which writes model.safetensors")
    tensors = {k: v for k, v in read_tensors(path).items() if not k.startswith("classification_head.")}
    net = _create(arch, encoder, settings, channels, outputs)
    load_weights(net, tensors, path, f"smp:{arch}:{encoder}")
    return _segmenter(net, f"{arch}:{encoder}", settings, channels, outputs, wanted, own)


def _segmenter(
    net: nn.Module,
    name: str,
    options: Mapping[str, Any],
    channels: int,
    outputs: int,
    wanted: Wanted,
    own: Normalisation | None,
) -> Segmenter:
    description = Description(
        architecture=f"smp:{name}",
        options=options,
        categories=choose_categories(outputs, wanted, source=f"smp:{name}"),
        normalisation=choose_normalisation(channels, wanted, own, f"smp:{name}"),
        activation=activation_of(outputs),
    )
    return Segmenter(net, description, multiple_of(net))


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); expected a folder that save_pretrained of smp wrote"
        raise InputError("unreadable", reason, f"expected {FORMS}", path=str(path)) from None
    except ValueError:
        raise InputError("corrupt", "is not JSON", "write the folder again", path=str(path)) from None
    if not isinstance(document, dict) or not {"_model_class", "encoder_name"} <= document.keys():
        reason = "names no model of smp (_model_class, encoder_name)"
        raise InputError("other_library", reason, "is it hf:FOLDER?", path=str(path))
    return document


def _names(rest: str) -> tuple[str, str, str]:
    """(architecture, encoder, weights or "") of "ARCH:ENCODER[:WEIGHTS]", as smp writes them."""
    arch, _, tail = rest.partition(":")
    encoder, _, weights = tail.partition(":")
    if not arch or not encoder:
        raise UsageError(f"smp:{rest} is no model: expected {FORMS}", kind="no_such_model")
    return one_of(arch, _architectures(), "smp architecture"), _encoder(encoder), weights


def _architectures() -> list[str]:
    smp = need("segmentation_models_pytorch", "smp", "a model smp:…")
    return [each.__name__ for each in smp.MODEL_ARCHITECTURES_MAPPING.values()]


def _encoder(name: str) -> str:
    smp = need("segmentation_models_pytorch", "smp", "a model smp:…")
    if not name.startswith("tu-"):
        return one_of(name, smp.encoders.get_encoder_names(), "smp encoder")
    timm = need("timm", "smp", "an encoder tu-…")
    bare = name.removeprefix("tu-")
    return f"tu-{bare}" if timm.is_model(bare) else f"tu-{one_of(bare, timm.list_models(), 'timm model')}"


def _create(arch: str, encoder: str, settings: Mapping[str, Any], channels: int, outputs: int) -> nn.Module:
    smp = need("segmentation_models_pytorch", "smp", "a model smp:…")
    _check_options(arch, encoder, settings)
    try:
        return smp.create_model(
            arch, _encoder(encoder), encoder_weights=None, in_channels=channels, classes=outputs, **settings
        )
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise UsageError(f"smp:{arch}:{encoder} cannot be built: {error}", kind="no_such_model") from None


def _check_options(arch: str, encoder: str, settings: Mapping[str, Any]) -> None:
    """Raise UsageError for an option that opens files, or that the library would take without a word and drop."""
    if refused := [key for key in settings if key.startswith(FETCHES)]:
        raise UsageError(f"smp:{arch}:{encoder}: the option {refused[0]} opens other files and is not taken")
    smp = need("segmentation_models_pytorch", "smp", "a model smp:…")
    known = inspect.signature(getattr(smp, arch).__init__).parameters
    unknown = [key for key in settings if key not in known]
    if unknown and not encoder.startswith("tu-"):  # timm's encoders take options of their own, and refuse others
        raise UsageError(f"smp:{arch}:{encoder} cannot be built: it has no option {unknown[0]}", kind="bad_option")


def _sizes(tensors: Tensors, path: Path) -> tuple[int, int]:
    """(channels, outputs) of a state dict: what its first and last convolutions take and give."""
    first = next((t for name, t in tensors.items() if name.startswith("encoder.") and t.ndim == 4), None)
    last = [t for name, t in tensors.items() if name.startswith(("segmentation_head.", "head.")) and t.ndim == 4]
    if first is None or not last:
        reason = "holds no encoder and segmentation_head, as a state dict of smp has them"
        raise InputError("other_weights", reason, "give the weights of the whole model", path=str(path))
    return int(first.shape[1]), int(last[-1].shape[0])


def _load_encoder(net: nn.Module, path: Path, channels: int) -> str:
    """Put the tensors of a file into the encoder, and say what came of it. Names may stand as the encoder's own
    state dict, a whole model's or timm's has them. Raises InputError unless every tensor of the encoder is found."""
    encoder = net.get_submodule("encoder")
    found, own = read_tensors(path), encoder.state_dict()
    renames = {
        how: {name: how + name if how in ("", "encoder.") else name.removeprefix(how[1:]) for name in own}
        for how in ("", "encoder.", "-model.")  # the last: without the "model." that smp puts before timm's names
    }
    names = max(renames.values(), key=lambda names: sum(there in found for there in names.values()))
    tensors = {name: found[there] for name, there in names.items() if there in found}
    tensors.update({name: own[name] for name in own if name.endswith("num_batches_tracked") and name not in tensors})
    adapted = _adapt_channels(tensors, own, channels)
    load_weights(encoder, tensors, path, "the encoder")
    unused = sorted(set(found) - set(names.values()))
    report = f"{path.name}: all {len(own)} tensors of the encoder loaded{adapted}"
    return report + (f"; not used: {', '.join(unused[:5])}{' …' if len(unused) > 5 else ''}" if unused else "")


def _adapt_channels(tensors: Tensors, own: Tensors, channels: int) -> str:
    """Change a first convolution made for another number of channels, in place; say so, or ""."""
    name = next((name for name, tensor in own.items() if tensor.ndim == 4), None)
    if name is None or name not in tensors or tensors[name].ndim != 4 or tensors[name].shape[1] == channels:
        return ""
    weight = tensors[name]  # (outputs, before, h, w)
    before = weight.shape[1]
    if channels == 1:
        tensors[name] = weight.sum(dim=1, keepdim=True)  # as if grey stood in every channel
    else:  # channels in turn, scaled so that the sum keeps its size
        tensors[name] = weight[:, [index % before for index in range(channels)]] * (before / channels)
    return f" (first convolution changed from {before} to {channels} channels)"


def _pretrained_normalisation(encoder: str) -> Normalisation:
    """Mean and deviation of an encoder's published weights, without asking its hub for them."""
    if encoder.startswith("tu-"):
        settings = need("timm", "smp", "an encoder tu-…").models.get_pretrained_cfg(encoder.removeprefix("tu-"))
        return scaled(settings.mean, settings.std) if settings else scaled(*IMAGENET)
    own = next((values for prefix, values in OTHER_NORMALISATIONS.items() if encoder.startswith(prefix)), IMAGENET)
    return scaled(*own)
