"""What can go wrong, each with the exit code a script can rely on.

0 passed · 1 a gate failed · 2 wrong usage · 3 input bad, missing or not measurable · 4 environment or a bug of ours
"""

from __future__ import annotations

__all__ = ["EnvironmentFault", "InputError", "InspectorError", "UsageError"]


class InspectorError(Exception):
    """Base of every error a user can cause or meet; shown as text, never as a traceback."""

    exit_code = 4


class UsageError(InspectorError):
    """The command line, a class file or a setting is wrong."""

    exit_code = 2

    def __init__(self, message: str, *, kind: str = "usage", path: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.kind, self.path, self.fix = kind, path, fix


class InputError(InspectorError):
    """One input file cannot be used. `kind` is a stable slug, `reason` says what was found and what was
    expected, `fix` says what to do. `path` and `side` ("gt" | "pred") are filled in where they are known."""

    exit_code = 3

    def __init__(self, kind: str, reason: str, fix: str = "", *, path: str = "", side: str = "") -> None:
        super().__init__(reason)
        self.kind, self.reason, self.fix, self.path, self.side = kind, reason, fix, path, side

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}{self.reason}" + (f" ({self.fix})" if self.fix else "")


class EnvironmentFault(InspectorError):
    """The machine or we failed: cannot write, out of memory, counts that do not add up."""

    exit_code = 4
