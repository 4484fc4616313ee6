"""Pairing: every entry found is accounted for once, and a pair is never a guess."""

from __future__ import annotations

import json
import os
import random
import socket
import tarfile
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector import folders
from inspector.errors import InputError, UsageError
from inspector.pairing import FoundFile, Pairing, Problem, no_pairs, pair_folders
from inspector.partners import Keyed, find_partners
from inspector.problems import shown
from inspector.stems import bare_stem, stem


def fill(folder: Path, *names: str) -> Path:
    """A folder with empty files (a name may lead through folders): content is never read here."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).touch()
    return folder


def paired(tmp_path: Path, gt: list[str], pred: list[str], match: str | None = None) -> Pairing:
    result = pair_folders(fill(tmp_path / "gt", *gt), fill(tmp_path / "pred", *pred), match)
    assert result.unaccounted("gt") == 0 == result.unaccounted("pred")
    return result


def names(pairing: Pairing) -> list[tuple[str, str, str]]:
    return [(pair.image_id, pair.gt_relative, pair.pred_relative) for pair in pairing.pairs]


def kinds(problems: tuple[Problem, ...]) -> dict[str, str]:
    return {problem.path: problem.kind for problem in problems}


# --- keys ---------------------------------------------------------------------------------------------


def test_equal_stems_pair_whatever_the_format(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a.png", "b/c.tif", "d.nii.gz", "E.PNG"], ["a.npy", "b/c.TIFF", "d.nii", "E.npz"])
    assert [pair.image_id for pair in result.pairs] == ["E", "a", "b/c", "d"]
    assert result.pairs[1].gt == tmp_path / "gt" / "a.png" and result.pairs[1].pred == tmp_path / "pred" / "a.npy"
    assert not (result.missing or result.extra or result.problems or result.notes)


def test_dots_in_a_stem_stay(tmp_path: Path) -> None:
    assert names(paired(tmp_path, ["a.b.c.png", "a.b.png"], ["a.b.c.tif", "a.b.tif"])) == [
        ("a.b", "a.b.png", "a.b.tif"),
        ("a.b.c", "a.b.c.png", "a.b.c.tif"),
    ]


@pytest.mark.parametrize(
    "name",
    ["{}_gtFine_labelIds", "{}_gtFine_labelTrainIds", "{}_gtFine_color", "{}_leftImg8bit", "{}_mask", "{}_masks",
     "{}_label", "{}_labels", "{}_labelIds", "{}_gt", "{}_groundtruth", "{}_ground_truth", "{}_seg", "{}_segmentation",
     "{}_pred", "{}_preds", "{}_prediction", "{}_predicted", "{}_output", "{}-mask", "{}.mask", "{} Mask", "{}_MASK",
     "mask_{}", "pred-{}", "gt_{}", "{}_leftImg8bit_pred", "pred_{}_mask"],
)  # fmt: skip
def test_words_for_mask_and_prediction_are_no_part_of_the_image(tmp_path: Path, name: str) -> None:
    result = paired(tmp_path, ["s/x_1.png"], [f"s/{name.format('x_1')}.png"])
    assert [pair.image_id for pair in result.pairs] == ["s/x_1"]
    assert [note.kind for note in result.notes] == ["paired_by_suffix"]


@pytest.mark.parametrize(
    "name", ["mask", "_mask", "unmasked", "a_color", "a_instanceIds", "gt", "xmask", "maskx", "a_gts"]
)
def test_other_names_keep_their_words(name: str) -> None:
    assert bare_stem(name) == name


def test_an_equal_name_goes_before_one_without_words(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a_mask.png", "b_mask.png"], ["a_mask.png", "b_pred.png"])
    assert names(result) == [("a_mask", "a_mask.png", "a_mask.png"), ("b", "b_mask.png", "b_pred.png")]


def test_leaving_out_words_never_merges_files_of_a_side(tmp_path: Path) -> None:
    gt = ["x_gtFine_labelIds.png", "x_gtFine_color.png", "y_mask.png", "z.png", "z_mask.png"]
    result = paired(tmp_path, gt, ["x.png", "y.png", "z.png", "z_pred.png"])
    assert names(result) == [("y", "y_mask.png", "y.png"), ("z", "z.png", "z.png")]
    assert kinds(result.problems) == {
        "gt/x_gtFine_color.png": "ambiguous_stem",
        "gt/x_gtFine_labelIds.png": "ambiguous_stem",
        "gt/z_mask.png": "ambiguous_stem",
        "pred/x.png": "partner_unusable",
        "pred/z_pred.png": "ambiguous_stem",
    }


def test_files_that_would_merge_but_have_no_partner_are_plainly_missing(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a.png", "x.png", "x_mask.png"], ["a.png"])
    assert kinds(result.missing) == {"gt/x.png": "no_partner", "gt/x_mask.png": "no_partner"}
    assert not result.problems


def test_two_files_of_one_name_are_both_ambiguous(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a.png", "b.png"], ["a.png", "b.png", "b.tif", "c.png", "c.npy"])
    assert names(result) == [("a", "a.png", "a.png")]
    assert kinds(result.problems) == {
        "gt/b.png": "partner_unusable",
        "pred/b.png": "ambiguous_stem",
        "pred/b.tif": "ambiguous_stem",
        "pred/c.npy": "ambiguous_stem",
        "pred/c.png": "ambiguous_stem",
    }
    assert "pred/b.png, pred/b.tif" in result.problems[0].reason


def test_folders_may_differ_where_the_name_is_unique(tmp_path: Path) -> None:
    gt = ["city/one/x_gtFine_labelIds.png", "city/two/y.png", "p/same.png", "q/same.png"]
    result = paired(tmp_path, gt, ["x_pred.png", "val/y.png", "same.png"])
    assert names(result) == [("city/one/x", gt[0], "x_pred.png"), ("city/two/y", gt[1], "val/y.png")]
    assert [note.kind for note in result.notes] == ["paired_by_name"]
    assert kinds(result.missing + result.extra) == dict.fromkeys(
        ["gt/p/same.png", "gt/q/same.png", "pred/same.png"], "no_partner"
    )


def test_a_name_taken_by_a_pair_is_not_unique(tmp_path: Path) -> None:
    result = paired(tmp_path, ["s/a.png", "t/a.png"], ["s/a.png", "a.png"])
    assert names(result) == [("s/a", "s/a.png", "s/a.png")]


def test_letter_case_and_zeros_are_a_hint_but_no_pair(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a.png", "b.png", "2.png"], ["a.png", "B.png", "02.png"])
    assert names(result) == [("a", "a.png", "a.png")]
    fixes = {problem.path: problem.fix for problem in result.missing + result.extra}
    assert "pred/B.png" in fixes["gt/b.png"] and "gt/b.png" in fixes["pred/B.png"]
    assert "pred/02.png" in fixes["gt/2.png"] and "gt/2.png" in fixes["pred/02.png"]


def test_two_spellings_of_an_accent_pair_with_a_note(tmp_path: Path) -> None:
    composed, split = (unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD"))
    result = paired(tmp_path, [composed, "b.png"], [split, "b.png"])
    assert names(result) == [("b", "b.png", "b.png"), (stem(composed), composed, split)]
    assert [(note.kind, note.path) for note in result.notes] == [("unicode_normalised", f"pred/{split}")]


def test_the_same_spelling_goes_before_another(tmp_path: Path) -> None:
    composed, split = (unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD"))
    result = paired(tmp_path, [composed], [split, composed])
    assert names(result) == [(stem(composed), composed, composed)]
    assert kinds(result.extra) == {f"pred/{split}": "no_partner"}


# --- --match ------------------------------------------------------------------------------------------


def test_match_takes_the_first_group_or_the_one_named_key(tmp_path: Path) -> None:
    gt, pred = (
        ["x/img_0007_labels.png", "x/img_0008_labels.png", "x/img_0007_color.png"],
        ["out-7-0007.png", "0008.png"],
    )
    first = paired(tmp_path, gt, pred, r"(\d{4})(?:_labels)?\.png")
    assert names(first) == [("0007", gt[0], pred[0]), ("0008", gt[1], pred[1])]
    assert first.skipped["gt"] == {"not matched by --match": 1}
    named = paired(tmp_path, gt, pred, r"(img_|out-7-|)(?P<key>\d{4})(?:_labels)?\.png")
    assert names(named) == names(first)


def test_match_that_gives_one_key_to_many_files_pairs_none(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a1.png", "a2.png"], ["a1.png"], "(a)")
    assert kinds(result.problems) == {
        "gt/a1.png": "ambiguous_stem",
        "gt/a2.png": "ambiguous_stem",
        "pred/a1.png": "partner_unusable",
    }


def test_words_stay_when_match_says_what_counts(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a_mask.png"], ["a.png"], r"(.*)\.png")
    assert not result.pairs and len(result.missing) == len(result.extra) == 1


@pytest.mark.parametrize("pattern", ["no group", "(", r"(?:\d+)", ""])
def test_a_match_without_a_group_is_a_usage_error(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(UsageError) as caught:
        paired(tmp_path, ["a.png"], ["a.png"], pattern)
    assert caught.value.kind == "bad_match" and repr(pattern) in str(caught.value)


# --- what lies in a folder ----------------------------------------------------------------------------


def test_everything_else_is_counted_as_skipped(tmp_path: Path) -> None:
    gt = ["a.png", ".DS_Store", "Thumbs.db", ".git/x.png", "__MACOSX/a.png", "notes.TXT", "README", "s/b.json"]
    result = paired(tmp_path, gt, ["a.png", "a.jpg.txt"])
    assert result.skipped == {"gt": {".json": 1, ".txt": 1, "hidden": 4, "no extension": 1}, "pred": {".txt": 1}}
    assert result.found == {"gt": 8, "pred": 2}


def test_lossy_and_foreign_formats_are_paired_for_a_reader_to_refuse(tmp_path: Path) -> None:
    extensions = [".jpg", ".jpeg", ".bmp", ".gif", ".webp"]
    result = paired(tmp_path, [f"x{e}.png" for e in extensions], [f"x{e}{e}" for e in extensions])
    assert len(result.pairs) == 5


def test_links_folders_and_pipes_are_listed_with_the_partner_they_cost(tmp_path: Path) -> None:
    letters = "abcdefg"
    gt, pred = fill(tmp_path / "gt", *(f"{c}.png" for c in letters)), fill(tmp_path / "pred", "a.png", "b.png/x.txt")
    fill(tmp_path / "elsewhere", "g.png", "h.png")
    (pred / "c.png").symlink_to("nowhere")
    (pred / "d.png").symlink_to("d.png")
    os.mkfifo(pred / "e.png")
    (pred / "f.png").symlink_to("e.png")
    (pred / "g.png").symlink_to(tmp_path / "elsewhere" / "g.png")
    (pred / "readme").symlink_to("nowhere")
    result = pair_folders(gt, pred)
    assert result.unaccounted("gt") == 0 == result.unaccounted("pred")
    assert [pair.image_id for pair in result.pairs] == ["a", "g"]
    assert not result.missing
    problems = kinds(result.problems)
    assert problems == {
        "pred/b.png": "not_a_file", "pred/c.png": "dangling_link", "pred/d.png": "dangling_link",
        "pred/e.png": "special_file", "pred/f.png": "special_file",
        **{f"gt/{c}.png": "partner_unusable" for c in "bcdef"},
    }  # fmt: skip
    assert "nowhere" in {p.path: p.reason for p in result.problems}["gt/c.png"]


def test_a_socket_is_a_special_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gt, pred = fill(tmp_path / "gt", "a.png"), fill(tmp_path / "pred", "a.png")
    monkeypatch.chdir(pred)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.png")
        assert kinds(pair_folders(gt, pred).problems) == {"pred/s.png": "special_file"}


def test_folder_links_are_never_followed(tmp_path: Path) -> None:
    gt, pred = fill(tmp_path / "gt", "a.png", "s/b.png"), fill(tmp_path / "pred", "a.png", "s/b.png")
    fill(tmp_path / "elsewhere", "c.png")
    (pred / "loop").symlink_to(".")
    (pred / "up").symlink_to("..")
    (pred / "again").symlink_to("s")
    (pred / "out").symlink_to(tmp_path / "elsewhere")
    result = pair_folders(gt, pred)
    assert [pair.image_id for pair in result.pairs] == ["a", "s/b"]
    assert [(note.kind, note.path) for note in result.notes] == [
        ("folder_link", f"pred/{name}") for name in ("again", "loop", "up")
    ]
    assert kinds(result.problems) == {"pred/out": "folder_link"}  # what it leads to would be lost in silence
    assert result.unaccounted("pred") == 0


def test_the_folder_given_may_be_a_link(tmp_path: Path) -> None:
    fill(tmp_path / "real", "a.png")
    (tmp_path / "pred").symlink_to("real")
    assert len(pair_folders(fill(tmp_path / "gt", "a.png"), tmp_path / "pred").pairs) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_listed(tmp_path: Path) -> None:
    gt, pred = fill(tmp_path / "gt", "a.png", "s/b.png"), fill(tmp_path / "pred", "a.png", "s/b.png")
    (pred / "s").chmod(0)
    try:
        assert kinds(pair_folders(gt, pred).problems)["pred/s"] == "unreadable"
    finally:
        (pred / "s").chmod(0o700)


def test_a_folder_that_cannot_be_read_is_listed_with_all_it_would_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gt, pred = fill(tmp_path / "gt", "a.png", "s/t/b.png"), fill(tmp_path / "pred", "a.png", "s/t/b.png")
    scandir = os.scandir

    def refusing(path: str) -> Any:
        if path == str(pred / "s"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(folders.os, "scandir", refusing)
    result = pair_folders(gt, pred)
    assert kinds(result.problems) == {"gt/s/t/b.png": "partner_unusable", "pred/s": "unreadable"}
    assert result.unaccounted("gt") == 0 == result.unaccounted("pred")


def test_a_root_that_cannot_be_read_is_an_input_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gt, pred = fill(tmp_path / "gt", "a.png"), fill(tmp_path / "pred", "a.png")

    def refusing(path: str) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders.os, "scandir", refusing)
    with pytest.raises(InputError) as caught:
        pair_folders(gt, pred)
    assert (caught.value.kind, caught.value.path) == ("unreadable", "gt")


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_prediction_that_is_its_own_truth_is_noted(tmp_path: Path, link: Any) -> None:
    gt, pred = fill(tmp_path / "gt", "a.png", "b.png"), fill(tmp_path / "pred", "a.png")
    link(gt / "b.png", pred / "b.png")
    result = pair_folders(gt, pred)
    assert len(result.pairs) == 2
    assert [(note.kind, note.path) for note in result.notes] == [("same_file_as_gt", "pred/b.png")]


# --- the two paths ------------------------------------------------------------------------------------


def test_paths_that_cannot_be_meant_are_usage_errors(tmp_path: Path) -> None:
    gt, pred = fill(tmp_path / "gt", "a.png"), fill(tmp_path / "pred", "a.png")
    (tmp_path / "link").symlink_to("gt")
    for arguments, kind in [
        ((tmp_path / "none", pred), "no_such_folder"),
        ((gt, tmp_path / "none"), "no_such_folder"),
        ((gt, gt), "same_folder"),
        ((gt, tmp_path / "link"), "same_folder"),
        ((gt / "a.png", gt / "a.png"), "same_folder"),
        ((gt / "a.png", pred), "file_and_folder"),
        (("/dev/null", pred), "no_such_folder"),
    ]:
        with pytest.raises(UsageError) as caught:
            pair_folders(*arguments)
        assert caught.value.kind == kind


def test_two_files_are_a_pair_whatever_their_names(tmp_path: Path) -> None:
    folder = fill(tmp_path, "truth.png", "x_pred.tif")
    result = pair_folders(folder / "truth.png", folder / "x_pred.tif")
    assert names(result) == [("truth", "truth.png", "x_pred.tif")]
    assert result.unaccounted("gt") == 0 == result.unaccounted("pred")


@pytest.mark.parametrize(("outer", "inner"), [("gt", "pred"), ("pred", "gt")])
def test_a_folder_inside_the_other_is_counted_once(tmp_path: Path, outer: str, inner: str) -> None:
    root = fill(tmp_path / "data", "a.png", "b.png", "x/inside/a.png", "x/inside/b.png", "x/insides.txt")
    where = {outer: root, inner: root / "x" / "inside"}
    result = pair_folders(where["gt"], where["pred"])
    assert [pair.image_id for pair in result.pairs] == ["a", "b"]
    assert not (result.missing or result.extra or result.problems)
    assert [(note.kind, note.path) for note in result.notes] == [("nested_folder", outer)]
    assert result.unaccounted("gt") == 0 == result.unaccounted("pred")


def test_a_folder_without_masks_is_an_input_error(tmp_path: Path) -> None:
    full = fill(tmp_path / "full", "a.png")
    with pytest.raises(InputError, match="it is empty") as caught:
        pair_folders(full, fill(tmp_path / "none"))
    assert (caught.value.kind, caught.value.path) == ("empty_folder", "pred")
    with pytest.raises(InputError, match=r"only: 2 \.txt, 1 hidden") as caught:
        pair_folders(fill(tmp_path / "texts", "a.txt", "b.txt", ".x"), full)
    assert (caught.value.kind, caught.value.path) == ("empty_folder", "gt")


def test_no_pair_at_all_shows_names_of_both_sides(tmp_path: Path) -> None:
    result = paired(tmp_path, [f"case{c}.png" for c in "abcd"], ["1.png", "2.png"])
    error = no_pairs(result)
    assert error.kind == "no_pairs" and "--match" in error.fix
    assert "gt/casea.png, gt/caseb.png, gt/casec.png against pred/1.png, pred/2.png" in error.reason


# --- names --------------------------------------------------------------------------------------------

HOSTILE = ["<img src=x onerror=1>", "--help", "a. ", "+1\t@SUM(A1)", "a\nb", "CON", "a\u200b\ufeff", "x" * 251,
           "'`onclick='1", "\x1b[2J", "%2e%2e", "a\\b", "=1", "\u202egnp", "~", "*", "a;b|c&d", "👨‍👩‍👧é"]  # fmt: skip


def test_any_name_is_paired_and_kept_as_it_is(tmp_path: Path) -> None:
    files = [f"{name}.png" for name in HOSTILE]
    result = paired(tmp_path, files, files)
    assert {pair.image_id for pair in result.pairs} == set(HOSTILE)
    assert not result.notes


def test_names_that_are_no_unicode_are_shown_and_stay_apart(tmp_path: Path) -> None:
    raw = [b"\xff.png", b"\\xff.png", b"caf\xe9.png"]
    files = [os.fsdecode(name) for name in raw]
    result = paired(tmp_path, files, files)
    ids = [pair.image_id for pair in result.pairs]
    assert sorted(ids) == ["\\xff", "\\xff~2", "caf\\xe9"]
    json.dumps(ids).encode("utf-8")
    assert all(pair.gt.exists() and pair.pred.exists() for pair in result.pairs)
    assert shown("plain é") == "plain é"


def test_problem_records_hold_what_the_document_needs(tmp_path: Path) -> None:
    result = paired(tmp_path, ["a.png", "b.png"], ["a.png"])
    record = result.missing[0].excluded()
    assert list(record) == ["file", "side", "kind", "reason", "fix"]
    assert (record["file"], record["side"], record["kind"]) == ("gt/b.png", "gt", "no_partner")
    assert result.missing[0].image_id == "b" and Path(result.missing[0].location).is_file()


# --- properties ---------------------------------------------------------------------------------------

NAMES = st.builds(
    lambda folder, prefix, name, suffix, extension: folder + prefix + name + suffix + extension,
    st.sampled_from(["", "", "s/", "t/"]),
    st.sampled_from(["", "", "", "pred_", "MASK-"]),
    st.sampled_from(["a", "b", "A", "01", "1", "é", "e\u0301"]),
    st.sampled_from(["", "", "", "_mask", "_pred", "_gtFine_labelIds", ".x"]),
    st.sampled_from([".png", ".png", ".tif", ".nii.gz", ".txt", ".PNG"]),
)
TREES = st.lists(NAMES, min_size=0, max_size=12, unique=True)


class Shuffled:
    """os.scandir in another order."""

    def __init__(self, seed: int) -> None:
        self.random, self.scandir = random.Random(seed), os.scandir

    def __call__(self, path: str) -> Any:
        with self.scandir(path) as entries:
            listed = list(entries)
        self.random.shuffle(listed)

        class Entries:
            def __enter__(self) -> Iterator[os.DirEntry[str]]:
                return iter(listed)

            def __exit__(self, *error: object) -> None:
                return None

        return Entries()


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(gt=TREES, pred=TREES, seed=st.integers(0, 99))
def test_every_file_is_accounted_for_once_in_any_order(gt: list[str], pred: list[str], seed: int) -> None:
    gt, pred = [*gt, "both.png"], [*pred, "both.png"]
    with tempfile.TemporaryDirectory() as folder:
        roots = fill(Path(folder) / "gt", *gt), fill(Path(folder) / "pred", *pred)
        result = pair_folders(*roots)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(folders.os, "scandir", Shuffled(seed))
            assert pair_folders(*roots) == result
        turned = pair_folders(*reversed(roots))
    listed = Counter(problem.path for problem in result.missing + result.extra + result.problems)
    listed.update(f"gt/{pair.gt_relative}" for pair in result.pairs)
    listed.update(f"pred/{pair.pred_relative}" for pair in result.pairs)
    found = [f"{side}/{name}" for side, side_names in (("gt", gt), ("pred", pred)) for name in side_names]
    assert listed == Counter(name for name in found if not name.endswith(".txt"))
    assert result.unaccounted("gt") == 0 == result.unaccounted("pred")
    ids = [pair.image_id for pair in result.pairs]
    assert ids == sorted(set(ids))
    assert {(p.gt_relative, p.pred_relative) for p in result.pairs} == {
        (p.pred_relative, p.gt_relative) for p in turned.pairs
    }


def plain_stem(name: str) -> str:
    """The oracle's own idea of a stem, for the names above."""
    for extension in (".nii.gz", ".png", ".tif", ".PNG"):
        if name.endswith(extension):
            return name[: -len(extension)]
    return ""


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(gt=TREES, pred=TREES)
def test_equal_unique_stems_are_always_a_pair_and_doubles_never(gt: list[str], pred: list[str]) -> None:
    gt, pred = [*gt, "both.png"], [*pred, "both.png"]
    with tempfile.TemporaryDirectory() as folder:
        result = pair_folders(fill(Path(folder) / "gt", *gt), fill(Path(folder) / "pred", *pred))
    pairs = {(pair.gt_relative, pair.pred_relative) for pair in result.pairs}
    for true in gt:
        for predicted in pred:
            if plain_stem(true) == plain_stem(predicted) != "":
                alone = [sum(plain_stem(n) == plain_stem(true) for n in side) == 1 for side in (gt, pred)]
                assert ((true, predicted) in pairs) == all(alone)


