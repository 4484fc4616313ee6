"""A result document in, one self-contained HTML page out; knows nothing of masks, arrays or the inspector."""

from __future__ import annotations

from reports.errors import ReportError
from reports.render import render
from reports.run_folder import write_report

__all__ = ["ReportError", "render", "write_report"]
