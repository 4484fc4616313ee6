"""Import a decoder or compiled code when it is first needed, and not take a broken installation for a broken file."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from inspector.errors import EnvironmentFault

__all__ = ["load"]


def load(module: str) -> Any:
    """The imported `module`; EnvironmentFault where the installation lacks it or cannot compile it."""
    try:
        return import_module(module)
    except Exception as error:  # numba raises RuntimeError where it finds no folder for its cache
        raise EnvironmentFault(f"cannot load {module}: {type(error).__name__}: {error}") from error
