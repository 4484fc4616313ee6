"""Result documents for the tests of the report: whole, consistent, and as large or as empty as a test asks for."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from inspector.png_writer import encode_indexed_png

STREET = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist",
)  # fmt: skip
SIZES = ("small", "medium", "large")
CURVE = [0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0]
TRIMAP = [0.25, 0.5, 1.0, 2.0]

#: Names that have been files, and what a browser or a reader could make of them.
HOSTILE = (
    '" onmouseover="document.title=1" x="',
    "--help",
    "👨‍👩‍👧é́́",
    "+1\t@SUM(A1)",
    "x" * 251,
    "<img src=x onerror=document.title=1>",
    "'`onclick='1",
    "a. ",
    "CON",
    "a\u200b\ufeff",
    "</style></title><script>document.title=1</script>",
    "gnp\u202e.exe",
    "\u2066isolated\u2069",
    "two\nlines",
    "nul\x00bel\x07",
    "lone\ud800surrogate",
    "{{ 7 * 7 }}{% raw %}",
    "]]>&lt;&#60;",
    "شجرة",
)


def street(images: int = 187, seed: int = 7) -> dict[str, Any]:
    """A typical run: twelve findings' worth of trouble on street scenes."""
    return sample(STREET, images=images, seed=seed)


def sample(names: tuple[str, ...], images: int = 187, findings: bool = True, seed: int = 7) -> dict[str, Any]:
    """A document of `names` classes whose numbers follow from one confusion matrix."""
    rng = random.Random(seed)
    matrix = _matrix(len(names), rng)
    classes = [_class(index, name, matrix, names, rng, images) for index, name in enumerate(names)]
    mean = sum(c["iou"] for c in classes) / len(classes)
    total = sum(map(sum, matrix))
    accuracy = sum(matrix[i][i] for i in range(len(names))) / total
    ids = [f"val/{n // 60:02d}/frame_{n:06d}" for n in range(images)]
    small = [c["objects"]["small"] for c in classes]
    boundary = sum(c["boundary_f1"] for c in classes) / len(classes)
    recall = sum(s["recalled"] for s in small) / max(sum(s["count"] for s in small), 1)
    return {
        "schema_version": 1,
        "tool": {"name": "mask-inspector", "version": "0.1.0"},
        "task": "semantic",
        "settings": _settings(),
        "partial": False,
        "inputs": {
            "found": {"gt": images, "pred": images}, "pairs": images, "missing": [], "extra": [], "excluded": [],
            "partners": [], "skipped": [], "notes": [], "missing_policy": "error", "missing_count": 0,
        },
        "overall": {
            "pixel_accuracy": accuracy, "mean_accuracy": sum(c["recall"] for c in classes) / len(classes),
            "miou": mean, "mean_image_iou": mean - 0.031, "mean_dice": sum(c["dice"] for c in classes) / len(classes),
            "frequency_weighted_iou": sum(c["iou"] * c["gt_px"] for c in classes) / total,
            "boundary_f1": boundary, "boundary_iou": mean - 0.08,
            "small_object_recall": recall, "classes_in_mean": len(classes), "classes_skipped": [],
            "intervals": {
                "miou": [mean - 0.024, mean + 0.021], "pixel_accuracy": [accuracy - 0.008, accuracy + 0.007],
                "boundary_f1": [boundary - 0.02, boundary + 0.019],
                "small_object_recall": [max(recall - 0.03, 0.0), min(recall + 0.03, 1.0)],
            },
        },
        "classes": classes,
        "confusion": {"labels": [*names, "outside"], "ids": [c["id"] for c in classes], "matrix": matrix},
        "size_edges_px": [1024, 9216],
        "findings": _findings(classes, ids) if findings else [],
        "slices": [],
        "resampling": {"unit": "image", "units": images, "resamples": 1000, "confidence": 0.95, "seed": 0},
        "gates": {"verdict": "none", "checks": []},
        "images_summary": {
            "worst": [{"image": ids[n], "miou": 0.2 + 0.01 * n, "pixel_accuracy": 0.61 + 0.004 * n}
                      for n in range(min(images, 24))],
        },
        "evidence": [],
    }  # fmt: skip


