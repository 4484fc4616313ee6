"""A baseline file holds all that gates and comparisons need of a run, exactly; what is none is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inspector.baselines import Change, baseline_of, changes, read_baseline, read_record, write_baseline
from inspector.compare_runs import difference_of, pair_runs
from inspector.errors import InputError, UsageError
from inspector.intervals import resample
from inspector.measures import MEASURES, measured
from tests.drawn_runs import SETTINGS, predicted, run_of, scenes

CAR = 1


@pytest.fixture(scope="module")
def run():
    return run_of(predicted(scenes(14), {CAR: 0.4, 2: 0.2}), "before", metadata={"weather": ["sun", "rain"] * 7})


def test_every_number_of_a_gate_is_the_same_from_the_file(run, tmp_path: Path) -> None:
    write_baseline(tmp_path / "deep" / "main.json", baseline_of(run))
    back = read_baseline(tmp_path / "deep" / "main.json")
    assert back.name == "before" and back.image_ids == run.image_ids and back.settings == run.settings
    assert back.metadata == run.metadata
    sides = [resample(each.tally()) for each in (run, back)]
    for name, measure in MEASURES.items():
        for size in (None, *(measure.sizes or ())):
            for c in (None, CAR):
                if (measure.of_all(size) if c is None else measure.of_class(size)) is None:
                    continue
                a, b = (measured(side, measure, c, size) for side in sides)
                assert a.value == b.value or (np.isnan(a.value) and np.isnan(b.value)), name
                assert np.array_equal(a.drawn, b.drawn, equal_nan=True), name


def test_a_comparison_with_the_file_is_that_with_the_run(run, tmp_path: Path) -> None:
    write_baseline(tmp_path / "main.json", baseline_of(run))
    now = run_of(predicted(scenes(14), {CAR: 0.6}), "now")
    of_file, of_run = (
        difference_of(pair_runs(before, now, SETTINGS), MEASURES["iou"], CAR)
        for before in (read_baseline(tmp_path / "main.json"), run)
    )
    assert of_file == of_run


def test_the_same_run_gives_the_same_bytes_and_a_head_for_people(run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_baseline(tmp_path / name, baseline_of(run))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    record = json.loads((tmp_path / "a").read_text())
    assert record["images"] == 14 and record["headlines"]["miou"] == run.document["overall"]["miou"]
    assert next(iter(record)) == "kind" and list(record)[-1] == "data"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_changes_between_two_files_are_told(run) -> None:
    before = baseline_of(run)
    after = json.loads(json.dumps(before))
    after["headlines"]["miou"] = 0.5
    after["classes"][CAR]["iou"], after["classes"][2]["name"] = 0.25, "pedestrian"
    told = changes(before, after)
    assert Change("miou", "all classes", before["headlines"]["miou"], 0.5) in told
    assert Change("iou", "car", before["classes"][CAR]["iou"], 0.25) in told
    assert {(c.scope, c.before is None, c.after is None) for c in told[2:]} == {
        ("person", False, True), ("pedestrian", True, False)
    }  # fmt: skip
    assert changes(before, before) == []


def test_what_is_no_baseline_is_refused(run, tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    with pytest.raises(InputError, match="not found"):
        read_baseline(path)
    with pytest.raises(UsageError, match="is a folder"):
        read_record(tmp_path)
    for text, said in (("{", "not readable as JSON"), ("[]", "is no baseline"), ('{"kind": "x"}', "is no baseline")):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_baseline(path)
    record = baseline_of(run)
    path.write_text(json.dumps(record | {"baseline_version": 9}))
    with pytest.raises(InputError, match="version 9 found, 1 expected"):
        read_baseline(path)
    for broken in ("AAAA", "not base64", None):
        path.write_text(json.dumps(record | {"data": {**record["data"], "classes": broken}}))
        with pytest.raises(InputError, match="damaged"):
            read_baseline(path)
