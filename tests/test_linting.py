"""`lint_folders` finds what a run would exclude, without counting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.categories import numbered
from inspector.linting import lint_folders
from inspector.pipeline import inspect_folders
from inspector.settings import Settings
from tests.mask_folders import DRAWN, png, write_masks
from tests.test_pipeline import FAULTS, write_faulty

SETTINGS = Settings(resamples=100, ignore=(255,))


@pytest.mark.parametrize("missing", ["error", "empty", "skip"])
@pytest.mark.parametrize("jobs", [1, 3])
def test_lint_and_a_run_give_the_same_account(tmp_path: Path, missing: str, jobs: int) -> None:
    for index, fault in enumerate(FAULTS):
        write_faulty(tmp_path, f"{index}", fault, 10 * index)
    settings = Settings(resamples=100, ignore=(255,), missing=missing)
    given = (tmp_path / "gt", tmp_path / "pred")
    record, is_partial = lint_folders(*given, categories=numbered(3), settings=settings, jobs=jobs)
    run = inspect_folders(*given, categories=numbered(3), settings=settings, jobs=jobs)
    assert is_partial == run.partial
    assert {key: value for key, value in record.items() if key != "notes"} == {
        key: value for key, value in run.document["inputs"].items() if key != "notes"
    }


def test_nothing_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_masks(tmp_path)

    def count(*_: object) -> None:
        raise AssertionError("a pair was counted")

    monkeypatch.setattr("inspector.scoring.count_pair", count)
    record, is_partial = lint_folders(tmp_path / "gt", tmp_path / "pred", categories=numbered(3))
    assert (record["pairs"], is_partial) == (4, False)


def test_an_unknown_prediction_is_no_problem_where_it_counts_as_wrong(tmp_path: Path) -> None:
    write_masks(tmp_path)
    (tmp_path / "pred/image0.png").write_bytes(png(np.full((16, 24), 9, np.uint8)))
    given = (tmp_path / "gt", tmp_path / "pred")
    assert lint_folders(*given, categories=numbered(3))[1]
    assert not lint_folders(*given, categories=numbered(3), settings=Settings(unknown="wrong"))[1]


def test_without_a_class_list_every_value_is_a_class(tmp_path: Path) -> None:
    write_masks(tmp_path, pred={name: both[1] + 40 for name, both in DRAWN.items()})
    record, is_partial = lint_folders(tmp_path / "gt", tmp_path / "pred")
    assert (record["pairs"], is_partial) == (4, False)
