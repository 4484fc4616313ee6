"""All that is wrong with the data is said before the first step, together, and in the words of `inspect lint`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inspector.categories import Categories, Category, numbered
from inspector.errors import InputError, UsageError
from inspector.linting import lint_folders
from tests.unet_folders import draw_pair, write_dataset
from unet.data.checks import Facts, check_examples, image_statistics
from unet.data.layouts import Layout, find_examples
from unet.data.statistics import _joined

SHAPES = numbered(3)


def labels(*seeds: int, **more: object) -> dict[str, np.ndarray]:
    return {f"{seed}": draw_pair(seed, **more)[1] for seed in seeds}  # type: ignore[arg-type]


def checked(folder: Path, categories: Categories | None = SHAPES, **more: object) -> Facts:
    return check_examples(find_examples(folder, 0.25), categories, **more)  # type: ignore[arg-type]


def refusal(folder: Path, categories: Categories | None = SHAPES, **more: object) -> InputError:
    with pytest.raises(InputError) as error:
        checked(folder, categories, **more)
    return error.value


def kinds(facts: Facts) -> list[str]:
    return [note.kind for note in facts.notes]


# ---------------------------------------------------------------------- what is counted


def test_pixels_are_counted_by_class_and_side(tmp_path: Path) -> None:
    masks = labels(0, 1, 2, 3)
    masks["2"][:3] = 255
    facts = checked(write_dataset(tmp_path, masks), ignore=(255,))
    layout = find_examples(tmp_path, 0.25)
    for side, pixels, void in (
        (layout.train, facts.train_pixels, facts.train_void),
        (layout.val, facts.val_pixels, facts.val_void),
    ):
        together = np.concatenate([masks[e.image_id].ravel() for e in side])
        assert pixels.tolist() == [(together == k).sum() for k in range(3)]
        assert void == (together == 255).sum()
    assert (facts.channels, facts.dtype, facts.sizes) == (3, "uint8", {(24, 32): 4})
    seen = facts.seen[next(e for e in layout.train + layout.val if e.image_id == "2")]
    assert (seen.height, seen.width, seen.pixels[3]) == (24, 32, 3 * 32)


def test_stored_values_become_class_indices(tmp_path: Path) -> None:
    """Ids with gaps, two values for one class, and colours."""
    classes = Categories.of([Category(7, "a", values=(0,)), Category(9, "b", values=(1, 2))], "a test")
    facts = checked(write_dataset(tmp_path, labels(0, 1, 2)), classes)
    together = np.concatenate([mask.ravel() for mask in labels(0, 1, 2).values()])
    assert (facts.train_pixels + facts.val_pixels).tolist() == [(together == 0).sum(), (together > 0).sum()]


def test_colour_masks_are_read_by_their_colours(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1))
    colors = [(0, 0, 0), (250, 0, 0), (0, 0, 250)]
    for name, mask in labels(0, 1).items():
        Image.fromarray(np.array(colors, np.uint8)[mask]).save(tmp_path / "masks" / f"{name}.png")
    classes = Categories.of([Category(i, f"c{i}", color=color) for i, color in enumerate(colors)], "a test")
    facts = checked(tmp_path, classes)
    assert (facts.train_pixels + facts.val_pixels).tolist() == np.bincount(
        np.stack([*labels(0, 1).values()]).ravel()
    ).tolist()


@pytest.mark.parametrize(("top", "names"), [(1, ("background", "foreground")), (255, ("background", "foreground"))])
def test_two_values_without_a_list_are_background_and_foreground(
    tmp_path: Path, top: int, names: tuple[str, ...]
) -> None:
    masks = {name: top * (mask > 0) for name, mask in labels(0, 1, 2).items()}
    facts = checked(write_dataset(tmp_path, masks), None)
    assert facts.categories.names == names
    assert facts.train_pixels[1] > 0
    assert ("binary_255" in kinds(facts)) == (top == 255)


def test_values_without_a_list_are_classes_with_the_colours_of_the_palette(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1))
    for name, mask in labels(0, 1).items():
        image = Image.fromarray(mask, mode=None)
        image.putpalette([9, 9, 9, 200, 0, 0, 0, 200, 0])
        image.save(tmp_path / "masks" / f"{name}.png")
    facts = checked(tmp_path, None)
    assert [c.color for c in facts.categories.classes] == [(9, 9, 9), (200, 0, 0), (0, 200, 0)]


# ---------------------------------------------------------------------- what is refused


def test_all_problems_are_told_together_and_counted(tmp_path: Path) -> None:
    masks = labels(*range(12))
    for name in "2345678":
        masks[name][0, 0] = 9
    write_dataset(tmp_path, masks)
    Image.fromarray(draw_pair(0, (24, 30))[0]).save(tmp_path / "images" / "1.png")
    (tmp_path / "images" / "9.png").write_bytes(b"nothing")
    error = refusal(tmp_path)
    text = str(error)
    assert error.kind == "unusable_data"
    assert "9 files of 12 images" in text
    assert "7 label_out_of_range" in text and "1 size_mismatch" in text and "1 unknown_format" in text
    assert text.count(str(tmp_path)) >= 5 and "and 4 more" in text


def test_one_problem_is_told_plainly(tmp_path: Path) -> None:
    masks = labels(0, 1, 2)
    masks["1"][3, 4] = 9
    error = refusal(write_dataset(tmp_path, masks))
    assert error.kind == "label_out_of_range" and error.path == str(tmp_path / "masks/1.png")
    assert "9 (1 px), the first at x=4, y=3; expected 0-2" in error.reason


def _offset(mask: np.ndarray) -> np.ndarray:
    return mask + 1


def _binary(mask: np.ndarray) -> np.ndarray:
    return (mask > 0) * 255


def _resized(mask: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(100 * mask).resize((64, 48), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("spoil", [_offset, _binary, _resized])
def test_values_are_refused_in_the_words_of_lint(tmp_path: Path, spoil: Callable[[np.ndarray], np.ndarray]) -> None:
    masks = {"1": spoil(labels(1)["1"]), "2": labels(2)["2"]}
    write_dataset(tmp_path, masks)
    shutil.copytree(tmp_path / "masks", tmp_path / "predictions")
    record, _ = lint_folders(tmp_path / "masks", tmp_path / "predictions", categories=SHAPES, jobs=1)
    (told,) = [entry for entry in record["excluded"] if entry["side"] == "gt"]
    error = refusal(tmp_path)
    assert (error.kind, error.reason, error.fix) == (told["kind"], told["reason"], told["fix"])


def test_a_turned_image_is_told_as_such(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1))
    Image.fromarray(draw_pair(0, (32, 24))[0]).save(tmp_path / "images" / "0.png")
    error = refusal(tmp_path)
    assert error.kind == "size_mismatch" and "height and width are swapped" in error.reason
    assert "24 x 32 px" in error.reason and "masks/0.png is 32 x 24 px" in error.reason


def test_a_grey_image_among_colour_ones_is_refused(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1, 2))
    Image.fromarray(draw_pair(0)[1]).save(tmp_path / "images" / "0.png")
    error = refusal(tmp_path)
    assert error.kind == "channels" and "it has 1 channels, expected 3" in error.reason


def test_images_of_two_depths_are_refused(tmp_path: Path) -> None:
    images = labels(0, 1, 2)
    write_dataset(tmp_path, labels(0, 1, 2), images)
    Image.fromarray(images["1"].astype(np.uint16)).save(tmp_path / "images" / "1.png")
    assert refusal(tmp_path).kind == "mixed_depth"


def test_the_channels_of_a_model_decide(tmp_path: Path) -> None:
    error = refusal(write_dataset(tmp_path, labels(0, 1, 2)), channels=4)
    assert error.kind == "channels" and "3 files" in error.reason and "expected 4" in error.reason


def test_a_mask_of_several_pages_is_refused(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1))
    (tmp_path / "masks/0.png").unlink()
    mask = Image.fromarray(labels(0)["0"])
    mask.save(tmp_path / "masks/0.tif", save_all=True, append_images=[mask])
    assert refusal(tmp_path).kind == "page_count"


def test_a_palette_in_another_order_is_refused(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1, 2))
    for name, palette in (
        ("0", [0, 0, 0, 9, 0, 0, 0, 9, 0]),
        ("1", [0, 0, 0, 9, 0, 0, 0, 9, 0]),
        ("2", [0, 0, 0, 0, 9, 0, 9, 0, 0]),
    ):
        image = Image.fromarray(labels(int(name))[name])
        image.putpalette(palette)
        image.save(tmp_path / "masks" / f"{name}.png")
    error = refusal(tmp_path)
    assert error.kind == "palette_differs" and error.path.endswith("2.png")


def test_a_void_mask_is_no_problem_for_training_but_for_validation(tmp_path: Path) -> None:
    masks = labels(0, 1, 2, 3)
    layout = find_examples(write_dataset(tmp_path, masks), 0.25)
    for side in (layout.train, layout.val):
        write_dataset(tmp_path, {**masks, side[0].image_id: np.full((24, 32), 255)})
        for categories in (SHAPES, None):
            if side is layout.train:
                assert "void_images" in kinds(check_examples(layout, categories, (255,)))
            else:
                with pytest.raises(InputError, match="there is no truth") as error:
                    check_examples(layout, categories, (255,))
                assert error.value.kind == "no_valid_pixels"


@pytest.mark.parametrize("categories", [SHAPES, None])
def test_nothing_but_void_to_train_on(tmp_path: Path, categories: Categories | None) -> None:
    layout = find_examples(write_dataset(tmp_path, {f"{i}": np.full((8, 8), 255) for i in range(4)}), 0)
    with pytest.raises(InputError) as error:
        check_examples(layout, categories, (255,))
    assert error.value.kind == "no_valid_pixels"


def test_too_many_values_without_a_list(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1))
    np.save(tmp_path / "masks/1.npy", np.arange(90 * 90).reshape(90, 90))
    (tmp_path / "masks/1.png").unlink()
    Image.fromarray(draw_pair(0, (90, 90))[0]).save(tmp_path / "images/1.png")
    with pytest.raises(UsageError, match="different values in the masks"):
        checked(tmp_path, None)


# ---------------------------------------------------------------------- what is noted


def test_absent_and_rare_classes_are_noted(tmp_path: Path) -> None:
    masks = {f"{i}": np.zeros((40, 40), np.uint8) for i in range(4)}
    layout = find_examples(write_dataset(tmp_path, masks), 0.25)
    masks[layout.train[0].image_id][0, 0] = 1
    facts = check_examples(find_examples(write_dataset(tmp_path, masks), 0.25), SHAPES)
    text = {note.kind: note.text for note in facts.notes if note.kind == "class_rare"}["class_rare"]
    assert "class 1" in text and "class 2" not in text
    absent = [note.text for note in facts.notes if note.kind == "class_absent"]
    assert absent == ["1 classes have no pixel in train: class 2", "2 classes have no pixel in val: class 1, class 2"]


def test_void_and_sizes_are_noted(tmp_path: Path) -> None:
    masks = {**labels(0, 1), **labels(2, 3, shape=(30, 48))}
    for mask in masks.values():
        mask[: len(mask) // 2] = 255
    facts = checked(write_dataset(tmp_path, masks), ignore=(255,))
    texts = [note.text for note in facts.notes]
    assert "50.0% of the pixels of train are void" in texts
    assert any("2 sizes, 32 to 48 px wide and 24 to 30 px high" in text for text in texts)


def test_guesses_about_values_are_told(tmp_path: Path) -> None:
    masks = labels(0, 1, 2)
    masks["0"][0, 0] = 255
    assert "maybe_void" in kinds(checked(write_dataset(tmp_path / "a", masks), None))
    many = {f"{i}": np.arange(40, dtype=np.uint8).reshape(5, 8) for i in range(3)}
    assert "many_classes" in kinds(checked(write_dataset(tmp_path / "b", many), None))
    assert "many_classes" not in kinds(checked(tmp_path / "b", numbered(40)))


def test_a_layouts_notes_are_kept(tmp_path: Path) -> None:
    write_dataset(tmp_path, labels(0, 1, 2))
    (tmp_path / "images/1.png").unlink()
    assert "mask_alone" in kinds(checked(tmp_path))


def test_progress_ends_with_all(tmp_path: Path) -> None:
    said: list[str] = []
    checked(write_dataset(tmp_path, labels(*range(7))), progress=said.append)
    assert said[-1] == "checked 7 of 7 images and masks"


# ---------------------------------------------------------------------- statistics


def layout_of(folder: Path) -> Layout:
    return find_examples(folder, 0)


def test_statistics_are_those_of_all_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unet.data.statistics.BLOCK", 100)  # several blocks in an image
    masks = {**labels(0, 1), **labels(2, shape=(30, 48))}
    write_dataset(tmp_path, masks)
    together = np.concatenate([draw_pair(i, mask.shape)[0].reshape(-1, 3) for i, mask in enumerate(masks.values())])
    mean, std = image_statistics(layout_of(tmp_path).train)
    assert mean == pytest.approx(together.mean(axis=0), rel=1e-12)
    assert std == pytest.approx(together.std(axis=0), rel=1e-12)


def test_a_constant_channel_has_deviation_one(tmp_path: Path) -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    image[:, :, 1] = np.arange(20).reshape(4, 5)
    write_dataset(tmp_path, {"a": np.zeros((4, 5))}, {"a": image})
    mean, std = image_statistics(layout_of(tmp_path).train)
    assert mean[0] == 0 and std[0] == 1 and std[1] == pytest.approx(np.arange(20).std())


def test_of_many_images_a_fixed_part_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unet.data.statistics.SAMPLE", 3)
    images = {f"{i}": np.full((2, 2, 3), i) for i in range(9)}
    write_dataset(tmp_path, {name: np.zeros((2, 2)) for name in images}, images)
    mean, _ = image_statistics(layout_of(tmp_path).train)
    assert mean == (4.0, 4.0, 4.0)  # images 0, 4 and 8


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=30), st.integers(1, 29))
def test_joined_moments_are_those_of_the_whole(values: list[int], at: int) -> None:
    def moments(part: list[int]) -> tuple[int, np.ndarray, np.ndarray]:
        array = np.array(part, float)
        mean = array.mean() if part else 0.0
        return len(part), np.array([mean]), np.array([((array - mean) ** 2).sum()])

    at = min(at, len(values) - 1)
    count, mean, squares = _joined(moments(values[:at]), moments(values[at:]))
    expected = moments(values)
    assert count == expected[0]
    assert mean == pytest.approx(expected[1]) and squares == pytest.approx(expected[2], abs=1e-6)
