"""A run for experiment trackers, MLflow or Weights & Biases: its numbers, the verdicts of its gates, its files."""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.errors import EnvironmentFault, UsageError
from inspector.headlines import HEADLINES
from inspector.metrics import METRICS
from inspector.run_folder import DOCUMENT
from inspector.runs import read_document

__all__ = ["TRACKERS", "Exported", "export", "exported", "require"]

REPORT = "report.html"
ARTIFACTS = (REPORT, DOCUMENT)
LONGEST = 200  # characters of a name: MLflow takes 250
VERDICT = "gates_verdict"
TAG = 64  # characters of a tag of W&B
_FOREIGN = re.compile(r"[^A-Za-z0-9_. -]+")


@dataclass(frozen=True)
class Exported:
    """What a tracker gets of a run.

    name     of the run
    scalars  name -> number: headlines ("overall/miou"), metrics of classes ("iou/person"). No name is the folder of
             another: trackers keep them as files
    missing  names of numbers that are undefined: no tracker gets a 0 for them
    tags     VERDICT -> verdict of all gates, "gates/<id>" -> verdict of one
    files    to be kept with the run
    """

    name: str
    scalars: Mapping[str, float]
    missing: tuple[str, ...]
    tags: Mapping[str, str]
    files: tuple[Path, ...]


def exported(run_folder: Path, name: str = "") -> Exported:
    """What a run folder gives to a tracker. Raises InputError `no_run`."""
    document = read_document(run_folder)
    values = {f"overall/{key}": document["overall"].get(key) for key in (*HEADLINES, "mean_image_iou")}
    for words, record in zip(_class_names(document["classes"]), document["classes"], strict=True):
        values |= {f"{metric}/{words}": record.get(metric) for metric in METRICS}
    known = {key: float(value) for key, value in values.items() if value is not None and math.isfinite(value)}
    gates = document["gates"]
    tags = {VERDICT: str(gates["verdict"])}
    tags |= {f"gates/{check['id']}": str(check["verdict"]) for check in gates["checks"]}
    files = tuple(path for path in (run_folder / each for each in ARTIFACTS) if path.is_file())
    missing = tuple(key for key in values if key not in known)
    return Exported(name or run_folder.name or str(run_folder), known, missing, tags, files)


def _class_names(records: list[Mapping[str, Any]]) -> list[str]:
    """A name for each class that every tracker takes: letters, digits, blanks, dots and dashes, no two alike."""
    plain = [_FOREIGN.sub("_", record["name"])[:LONGEST].strip(" ._") or "class" for record in records]
    numbered = [f"{word}-{record['id']}" for word, record in zip(plain, records, strict=True)]
    alike = [word.lower() for word in plain]  # files are called by these names, and not every disk tells a from A
    chosen = [word if alike.count(word.lower()) == 1 else other for word, other in zip(plain, numbered, strict=True)]
    return chosen if len({word.lower() for word in chosen}) == len(chosen) else numbered


# ---------------------------------------------------------------------- trackers


def to_mlflow(library: Any, run: Exported) -> str:
    """Into the active run, or that of MLFLOW_RUN_ID, or a new one."""
    with library.start_run(run_name=run.name) as active:
        library.log_metrics(dict(run.scalars))
        library.set_tags(dict(run.tags))
        for path in run.files:
            library.log_artifact(str(path))
        return str(active.info.run_id)


def to_wandb(library: Any, run: Exported) -> str:
    """Into a new run of the project that WANDB_PROJECT names."""
    with library.init(name=run.name, job_type="inspection", tags=[f"gates: {run.tags[VERDICT]}"[:TAG]]) as active:
        active.log(dict(run.scalars))
        active.summary.update(dict(run.tags))
        artifact = library.Artifact(f"inspection-{active.id}", type="inspection")
        for path in run.files:
            artifact.add_file(str(path))
        active.log_artifact(artifact)
        return str(active.id)


#: Name of a library -> how a run goes there; what comes back is how the tracker calls the run.
TRACKERS: dict[str, Callable[[Any, Exported], str]] = {"mlflow": to_mlflow, "wandb": to_wandb}


def require(tracker: str) -> None:
    """Raise UsageError where the library of a tracker is not installed."""
    if importlib.util.find_spec(tracker) is None:
        fix = f"pip install {tracker}"
        raise UsageError(f"--to {tracker} needs the library {tracker}, which is not installed: {fix}", fix=fix)


def export(tracker: str, run: Exported) -> str:
    """Send a run to a tracker; what comes back is how the tracker calls it.

    Raises UsageError where its library is not installed, EnvironmentFault where the tracker does not take the run.
    """
    require(tracker)
    try:
        return TRACKERS[tracker](importlib.import_module(tracker), run)
    except Exception as error:  # of a library and a server that are not ours: each has errors of its own
        raise EnvironmentFault(f"{tracker}: the run was not taken ({type(error).__name__}: {error})") from error
