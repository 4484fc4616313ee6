"""Models of the Hugging Face library transformers, from a folder of this machine: hf:FOLDER.

SegFormer and the other models of AutoModelForSemanticSegmentation, to use and to train; Mask2Former, MaskFormer and
OneFormer to use, also for instances (unet.backends.queries). Nothing is fetched, nothing unpickled, and no code of the
folder is run.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inspector.errors import InputError, UsageError
from unet.backends.common import (
    Say,
    Wanted,
    activation_of,
    choose_categories,
    choose_normalisation,
    refuse_pickle,
    scaled,
)
from unet.backends.queries import Queries, task_tokens
from unet.description import Description, Normalisation
from unet.optional import need
from unet.segmenter import Segmenter

__all__ = ["build", "load", "multiple_of", "portable", "pretrained_normalisation"]

QUERIES = ("mask2former", "maskformer", "oneformer")  # types of models that answer in class and mask queries
ONE_SIZE = ("dpt",)  # types that take square images of the size in their configuration, and no other
PROCESSORS = ("preprocessor_config.json", "processor_config.json")  # of the images; with a tokenizer, of both
NOT_KEPT = (
    "architectures",
    "id2label",
    "label2id",
    "num_labels",
    "_name_or_path",
    "transformers_version",
    "dtype",
)


class Semantic(nn.Module):
    """Normalised images (N, C, H, W) to the logits (N, K, h, w) of a semantic model. `side`: px it insists on, or 0."""

    def __init__(self, net: nn.Module, side: int = 0) -> None:
        super().__init__()
        self.net, self.side = net, side

    def forward(self, images: Tensor) -> Tensor:
        if self.side:
            images = F.interpolate(images, size=(self.side, self.side), mode="bilinear", antialias=True)
        return self.net(pixel_values=images).logits


def build(rest: str, options: Mapping[str, Any], channels: int, outputs: int, say: Say) -> nn.Module:
    """A semantic model to train: of FOLDER, with its weights and a head for `outputs` classes where its own does not
    fit; or of the configuration in options["config"], as `portable` writes it, with random weights."""
    library = _library()
    document = dict(options["config"]) if "config" in options else _config(Path(rest))
    kind = _kind(document, rest)
    if kind in QUERIES:
        fix = "train it with its own trainer and give the folder to unet predict; SegFormer can be trained here"
        raise UsageError(f"hf:{rest}: {kind} learns by matching queries to instances, not here ({fix})", fix=fix)
    config = _configuration(kind, {**_kept(document), "num_labels": outputs, "num_channels": channels})
    auto = library.AutoModelForSemanticSegmentation
    if "config" in options or not _weight_files(Path(rest)):
        say(f"hf:{rest}: random weights" + ("" if "config" in options else " (the folder has none)"))
        return _semantic(auto.from_config(config), config)
    net, info = _pretrained(auto, Path(rest), config, ignore_mismatched_sizes=True)
    fresh = sorted({*info["missing_keys"], *(each[0] for each in info["mismatched_keys"])})
    say(f"hf:{rest}: weights loaded" + (f"; new and random: {', '.join(fresh)}" if fresh else ""))
    return _semantic(net, config)


def portable(rest: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """(type of the model, its configuration): what builds it again without the folder."""
    document = dict(options["config"]) if "config" in options else _config(Path(rest))
    return _kind(document, rest), {"config": _kept(document)}


def multiple_of(net: nn.Module) -> int:
    """The stride of the encoders, 32, and the patch of a transformer with one size of patch."""
    config: Any = net.get_submodule("net").config
    patch = getattr(config, "patch_size", 1)
    return math.lcm(32, patch) if isinstance(patch, int) else 32


def pretrained_normalisation(rest: str, options: Mapping[str, Any], channels: int) -> Normalisation | None:
    return None if "config" in options else _normalisation(Path(rest), channels)


def load(rest: str, wanted: Wanted) -> Segmenter:
    """The model of a folder. Raises InputError where it lacks a part, weights included: none is made up."""
    folder = Path(rest)
    document = _config(folder)
    kind, library = _kind(document, rest), _library()
    config = _configuration(kind, document)
    auto = getattr(
        library, "AutoModelForUniversalSegmentation" if kind in QUERIES else "AutoModelForSemanticSegmentation"
    )
    net, info = _pretrained(auto, folder, config)
    if missing := sorted(info["missing_keys"]):
        reason = f"its weights are not those of the whole model: {missing[0]} and {len(missing) - 1} more are missing"
        fix = "a pretrained encoder is to be trained first: unet train --model hf:FOLDER"
        raise InputError("other_weights", reason, fix, path=str(folder))
    outputs, channels = int(config.num_labels), _channels(net)
    adapter = Queries(net, task_tokens(folder, config)) if kind in QUERIES else _semantic(net, config)
    description = Description(
        architecture=f"hf:{kind}",
        options={"config": _kept(document)},
        categories=choose_categories(outputs, wanted, _names(config), f"hf:{folder.name}"),
        normalisation=choose_normalisation(channels, wanted, _normalisation(folder, channels), f"hf:{rest}"),
        activation=activation_of(outputs),
    )
    return Segmenter(adapter, description, multiple_of(adapter))


def _library() -> Any:
    """transformers, once it is sure that its models load: they are imported on use, torchvision with them."""
    library = need("transformers", "hf", "a model hf:…")
    try:
        library.PreTrainedModel  # noqa: B018 - imports it
    except (ImportError, RuntimeError, OSError) as error:
        need("torchvision", "hf", "a model hf:…")  # the usual cause has a sentence of its own
        raise UsageError(f"transformers does not load: {error}", kind="broken") from None
    return library


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        reason = "there is no such file; expected a folder that save_pretrained of transformers wrote"
        raise InputError("not_found", reason, "download the model first: this program never does", path=str(path))
    document = _json(path)
    if attention := [value for key, value in document.items() if "attn_implementation" in key and "/" in str(value)]:
        raise InputError("remote_code", f"asks for code of {attention[0]}", "remove that line", path=str(path))
    return document


def _json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("corrupt", f"cannot be read as JSON: {error}", "copy it again", path=str(path)) from None
    return document if isinstance(document, dict) else {}


def _kind(document: Mapping[str, Any], rest: str) -> str:
    """The type of model; UsageError for one that does not segment or that is not supported."""
    names = _library().models.auto.modeling_auto.MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES
    kind = str(document.get("model_type", ""))
    if kind not in (*QUERIES, *names):
        what = f"hf:{rest} is a model of type {kind or 'unknown'!r}; supported: {', '.join(sorted({*QUERIES, *names}))}"
        raise UsageError(what, kind="no_such_model", path=rest)
    return kind


def _configuration(kind: str, document: Mapping[str, Any]) -> Any:
    settings = {key: value for key, value in document.items() if key != "model_type"}
    try:
        return _library().AutoConfig.for_model(kind, **settings)
    except Exception as error:  # its validators have no common kind
        raise UsageError(f"hf: no {kind} can be configured as asked: {error}", kind="bad_option") from None


def _kept(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in NOT_KEPT}


def _weight_files(folder: Path) -> list[Path]:
    """The safetensors of a folder. Raises InputError where there are pickles only."""
    found = sorted(folder.glob("*.safetensors"))
    if not found and (pickles := sorted(folder.glob("pytorch_model*.bin"))):
        how = "AutoModel….from_pretrained(FOLDER).save_pretrained(FOLDER), which writes model.safetensors"
        refuse_pickle(pickles[0], how)
    return found


def _pretrained(auto: Any, folder: Path, config: Any, **options: Any) -> tuple[nn.Module, dict[str, Any]]:
    if not _weight_files(folder):
        raise InputError("not_found", "holds no *.safetensors", "download the weights too", path=str(folder))
    try:
        with _without_progress():
            return auto.from_pretrained(
                folder,
                config=config,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                dtype=torch.float32,  # not that of the file: a folder in half precision meets images in full
                **options,
            )
    except Exception as error:  # those of safetensors have no common kind
        raise InputError("corrupt", f"cannot be loaded: {error}", "save the model again", path=str(folder)) from None


@contextmanager
def _without_progress() -> Iterator[None]:
    """transformers draws bars to the terminal unless it is told not to; it is told for this long only."""
    logging = need("transformers.utils.logging", "hf", "a model hf:…")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _semantic(net: nn.Module, config: Any) -> Semantic:
    return Semantic(net, int(config.image_size) if config.model_type in ONE_SIZE else 0)


def _channels(net: nn.Module) -> int:
    return next(module.in_channels for module in net.modules() if isinstance(module, nn.Conv2d))


def _names(config: Any) -> list[str]:
    """The names of the classes in channel order; none where they are the placeholders that transformers fills in."""
    names = [str(config.id2label.get(index, "")) for index in range(int(config.num_labels))]
    return [] if all(name in ("", f"LABEL_{index}") for index, name in enumerate(names)) else names


def _normalisation(folder: Path, channels: int) -> Normalisation | None:
    """What the folder's image processor does to stored pixels; None without one, or where it is for other channels."""
    path = next((folder / name for name in PROCESSORS if (folder / name).is_file()), None)
    if path is None:
        return None
    document = _json(path)
    document = document.get("image_processor", document)
    scale = float(document.get("rescale_factor", 1 / 255)) if document.get("do_rescale", True) else 1.0
    if not document.get("do_normalize", True):
        return scaled([0.0] * channels, [1.0] * channels, scale)
    mean, std = document.get("image_mean") or [], document.get("image_std") or []
    return scaled(mean, std, scale) if len(mean) == len(std) == channels else None
