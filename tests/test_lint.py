"""Lint: the odd file out from headers, and the cause of wrong values in a decoded mask."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.categories import Categories, Category, load_categories, numbered
from inspector.errors import InputError
from inspector.label_checks import ranges
from inspector.lint import check_headers, check_ignored, check_values
from inspector.masks import Mask, Segments
from inspector.pairing import Pair, Problem, pair_folders
from inspector.readers import Header, peek, read_masks

RGB = {
    "k": (0, 0, 0),
    "r": (220, 20, 60),
    "b": (0, 0, 142),
    "g": (107, 142, 35),
    "w": (255, 255, 255),
    "y": (250, 200, 0),
}


def header(kind: str = "grey", size: tuple[int, int] = (32, 48), pages: int = 1, palette: str = "") -> Header:
    """A header of a PNG of (height, width) px; `palette` has a letter of RGB for each entry."""
    entries = bytes(channel for letter in palette for channel in RGB[letter])
    return Header("png", "palette" if palette else kind, *size, pages, "uint8", entries or None)


def checked(
    gt: list[Header | InputError], pred: list[Header | InputError]
) -> tuple[list[tuple[str, str]], list[Problem], list[str]]:
    """(image, kind) of each problem, the problems, and the kinds of the notes; images are named a, b, c, …"""
    letters = [chr(ord("a") + number) for number in range(len(gt))]
    pairs = [Pair(c, f"/gt/{c}.png", f"/pred/{c}.png", f"{c}.png", f"{c}.png") for c in letters]
    problems, notes = check_headers(pairs, list(zip(gt, pred, strict=True)))
    return [(p.image_id + " " + p.side, p.kind) for p in problems], problems, [note.kind for note in notes]


def text_of(gt: Header, pred: Header) -> str:
    _, problems, _ = checked([gt], [pred])
    return problems[0].reason


# --- headers ------------------------------------------------------------------------------------------


def test_files_that_agree_have_no_problem() -> None:
    grey, indexed, array = header(), header(palette="krbg"), header("array")
    assert checked([grey, indexed, array], [indexed, array, grey]) == ([], [], [])
    assert checked([], []) == ([], [], [])


@pytest.mark.parametrize("odd", ["grey", "array"])
def test_labels_among_colour_images_are_odd(odd: str) -> None:
    colour = header("colour")
    found, problems, _ = checked([header()] * 3, [colour, header(odd), colour])
    assert found == [("b pred", "mode_mismatch")]
    assert problems[0].path == "pred/b.png" and problems[0].location == "/pred/b.png"
    assert odd in problems[0].reason


def test_a_colour_image_among_labels_is_odd() -> None:
    found, _, _ = checked([header(), header(palette="kr"), header("colour")], [header()] * 3)
    assert found == [("c gt", "mode_mismatch")]


def test_as_many_colour_images_as_labels_are_judged_by_the_other_side() -> None:
    grey, colour = header(), header("colour")
    assert checked([grey, grey], [colour, grey])[0] == [("a pred", "mode_mismatch")]
    assert checked([colour, colour], [colour, grey])[0] == [("b pred", "mode_mismatch")]
    assert checked([colour], [grey])[0] == []  # one kind on each side is a choice, not an odd file


def test_an_indexed_file_with_swapped_colors_is_odd() -> None:
    main, swapped = header(palette="krbg"), header(palette="kbrg")
    found, problems, notes = checked([main] * 3, [main, swapped, main])
    assert found == [("b pred", "palette_differs")] and notes == []
    assert "1 (elsewhere 2)" in problems[0].reason


@pytest.mark.parametrize("palette", ["krb", "krbgw", "krbgkkkk", "krbw", "kwyg", "krw", "kwyr", "kkkk"])
def test_a_shorter_longer_padded_or_other_palette_is_no_permutation(palette: str) -> None:
    main = header(palette="krbg")
    assert checked([main] * 3, [main, header(palette=palette), main]) == ([], [], [])


def test_colors_that_a_palette_holds_twice_have_no_place_to_move_from() -> None:
    main = header(palette="krbgwwyy")
    assert checked([main] * 3, [main, header(palette="krbgwy"), main]) == ([], [], [])


@pytest.mark.parametrize("palette", ["wkrbg", "rbgk", "krgb"])
def test_a_shifted_palette_is_odd(palette: str) -> None:
    main = header(palette="krbg")
    assert checked([main] * 3, [main, header(palette=palette), main])[0] == [("b pred", "palette_differs")]


def test_sides_with_different_palettes_are_noted() -> None:
    found, _, notes = checked([header(palette="krbg")] * 2, [header(palette="kbrg")] * 2)
    assert (found, notes) == ([], ["palette_sides_differ"])


def test_a_size_that_differs_is_the_fault_of_the_prediction() -> None:
    found, problems, _ = checked([header(size=(32, 48))] * 2, [header(size=(32, 48)), header(size=(32, 47))])
    assert found == [("b pred", "size_mismatch")]
    assert "47 x 32 px" in problems[0].reason and "gt/b.png is 48 x 32 px" in problems[0].reason


@pytest.mark.parametrize(
    ("gt", "pred", "text"),
    [
        ((32, 48), (48, 32), "height and width are swapped"),
        ((32, 48), (16, 24), "2 times smaller"),
        ((32, 48), (128, 192), "4 times larger"),
        ((32, 48), (16, 48), "48 x 32 px$"),
        ((1, 48), (32, 48), "48 x 1 px$"),
        ((2, 2), (3, 3), "2 x 2 px$"),
    ],
)
def test_a_size_mismatch_says_how(gt: tuple[int, int], pred: tuple[int, int], text: str) -> None:
    reason = text_of(header(size=gt), header(size=pred))
    assert reason.endswith(text[:-1]) if text.endswith("$") else text in reason


def test_a_square_of_another_size_is_not_called_transposed() -> None:
    assert "swapped" not in text_of(header(size=(4, 4)), header(size=(5, 5)))


def test_page_counts_must_agree() -> None:
    assert checked([header(pages=3)], [header(pages=2)])[0] == [("a pred", "page_count")]


def test_an_error_of_the_reader_keeps_its_kind_and_hides_nothing_else() -> None:
    broken = InputError("truncated", "ends early", "copy it again")
    found, problems, _ = checked([broken, header()], [broken, header(size=(1, 1))])
    assert found == [("a gt", "truncated"), ("a pred", "truncated"), ("b pred", "size_mismatch")]
    assert problems[0].reason == "ends early" and problems[0].fix == "copy it again"
    assert problems[0].excluded()["file"] == "gt/a.png"


def test_one_file_has_one_problem() -> None:
    odd = header("colour", size=(1, 1), pages=2)
    assert checked([header()] * 3, [header(), odd, header()])[0] == [("b pred", "mode_mismatch")]


# --- values -------------------------------------------------------------------------------------------


def value_error(values: object, categories: Categories, side: str = "pred") -> InputError | None:
    mask = Mask.from_labels(np.array(values))
    return check_values(mask, categories.lut(mask.segments), categories, side)


def ignored_error(values: object, categories: Categories, side: str) -> InputError | None:
    mask = Mask.from_labels(np.array(values))
    return check_ignored(mask, categories.lut(mask.segments), categories, side)


FOUR = numbered(4).with_ignored([255])


@given(
    values=st.lists(
        st.lists(st.integers(-2, 6) | st.sampled_from([255, 70000]), min_size=3, max_size=3), min_size=1, max_size=4
    ),
    dtype=st.sampled_from([np.int64, np.int32]),
)
def test_values_are_refused_exactly_when_one_is_outside_the_list(values: list[list[int]], dtype: type) -> None:
    error = value_error(np.array(values, dtype=dtype), FOUR)
    outside = [(y, x) for y, row in enumerate(values) for x, value in enumerate(row) if value not in (0, 1, 2, 3, 255)]
    assert (error is not None) == bool(outside)
    if error:
        y, x = outside[0]
        assert f"x={x}, y={y};" in error.reason
        worst = min(values[y][x] for y, x in outside)
        count = sum(values[y][x] == worst for y, x in outside)
        assert f"list: {worst} ({count} px)" in error.reason


def test_one_value_outside_the_list_is_named_with_count_place_and_what_was_expected() -> None:
    values = np.zeros((8, 8), np.uint8)
    values[3, 4] = values[3, 5] = 7
    error = value_error(values, FOUR, "gt")
    assert error and error.kind == "label_out_of_range" and error.side == "gt"
    assert (
        error.reason == "values outside the class list: 7 (2 px), the first at x=4, y=3; expected 0-3 or 255 (ignored)"
    )
    assert "--ignore 7" in error.fix


def test_segments_of_one_category_are_counted_together() -> None:
    category = np.array([0, 9, 9, 9])
    no = np.zeros(4, dtype=bool)
    mask = Mask(np.array([[0, 1, 1, 2]], np.uint8), Segments(np.arange(4), category, no, no))
    error = check_values(mask, FOUR.lut(mask.segments), FOUR, "pred")
    assert error and "9 (3 px)" in error.reason


@pytest.mark.parametrize(("shift", "fix"), [(1, "subtract 1"), (-1, "add 1")])
def test_values_that_are_all_off_by_one_are_told_so(shift: int, fix: str) -> None:
    error = value_error(np.array([[0, 1], [2, 3]], dtype=np.int32) + shift, FOUR)
    assert error and error.kind == "label_out_of_range" and error.fix.startswith(fix)


def test_off_by_one_leaves_ignored_values_out() -> None:
    error = value_error(np.array([[1, 4], [255, 255]], dtype=np.uint8), FOUR)
    assert error and error.fix.startswith("subtract 1")
    error = value_error(np.array([[0, 4]], dtype=np.uint8), FOUR)
    assert error and "subtract" not in error.fix


def test_0_and_255_without_a_class_255_is_a_binary_mask() -> None:
    for values in ([[0, 255]], [[255, 255]]):
        error = value_error(np.array(values, np.uint8), numbered(2))
        assert error and error.kind == "binary_255" and "--classes binary" in error.fix
    error = value_error(np.array([[0, 1, 255]], np.uint8), numbered(2))
    assert error and error.kind == "label_out_of_range"
    assert value_error(np.array([[0, 255]], np.uint8), load_categories("binary")) is None


def blocks(values: list[int], size: int = 24) -> np.ndarray:
    """Vertical stripes of `size` px, as drawn by a person."""
    return np.repeat(np.array(values), size)[None, :].repeat(3 * size, axis=0)


def smooth(labels: np.ndarray, times: int) -> np.ndarray:
    """Means of neighbours along a row: what an interpolating resize leaves at a border."""
    for _ in range(times):
        labels = (np.roll(labels, 1, axis=1) + labels) // 2
    return labels


def test_values_between_their_neighbours_at_borders_come_from_interpolation() -> None:
    error = value_error(smooth(blocks([0, 80, 160, 240, 0]), 5), FOUR)
    assert error and error.kind == "phantom_labels" and "nearest" in error.fix


def test_instance_ids_are_not_taken_for_interpolation() -> None:
    error = value_error(blocks(list(range(30)), 6), FOUR)
    assert error and error.kind == "label_out_of_range" and "instance ids" in error.reason


def test_small_instances_are_not_taken_for_interpolation() -> None:
    values = np.zeros((64, 64), int)
    for number in range(12):
        values[5 * number, 5 * number] = 20 + number
    error = value_error(values, FOUR)
    assert error and error.kind == "label_out_of_range"


def test_a_photograph_is_not_taken_for_interpolation() -> None:
    gradient = np.add.outer(np.arange(64), 2 * np.arange(64))
    for values in (np.random.default_rng(0).integers(0, 256, (64, 64)), gradient):
        error = value_error(values, FOUR)
        assert error and error.kind == "label_out_of_range"


# --- nothing left to score ----------------------------------------------------------------------------


def test_a_truth_of_ignored_values_alone_has_no_valid_pixel() -> None:
    error = ignored_error([[255, 255]], FOUR, "gt")
    assert error and error.kind == "no_valid_pixels" and "2 px" in error.reason
    error = ignored_error([[11]], load_categories("camvid"), "gt")
    assert error and error.kind == "no_valid_pixels"


@pytest.mark.parametrize("side", ["gt", "pred"])
def test_a_binary_mask_whose_foreground_is_ignored_is_refused(side: str) -> None:
    for categories in (FOUR, numbered(2).with_ignored([255]), load_categories("binary").with_ignored([1, 255])):
        error = ignored_error([[0, 255]], categories, side)
        assert error and error.kind == "foreground_ignored" and "--ignore" in error.fix
    error = ignored_error([[0, 1]], numbered(2).with_ignored([1]), side)
    assert error and error.kind == "foreground_ignored"


def test_a_prediction_of_nothing_but_255_is_refused_where_255_is_ignored_by_option() -> None:
    error = ignored_error([[255]], FOUR, "pred")
    assert error and error.kind == "foreground_ignored"


def test_void_that_the_class_list_declares_is_void(tmp_path: Path) -> None:
    assert ignored_error([[0, 255]], load_categories("pascal-voc"), "gt") is None
    path = tmp_path / "classes.json"
    for names in ('"background", "road"', '"background"'):
        path.write_text(f'{{"classes": [{names}], "ignore": [255]}}')
        assert ignored_error([[0, 255]], load_categories(path), "gt") is None


@pytest.mark.parametrize("values", [[[0, 0]], [[0, 1, 255]], [[2, 255]], [[0, 3]]])
def test_a_mask_with_something_to_score_passes(values: list[list[int]]) -> None:
    assert ignored_error(values, FOUR, "gt") is None


def test_void_of_another_value_beside_class_0_is_no_foreground() -> None:
    assert ignored_error([[0, 11]], numbered(12).with_ignored([11]), "gt") is None


def test_ranges_are_short() -> None:
    assert ranges([3, 0, 1, 2, 7, 9, 10]) == "0-3, 7, 9-10"
    assert ranges([-1, 0]) == "-1-0" and ranges([]) == ""


# --- corpus -------------------------------------------------------------------------------------------

OURS = {
    "mode_mismatch", "palette_differs", "size_mismatch", "label_out_of_range", "phantom_labels", "no_valid_pixels",
    "binary_255", "foreground_ignored",
}  # fmt: skip
GROUPS = ("good-", "label-", "size-", "colour-")


def found_in(case: Path, categories: Categories) -> set[tuple[str, str]]:
    pairing = pair_folders(case / "gt", case / "pred")
    peeked = [tuple(attempt(peek, path) for path in (pair.gt, pair.pred)) for pair in pairing.pairs]
    problems, _ = check_headers(pairing.pairs, peeked)  # type: ignore[arg-type]
    found = {(problem.path, problem.kind) for problem in problems}
    gone = {problem.image_id for problem in problems}
    for pair in pairing.pairs:
        for side, relative, path in (("gt", pair.gt_relative, pair.gt), ("pred", pair.pred_relative, pair.pred)):
            masks = [] if pair.image_id in gone else attempt(lambda p: read_masks(p, categories=categories), path)
            for mask in masks if isinstance(masks, list) else []:
                lut = categories.lut(mask.segments)
                for error in (check_values(mask, lut, categories, side), check_ignored(mask, lut, categories, side)):
                    found |= {(f"{side}/{relative}", error.kind)} if error else set()
    return found


def attempt(read: object, path: Path) -> object:
    try:
        return read(path)  # type: ignore[operator]
    except InputError as error:
        return error


def test_label_size_and_colour_cases_of_the_corpus(shared: Path, tmp_path: Path) -> None:
    with tarfile.open(shared / "bad" / "cases.tar.gz") as archive:
        members = [m for m in archive.getmembers() if any(part.startswith(GROUPS) for part in m.name.split("/")[:2])]
        archive.extractall(tmp_path, members, filter="data")
    seen: set[str] = set()
    for path in sorted(tmp_path.rglob("expected.json")):
        case, expected = path.parent, json.loads(path.read_text(encoding="utf-8"))
        if not (case / "gt").is_dir() or case.name == "colour-map-duplicate":
            continue
        classes = case / "classes.json"
        categories = load_categories(classes) if classes.exists() else numbered(expected["args"]["num_classes"])
        found = found_in(case, categories.with_ignored([expected["args"]["ignore_index"]]))
        bad = {(entry["path"], entry["kind"]) for entry in expected["bad_files"] if entry["kind"] in OURS}
        assert {entry for entry in found if entry[1] in OURS} == bad, case.name
        seen |= {kind for _, kind in bad}
    assert seen >= {"mode_mismatch", "palette_differs", "size_mismatch", "label_out_of_range", "phantom_labels"}


def test_a_merged_class_accepts_each_of_its_values() -> None:
    categories = Categories.of([Category(0, "rest"), Category(1, "vehicle", values=(26, 27))], "test")
    assert value_error([[0, 26, 27]], categories) is None
    error = value_error([[0, 1]], categories)
    assert error and "expected 0, 26-27" in error.reason
