"""The task picker: from a person's words and masks to the right task, architecture, loss and metric, and why.

    from prompts import pick

    pick("we want to measure how much of each leaf is diseased").answer.task

A leaf: it imports nothing of the other packages. Names are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompts.answer import Answer
    from prompts.errors import PromptsError
    from prompts.evaluate import evaluate, read_gold
    from prompts.evidence import read_labels
    from prompts.picker import Pick, pick

__all__ = ["Answer", "Pick", "PromptsError", "evaluate", "pick", "read_gold", "read_labels"]

_HOME = {
    "answer": ("Answer",),
    "errors": ("PromptsError",),
    "evaluate": ("evaluate", "read_gold"),
    "evidence": ("read_labels",),
    "picker": ("Pick", "pick"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """The command must not wait for the rules before it needs them: a name is imported when it is first asked for."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'prompts' has no attribute {name!r}")
    return getattr(import_module(f"prompts.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
