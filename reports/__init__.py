"""A result document in, a self-contained HTML page out; knows nothing of masks, arrays or the inspector."""

from __future__ import annotations

from reports.errors import ReportError
from reports.render import render
from reports.run_folder import redraw_report, render_printed, render_run, write_report, write_report_folder
from reports.size import Size, size_of

__all__ = [
    "ReportError",
    "Size",
    "redraw_report",
    "render",
    "render_printed",
    "render_run",
    "size_of",
    "write_report",
    "write_report_folder",
]
