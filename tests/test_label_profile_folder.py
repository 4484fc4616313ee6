"""`profile_folder`: which files are measured, what their values are taken for and why, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from inspector.categories import Categories, Category, numbered
from inspector.errors import InputError, UsageError
from inspector.label_profile import LabelProfile, measure_mask, profile_folder
from inspector.label_profile.kinds import KindGuess, guess_kind
from inspector.label_profile.panoptic import coco_mask, read_panoptic_file, thousands_mask
from inspector.masks import Mask

Map = NDArray[Any]


def _save(folder: Path, *maps: Map, name: str = "{:02d}.png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index, each in enumerate(maps):
        Image.fromarray(each).save(folder / name.format(index))
    return folder


def _squares(values: list[int], dtype: type = np.uint8, side: int = 8) -> Map:
    """A square for each value, in rows of ten, with 0 between them."""
    rows = -(-len(values) // 10)
    drawn = np.zeros((rows * (side + 2), 10 * (side + 2)), dtype)
    for i, value in enumerate(values):
        y, x = divmod(i, 10)
        drawn[y * (side + 2) :, x * (side + 2) :][1 : side + 1, 1 : side + 1] = value
    return drawn


def _guess(*maps: Map, categories: Categories | None = None) -> KindGuess:
    return guess_kind([measure_mask(Mask.from_labels(each), "classes") for each in maps], categories)


# ---------------------------------------------------------------------- the kind of labels, by the values


@pytest.mark.parametrize(
    ("maps", "kind", "reason"),
    [
        ([_squares([255, 255]), _squares([255])], "classes", "one value beside 0"),
        ([_squares([0])], "classes", "one value beside 0"),
        ([_squares([1, 2, 1, 2, 3, 1]), _squares([3, 3, 2, 1])], "classes", "they are classes, not objects"),
        ([_squares(list(range(1, 31)))], "ids", "up to 30 values in an image, each of them one region"),
        ([_squares(list(range(7, 400, 3)), np.uint16)], "ids", "up to 131 values in an image"),
        (
            [_squares([7, 11, 24000, 24001, 26000, 26001, 26002], np.uint16), _squares([7, 26], np.uint16)],
            "panoptic",
            "class x 1000 + number of the object",
        ),
    ],
)
def test_values_that_say_what_they_are_are_told_with_the_reason(maps: list[Map], kind: str, reason: str) -> None:
    guess = _guess(*maps)
    assert (guess.kind, guess.sure) == (kind, True) and reason in guess.reason


@pytest.mark.parametrize(
    ("maps", "kind", "reason"),
    [
        ([_squares([1, 2, 3]), _squares([1, 2, 3, 4, 5]), _squares([1])], "ids", "count up to a number of their own"),
        ([_squares([1, 2, 3]), _squares([1, 2, 3])], "classes", "the same few values (3 in all) come again"),
        ([_squares([1, 4]), _squares([2, 4])], "classes", "the same few values (3 in all) come again"),
        ([_squares([n, n + 1, n + 2]) for n in range(20, 40)], "classes", "the same few values (22 in all) come again"),
        ([_squares([17, 40]), _squares([9]), _squares([88, 90])], "ids", "differ from image to image (5 in all, at m"),
        ([_squares([1, 2, 3])], "classes", "there are 3 values in the one mask"),
        ([_squares(list(range(5, 182, 3)))], "classes", "there are 59 values in the one mask"),
        ([_squares([17, 40, 41, 41]), _squares([9, 9, 8]), _squares([88])], "ids", "likely objects in pieces"),
        ([_squares([1, 2, 2]), _squares([1, 2, 3]), _squares([1, 1])], "classes", "likely classes, or objects in p"),
        ([_squares([1000, 1001, 1007], np.uint16)], "panoptic", "or as ids from 1000 on"),
    ],
)
def test_values_that_may_be_either_are_called_so_with_the_way_to_settle_it(
    maps: list[Map], kind: str, reason: str
) -> None:
    guess = _guess(*maps)
    assert (guess.kind, guess.sure) == (kind, False) and reason in guess.reason
    assert "--labels classes, ids or panoptic" in guess.reason


def test_values_of_a_class_list_are_classes() -> None:
    maps = [_squares([1, 2, 3]), _squares([1, 2, 3, 4, 5]), _squares([1])]
    assert _guess(*maps, categories=numbered(6)) == KindGuess("classes", "every value is in the class list", True)
    assert _guess(*maps, categories=numbered(4)).kind == "ids"


@pytest.mark.parametrize("last", [1001, 1099, 1499, 2099])
def test_a_thousand_ids_in_a_row_are_no_classes_of_cityscapes(last: int) -> None:
    guess = _guess(*(_squares(list(range(1, n + 1)), np.uint16, side=4) for n in (last - 7, last, last - 20)))
    assert (guess.kind, guess.sure) == ("ids", True) and "class x 1000" not in guess.reason


def test_a_class_that_is_drawn_in_specks_is_in_many_pieces() -> None:
    dots = np.zeros((60, 60), np.uint8)
    dots[::6, ::6], dots[3::6, ::6], dots[3::6, 3::6] = 1, 2, 3
    assert _guess(dots, dots[:30]) == KindGuess(
        "classes", "only 0 % of the values in an image form one region: they are classes, not objects", True
    )


def test_many_images_are_looked_at_before_the_kind_is_told(tmp_path: Path) -> None:
    drawn = [_squares(list(range(1, n))) for n in (3, 5, 4, 7, 2)]
    assert profile_folder(_save(tmp_path, *drawn)).kind == "ids"
    assert profile_folder(tmp_path / "02.png").kind == "classes"  # the middle one, which does not say


def test_large_values_that_number_nothing_are_no_classes_of_cityscapes() -> None:
    assert _guess(_squares([5130, 5250, 6077], np.uint16)).kind == "classes"


def test_the_order_of_the_images_changes_no_guess() -> None:
    counts = [measure_mask(Mask.from_labels(_squares(list(range(1, n)))), "classes") for n in (3, 9, 5)]
    assert guess_kind(counts) == guess_kind(counts[::-1])


# ---------------------------------------------------------------------- folders


def test_a_folder_is_measured_as_what_it_is_said_or_found_to_be(tmp_path: Path) -> None:
    folder = _save(tmp_path / "masks", _squares(list(range(1, 31))), _squares(list(range(1, 26))))
    found = profile_folder(folder)
    assert (found.kind, found.kind_sure, found.classes[0].segments) == ("ids", True, 55)
    assert found.segments_per_image == {"median": 27.5, "max": 30} and found.classes[0].name == "object"
    said = profile_folder(folder, "classes")
    assert (said.kind, said.kind_reason, len(said.classes)) == ("classes", "as said", 30)


def test_workers_change_nothing(tmp_path: Path) -> None:
    folder = _save(tmp_path, *(_squares(list(range(1, n))) for n in range(3, 40)))
    assert profile_folder(folder, jobs=1).as_json() == profile_folder(folder, jobs=3).as_json()


def test_a_sample_is_spread_over_all_pages_and_says_of_how_many(tmp_path: Path) -> None:
    folder = _save(tmp_path / "many", *(_squares([1] * n) for n in range(1, 11)))
    pages = [Image.fromarray(_squares([1] * 20)) for _ in range(10)]
    pages[0].save(folder / "99.tif", save_all=True, append_images=pages[1:])
    profile = profile_folder(folder, sample=4)
    assert (profile.images, profile.images_found) == (4, 20)
    assert profile.components_per_image == {"median": 14.0, "max": 20}  # images 2 and 7, pages 2 and 7


def test_one_file_is_a_set_of_one(tmp_path: Path) -> None:
    _save(tmp_path, _squares([1, 1]), _squares([1] * 9))
    assert profile_folder(tmp_path / "00.png").components_per_image["max"] == 2


def test_match_says_which_files_are_masks(tmp_path: Path) -> None:
    _save(tmp_path, _squares([1]), name="a_{}_ids.png")
    _save(tmp_path, _squares([1, 1]), name="a_{}_other.png")
    assert profile_folder(tmp_path, match="_ids").components_per_image["max"] == 1
    assert profile_folder(tmp_path, match=r"a_(\d)_other").components_per_image["max"] == 2
    with pytest.raises(InputError, match="no mask file below .* --match 'none'"):
        profile_folder(tmp_path, match="none")


def test_a_class_list_gives_names_and_reads_colours(tmp_path: Path) -> None:
    colours = np.zeros((20, 30, 3), np.uint8)
    colours[5:10, 5:10] = (200, 10, 10)
    folder = _save(tmp_path, colours)
    listed = Categories.of(
        [Category(0, "soil", (0, 0, 0), background=True), Category(3, "weed", (200, 10, 10))], "test"
    )
    profile = profile_folder(folder, categories=listed)
    assert [(each.id, each.name) for each in profile.classes] == [(3, "weed")] and profile.background_id == 0
    with pytest.raises(InputError) as caught:
        profile_folder(folder)
    assert caught.value.kind == "colour_map_missing" and caught.value.path == "00.png"


def test_a_file_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    folder = _save(tmp_path, _squares([1]), _squares([1]))
    (folder / "00.png").write_bytes(b"no picture")
    whole = (folder / "01.png").read_bytes()
    (folder / "02.png").write_bytes(whole[:-40])
    profile = profile_folder(folder)
    assert profile.images == 1 and [each["file"] for each in profile.left_out] == ["00.png", "02.png"]
    (folder / "01.png").unlink()
    with pytest.raises(InputError) as caught:
        profile_folder(folder)
    assert caught.value.path == "00.png"


def test_a_link_to_nothing_is_left_out_and_named(tmp_path: Path) -> None:
    folder = _save(tmp_path, _squares([1]))
    (folder / "lost.png").symlink_to(tmp_path / "nowhere.png")
    assert [(each["file"], each["kind"]) for each in profile_folder(folder).left_out] == [("lost.png", "dangling_link")]
    assert profile_folder(folder, match="00").left_out == ()
    (folder / "00.png").unlink()
    with pytest.raises(InputError, match="lost.png: a link to"):
        profile_folder(folder)


def test_files_that_cannot_be_used_are_not_among_those_found(tmp_path: Path) -> None:
    folder = _save(tmp_path, _squares([1]), _squares([1]), _squares([1]))
    (folder / "01.png").write_bytes((folder / "01.png").read_bytes()[:-40])
    profile = profile_folder(folder)
    assert (profile.images, profile.images_found, profile.files_found) == (2, 2, 2)


def test_black_and_white_among_class_numbers_is_told_with_the_files(tmp_path: Path) -> None:
    drawn = [_squares([1, 2, 3, 1, 2, 3]), _squares([255, 255]), _squares([1, 3, 1, 3]), _squares([255])]
    profile = profile_folder(_save(tmp_path, *drawn, _squares([0])))
    assert profile.black_and_white == {"images": 2, "files": ["01.png", "03.png"]}


def test_black_and_white_masks_say_nothing_of_the_kind_of_the_rest(tmp_path: Path) -> None:
    assert _guess(_squares([1, 2, 3, 1]), _squares([255])) == _guess(_squares([1, 2, 3, 1]))
    profile = profile_folder(_save(tmp_path, _squares([1, 2, 3, 1]), _squares([255])))
    assert profile.kind == "classes" and profile.black_and_white == {"images": 1, "files": ["01.png"]}


@pytest.mark.parametrize("values", [[[255], [255, 255]], [[1, 255, 2, 1, 255], [255]], [[0], [255]], [[1], [1, 1]]])
def test_nothing_is_said_of_masks_that_are_written_alike(tmp_path: Path, values: list[list[int]]) -> None:
    assert profile_folder(_save(tmp_path, *map(_squares, values))).black_and_white is None


# ---------------------------------------------------------------------- volumes and pictures


def _volume(path: Path, slices: Map) -> None:
    nibabel = pytest.importorskip("nibabel")
    nibabel.save(nibabel.Nifti1Image(slices, np.diag([1.0, 1.0, 3.0, 1.0])), path)


def test_the_slices_of_a_volume_are_one_file(tmp_path: Path) -> None:
    _volume(tmp_path / "a.nii.gz", np.stack([_squares([1, 1])] * 7, axis=-1))
    profile = profile_folder(tmp_path)
    assert (profile.images, profile.images_found, profile.files_found, profile.volumes) == (7, 7, 1, 1)
    _save(tmp_path, _squares([1]))
    _volume(tmp_path / "flat.nii", _squares([1, 1])[:, :, None])
    profile = profile_folder(tmp_path)
    assert (profile.images_found, profile.files_found, profile.volumes) == (9, 3, 1)


def _grey(kind: str) -> Map:
    rng = np.random.default_rng(1)
    noise = rng.random((120, 150))
    if kind == "noise":
        return (255 * noise).astype(np.uint8)
    if kind == "blurred":
        smooth = ndimage.gaussian_filter(noise, 3)
        return (255 * (smooth - smooth.min()) / np.ptp(smooth)).astype(np.uint8)
    if kind == "wide":
        return rng.permutation(120 * 150).reshape(120, 150).astype(np.uint16)
    frame = np.zeros((1200, 1500), np.uint8)  # black, but for its middle
    frame[500:700, 600:900] = rng.integers(0, 255, (200, 300))
    return frame


@pytest.mark.parametrize("kind", ["noise", "blurred", "wide", "black around"])
def test_a_picture_among_masks_is_left_out_unless_it_is_said_to_be_labels(tmp_path: Path, kind: str) -> None:
    _save(tmp_path, _squares([1, 2, 1, 2]), _grey(kind))
    profile = profile_folder(tmp_path)
    assert (profile.images, profile.images_found, len(profile.classes)) == (1, 1, 2)
    (left_out,) = profile.left_out
    assert (left_out["file"], left_out["kind"]) == ("01.png", "looks_like_a_picture")
    assert "a picture, not labels" in left_out["reason"] and "--labels" in left_out["reason"]
    assert profile_folder(tmp_path, "ids").left_out == ()
    (tmp_path / "00.png").unlink()
    with pytest.raises(InputError, match="looks like a picture"):
        profile_folder(tmp_path)


def test_grey_values_of_a_class_list_are_classes(tmp_path: Path) -> None:
    profile = profile_folder(_save(tmp_path, _grey("noise")), categories=numbered(256))
    assert (profile.images, profile.left_out) == (1, ())


def _cells(count: int, spread: int) -> Map:
    """A map without gaps: each pixel has the number of the nearest of some points."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:160, :160]
    points = rng.integers(0, 160, (count, 2))
    return (1 + spread * ((y[..., None] - points[:, 0]) ** 2 + (x[..., None] - points[:, 1]) ** 2).argmin(-1)).astype(
        np.uint16
    )


