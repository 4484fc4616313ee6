"""The document: its published schema, the keys that others rely on, numbers equal to a count in plain loops."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from inspector.arrays import inspect_arrays
from inspector.categories import Categories, Category, load_categories, numbered
from inspector.pipeline import inspect_folders
from inspector.results import SCHEMA_VERSION, to_json, worst_images
from inspector.settings import Settings
from tests.mask_folders import DRAWN, write_masks
from tests.pictures import tally_of_masks

Document = dict[str, Any]
FEW = Settings(resamples=100, min_images=2)

#: design.md, "Keys of inspection.json that others rely on"
PROMISED = {
    "": "schema_version tool task settings partial inputs overall classes confusion findings gates",
    "tool": "name version",
    "settings": "ignore tolerance boundary_width min_images seed classes_source",
    "inputs": "pairs missing extra excluded",
    "overall": "pixel_accuracy mean_accuracy miou mean_image_iou mean_dice frequency_weighted_iou boundary_f1 "
    "boundary_iou small_object_recall",
    "classes.0": "id name gt_px pred_px tp_px images support_fraction prediction_ratio iou dice precision recall "
    "boundary_precision boundary_recall boundary_f1 boundary_iou nsd hd95_px assd_px trimap_iou errors objects "
    "intervals",
    "classes.0.errors": "fp_boundary_px fn_boundary_px fp_extent_px fn_extent_px fp_segment_px fn_segment_px",
    "classes.0.objects": "small medium large",
    "classes.0.objects.small": "count recalled recall",
    "classes.0.intervals": "iou",
    "confusion": "labels matrix",
    "findings.0": "kind severity class title gain measures images",
    "gates": "verdict checks",
}


@pytest.fixture(scope="module")
def schema() -> Document:
    return json.loads((files("inspector") / "inspection.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """Of a run that has something of everything: pictures, metadata, a bad file, missing ones, void, a spacing."""
    folder = tmp_path_factory.mktemp("whole")
    gt = {name: np.where(np.arange(24) < 3, 255, both[0]) for name, both in DRAWN.items()}
    write_masks(folder, {**gt, "alone": DRAWN["image0"][0]})
    (folder / "pred/image3.png").write_bytes(b"")
    (folder / "pred/notes.txt").write_text("no mask", encoding="utf-8")
    write_masks(folder, pred={"lonely": DRAWN["image0"][1]}, gt={})
    lines = ["image,side", "image0,left", "image1,right", "image2,left", "image9,left"]
    (folder / "meta.csv").write_text("\n".join(lines), encoding="utf-8")
    result = inspect_folders(
        folder / "gt", folder / "pred", out=folder / "run", categories=numbered(3), metadata=folder / "meta.csv",
        settings=Settings(resamples=100, min_images=1, ignore=(255,), spacing=(0.5, 0.5)), images=folder / "gt",
    )  # fmt: skip
    return json.loads(to_json(result.document))


def at(value: Any, path: str) -> Any:
    for part in filter(None, path.split(".")):
        value = value[int(part) if part.isdigit() else part]
    return value


# ---------------------------------------------------------------------- schema


def test_the_schema_is_a_schema_and_holds_for_a_whole_run(schema: Document, document: Document) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema_version"]["const"] == SCHEMA_VERSION
    jsonschema.validate(document, schema)
    for part in ("findings", "slices", "evidence"):
        assert document[part], f"nothing is checked of {part}"
    assert all(document["inputs"][part] for part in ("missing", "extra", "excluded", "partners", "skipped", "notes"))


def test_the_schema_holds_where_nothing_could_be_scored(schema: Document, tmp_path: Path) -> None:
    write_masks(tmp_path)
    for path in (tmp_path / "pred").iterdir():
        path.write_bytes(b"")
    result = inspect_folders(tmp_path / "gt", tmp_path / "pred", categories=numbered(3), settings=FEW)
    jsonschema.validate(json.loads(to_json(result.document)), schema)
    assert result.document["inputs"]["pairs"] == 0


def test_the_schema_describes_every_key_that_is_written(schema: Document, document: Document) -> None:
    assert _undescribed(document, schema, schema["$defs"], "") == []


def _undescribed(value: Any, schema: Any, defs: Document, path: str) -> list[str]:
    """Paths of keys that the schema says nothing of."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return [] if value is None else _undescribed(value, schema["anyOf"][0], defs, path)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [each for i, item in enumerate(value) for each in _undescribed(item, items, defs, f"{path}[{i}]")]
    if not isinstance(value, dict):
        return []
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    found = [f"{path}.{key}" for key in value if key not in known and rest is None]
    for key, item in value.items():
        found += _undescribed(item, known.get(key, rest or {}), defs, f"{path}.{key}") if key in known or rest else []
    return found


