"""`predict.json`: which model and settings the masks of a folder come from, so that a run goes on with its own only."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from inspector.errors import EnvironmentFault, UsageError
from unet.prediction.outputs import write_json
from unet.segmenter import Segmenter

__all__ = ["MANIFEST", "fingerprint", "open_folder"]

MANIFEST = "predict.json"
VERSION = 1


def fingerprint(segmenter: Segmenter) -> str:
    """32 hexadecimal digits that change with the description, and with any weight of the network.

    A network that keeps its weights elsewhere than in its state may carry a `fingerprint` of its own.
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(segmenter.description.as_json(), sort_keys=True, default=str).encode())
    digest.update(str(getattr(segmenter.net, "fingerprint", "")).encode())
    for name, tensor in sorted(segmenter.net.state_dict().items()):
        if isinstance(tensor, torch.Tensor):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def open_folder(out: Path, model: str, settings: Mapping[str, Any], *, overwrite: bool = False) -> int:
    """Make `out` the folder of these predictions; the time (ns) since when masks in it are ours.

    An earlier run of the same model and settings is gone on with. Raises UsageError where other things, or the masks
    of another model or of other settings, are there and `overwrite` is not given.
    """
    path = out / MANIFEST
    try:
        held = [name for name in os.listdir(out) if not name.startswith(".")] if out.exists() else []
        wanted = {"schema_version": VERSION, "model": model, "settings": dict(settings)}
        if not overwrite and held:
            if MANIFEST in held and _read(path) == wanted:
                return path.stat().st_mtime_ns
            raise _other(out, held, wanted)
        out.mkdir(parents=True, exist_ok=True)
        write_json(path, wanted)
        return path.stat().st_mtime_ns
    except NotADirectoryError:
        raise UsageError(f"{out}: expected a folder for the masks, found a file; choose another -o") from None
    except OSError as error:
        raise EnvironmentFault(f"{out}: cannot be used ({error.strerror}); choose another -o") from error


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


def _other(out: Path, held: list[str], wanted: Mapping[str, Any]) -> UsageError:
    """What is there instead of an earlier part of this run."""
    fix = "choose another -o, or --overwrite to predict all anew"
    if MANIFEST not in held:
        some = ", ".join(sorted(held)[:3]) + (", …" if len(held) > 3 else "")
        return UsageError(f"{out}: holds other things than predictions ({some}); {fix}", kind="other_things", fix=fix)
    found = _read(out / MANIFEST)
    if not isinstance(found, dict) or found.get("model") != wanted["model"]:
        return UsageError(f"{out}: holds the predictions of another model; {fix}", kind="other_model", fix=fix)
    before, now = found.get("settings") or {}, wanted["settings"]
    changed = [f"{key} {before.get(key)!r} is now {now[key]!r}" for key in now if before.get(key) != now[key]]
    what = "; ".join(changed) or "of another version"
    return UsageError(f"{out}: holds predictions with other settings ({what}); {fix}", kind="other_settings", fix=fix)
