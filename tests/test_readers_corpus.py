"""The corpus of bad and odd inputs: each bad file has its kind, each good one its labels, each real one its pixels."""

from __future__ import annotations

import json
import tarfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from inspector.errors import InputError
from inspector.masks import Mask
from inspector.readers import peek, read_image, read_masks
from tests.readers_support import Colours, kind_of

GROUPS = {"good", "size", "labels", "colour", "damage", "bomb", "security", "names", "pairing"}
OF_A_PAIR = {  # not to be seen in one file alone
    "affine_mismatch", "ambiguous_stem", "geotransform_mismatch", "label_out_of_range", "mode_mismatch", "no_partner",
    "no_valid_pixels", "palette_differs", "phantom_labels", "size_mismatch",
}  # fmt: skip
OTHER_TASKS = {"bomb-coco-size", "bomb-json-deep", "good-coco-poly"}
ALLOWED_OK = {"text_too_large"}  # the case accepts that a text is passed over


@pytest.fixture(scope="module")
def corpus(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    with tarfile.open(shared / "bad" / "cases.tar.gz") as archive:
        archive.extractall(folder, filter="fully_trusted")  # dangling links are part of it
    roots = [path.parent for path in folder.rglob("good-basic")]
    assert len(roots) == 1
    return roots[0]


def cases(corpus: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in sorted(corpus.glob("*/expected.json")):
        expected = json.loads(path.read_text())
        if expected.get("group") in GROUPS and path.parent.name not in OTHER_TASKS:
            yield path.parent, expected


def colours(case: Path) -> Colours | None:
    path = case / "classes.json"
    if not path.exists():
        return None
    classes = json.loads(path.read_text())["classes"]
    return Colours({tuple(entry["color"]): entry["id"] for entry in classes if "color" in entry})


def files(case: Path) -> list[Path]:
    """Every file of both sides, links that lead nowhere and folders named like files included."""
    found = [path for side in ("gt", "pred") for path in sorted((case / side).rglob("*"))]
    return [path for path in found if not path.is_dir() or path.suffix]


def test_each_bad_file_has_its_kind_and_every_other_file_reads(corpus: Path) -> None:
    wrong, seen = [], set()
    for case, expected in cases(corpus):
        if case.name in ("colour-map-duplicate", "colour-map-missing"):
            continue  # the class list is at fault
        bad = {entry["path"]: entry["kind"] for entry in expected["bad_files"]}
        for path in files(case):
            if path.parent.suffix:
                continue  # inside the folder named like a file
            name = str(path.relative_to(case))
            started = time.monotonic()
            found = kind_of(path, categories=colours(case))
            kind = "ok" if bad.get(name) in OF_A_PAIR else bad.get(name, "ok")
            if found != kind and not (found == "ok" and kind in ALLOWED_OK):
                wrong.append((case.name, name, kind, found))
            if time.monotonic() - started > expected.get("limits", {}).get("seconds", 10):
                wrong.append((case.name, name, "slow", ""))
            seen.add(found)
    assert wrong == []
    assert len(seen) > 20


def test_without_a_colour_map_colours_are_refused(corpus: Path) -> None:
    for path in files(corpus / "colour-map-missing"):
        assert kind_of(path) == "colour_map_missing"


def test_the_labels_give_the_expected_confusion_matrices(corpus: Path) -> None:
    """Counted in plain numpy from the masks, against numbers that were computed from arrays and not from files."""
    everything = {case.name: (case, expected) for case, expected in cases(corpus)}
    checked = 0
    for case, expected in everything.values():
        numbers = expected.get("numbers") or everything.get(expected.get("same_as", ""), (None, {}))[1].get("numbers")
        if not numbers or "confusion" not in numbers or expected["group"] not in ("good", "colour", "damage", "names"):
            continue
        total = sum(matrix_of(case, stem, expected["args"]) for stem in expected["scored"])
        assert total.tolist() == numbers["confusion"], case.name
        checked += 1
    assert checked > 30


def matrix_of(case: Path, stem: str, args: dict[str, Any]) -> np.ndarray:
    ignore, index = args["ignore_index"], class_index(case, args["num_classes"])
    gt, pred = (masks_of(case, side, stem) for side in ("gt", "pred"))
    matrix = np.zeros((len(index), len(index)), np.int64)
    for true, predicted in zip(gt, pred, strict=True):
        assert true.shape == predicted.shape
        for a, b in zip(true.values().ravel().tolist(), predicted.values().ravel().tolist(), strict=True):
            if a != ignore:
                matrix[index[a], index[b]] += 1
    return matrix


def class_index(case: Path, count: int) -> dict[int, int]:
    """File value -> row of the matrix."""
    path = case / "classes.json"
    ids = [entry["id"] for entry in json.loads(path.read_text())["classes"]] if path.exists() else range(count)
    return {value: index for index, value in enumerate(sorted(ids)[:count])}


def masks_of(case: Path, side: str, stem: str) -> list[Mask]:
    found = [path for path in files(case) if path.relative_to(case).parts[0] == side and stem_of(path) == stem]
    assert len(found) == 1, (case.name, side, stem)
    return read_masks(found[0], categories=colours(case))  # type: ignore[arg-type]


def stem_of(path: Path) -> str:
    return path.name.removesuffix(".gz").rsplit(".", 1)[0]


def test_every_valid_pngsuite_file_equals_an_independent_reader(corpus: Path) -> None:
    compared = 0
    for path in sorted((corpus / "_real" / "pngsuite").glob("[!x]*.png")):
        header = peek(path)
        if header.kind == "colour":
            assert kind_of(path) in ("colour_map_missing", "colour_depth", "alpha")
            assert read_image(path).shape == (header.height, header.width, 3)
            continue
        if kind_of(path) == "alpha":
            continue
        assert np.array_equal(read_masks(path)[0].ids, independent(path, header.kind)), path.name
        compared += 1
    assert compared > 50


def independent(path: Path, kind: str) -> np.ndarray:
    """The stored integers by Pillow for indices and by libspng or libpng for grey, gamma and scaling undone."""
    with Image.open(path) as image:
        if kind == "palette":
            return np.asarray(image.getchannel(0) if image.mode == "PA" else image)
    depth = path.read_bytes()[24]
    pixels = imagecodecs.png_decode(path.read_bytes())
    if pixels.ndim == 3:  # tRNS became alpha
        pixels = pixels[:, :, 0]
    return pixels // (255 // ((1 << depth) - 1)) if depth < 8 else pixels


@pytest.mark.parametrize("pattern", ["pngsuite/x*.png", "libspng_crashers/*.png"])
def test_every_broken_png_is_an_error(corpus: Path, pattern: str) -> None:
    found = sorted((corpus / "_real").glob(pattern))
    assert len(found) >= 14
    for path in found:
        with pytest.raises(InputError):
            read_masks(path)


def test_no_real_file_ends_in_another_exception_or_takes_long(corpus: Path) -> None:
    for path in sorted((corpus / "_real").rglob("*")):
        if path.is_file():
            started = time.monotonic()
            for read in (read_masks, peek, read_image):
                with suppress(InputError):
                    read(path)
            assert time.monotonic() - started < 10, path.name


def test_real_tiffs_of_few_bits_equal_an_independent_reader(corpus: Path) -> None:
    names = ["hopper2.tif", "hopper2R.tif", "hopper4.tif", "hopper4R.tif", "16bit.cropped.tif", "16bit.MM.deflate.tif"]
    for name in names:
        path = corpus / "_real" / "pillow" / name
        with Image.open(path) as image:
            pixels = np.asarray(image)
        if name.startswith("hopper"):  # Pillow spreads 2 and 4 bits over 0 to 255
            pixels = pixels // (255 // ((1 << int(name[6])) - 1))
        assert np.array_equal(read_masks(path)[0].ids, pixels), name


def test_white_is_zero_keeps_the_stored_integers(corpus: Path) -> None:
    for name in ("hopper2", "hopper4"):
        grey, inverted = (read_masks(corpus / "_real" / "pillow" / f"{name}{end}.tif")[0] for end in ("", "I"))
        top = (1 << int(name[6])) - 1
        assert np.array_equal(top - inverted.ids, grey.ids)
        assert [kind for kind, _ in inverted.notes] == ["white_is_zero"]
