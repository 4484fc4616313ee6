"""`ReportError`: the run folder cannot be shown."""

from __future__ import annotations

__all__ = ["ReportError"]


class ReportError(Exception):
    """The message names the file, what was found, what was expected, and what to do."""
