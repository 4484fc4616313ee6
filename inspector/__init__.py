"""Inspect segmentation masks: what a mean IoU hides, and why.

    from inspector import inspect_arrays, inspect_folders, numbered

    inspection = inspect_folders("masks/", "predictions/", categories=numbered(19), out="run")
    inspection = inspect_arrays({"a": (gt, pred)}, categories=numbered(19))
    inspection.document["overall"]["miou"]

The steps that these two take can be taken one by one; whole numbers are counted once, and the rest follows:

    from inspector import METRICS, Mask, Settings, Tally, analyze_all, count_pair, resample

    counts = count_pair(Mask.from_labels(gt), Mask.from_labels(pred), numbered(19))
    tally = Tally.from_counts(numbered(19), Settings(), [("a", counts)])
    METRICS["iou"].compute(tally.total)
    findings = analyze_all(tally, resample(tally))

Argument order is (gt, pred) everywhere; rows of a confusion matrix are truth. What is undefined is NaN (None in a
document that was read from JSON). Names are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.analyzers import analyze_all
    from inspector.arrays import inspect_arrays
    from inspector.categories import Categories, Category, from_values, load_categories, numbered
    from inspector.counting import count_pair
    from inspector.counts import Counts
    from inspector.errors import EnvironmentFault, InputError, InspectorError, UsageError
    from inspector.findings import Evidence, Finding, Severity
    from inspector.intervals import resample
    from inspector.masks import Mask, Segments
    from inspector.metrics import METRICS
    from inspector.pairing import pair_folders
    from inspector.pipeline import Inspection, inspect_folders
    from inspector.readers import read_masks
    from inspector.settings import Settings
    from inspector.tally import Tally

__all__ = [
    "METRICS",
    "Categories",
    "Category",
    "Counts",
    "EnvironmentFault",
    "Evidence",
    "Finding",
    "InputError",
    "Inspection",
    "InspectorError",
    "Mask",
    "Segments",
    "Settings",
    "Severity",
    "Tally",
    "UsageError",
    "analyze_all",
    "count_pair",
    "from_values",
    "inspect_arrays",
    "inspect_folders",
    "load_categories",
    "numbered",
    "pair_folders",
    "read_masks",
    "resample",
]

_HOME = {
    "analyzers": ("analyze_all",),
    "arrays": ("inspect_arrays",),
    "categories": ("Categories", "Category", "from_values", "load_categories", "numbered"),
    "counting": ("count_pair",),
    "counts": ("Counts",),
    "errors": ("EnvironmentFault", "InputError", "InspectorError", "UsageError"),
    "findings": ("Evidence", "Finding", "Severity"),
    "intervals": ("resample",),
    "masks": ("Mask", "Segments"),
    "metrics": ("METRICS",),
    "pairing": ("pair_folders",),
    "pipeline": ("Inspection", "inspect_folders"),
    "readers": ("read_masks",),
    "settings": ("Settings",),
    "tally": ("Tally",),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """`inspect --help` must not wait for numba and pyarrow: a name is imported when it is first asked for."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'inspector' has no attribute {name!r}")
    return getattr(import_module(f"inspector.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
