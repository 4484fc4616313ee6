"""Models that were written as programs: ONNX, torch.export (.pt2) and TorchScript (.ts).

Those of `unet export` say all that a prediction needs, and normalise inside: they take pixels in stored units. Of
others the user names the normalisation, and the classes if they shall have names.

What opening one can do. ONNX: compute. A .pt2 archive holds pickles beside its weights (torch.export.load reads them
with weights_only=False where it must) and expressions that are evaluated; a TorchScript program may read and write
files. Both can thus act for their maker, so they are opened only when the user says that they trust them.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inspector.errors import InputError, UsageError
from unet.backends.common import Wanted, activation_of, choose_categories, choose_normalisation
from unet.description import Description, Normalisation
from unet.optional import need
from unet.segmenter import Segmenter

__all__ = ["FACTS", "READERS", "facts_of", "load"]

FACTS = "mask-inspector.json"  # the entry of a file that holds `facts_of`
UNKNOWN_MULTIPLE = 32  # for programs that do not say it: the stride of almost every encoder
PROBE = 64  # px: side of the image that an unknown program is asked for its number of outputs with

Program = Callable[[Tensor], Any]
_jit_load: Callable[..., Any] = torch.jit.load  # it has no types


@dataclass(frozen=True)
class Opened:
    """A program, the facts in its file ("" without), its channels, and (H, W) px where it takes no other size."""

    program: Program
    facts: str
    channels: int
    size: tuple[int, int] | None = None


class Adapter(nn.Module):
    """A program as a network. Images smaller than `least` px are padded for it, and resized where it has one `size`."""

    def __init__(self, program: Program, least: int, size: tuple[int, int] | None) -> None:
        super().__init__()
        self.program, self.least, self.size = program, least, size
        self.fingerprint = ""  # of the file: an ONNX session shows no weights by which to tell two models apart

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        if self.size and self.size != (height, width):
            images = F.interpolate(images, size=self.size, mode="bilinear", antialias=True)
            return _logits(self.program(images))  # (N, K, h, w): the Segmenter brings them to H, W
        below, right = max(0, self.least - height), max(0, self.least - width)
        padded = F.pad(images, (0, right, 0, below), mode="replicate") if below or right else images
        logits = _logits(self.program(padded))
        return logits[:, :, :height, :width] if below or right else logits

    def train(self, mode: bool = True) -> Adapter:
        return self  # a program has one mode only, and torch.export's modules raise an error when asked for another


class OnnxProgram:
    """An ONNX session called as a function of tensors."""

    def __init__(self, session: Any) -> None:
        self.session, self.name = session, session.get_inputs()[0].name

    def __call__(self, images: Tensor) -> Tensor:
        found = self.session.run(None, {self.name: images.float().cpu().numpy()})[0]
        return torch.from_numpy(found).to(images.device)


def load(kind: str, path: Path, wanted: Wanted) -> Segmenter:
    """The model of a file; kind is a key of READERS. Raises UsageError for one that can run code and is not trusted."""
    if not path.is_file():
        raise InputError("not_found", "there is no such file", "check the path", path=str(path))
    opened = READERS[kind](path, wanted.trust)
    segmenter = _own(opened, path, wanted) if opened.facts else _foreign(opened, path, wanted)
    if isinstance(segmenter.net, Adapter):
        segmenter.net.fingerprint = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    return segmenter


def facts_of(segmenter: Segmenter, least: int) -> str:
    """The JSON that `unet export` puts into a file: the description, and what the program wants of sizes."""
    document = {
        "description": segmenter.description.as_json(),
        "multiple": segmenter.multiple,
        "least": least,
        "reach": segmenter.reach,
    }
    return json.dumps(document, sort_keys=True)


def _own(opened: Opened, path: Path, wanted: Wanted) -> Segmenter:
    """A program with our facts: its graph normalises, so the description's normalisation does nothing."""
    try:
        facts = json.loads(opened.facts)
        description = Description.from_json(facts["description"])
        multiple, least, reach = int(facts["multiple"]), int(facts["least"]), facts["reach"]
    except (KeyError, TypeError, ValueError) as error:
        reason = f"what it says about itself is not usable: {type(error).__name__}: {error}"
        raise InputError("model_description", reason, "export it again", path=str(path)) from None
    except InputError as error:
        error.path = str(path)
        raise
    inside = Normalisation((0.0,) * description.channels, (1.0,) * description.channels)
    classes = choose_categories(description.outputs, wanted) if wanted.classes else description.categories
    description = replace(description, categories=classes, normalisation=inside)
    return Segmenter(Adapter(opened.program, least, opened.size), description, multiple, reach)