def _dots(count: int) -> Map:
    dots = np.zeros((120, 120), np.uint16)
    for number in range(count):
        y, x = 6 * (number // 20), 6 * (number % 20)
        dots[y : y + 2, x : x + 2] = number + 1
    return dots


@pytest.mark.parametrize("ids", [_cells(300, 1), _cells(200, 7), _dots(300), _squares(list(range(1, 250)))])
def test_many_objects_are_no_picture(tmp_path: Path, ids: Map) -> None:
    profile = profile_folder(_save(tmp_path, ids))
    assert (profile.kind, profile.kind_sure, profile.left_out) == ("ids", True, ())


def test_a_class_map_as_rough_as_noise_is_no_picture(tmp_path: Path) -> None:
    rough = np.random.default_rng(3).integers(0, 20, (100, 100)).astype(np.uint8)
    assert len(profile_folder(_save(tmp_path, rough)).classes) >= 19


def test_the_image_beside_a_tissue_map_is_left_out(shared: Path) -> None:
    profile = profile_folder(shared / "data/mni152/volumes", sample=40)
    assert [each["file"] for each in profile.left_out] == ["t1.nii.gz"]
    assert (profile.kind, profile.images_found, profile.files_found, profile.volumes) == ("classes", 189, 1, 1)


def test_paths_and_options_that_are_wrong_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        profile_folder(tmp_path / "none")
    with pytest.raises(UsageError, match="--labels boxes: expected auto, classes, ids, panoptic"):
        profile_folder(tmp_path, "boxes")
    with pytest.raises(InputError, match="no mask file"):
        profile_folder(tmp_path)
    (tmp_path / "alone.json").write_text("{}")
    with pytest.raises(UsageError, match="folder of its PNGs beside it"):
        profile_folder(tmp_path / "alone.json")


def test_more_values_than_classes_can_be_are_ids(tmp_path: Path) -> None:
    many = np.arange(200 * 200, dtype=np.int32).reshape(200, 200).repeat(4, axis=0).repeat(4, axis=1)
    np.save(tmp_path / "many.npy", many)
    profile = profile_folder(tmp_path)
    assert (profile.kind, profile.classes[0].segments) == ("ids", 39_999)


# ---------------------------------------------------------------------- panoptic maps


def _coco(tmp_path: Path, **changes: Any) -> Path:
    """One image of three segments: sky, and two cars that touch."""
    colours = np.zeros((20, 40, 3), np.uint8)
    colours[:10] = (5, 1, 0)  # 261
    colours[12:18, 5:15], colours[12:18, 15:25] = (9, 0, 1), (10, 0, 1)  # 65545, 65546
    _save(tmp_path / "pan", colours)
    infos = [
        {"id": 65546, "category_id": 3, "iscrowd": 0},
        {"id": 261, "category_id": 90, "iscrowd": 0},
        {"id": 65545, "category_id": 3, "iscrowd": 0},
    ]
    document = {
        "annotations": [{"file_name": "00.png", "image_id": 0, "segments_info": infos}],
        "categories": [{"id": 3, "name": "car", "isthing": 1}, {"id": 90, "name": "sky", "isthing": 0}],
    }
    (tmp_path / "pan.json").write_text(json.dumps({**document, **changes}))
    return tmp_path / "pan"


def test_a_panoptic_json_beside_the_folder_is_found(tmp_path: Path) -> None:
    folder = _coco(tmp_path)
    profile = profile_folder(folder)
    assert (profile.kind, profile.coverage, profile.merged) == ("panoptic", (400 + 120) / 800, 1.0)
    assert [(each.name, each.segments, each.region) for each in profile.classes] == [
        ("car", 2, False),
        ("sky", 1, True),
    ]
    assert profile_folder(tmp_path / "pan.json") == profile


def test_a_file_or_a_colour_that_the_json_lacks_is_named(tmp_path: Path) -> None:
    folder = _coco(tmp_path)
    _save(folder, np.full((4, 4, 3), 7, np.uint8), name="extra.png")
    (left_out,) = profile_folder(folder).left_out
    assert left_out["file"] == "extra.png" and "no annotation of this name" in left_out["reason"]
    segments = read_panoptic_file(tmp_path / "pan.json").segments["00.png"]
    with pytest.raises(InputError, match="1 colours are no segment of the JSON, the first has the id 9"):
        coco_mask(np.array([[[0, 0, 0], [9, 0, 0]]], np.uint8), segments)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"categories": [], "annotations": []}',
        '{"categories": [{"id": 1, "name": "a"}], "annotations": 3}',
    ],
)
def test_a_json_that_is_no_panoptic_one_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "pan.json").write_text(text)
    with pytest.raises((InputError, UsageError)) as caught:
        read_panoptic_file(tmp_path / "pan.json")
    assert "pan.json" in str(caught.value) and caught.value.exit_code in (2, 3)


def test_class_times_a_thousand_is_read_as_class_and_object(tmp_path: Path) -> None:
    """Road 7; cars 26000 and 26001 side by side; a group of cars 26, which is a crowd."""
    drawn = np.zeros((30, 60), np.uint16)
    drawn[20:] = 7
    drawn[5:15, 5:15], drawn[5:15, 15:25], drawn[5:15, 40:50] = 26000, 26001, 26
    mask = thousands_mask(Mask.from_labels(drawn))
    assert mask.segments.category_id[[7, 26, 26000, 26001]].tolist() == [7, 26, 26, 26]
    assert mask.segments.iscrowd[[7, 26, 26000, 26001]].tolist() == [False, True, False, False]
    profile = profile_folder(_save(tmp_path, drawn))
    _assert_cityscapes(profile)


def _assert_cityscapes(profile: LabelProfile) -> None:
    road, car = profile.classes
    assert profile.kind == "panoptic" and (road.id, car.id) == (7, 26)
    assert (road.segments, road.region, car.segments, car.merged) == (1, True, 2, 1.0)
    assert profile.coverage == (600 + 300) / 1800