def partial() -> dict[str, Any]:
    """The typical run with files that could not be used, slices, notes, and an error that comes first."""
    document = street()
    files = [f"pred/val/03/frame_{n:06d}.png" for n in range(9)]
    missing = [
        {"file": f"gt/val/04/frame_{n:06d}.png", "side": "gt", "kind": "no_partner",
         "reason": "there is no prediction of this name", "fix": "add the prediction, or decide by --missing"}
        for n in range(4)
    ]  # fmt: skip
    document["partial"] = True
    document["inputs"] |= {
        "found": {"gt": 203, "pred": 197},
        "missing": missing,
        "missing_count": 4,
        "excluded": [*missing, *({"file": name, "side": "pred", "kind": "truncated",
                      "reason": "the file ends inside chunk IDAT", "fix": "copy or export the file again"}
                     for name in files)],
        "partners": [{"file": name.replace("pred", "gt"), "side": "gt", "kind": "partner_unusable",
                      "reason": "its prediction cannot be used", "fix": ""} for name in files],
        "skipped": [{"side": "gt", "what": ".txt", "count": 2}, {"side": "gt", "what": "hidden", "count": 1},
                    {"side": "pred", "what": "hidden", "count": 1}],
        "notes": [{"kind": "extension", "path": "gt/val/01/frame_000077.tif", "text": "the content is PNG"},
                  *({"kind": "pred_has_ignore", "path": f"pred/{n:04d}.png", "text": f"ignored on {n} px"}
                    for n in range(30))],
    }  # fmt: skip
    document["slices"] = [
        {"column": "time", "value": "night", "images": 31, "miou": 0.41, "miou_rest": 0.66, "difference": -0.25,
         "interval": [-0.31, -0.18], "p_adjusted": 0.0004, "verdict": "worse"},
        {"column": "time", "value": "day", "images": 120, "miou": 0.68, "miou_rest": 0.66, "difference": 0.02,
         "interval": [-0.01, 0.05], "p_adjusted": 0.4, "verdict": "no difference"},
        {"column": "weather", "value": "snow", "images": 3, "miou": 0.5, "miou_rest": None, "difference": None,
         "interval": None, "p_adjusted": None, "verdict": "too few images"},
    ]  # fmt: skip
    document["findings"].insert(0, {
        "kind": "predictions-shifted", "severity": "error", "class": None, "class_name": None,
        "title": "Predictions are shifted by 3 px to the right against the truth", "gain": 0.11,
        "advice": "Look for a crop or a padding that is applied on one side only.",
        "measures": {"dx_px": 3.0, "dy_px": 0.0, "images_fraction": 0.98}, "intervals": {}, "images": [],
    })  # fmt: skip
    return document


def empty() -> dict[str, Any]:
    """Nothing could be scored: every number is null."""
    document = sample(("road", "car"), images=0, findings=False)
    for key in document["overall"]:
        document["overall"][key] = None
    document["overall"] |= {"classes_skipped": ["road", "car"], "intervals": {}}
    for record in document["classes"]:
        for key, value in record.items():
            if isinstance(value, float):
                record[key] = None
        record |= {
            "gt_px": 0, "pred_px": 0, "tp_px": 0, "loss": None, "intervals": {}, "lost_to": [], "taken_from": [],
            "objects": {size: {"count": 0, "recalled": 0, "recall": None} for size in SIZES},
            "curve": {"tolerance_multiples": CURVE, "tolerance_px_median": None, "boundary_f1": [None] * 8},
            "trimap_curve": {"width_multiples": TRIMAP, "iou": [None] * 4},
        }  # fmt: skip
    document["confusion"]["matrix"] = [[0, 0, 0], [0, 0, 0]]
    document["resampling"] = {"unit": "image", "units": 0, "resamples": 0, "confidence": 0.95, "seed": 0}
    return document


def hostile() -> dict[str, Any]:
    """The partial run with a hostile name wherever a name can stand."""
    return _renamed(partial(), itertools.cycle(HOSTILE))


