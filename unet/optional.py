"""Optional libraries: imported on use, and a sentence that says how to install one that is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from inspector.errors import UsageError

__all__ = ["need"]

MISMATCH = "operator torchvision::"  # what torchvision's import says next to a torch it was not built for


def need(module: str, extra: str, what: str) -> Any:
    """The imported `module` (dotted). Raises UsageError: `what` needs it, and which extra brings it.

    A library that is there but does not load, such as a torchvision of another torch, is told apart from one that
    is not.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        fix = f"pip install 'mask-inspector[{extra}]'"
        raise UsageError(f"{what} needs {error.name}: {fix}", kind="not_installed", fix=fix) from None
    except (ImportError, OSError, RuntimeError) as error:
        fix = f"install builds of {module.partition('.')[0]} and what it uses that fit each other"
        if MISMATCH in str(error):
            fix = "install torchvision from the same index as torch: the build that is here is for another torch"
        message = f"{what} needs {module}, which does not load: {error} ({fix})"
        raise UsageError(message, kind="broken", fix=fix) from None
