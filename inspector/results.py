"""The document of a run: everything that was found, as plain data that a later program can rely on."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.counts import DISTANCES
from inspector.findings import Finding
from inspector.headlines import headlines
from inspector.intervals import Resamples, class_intervals, headline_intervals
from inspector.label_profile import LabelCounts, profile_of
from inspector.loss import Exchange, gains, loss_shares, lost_to, missed_by_size, taken_from
from inspector.metrics import METRICS, mean_defined
from inspector.metrics.boundary import f1_at, tolerance_reaching, trimap_iou_at
from inspector.scoring import LABELS
from inspector.settings import CURVE_MULTIPLES, SIZES, TRIMAP_MULTIPLES, Settings
from inspector.slices import SliceResult
from inspector.tally import Tally

__all__ = [
    "SCHEMA_VERSION",
    "TOOL",
    "Analysis",
    "build_document",
    "profile_record",
    "to_json",
    "tool_version",
    "worst_images",
]

SCHEMA_VERSION = 1
TOOL = "mask-inspector"
WORST_IMAGES = 24
REACHED = 0.9  # boundary F1 whose tolerance is told for each class
ERRORS = tuple(f"{side}_{kind}_px" for kind in ("boundary", "extent", "segment") for side in ("fp", "fn"))

Record = dict[str, Any]


@dataclass(frozen=True)
class Analysis:
    """What was derived from a tally; `resamples` is None where no image could be scored."""

    tally: Tally
    resamples: Resamples | None
    findings: Sequence[Finding]
    slices: Sequence[SliceResult]
    labels: Record | None = None  # the profile of the true masks; None where none was measured
    sensitivity: Record | None = None  # loss shares at several widths; None where no pair was counted so
    calibration: Record | None = None  # confidence against correctness; None where no probabilities were given


def tool_version() -> str:
    try:
        return version(TOOL)
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"


def build_document(
    analysis: Analysis, inputs: Record, partial: bool, examples: list[list[Record]], kept: list[Record]
) -> Record:
    """The contract of inspection.json. `inputs` says which files were used; `examples` the pictures of each finding
    and `kept` the images of the evidence folder. The same arguments give the same document."""
    tally = analysis.tally
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": TOOL, "version": tool_version()},
        "task": "semantic",
        "settings": _settings(tally),
        "partial": partial,
        "inputs": inputs,
        "overall": _overall(analysis),
        "classes": _classes(analysis),
        "sensitivity": analysis.sensitivity,
        "calibration": analysis.calibration,
        "confusion": {
            "labels": [*tally.categories.names, "outside the class list"],
            "ids": [int(i) for i in tally.categories.ids],
            "matrix": tally.confusion.tolist(),
        },
        "size_edges_px": list(tally.settings.object_edges_px),
        "findings": [_finding(tally, *pair) for pair in zip(analysis.findings, examples, strict=True)],
        "slices": [asdict(result) for result in analysis.slices],
        "resampling": _resampling(analysis.resamples, tally.settings),
        "labels": analysis.labels,
        "gates": {"verdict": "none", "checks": []},
        "images_summary": {"worst": [_image(tally, index) for index in worst_images(tally)]},
        "evidence": kept,
    }


def profile_record(
    counts: Sequence[LabelCounts], categories: Categories, images: int, files: int | None = None, volumes: int = 0
) -> Record | None:
    """`labels` of the document: what those true masks hold that were measured, of `images` in `files`, of which so many
    are volumes."""
    if not counts:
        return None
    reason = "scored as class maps"
    profile = profile_of(
        counts,
        kind=LABELS,
        kind_reason=reason,
        images_found=images,
        files_found=files,
        volumes=volumes,
        categories=categories,
    )
    return profile.as_json()


def to_json(document: Any) -> str:
    """One text for one document: UTF-8 safe, numbers in full, undefined as null; infinite is null as well."""
    return json.dumps(_plain(document), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def worst_images(tally: Tally) -> list[int]:
    """Image indices by rising mean IoU of the image; those without a value are left out."""
    scores = np.asarray(tally.image("mean_iou"), dtype=np.float64)
    order = np.argsort(scores, kind="stable")
    return [int(index) for index in order[~np.isnan(scores[order])][:WORST_IMAGES]]


def _settings(tally: Tally) -> Record:
    return {
        **asdict(tally.settings),
        "classes_source": tally.categories.source,
        "categories": tally.categories.as_json(),
    }


def _image(tally: Tally, index: int) -> Record:
    return {
        "image": tally.image_ids[index],
        "miou": float(tally.image("mean_iou")[index]),
        "pixel_accuracy": float(tally.image("pixel_accuracy")[index]),
        "boundary_f1": float(tally.image("mean_boundary_f1")[index]),
        "gt_path": str(tally.image("gt_path")[index]),
        "pred_path": str(tally.image("pred_path")[index]),
    }


def _overall(analysis: Analysis) -> Record:
    tally = analysis.tally
    foreground = np.ones(len(tally.categories), np.bool_)
    foreground[list(tally.categories.background)] = False
    defined = ~np.isnan(METRICS["iou"].compute(tally.total))
    intervals = headline_intervals(analysis.resamples) if analysis.resamples else {}
    return {
        **{name: float(value) for name, value in headlines(tally.total, foreground).items()},
        "mean_image_iou": float(mean_defined(np.asarray(tally.image("mean_iou"), dtype=np.float64))),
        "classes_in_mean": int(defined.sum()),
        "classes_skipped": [name for name, known in zip(tally.categories.names, defined, strict=True) if not known],
        "images": tally.n_images,
        "valid_px": int(tally.confusion.sum()),
        "void_px": int(np.sum(tally.image("void_px"), dtype=np.int64)),
        "intervals": {name: list(bounds) for name, bounds in intervals.items() if not np.isnan(bounds).any()},
    }


def _resampling(resamples: Resamples | None, settings: Settings) -> Record:
    drawn = {"resamples": settings.resamples, "confidence": settings.confidence, "seed": settings.seed}
    return {"unit": resamples.unit if resamples else "image", "units": resamples.units if resamples else 0, **drawn}


# ---------------------------------------------------------------------- classes


def _classes(analysis: Analysis) -> list[Record]:
    tally = analysis.tally
    total = tally.total
    values = {name: metric.compute(total) for name, metric in METRICS.items()}
    shares, rises = loss_shares(total), gains(total)
    curve = np.stack([f1_at(total, i) for i in range(len(CURVE_MULTIPLES))])
    trimap = np.stack([trimap_iou_at(total, i) for i in range(len(TRIMAP_MULTIPLES))])
    intervals = class_intervals(analysis.resamples) if analysis.resamples else {}
    tolerance = _median_tolerance(tally)
    missed = missed_by_size(total)
    records = []
    for k, category in enumerate(tally.categories.classes):
        records.append(
            {
                "id": category.id,
                "name": category.name,
                "color": "#{:02x}{:02x}{:02x}".format(*tally.categories.colors_rgb()[k].tolist()),
                "background": category.background,
                **{name: int(total[name][k]) for name in ("gt_px", "pred_px", "tp_px")},
                "images": int(tally.images_with_truth[k]),
                "images_predicted": int(tally.images_with_prediction[k]),
                "support_fraction": _fraction(total["gt_px"][k], total["gt_px"].sum()),
                **{name: float(column[k]) for name, column in values.items()},
                **_distances(tally, k),
                "errors": {name: int(total[name][k]) for name in ERRORS},
                "loss": {cause: float(share[k]) for cause, share in shares.items()},
                "gains": {cause: float(rise[k]) for cause, rise in rises.items()},
                "missed_by_size": {size: int(px[k]) for size, px in missed.items()},
                "lost_to": _exchanges(tally, lost_to(tally.confusion, k)),
                "taken_from": _exchanges(tally, taken_from(tally.confusion, k)),
                "objects": _objects(total, k),
                "curve": {
                    "tolerance_multiples": list(CURVE_MULTIPLES),
                    "tolerance_px_median": tolerance,
                    "boundary_f1": curve[:, k].tolist(),
                },
                "trimap_curve": {"width_multiples": list(TRIMAP_MULTIPLES), "iou": trimap[:, k].tolist()},
                "tolerance_at_90": tolerance_reaching(total, k, REACHED),
                "intervals": _class_intervals(intervals, k),
            }
        )
    return records


def _fraction(part: Any, whole: Any) -> float:
    return float(part) / float(whole) if whole else math.nan


def _distances(tally: Tally, k: int) -> Record:
    """Means over the images where the distance is finite, in image order, and how many images are left out."""
    rows = tally.row("class_index") == k
    record: Record = {}
    for name in DISTANCES:
        values = np.asarray(tally.row(name), dtype=np.float64)[rows]
        if name.endswith("_mm") and np.isnan(values).all():
            continue
        finite = values[np.isfinite(values)]
        record[name] = float(finite.sum() / len(finite)) if len(finite) else math.nan
        if name == "hd95_px":
            record["hd95_infinite_images"] = int(np.isinf(values).sum())
            record["undefined_images"] = int(np.isnan(values).sum())
    return record


def _objects(total: Mapping[str, NDArray[np.int64]], k: int) -> Record:
    record = {}
    for size in SIZES:
        count, recalled = int(total[f"objects_{size}"][k]), int(total[f"objects_{size}_recalled"][k])
        record[size] = {"count": count, "recalled": recalled, "recall": _fraction(recalled, count)}
    return record


def _exchanges(tally: Tally, exchanges: Sequence[Exchange]) -> list[Record]:
    categories = tally.categories.classes
    return [
        {
            "id": None if e.other is None else categories[e.other].id,
            "name": "outside the class list" if e.other is None else categories[e.other].name,
            "px": e.px,
            "fraction_of_gt": e.fraction,
        }
        for e in exchanges
    ]


def _class_intervals(intervals: Mapping[str, tuple[Any, Any]], k: int) -> Record:
    bounds = {name: [float(low[k]), float(high[k])] for name, (low, high) in intervals.items()}
    return {name: pair for name, pair in bounds.items() if not np.isnan(pair).any()}


def _median_tolerance(tally: Tally) -> float:
    """Tolerance in px of the median image: it scales with the diagonal."""
    shapes = zip(tally.image("height").tolist(), tally.image("width").tolist(), strict=True)
    tolerances = [tally.settings.widths(height, width).tolerance for height, width in shapes]
    return float(np.median(tolerances)) if tolerances else math.nan


def _finding(tally: Tally, finding: Finding, images: list[Record]) -> Record:
    category = None if finding.class_index is None else tally.categories.classes[finding.class_index]
    return {
        "kind": finding.kind,
        "severity": str(finding.severity),
        "class": category and category.id,
        "class_name": category and category.name,
        "title": finding.title,
        "advice": finding.advice,
        "gain": finding.gain,
        "measures": finding.measures,
        "intervals": {name: list(bounds) for name, bounds in finding.intervals.items()},
        "images": images,
    }