def _renamed(document: dict[str, Any], names: Iterator[str]) -> dict[str, Any]:
    for record in document["classes"]:
        record["name"] = next(names)
        for key in ("lost_to", "taken_from"):
            for other in record[key]:
                other["name"] = next(names)
    for finding in document["findings"]:
        finding |= {"title": f"{next(names)} is lost", "advice": next(names), "kind": next(names)}
        finding["measures"] = {"lost_fraction": 0.5, next(names): 1.5}
        for place, image in enumerate(finding["images"]):
            image["image"] = f"{place}{next(names)}"
    for image in document["images_summary"]["worst"]:
        image["image"] = next(names)
    for key in ("missing", "excluded"):
        for place, record in enumerate(document["inputs"][key]):
            record |= {field: next(names) for field in ("file", "reason", "fix")} | {"kind": f"{place}{next(names)}"}
    notes = [{"kind": next(names), "path": next(names), "text": next(names)} for _ in range(20)]
    document["inputs"]["notes"] = notes
    document["slices"][0] |= {"column": next(names), "value": next(names), "verdict": next(names)}
    document["settings"]["classes_source"] = next(names)
    document["tool"]["version"] = next(names)
    document["overall"]["classes_skipped"] = [next(names)]
    document["gates"] = {"verdict": "fail", "checks": [{key: next(names) for key in ("id", "verdict", "message")}]}
    return document


def copied(document: dict[str, Any]) -> dict[str, Any]:
    """A copy that may be changed."""
    return copy.deepcopy(document)


def named_everywhere(name: str) -> dict[str, Any]:
    """The partial run with one name wherever a name can stand, so that two such pages differ in their text alone."""
    return _renamed(hostile(), iter(lambda: name, None))


