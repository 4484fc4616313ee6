"""Pictures of what changed, decoded by PIL and held against numpy; from views, from thumbnails, or not at all."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspector.comparison_images import LAYERS, Evidence, draw_changes
from inspector.errors import InputError
from inspector.label_png_reader import decode_labels
from inspector.runs import Run
from tests.drawn_runs import run_of
from tests.kept_evidence import keep_thumbs, keep_views, labels_png
from tests.pictures import NAMES, VOID

K = len(NAMES)
BLUE, ORANGES, VIOLET = (86, 180, 255), {(255, 159, 28), (214, 122, 0)}, (132, 106, 150)
HATCH = {(66, 70, 78), (92, 97, 106)}

Codes = NDArray[np.uint8]


def drawn(seed: int, shape: tuple[int, int] = (48, 64)) -> tuple[Codes, Codes, Codes]:
    """Truth with void (K), and two predictions, one of them with pixels of no class."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, K, (shape[0] // 8, shape[1] // 8))
    gt = np.kron(blocks, np.ones((8, 8), int)).astype(np.uint8)
    a, b = (np.where(rng.random(shape) < 0.3, rng.integers(0, K + 1, shape), gt).astype(np.uint8) for _ in range(2))
    gt[:3] = K
    return gt, a, b


def newer(images: int) -> Run:
    """A run that the pictures get their colours and names from."""
    truth = np.zeros((8, 8), np.uint8)
    return run_of([(truth, truth)] * images, "new")


def rgb(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def colours(picture: NDArray[np.uint8], where: NDArray[np.bool_]) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in picture[where].tolist()}


def draw(tmp_path: Path, a: list, b: list, pairs: list[tuple[int, int]], images: int = 6):
    run = newer(images)
    return draw_changes(
        Evidence(tmp_path / "a", {"evidence": a}), Evidence(tmp_path / "b", {"evidence": b}), run, pairs
    )


def test_every_pixel_has_the_colour_of_what_became_of_it(tmp_path: Path) -> None:
    gt, a, b = drawn(1)
    views = [keep_views(tmp_path / name, {at: (gt, mask)}) for name, at, mask in (("a", 4, a), ("b", 2, b))]
    [names], files = draw(tmp_path, *views, [(4, 2)])
    assert names and list(names) == list(LAYERS) and set(files) == set(names.values())
    assert all(name.startswith("evidence/compare-0002-image-2.") for name in files)
    layers = {layer: rgb(files[name]) for layer, name in names.items()}
    scale = 480 // 64
    big_gt, big_a, big_b = (mask.repeat(scale, 0).repeat(scale, 1) for mask in (gt, a, b))
    palette = newer(1).categories.colors_rgb()
    for layer, codes in (("truth", big_gt), ("prediction_a", big_a), ("prediction_b", big_b)):
        known = codes < K
        assert layers[layer].shape == (*codes.shape, 3)
        assert np.array_equal(layers[layer][known], palette[codes[known]])
        assert colours(layers[layer], ~known) == HATCH
    changes, valid = layers["changes"], big_gt < K
    was, now = big_a == big_gt, big_b == big_gt
    assert colours(changes, valid & ~was & now) == {BLUE}
    assert colours(changes, valid & was & ~now) == ORANGES  # in stripes
    assert colours(changes, valid & ~was & ~now) == {VIOLET}
    assert colours(changes, ~valid) == HATCH
    greys = changes[valid & was & now]
    assert (greys == greys[:, :1]).all() and greys.max() <= 138


def test_a_large_view_is_shrunk_and_no_broken_pixel_is_lost(tmp_path: Path) -> None:
    gt = np.zeros((700, 1000), np.uint8)
    a, b = gt.copy(), gt.copy()
    b[301, 500] = 3  # one pixel of nine
    a[10:13, 10:13] = 2
    views = [keep_views(tmp_path / name, {0: (gt, mask)}) for name, mask in (("a", a), ("b", b))]
    [names], files = draw(tmp_path, *views, [(0, 0)])
    assert names
    changes = rgb(files[names["changes"]])
    assert changes.shape == (234, 334, 3)  # every third pixel: no side above 480
    assert tuple(changes[100, 166]) in ORANGES and colours(changes, np.ones(changes.shape[:2], bool)) & {BLUE}