def test_many_files_pair_without_a_quadratic_step() -> None:
    count = 20_000  # a step that compares all with all would take minutes

    def side(name: str, suffix: str) -> list[Keyed]:
        return [Keyed(f"s/{n}{suffix}", FoundFile("", f"s/{n}{suffix}.png", name)) for n in range(count)]

    start = time.perf_counter()
    found = find_partners({"gt": side("gt", "_mask"), "pred": side("pred", "")}, by_words=True)
    assert len(found.pairs) == count and len(found.notes) == 1
    assert time.perf_counter() - start < 30


# --- corpus -------------------------------------------------------------------------------------------


def test_pairing_and_name_cases_of_the_corpus(shared: Path, tmp_path: Path) -> None:
    with tarfile.open(shared / "bad" / "cases.tar.gz") as archive:
        groups = ("pair-", "name-", "link-", "dir-", "good-")
        members = [m for m in archive.getmembers() if any(part.startswith(groups) for part in m.name.split("/")[:2])]
        archive.extractall(tmp_path, members, filter="fully_trusted")
    cases = sorted(path.parent for path in tmp_path.rglob("expected.json") if (path.parent / "gt").is_dir())
    assert len(cases) >= 30
    for case in cases:
        expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
        result = pair_folders(case / "gt", case / "pred")
        assert [pair.image_id for pair in result.pairs] == sorted(expected["scored"]), case.name
        found = kinds(result.missing + result.extra + result.problems)
        bad = {entry["path"]: entry["kind"] for entry in expected["bad_files"]}
        assert {path: kind for path, kind in found.items() if kind != "partner_unusable"} == bad, case.name
        warned = {
            (w["kind"], w["path"])
            for w in expected["warnings"]
            if w["kind"] in ("unicode_normalised", "same_file_as_gt")
        }
        assert {(note.kind, note.path) for note in result.notes} == warned, case.name
        assert result.unaccounted("gt") == 0 == result.unaccounted("pred"), case.name