def with_pictures(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The document with pictures for its first examples and worst images, and the pictures."""
    pictures: dict[str, bytes] = {}

    def draw(slug: str) -> dict[str, str]:
        names = {layer: f"evidence/{slug}.{layer}.png" for layer in ("truth", "prediction", "errors", "image")}
        for shade, name in enumerate(names.values()):
            pictures[name] = encode_indexed_png(
                np.indices((24, 32)).sum(axis=0).astype(np.uint8) // 8 % 2,
                np.array([[60 * shade, 90, 120], [200, 60 * shade, 90]], np.uint8),
            )
        return names

    for number, finding in enumerate(document["findings"]):
        for place, image in enumerate(finding["images"][:2]):
            image |= {"pictures": draw(f"{number:04d}-{place}"), "scale": [4, 1], "window": [0, 0, 6, 8]}
    for number, worst in enumerate(document["images_summary"]["worst"][:6]):
        slug = f"{number:04d}-worst"
        document["evidence"].append({
            "image": worst["image"], "slug": slug, "files": {}, "pictures": draw(slug), "height": 360, "width": 480,
        })  # fmt: skip
    return document, pictures


# ---------------------------------------------------------------------- parts


def _matrix(k: int, rng: random.Random) -> list[list[int]]:
    matrix = []
    for row in range(k):
        support = int(10 ** rng.uniform(5.2, 7.2))
        kept = rng.uniform(0.6, 0.98)
        weights = [rng.random() ** 6 if column != row else 0.0 for column in range(k)] + [0.002]
        cells = [int(support * (1 - kept) * weight / sum(weights)) for weight in weights]
        cells[row] = int(support * kept)
        matrix.append(cells)
    return matrix


def _class(
    index: int, name: str, matrix: list[list[int]], names: tuple[str, ...], rng: random.Random, images: int
) -> dict[str, Any]:
    k = len(names)
    gt, pred, tp = sum(matrix[index]), sum(row[index] for row in matrix), matrix[index][index]
    union = gt + pred - tp
    iou, recall, precision = tp / union, tp / gt, tp / pred if pred else None
    cuts = sorted(rng.random() for _ in range(3))
    shares = [(b - a) * (1 - iou) for a, b in zip([0.0, *cuts], [*cuts, 1.0], strict=True)]
    bf1 = min(0.97, iou * rng.uniform(0.75, 1.1))
    others = [other for other in range(k) if other != index]
    lost = sorted(((matrix[index][o], o) for o in others if matrix[index][o]), reverse=True)[:4]
    taken = sorted(((matrix[o][index], o) for o in others if matrix[o][index]), reverse=True)[:4]
    counts = {"small": rng.randint(0, 900), "medium": rng.randint(0, 300), "large": rng.randint(0, 90)}
    found = {size: int(n * min(1, iou * factor)) for (size, n), factor in zip(counts.items(), (0.5, 0.9, 1.2))}  # noqa: B905
    colour = [(37 * (index + 3)) % 256, (91 * (index + 1)) % 256, (151 * (index + 2)) % 256]
    return {
        "id": index, "name": name, "color": "#{:02x}{:02x}{:02x}".format(*colour), "background": False,
        "gt_px": gt, "pred_px": pred, "tp_px": tp, "images": max(images - 3 * index, 0), "images_predicted": images,
        "support_fraction": gt / sum(map(sum, matrix)), "prediction_ratio": pred / gt,
        "iou": iou, "dice": 2 * tp / (gt + pred), "precision": precision, "recall": recall,
        "boundary_precision": bf1, "boundary_recall": bf1, "boundary_f1": bf1, "boundary_iou": iou * 0.8,
        "trimap_iou": iou * 0.85, "nsd": bf1 * 0.98, "hd95_px": 60 * (1 - iou), "assd_px": 12 * (1 - iou),
        "hd95_infinite_images": index % 4 * 3, "undefined_images": 0,
        "errors": {f"{side}_{kind}_px": 10 for side in ("fp", "fn") for kind in ("boundary", "extent", "segment")},
        "loss": dict(zip(("missed_objects", "false_regions", "boundary", "partial_coverage"), shares, strict=True)),
        "missed_by_size": {"small": 4_210 * index, "medium": 0, "large": 120_033},
        "lost_to": [{"id": o, "name": names[o], "px": px, "fraction_of_gt": px / gt} for px, o in lost],
        "taken_from": [{"id": o, "name": names[o], "px": px, "fraction_of_gt": px / gt} for px, o in taken],
        "objects": {
            size: {"count": n, "recalled": found[size], "recall": found[size] / n if n else None}
            for size, n in counts.items()
        },
        "curve": {
            "tolerance_multiples": CURVE, "tolerance_px_median": 4.5,
            "boundary_f1": [bf1 * (1 - 0.8 ** (3 * m + 1)) / (1 - 0.8**4) if m < 1 else bf1 + (1 - bf1) * (m - 1) / 5
                            for m in CURVE],
        },
        "trimap_curve": {"width_multiples": TRIMAP, "iou": [iou * (0.7 + 0.1 * n) for n in range(4)]},
        "tolerance_at_90": None if index % 3 else 1.37,
        "intervals": {"iou": [max(iou - 0.05, 0.0), min(iou + 0.04, 1.0)]},
    }  # fmt: skip


def _settings() -> dict[str, Any]:
    return {
        "ignore": [11], "tolerance": 0.0075, "boundary_width": 0.02, "error_width": 0.01,
        "object_edges_px": [1024, 9216], "object_recall_threshold": 0.5, "min_images": 20, "confidence": 0.95,
        "resamples": 1000, "seed": 0, "missing": "error", "unknown": "error", "spacing": None,
        "max_pixels": 268435456, "classes_source": "preset camvid",
        "categories": {"source": "preset camvid", "classes": [{"id": n} for n in range(11)],
                       "ignored": [{"id": 11, "name": "void"}]},
    }  # fmt: skip


def _findings(classes: list[dict[str, Any]], ids: list[str]) -> list[dict[str, Any]]:
    ordered = sorted(classes, key=lambda c: c["iou"])
    texts = (
        ("under-predicted", "warning", "{name} is under-predicted: {share} of its true pixels are lost, most of them "
         "to {other}", "Look at {name} in front of {other}; weight it in the loss, or give the model more of it."),
        ("small-objects-missed", "warning", "Small {name} objects are missed: {share} of those under 1,024 px are not "
         "found at all", "Train at a higher resolution, or tile the images."),
        ("boundary-blurred", "note", "The boundaries of {name} are off by a few pixels, while its interior is right",
         "A boundary loss or a decoder of finer stride helps."),
    )  # fmt: skip
    findings = []
    for number, record in enumerate(ordered[:9]):
        kind, severity, title, advice = texts[number % 3]
        words = {
            "name": record["name"], "share": f"{1 - record['recall']:.0%}",
            "other": (record["lost_to"] or [{"name": "nothing"}])[0]["name"],
        }  # fmt: skip
        findings.append({
            "kind": kind, "severity": severity, "class": record["id"], "class_name": record["name"],
            "title": title.format(**words), "advice": advice.format(**words), "gain": 0.041 / (number + 1),
            "measures": {"lost_fraction": 1 - record["recall"], "prediction_ratio": record["prediction_ratio"],
                         "lost_px": record["gt_px"] - record["tp_px"], "images_count": record["images"]},
            "intervals": {"lost_fraction": [max(0.9 - record["recall"], 0.0), 1.08 - record["recall"]]},
            "images": [{"image": image, "box": [40, 60, 80, 90], "px": 1200 - 10 * place, "evidence": None}
                       for place, image in enumerate(ids[number : number + 16])],
        })  # fmt: skip
    return findings
