"""A run read back gives what was counted; parts of it are what the same images alone would be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from inspector import inspect_folders
from inspector.errors import InputError, UsageError
from inspector.png_writer import encode_indexed_png
from inspector.runs import part_of, read_run, tally_of
from inspector.settings import Settings
from inspector.tables import TABLES
from tests.drawn_runs import SETTINGS, predicted, run_of, scenes

PALETTE = np.arange(18, dtype=np.uint8).reshape(6, 3)


def folder_of(place: Path, images: int = 8) -> Path:
    """A run folder, written by the pipeline."""
    for name in ("gt", "pred"):
        (place / name).mkdir()
    lines = ["image,weather"]
    for index, (truth, prediction) in enumerate(predicted(scenes(images), {1: 0.4})):
        (place / "gt" / f"{index}.png").write_bytes(encode_indexed_png(truth, PALETTE))
        (place / "pred" / f"{index}.png").write_bytes(encode_indexed_png(prediction, PALETTE))
        lines.append(f"{index},{'rain' if index % 2 else 'sun'}")
    (place / "images.csv").write_text("\n".join(lines) + "\n")
    settings = Settings(min_images=3, resamples=100)
    inspect_folders(
        place / "gt", place / "pred", out=place / "run", settings=settings, metadata=place / "images.csv", jobs=1
    )
    return place / "run"


def test_a_run_folder_read_back_gives_its_own_numbers(tmp_path: Path) -> None:
    run = read_run(folder_of(tmp_path))
    tally, document = run.tally(), run.document
    assert tally.confusion.tolist() == document["confusion"]["matrix"] and run.name == "run"
    for record, gt, pred, tp in zip(
        document["classes"], *(tally.total[name] for name in ("gt_px", "pred_px", "tp_px")), strict=True
    ):
        assert (record["gt_px"], record["pred_px"], record["tp_px"]) == (gt, pred, tp)
    assert run.settings == Settings(min_images=3, resamples=100)
    assert [c.name for c in run.categories.classes] == [record["name"] for record in document["classes"]]
    assert run.metadata == {"weather": ["sun", "rain"] * 4}
    assert run.slice("weather=rain").tolist() == [1, 3, 5, 7]


def test_a_slice_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    run = read_run(folder_of(tmp_path))
    for wrong in ("weather=snow", "weather", "light=dim"):
        with pytest.raises(UsageError, match="weather=rain"):
            run.slice(wrong)
    with pytest.raises(UsageError, match="no metadata"):
        run_of(predicted(scenes(4), {})).slice("a=b")


def test_a_part_is_the_run_of_its_images_alone() -> None:
    pairs = predicted(scenes(10), {1: 0.3, 4: 0.6})
    run, chosen = run_of(pairs), [7, 2, 4]
    part = tally_of(part_of(run.tables, chosen), run.categories, SETTINGS)
    alone = run_of([pairs[i] for i in chosen]).tally()
    assert part.image_ids == [f"image {i}" for i in chosen]
    assert (part.confusion == alone.confusion).all() and (part.totals == alone.totals).all()
    for table in TABLES:
        assert part.tables[table].column("image_index").tolist() == alone.tables[table].column("image_index").tolist()
    assert part.dense("tp_px").tolist() == alone.dense("tp_px").tolist()


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"inspection\.json: not found"):
        read_run(tmp_path)
    (tmp_path / "inspection.json").write_text("{")
    with pytest.raises(InputError, match="not readable as JSON"):
        read_run(tmp_path)
    (tmp_path / "inspection.json").write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(InputError, match="schema_version 99 found, 1 expected"):
        read_run(tmp_path)
    (tmp_path / "inspection.json").write_text(json.dumps({"schema_version": 1}))
    with pytest.raises(InputError, match=r"images\.parquet, classes\.parquet"):
        read_run(tmp_path)