def _foreign(opened: Opened, path: Path, wanted: Wanted) -> Segmenter:
    normalisation = choose_normalisation(opened.channels, wanted, what=path.name)
    height, width = opened.size or (PROBE, PROBE)
    adapter = Adapter(opened.program, 1, opened.size)
    try:
        with torch.inference_mode():
            outputs = int(adapter(torch.zeros(1, opened.channels, height, width)).shape[1])
    except Exception as error:  # whatever a program of others raises
        reason = f"does not answer an image of {opened.channels} x {height} x {width} with logits (N, K, H, W): {error}"
        raise InputError("other_program", reason[:400], path=str(path)) from None
    description = Description(
        architecture=f"{path.suffix.removeprefix('.')}:{path.name}",
        options={},
        categories=choose_categories(outputs, wanted, source=path.name),
        normalisation=normalisation,
        crop=opened.size or (0, 0),
        activation=activation_of(outputs),
    )
    return Segmenter(adapter, description, 1 if opened.size else UNKNOWN_MULTIPLE)


def _logits(found: Any) -> Tensor:
    """The logits among what a program returns: a tensor, the first of several, or "logits" or "out" by name."""
    if isinstance(found, Mapping):
        found = found["logits"] if "logits" in found else found["out"]
    found = found[0] if isinstance(found, list | tuple) else found
    if not isinstance(found, Tensor) or found.ndim != 4:
        raise TypeError(f"expected a tensor (N, K, H, W), got {getattr(found, 'shape', type(found).__name__)}")
    return found


def _trusted(path: Path, trust: bool, what: str) -> None:
    if not trust:
        fix = "say --trust if you know who made it; ONNX and safetensors need no trust"
        message = f"{path}: {what} can run code of whoever made it when it is opened ({fix})"
        raise UsageError(message, kind="not_trusted", path=str(path), fix=fix)


def _read_export(path: Path, trust: bool) -> Opened:
    _trusted(path, trust, "a torch.export archive")
    extra = {FACTS: ""}
    try:
        program = torch.export.load(path, extra_files=extra)
    except Exception as error:  # zip, pickle and schema errors of many kinds
        raise _damaged(path, "torch.export", error) from None
    images = program.example_inputs[0][0] if program.example_inputs else torch.zeros(1, 3, PROBE, PROBE)
    fixed = all(isinstance(side, int) for side in _placeholder_shape(program)[2:])
    size = (int(images.shape[2]), int(images.shape[3])) if fixed else None
    return Opened(program.module(), extra[FACTS], int(images.shape[1]), size)


def _placeholder_shape(program: Any) -> tuple[Any, ...]:
    names = program.graph_signature.user_inputs
    node = next(node for node in program.graph.nodes if node.name == names[0])
    return tuple(node.meta["val"].shape)


def _read_torchscript(path: Path, trust: bool) -> Opened:
    _trusted(path, trust, "a TorchScript program")
    extra: dict[str, Any] = {FACTS: ""}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch would rather have its users move to .pt2
            program = _jit_load(path, map_location="cpu", _extra_files=extra).eval()
    except Exception as error:
        raise _damaged(path, "TorchScript", error) from None
    first = next((tensor for tensor in program.parameters() if tensor.ndim == 4), None)
    facts = extra[FACTS]
    return Opened(
        program, facts.decode() if isinstance(facts, bytes) else facts, 3 if first is None else first.shape[1]
    )


def _read_onnx(path: Path, trust: bool) -> Opened:
    onnxruntime = need("onnxruntime", "onnx", "an ONNX model")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    usable = ("CUDAExecutionProvider", "CPUExecutionProvider")
    providers = [each for each in usable if each in onnxruntime.get_available_providers()]
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # onnxruntime has errors of its own, and none of a common kind
        raise _damaged(path, "ONNX", error) from None
    inputs = session.get_inputs()
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].type != "tensor(float)":
        found = ", ".join(f"{each.name} {each.shape} {each.type}" for each in inputs)
        reason = f"its inputs are {found}; expected one, float images (N, C, H, W)"
        raise InputError("other_program", reason, path=str(path))
    _, channels, *sides = inputs[0].shape
    fixed = all(isinstance(side, int) for side in sides)
    facts = session.get_modelmeta().custom_metadata_map.get(FACTS, "")
    size = (int(sides[0]), int(sides[1])) if fixed else None
    return Opened(OnnxProgram(session), facts, channels if isinstance(channels, int) else 3, size)


def _damaged(path: Path, what: str, error: Exception) -> InputError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return InputError("corrupt", f"is no {what} file, or a damaged one: {lines[0][:300]}", path=str(path))


READERS: Mapping[str, Callable[[Path, bool], Opened]] = {
    "export": _read_export,
    "torchscript": _read_torchscript,
    "onnx": _read_onnx,
}