def test_a_document_that_breaks_the_contract_is_seen(schema: Document, document: Document) -> None:
    for path, key in (("overall", "miou"), ("classes.0", "hd95_infinite_images"), ("", "partial")):
        broken = json.loads(json.dumps(document))
        del at(broken, path)[key]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)
    broken = {**document, "overall": {**document["overall"], "miou": 57.2}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


@pytest.mark.parametrize("path", PROMISED)
def test_every_key_that_others_rely_on_is_there(document: Document, path: str) -> None:
    assert set(PROMISED[path].split()) <= at(document, path).keys()


# ---------------------------------------------------------------------- numbers


def test_undefined_and_infinite_numbers_are_null_with_their_counts_beside_them() -> None:
    gt, pred = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.uint8)
    gt[5:9, 5:9] = 1  # missed: the distance is infinite
    result = inspect_arrays({"a": (gt, pred), "b": (gt, gt)}, categories=numbered(3), settings=FEW)
    background, missed, absent = json.loads(to_json(result.document))["classes"]
    assert (missed["hd95_infinite_images"], missed["undefined_images"]) == (1, 0)
    assert missed["hd95_px"] == missed["assd_px"] == 0.0 and missed["nsd"] == 0.5
    assert absent["iou"] is absent["hd95_px"] is None and absent["hd95_infinite_images"] == 0
    only = inspect_arrays({"a": (gt, pred)}, categories=numbered(3), settings=FEW).document["classes"][1]
    assert math.isnan(only["hd95_px"]) and only["hd95_infinite_images"] == 1
    assert background["hd95_px"] is not None


def test_json_has_no_word_for_nan() -> None:
    values = [math.nan, math.inf, -math.inf, np.float64("nan"), np.array([1.5, np.nan]), {"a": (np.int64(3), None)}]
    text = to_json(values)
    assert json.loads(text) == [None, None, None, None, [1.5, None], {"a": [3, None]}]
    assert text.isascii() and text.endswith("\n")


def test_a_float_comes_back_from_the_document_as_it_was() -> None:
    values = [0.1 + 0.2, 1 / 3, 5e-324, 2.0**60 + 1]
    assert json.loads(to_json(values)) == values


def test_the_headline_numbers_equal_a_count_in_plain_loops(document: Document) -> None:
    matrix = [[0] * 3 for _ in range(3)]
    for name in ("image0", "image1", "image2"):
        for true, predicted in zip(*(side[:, 3:].ravel().tolist() for side in DRAWN[name]), strict=True):
            matrix[true][predicted] += 1  # the first three columns are void in this run
    ious, dices = [], []
    for c in range(3):
        true, predicted, both = sum(matrix[c]), sum(row[c] for row in matrix), matrix[c][c]
        union = true + predicted - both
        ious.append(both / union if union else None)
        dices.append(2 * both / (true + predicted) if union else None)
    known = [iou for iou in ious if iou is not None]
    overall = document["overall"]
    assert [record["iou"] for record in document["classes"]] == ious
    assert [record["dice"] for record in document["classes"]] == dices
    assert overall["miou"] == pytest.approx(sum(known) / len(known), abs=1e-15)
    assert overall["classes_in_mean"] == len(known)
    assert overall["pixel_accuracy"] == sum(matrix[c][c] for c in range(3)) / sum(map(sum, matrix))
    assert overall["valid_px"] == sum(map(sum, matrix))


def test_the_loss_shares_of_a_class_are_its_lost_iou(document: Document) -> None:
    for record in document["classes"]:
        if record["iou"] is not None:
            assert sum(record["loss"].values()) == pytest.approx(1 - record["iou"], abs=1e-12)


def test_a_gain_is_the_rise_of_the_mean_were_the_pixels_of_that_cause_right(document: Document) -> None:
    n = document["overall"]["classes_in_mean"]
    for record in document["classes"]:
        if record["iou"] is not None:
            errors, tp = record["errors"], record["tp_px"]
            union = record["gt_px"] + record["pred_px"] - tp
            mended = (tp + errors["fn_boundary_px"]) / (union - errors["fp_boundary_px"])
            assert record["gains"]["boundary"] == pytest.approx((mended - record["iou"]) / n, abs=1e-12)
            mended = (tp + errors["fn_segment_px"]) / union
            assert record["gains"]["missed_objects"] == pytest.approx((mended - record["iou"]) / n, abs=1e-12)


def test_classes_that_never_occur_are_named_and_in_no_mean() -> None:
    names = Categories.of([Category(i, f"class {i}") for i in range(5)], "a test")
    result = inspect_arrays(DRAWN, categories=names, settings=FEW).document
    assert result["overall"]["classes_skipped"] == ["class 3", "class 4"]
    assert result["overall"]["classes_in_mean"] == 3


def test_the_worst_images_come_first_and_those_without_a_number_never() -> None:
    void = np.full((8, 8), 255, np.uint8)
    true, wrong = np.zeros((8, 8), np.uint8), np.ones((8, 8), np.uint8)
    tally = tally_of_masks([(true, true), (void, true), (true, wrong)])
    assert worst_images(tally) == [2, 0]


def test_a_long_class_list_is_written_whole() -> None:
    ade = load_categories("ade20k")
    value = ade.classes[0].values[0]
    labels = np.full((8, 8), value)
    document = json.loads(to_json(inspect_arrays({"a": (labels, labels)}, categories=ade, settings=FEW).document))
    listed = document["settings"]["categories"]
    assert len(document["classes"]) == len(listed["classes"]) == 150
    assert document["settings"]["classes_source"] == listed["source"] == ade.source
    assert len({record["color"] for record in document["classes"]}) > 140
    assert len(document["overall"]["classes_skipped"]) == 149
