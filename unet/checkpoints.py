"""Model files and training states: safetensors with JSON in the header. Nothing is ever unpickled."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from inspector.errors import EnvironmentFault, InputError, UsageError
from unet.description import Description
from unet.optional import need

__all__ = [
    "BEST",
    "LAST",
    "STATE",
    "model_file",
    "read_description",
    "read_facts",
    "read_model",
    "read_state",
    "write_model",
    "write_state",
]

BEST, LAST, STATE = "best.safetensors", "last.safetensors", "state.safetensors"
KEY = "mask-inspector"  # of the JSON text in the header

Tensors = dict[str, Tensor]


def model_file(path: Path) -> Path:
    """The file to predict with: `path` itself, or the best (else the last) model of a folder that `train` wrote.

    Raises UsageError where there is none.
    """
    if path.is_file():
        return path
    for name in (BEST, LAST):
        if (path / name).is_file():
            return path / name
    if not path.exists():
        raise UsageError(f"there is no model {path}: expected a folder that `unet train` wrote", path=str(path))
    raise UsageError(f"{path}: holds neither {BEST} nor {LAST}, as `unet train` writes them", path=str(path))


def write_model(path: Path, tensors: Mapping[str, Tensor], description: Description) -> None:
    """Weights and description in one file, whole or not at all. Raises EnvironmentFault where it cannot be written."""
    _write(path, tensors, description.as_json())


def read_model(path: Path) -> tuple[Description, Tensors]:
    """What `write_model` wrote. Raises InputError for a file that is damaged or of another kind."""
    document, tensors = _read(path)
    return _description(document, path), tensors


def read_description(path: Path) -> Description:
    """What a model file says of its model; no weight is read. Raises InputError as `read_model` does."""
    return _description(read_facts(path), path)


def write_state(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """The state of a training: tensors and plain facts."""
    _write(path, tensors, facts)


def read_state(path: Path) -> tuple[dict[str, Any], Tensors]:
    """(facts, tensors) that `write_state` wrote. Raises InputError as `read_model` does."""
    return _read(path)


def read_facts(path: Path) -> dict[str, Any]:
    """The facts of a state; no tensor is read. Raises InputError as `read_state` does."""
    return _read(path, header_only=True)[0]


def _description(document: Mapping[str, Any], path: Path) -> Description:
    try:
        return Description.from_json(document)
    except InputError as error:
        error.path = str(path)
        raise


def _write(path: Path, tensors: Mapping[str, Tensor], document: Mapping[str, Any]) -> None:
    save = need("safetensors.torch", "unet", "a model file").save
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data = save(plain, metadata={KEY: json.dumps(document, sort_keys=True, allow_nan=False)})
    making = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(making, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(making, path)
    except OSError as error:
        making.unlink(missing_ok=True)
        raise EnvironmentFault(
            f"{path}: could not be written ({error.strerror}); what stood there before is untouched"
        ) from error


def _read(path: Path, *, header_only: bool = False) -> tuple[dict[str, Any], Tensors]:
    safe_open = need("safetensors", "unet", "a model file").safe_open
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            names = () if header_only else file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
    except OSError as error:
        raise InputError("unreadable", f"cannot be read: {error.strerror or error}", path=str(path)) from None
    except Exception as error:  # safetensors has errors of its own, and none of a common kind
        reason = f"is no safetensors file, or a damaged one: {error}"
        raise InputError("corrupt", reason, "copy it again, or train again", path=str(path)) from None
    if KEY not in metadata:
        reason = "has weights but not the description that `unet train` writes beside them (classes, normalisation)"
        raise InputError("no_description", reason, "give a model that `unet train` wrote", path=str(path))
    try:
        return json.loads(metadata[KEY]), tensors
    except ValueError:
        raise InputError("corrupt", "its description is not JSON", "copy it again", path=str(path)) from None