def test_views_go_before_thumbnails_and_both_runs_must_have_one(tmp_path: Path) -> None:
    masks = {index: drawn(index) for index in range(5)}
    small = {index: tuple(mask[::2, ::2] for mask in three) for index, three in masks.items()}
    in_a, in_b = [0, 1, 3], [0, 2, 4]
    views_a = keep_views(tmp_path / "a", {i: (masks[i][0], masks[i][1]) for i in in_a})
    views_b = keep_views(tmp_path / "b", {i: (masks[i][0], masks[i][2]) for i in in_b})
    keep_thumbs(tmp_path / "a", {i: (small[i][0], small[i][1]) for i in (0, 1, 2, 4)})
    keep_thumbs(tmp_path / "b", {i: (small[i][0], small[i][2]) for i in (0, 1, 2, 3)})
    pairs = [(i, i) for i in range(5)]
    records, files = draw(tmp_path, views_a, views_b, pairs)
    assert [record is not None for record in records] == [True, True, True, False, False]
    palette = newer(1).categories.colors_rgb()
    for index, source in ((0, masks), (1, small), (2, small)):
        for layer, place in (("prediction_a", 1), ("prediction_b", 2)):
            codes = source[index][place]
            scale = min(8, 480 // codes.shape[1])
            picture = rgb(files[records[index][layer]])[::scale, ::scale]
            assert np.array_equal(picture[codes < K], palette[codes[codes < K]])


def test_without_evidence_there_are_no_pictures(tmp_path: Path) -> None:
    gt, a, b = drawn(3)
    view = keep_views(tmp_path / "b", {0: (gt, b)})
    assert draw(tmp_path, [], view, [(0, 0)]) == ([None], {})
    other_size = keep_views(tmp_path / "a", {0: (gt[:-8], a[:-8])})
    assert draw(tmp_path, other_size, view, [(0, 0)]) == ([None], {})
    older = [{"image": "image 0", "files": {"gt": "evidence/0000.gt.png"}}]  # as runs without views have it
    assert draw(tmp_path, older, view, [(0, 0)]) == ([None], {})
    assert draw(tmp_path, [], [], []) == ([], {})


def test_the_same_masks_give_the_same_names_and_others_give_others(tmp_path: Path) -> None:
    gt, a, b = drawn(4)
    both = [keep_views(tmp_path / name, {0: (gt, mask)}) for name, mask in (("a", a), ("b", b))]
    first = draw(tmp_path, *both, [(0, 0)])
    assert draw(tmp_path, *both, [(0, 0)]) == first
    keep_views(tmp_path / "a", {0: (gt, b)})
    again = draw(tmp_path, *both, [(0, 0)])
    changed = {layer for layer in LAYERS if first[0][0][layer] != again[0][0][layer]}
    assert changed == {"prediction_a", "changes"}


@pytest.mark.parametrize("name", ["../secret.png", "evidence/../../secret.png", "/etc/secret.png", "evidence/link.png"])
def test_a_path_out_of_the_run_folder_is_not_read(tmp_path: Path, name: str) -> None:
    gt, a, b = drawn(5)
    both = [keep_views(tmp_path / side, {0: (gt, mask)}) for side, mask in (("a", a), ("b", b))]
    (tmp_path / "secret.png").write_bytes(labels_png(gt))
    (tmp_path / "a" / "evidence" / "link.png").symlink_to(tmp_path / "secret.png")
    both[0][0]["view"]["gt"] = name
    assert draw(tmp_path, *both, [(0, 0)]) == ([None], {})


def test_label_maps_of_any_number_of_classes_are_read_back(tmp_path: Path) -> None:
    codes = np.arange(600).reshape(20, 30)
    assert np.array_equal(decode_labels(labels_png(codes, is_colour=True), tmp_path), codes)
    assert np.array_equal(decode_labels(labels_png(codes % 256), tmp_path), codes % 256)


@pytest.mark.parametrize("how", ["empty", "text", "cut", "flipped", "grey16", "huge"])
def test_damage_is_told_with_the_file(tmp_path: Path, how: str) -> None:
    data = labels_png(np.full((30, 40), VOID % 5))
    stream = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(stream, "png")
    damaged = {
        "empty": b"", "text": b"no picture at all", "cut": data[:-30], "grey16": stream.getvalue(),
        "flipped": data[:-25] + bytes([data[-25] ^ 255]) + data[-24:],
        "huge": data[:16] + b"\0\1\0\0\0\1\0\0" + data[24:],
    }[how]  # fmt: skip
    gt, a, b = drawn(6)
    both = [keep_views(tmp_path / side, {0: (gt, mask)}) for side, mask in (("a", a), ("b", b))]
    (tmp_path / "b" / "evidence" / "0000.pred.png").write_bytes(damaged)
    with pytest.raises(InputError, match="0000.pred.png: found no class map") as told:
        draw(tmp_path, *both, [(0, 0)])
    assert told.value.exit_code == 3
