"""Lets torchvision be imported next to a CPU build of torch, whose registry has no torchvision to go with it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import torch

__all__ = ["declare_missing_ops"]

DECLARED = re.compile(r'register_(?:fake|meta)\("(?:torchvision::)?(\w+)"\)')
_library: list[torch.library.Library] = []  # a library that is collected takes its operators along


def declare_missing_ops() -> bool:
    """Declare the compiled operators that `import torchvision` describes, where they did not load; False without it.

    Segmentation models use none of them. A declared operator that is called all the same says that it has no kernel.
    """
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return False
    if _library or hasattr(torch.ops.torchvision, "nms"):
        return True
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in DECLARED.findall((Path(found.origin).parent / "_meta_registrations.py").read_text(encoding="utf-8")):
        library.define(f"{name}(Tensor x) -> Tensor")
    _library.append(library)
    return True
