"""compare.json and history.json as `inspect compare` and a project's history would write them, for the tests of the
report."""

from __future__ import annotations

import random
from typing import Any

from tests.report_samples import STREET

Document = dict[str, Any]


def comparison(names: tuple[str, ...] = STREET, seed: int = 3) -> Document:
    """A comparison of two runs in which something is better, something worse, and something cannot be told."""
    rng = random.Random(seed)
    classes = [_class(index, name, rng) for index, name in enumerate(names)]
    return {
        "schema_version": 1,
        "a": {"name": "baseline", "tool_version": "1.0.0", "images": 190},
        "b": {"name": "wider crops", "tool_version": "1.1.0", "images": 187},
        "paired": {"images": 180, "groups": 12, "overlap_fraction": 180 / 197},
        "confidence": 0.95,
        "resamples": 2000,
        "correction": "Holm",
        "verdict": "better",
        "sentence": "wider crops is better than baseline by 2.3 points of mean IoU (interval 0.8 to 3.7).",
        "overall": [
            _overall("miou", 0.561, 0.584, (0.008, 0.037), 0.002, "better"),
            _overall("pixel_accuracy", 0.81, 0.809, (-0.006, 0.004), 0.7, "no difference shown"),
            _overall("small_object_recall", 0.33, 0.29, (-0.07, -0.01), 0.004, "worse"),
            {**_overall("boundary_iou", 0.4, 0.5, (0, 0), 1, "cannot tell"),
             "a": None, "delta": None, "interval": None, "p": None, "p_adjusted": None},
        ],
        "classes": classes,
        "causes": [
            {"class_id": c["id"], "name": c["name"], "cause": cause, "a": 0.2, "b": 0.2 + shift, "delta": shift}
            for c in classes
            for cause in ("missed_objects", "false_regions", "boundary", "partial_coverage")
            for shift in [rng.uniform(-0.05, 0.03)]
        ],
        "sizes": [
            {"size": size, "a": a, "b": b, "delta": b - a, "n": n}
            for size, a, b, n in (("small", 0.33, 0.29, 800), ("medium", 0.71, 0.78, 300), ("large", 0.9, 0.91, 80))
        ],
        "slices": [
            {"column": "weather", "value": "night", "a": 0.4, "b": 0.47, "delta": 0.07, "interval": [0.02, 0.11],
             "verdict": "better", "n": 40},
        ],
        "images": {
            "fixed": [_image(n, 0.3, 0.3 + n / 50) for n in range(8, 0, -1)],
            "broken": [_image(n, 0.6, 0.6 - n / 60) for n in range(30, 25, -1)],
            "unchanged": 167,
            "shown": 13,
        },
    }  # fmt: skip


def _overall(metric: str, a: float, b: float, interval: tuple[float, float], p: float, verdict: str) -> Document:
    return {"metric": metric, "a": a, "b": b, "delta": b - a, "interval": list(interval), "p": p,
            "p_adjusted": min(1, 3 * p), "verdict": verdict}  # fmt: skip


def _class(index: int, name: str, rng: random.Random) -> Document:
    a, delta, half = rng.uniform(0.3, 0.8), rng.uniform(-0.06, 0.09), rng.uniform(0.01, 0.05)
    verdict = "no difference shown" if abs(delta) < half else "better" if delta > 0 else "worse"
    return {"id": index, "name": name, "color": f"#{rng.randrange(1 << 24):06x}", "metric": "iou", "a": a,
            "b": a + delta, "delta": delta, "interval": [delta - half, delta + half], "p_adjusted": 0.03,
            "verdict": verdict, "images": rng.randrange(5, 180)}  # fmt: skip


def _image(number: int, a: float, b: float) -> Document:
    layers = {layer: f"evidence/{layer}_{number:04}.png" for layer in ("truth", "prediction")}
    return {"image": f"{number:04}.png", "image_index": number, "a": a, "b": b, "delta": b - a, "pictures": layers}


def history(runs: int = 9) -> Document:
    """Runs that get better, one of which failed its gates and one of which could not score small objects."""
    return {"schema_version": 1, "runs": [_run(n) for n in range(runs)]}


def _run(number: int) -> Document:
    wave = 0.01 * (number * 7 % 5)
    headlines = {"miou": 0.5 + 0.01 * number + wave, "pixel_accuracy": 0.8 + 0.002 * number, "boundary_f1": 0.6 - wave,
                 "small_object_recall": None if number == 3 else 0.3 + wave}  # fmt: skip
    return {"at": f"2030-01-{number + 1:02}T10:00:00Z", "label": f"run {number + 1}",
            "commit": None if number == 0 else f"{number:x}" * 40, "headlines": headlines,
            "gates": {"verdict": "failed" if number == 4 else "passed"}}  # fmt: skip


def broken(document: Document, path: str, value: Any) -> Document:
    """The document with the value at a path such as "classes.0.delta" replaced; `value` None removes the key."""
    at: Any = document
    *parents, last = path.split(".")
    for part in parents:
        at = at[int(part) if part.isdigit() else part]
    if value is None:
        del at[last]
    else:
        at[int(last) if last.isdigit() else last] = value
    return document
