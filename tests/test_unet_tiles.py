"""Tiles: where they lie, what they weigh, and that what they give is what the whole image gives."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from inspector.errors import EnvironmentFault, UsageError
from tests.tiny_nets import fixed, unet
from unet.prediction.memory import bytes_per_pixel
from unet.prediction.stitching import Axis, Grid, Stitcher
from unet.prediction.tiles import ArraySource, Tiling, choose_tiling, grid_of, predict_blocks, predict_labels
from unet.segmenter import Segmenter

Pixels = NDArray[np.uint8]


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


def stitched(segmenter: Segmenter, pixels: Pixels, tiling: Tiling, batch: int = 1) -> NDArray[np.float32]:
    """(K, H, W): the blocks put together; a pixel that is given twice or never is a failure."""
    height, width = pixels.shape[:2]
    whole = np.full((len(segmenter.description.categories), height, width), np.nan, np.float32)
    for block in predict_blocks(segmenter, ArraySource(pixels), tiling, batch=batch):
        found = block.probabilities.numpy()
        place = whole[:, block.y : block.y + found.shape[1], block.x : block.x + found.shape[2]]
        assert place.shape == found.shape and np.isnan(place).all()
        place[:] = found
    assert not np.isnan(whole).any()
    return whole


axes = st.builds(
    Axis,
    length=st.integers(1, 300),
    tile=st.integers(1, 120),
    overlap=st.integers(0, 60),
    multiple=st.sampled_from([1, 2, 8, 16]),
    reach=st.none() | st.integers(0, 40),
).filter(lambda axis: axis.overlap < axis.tile)


@given(axes)
def test_tiles_cover_the_image_at_multiples_of_the_stride(axis: Axis) -> None:
    covered = np.zeros(axis.padded, int)
    for start in axis.starts:
        assert start % axis.multiple == 0 and start + axis.size <= axis.padded
        covered[start : start + axis.size] += 1
    assert covered.min() >= 1 and axis.size % axis.multiple == 0
    assert axis.padded - axis.length < axis.multiple


@given(axes)
def test_neighbours_overlap_by_as_much_as_was_asked_where_the_stride_allows_it(axis: Axis) -> None:
    possible = min(axis.overlap, axis.size - axis.multiple)
    for before, after in zip(axis.starts, axis.starts[1:], strict=False):
        assert before < after
        assert before + axis.size - after >= possible


@given(axes)
def test_weights_add_up_to_one_at_every_pixel(axis: Axis) -> None:
    total = np.zeros(axis.padded)
    for start, weights in zip(axis.starts, axis.weights, strict=True):
        total[start : start + axis.size] += weights
    assert (axis.weights >= 0).all()
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_weights_are_zero_as_far_as_an_inner_edge_can_be_felt() -> None:
    axis = Axis(300, 100, 40, 4, reach=20)
    assert len(axis.starts) > 2
    assert (axis.weights[1:, :20] == 0).all() and (axis.weights[:-1, -20:] == 0).all()
    assert (axis.weights[0, :20] == 1).all() and (axis.weights[-1, -20:] == 1).all()  # the image ends there


@pytest.mark.parametrize("size", [(150, 210), (133, 97), (50, 300), (301, 60), (40, 40)])
def test_tiles_that_overlap_by_twice_the_reach_give_the_digits_of_the_whole_image(size: tuple[int, int]) -> None:
    segmenter = unet()
    assert segmenter.reach is not None
    pixels = noise(*size)
    with torch.inference_mode():
        whole = segmenter.probabilities(torch.from_numpy(pixels).permute(2, 0, 1)[None])[0].numpy()
    np.testing.assert_allclose(stitched(segmenter, pixels, Tiling()), whole, atol=1e-5)
    tiled = stitched(segmenter, pixels, Tiling((96, 88), 2 * segmenter.reach))
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


def test_without_overlap_the_digits_are_others() -> None:
    """What the test above would see."""
    segmenter, pixels = unet(), noise(150, 210)
    cut = stitched(segmenter, pixels, Tiling((96, 88), 0))
    assert np.abs(cut - stitched(segmenter, pixels, Tiling())).max() > 1e-2


@settings(max_examples=40)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(6, 40), st.integers(0, 20), st.integers(1, 4))
def test_a_net_that_sees_one_pixel_gives_the_same_in_any_tiles(
    height: int, width: int, tile: int, overlap: int, batch: int
) -> None:
    segmenter = fixed(lambda x: torch.cat([x, x.sum(dim=1, keepdim=True)], dim=1), 4)
    pixels = noise(height, width)
    tiled = stitched(segmenter, pixels, Tiling((tile, tile), min(overlap, tile - 1)), batch)
    np.testing.assert_allclose(tiled, stitched(segmenter, pixels, Tiling()), atol=1e-5)


def test_stitched_tiles_are_the_weighted_mean_that_a_plain_accumulator_gives() -> None:
    grid = Grid(Axis(90, 40, 25, 4), Axis(75, 32, 9, 4))
    torch.manual_seed(0)
    tiles = {place: torch.rand(2, 40, 32) for place in grid}
    total, weight = np.zeros((2, 92, 76)), np.zeros((92, 76))
    for place, tile in tiles.items():
        y, x = grid.vertical.starts[place.row], grid.horizontal.starts[place.column]
        for row in range(40):
            for column in range(32):
                w = float(grid.vertical.weights[place.row][row] * grid.horizontal.weights[place.column][column])
                total[:, y + row, x + column] += w * tile[:, row, column].numpy()
                weight[y + row, x + column] += w
    stitcher = Stitcher(grid)
    for place in grid:
        block = stitcher.add(place, tiles[place])
        h, w = block.probabilities.shape[1:]
        at = (slice(None), slice(block.y, block.y + h), slice(block.x, block.x + w))
        np.testing.assert_allclose(block.probabilities.numpy(), (total / weight)[at], atol=1e-5)


def test_a_constant_image_gives_a_constant_inside() -> None:
    segmenter = unet()
    assert segmenter.reach is not None
    found = stitched(segmenter, np.full((220, 240, 3), 90, np.uint8), Tiling((112, 112), 2 * segmenter.reach))
    r = segmenter.reach
    inside = found[:, r:-r, r:-r]
    assert np.ptp(inside, axis=(1, 2)).max() < 1e-5


def test_no_seam_stands_where_tiles_meet_with_the_usual_overlap() -> None:
    segmenter = unet(depth=3)
    y, x = np.mgrid[0:256, 0:384]
    pixels = (127 + 60 * np.sin(y / 23) + 60 * np.cos(x / 31))[:, :, None].repeat(3, 2).astype(np.uint8)
    blended = stitched(segmenter, pixels, Tiling((128, 128), 32))
    cut = stitched(segmenter, pixels, Tiling((128, 128), 0))
    borders = grid_of(segmenter, 256, 384, Tiling((128, 128), 32)).horizontal.starts[1:]
    ends = [column for start in borders for column in range(start - 1, start + 48)]
    whole = _steps(stitched(segmenter, pixels, Tiling()))
    assert _steps(blended)[ends].max() <= 1.2 * whole[ends].max() + 0.01
    assert _steps(cut)[[127, 255]].max() > 2 * whole[[127, 255]].max()  # what a seam looks like


def _steps(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """(W - 1,): the largest step from each column to the next, well inside."""
    return np.abs(np.diff(probabilities[:, 60:-60], axis=2)).max(axis=(0, 1))


def test_what_is_held_of_a_tall_image_does_not_grow_with_its_height() -> None:
    def most(height: int) -> int:
        grid = Grid(Axis(height, 64, 16), Axis(200, 64, 16))
        stitcher, held = Stitcher(grid), 0
        for place in grid:
            stitcher.add(place, torch.zeros(5, 64, 64))
            parts = (stitcher._below, stitcher._right)
            held = max(held, sum(part.numel() for part in parts if part is not None))
        return held

    assert most(64 * 60) <= 5 * (64 * 64 + 20 * 200)
    assert most(64 * 60) <= most(64 * 6)


def test_tiles_in_batches_give_the_same_as_one_by_one() -> None:
    segmenter, pixels = unet(), noise(150, 170)
    one = stitched(segmenter, pixels, Tiling((64, 64), 16))
    np.testing.assert_allclose(stitched(segmenter, pixels, Tiling((64, 64), 16), batch=5), one, atol=1e-5)


def test_predicting_leaves_a_model_in_training_as_it_was() -> None:
    segmenter = unet().train()
    before = {name: tensor.clone() for name, tensor in segmenter.state_dict().items()}
    choose_tiling(segmenter, 4000, 4000)
    predict_labels(segmenter, noise(40, 40))
    assert segmenter.training and segmenter.net.training
    assert all(torch.equal(before[name], tensor) for name, tensor in segmenter.state_dict().items())


@pytest.mark.parametrize(("classes", "dtype"), [(3, np.uint8), (255, np.uint8), (300, np.int16)])
def test_labels_are_the_most_probable_classes(classes: int, dtype: type) -> None:
    segmenter = fixed(
        lambda x: torch.stack([-((x[:, 0] * 50 + 100 - k) ** 2) for k in range(classes)], dim=1), classes, 1
    )
    pixels = np.arange(200, dtype=np.uint8).reshape(10, 20, 1)
    labels = predict_labels(segmenter, pixels, Tiling((8, 8), 2))
    assert labels.dtype == dtype
    assert (labels == np.minimum(pixels[:, :, 0].astype(int), classes - 1)).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_images_of_more_than_8_bits_are_taken_as_they_are(dtype: type) -> None:
    segmenter = fixed(lambda x: torch.cat([-x, x], dim=1), 2, 1)
    assert (predict_labels(segmenter, np.full((9, 9, 1), 60000, dtype)) == 1).all()


def test_small_images_are_predicted_whole_and_large_ones_in_tiles_of_512() -> None:
    segmenter = unet()
    assert choose_tiling(segmenter, 360, 480) == (Tiling(), ())
    assert choose_tiling(segmenter, 2000, 2000, free=1 << 40) == (Tiling(), ())
    tiling, notes = choose_tiling(segmenter, 3000, 3000, free=1 << 40)
    assert tiling.tile == (512, 512) and notes == ()
    assert segmenter.reach is not None and 2 * segmenter.reach <= tiling.overlap <= 128


def test_tiles_are_as_large_as_the_training_crops() -> None:
    tiling, notes = choose_tiling(unet(crop=(768, 640)), 3000, 3000, free=1 << 40)
    assert tiling.tile == (768, 640) and notes == ()


def test_short_memory_gives_smaller_tiles_and_a_note() -> None:
    segmenter = unet()
    free = 2 * bytes_per_pixel(segmenter) * 200 * 200
    tiling, notes = choose_tiling(segmenter, 3000, 3000, free=free)
    assert tiling.tile == (128, 128) and "memory" in notes[0]


def test_tiles_below_the_training_crop_are_warned_of() -> None:
    segmenter = unet(crop=(256, 256))
    _, notes = choose_tiling(segmenter, 1000, 1000, tile=128)
    assert "smaller than the training crops" in notes[0]
    assert choose_tiling(segmenter, 1000, 1000, tile=256)[1] == ()
    assert choose_tiling(segmenter, 100, 1000, tile=256)[1] == ()


def test_tile_0_is_the_whole_image() -> None:
    assert choose_tiling(unet(), 5000, 5000, tile=0)[0] == Tiling()


@pytest.mark.parametrize(("tile", "overlap"), [(-1, None), (64, 64), (64, -2), (64, 100)])
def test_tilings_that_cannot_be_are_refused(tile: int, overlap: int | None) -> None:
    with pytest.raises(UsageError, match="--tile|--overlap"):
        choose_tiling(unet(), 1000, 1000, tile, overlap)


def _short_of_memory(most: int, error: type[Exception]) -> Segmenter:
    """A segmenter that finds no memory for more than `most` px at once."""

    def run(x: Tensor) -> Tensor:
        if x.shape[0] * x.shape[2] * x.shape[3] > most:
            raise error("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes")
        return torch.cat([x, -x], dim=1)

    return fixed(run, 2, 1)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_out_of_memory_is_answered_by_halving_the_batch(error: type[Exception]) -> None:
    segmenter, said = _short_of_memory(2 * 16 * 16, error), list[str]()
    pixels = noise(64, 64, 1)
    blocks = list(predict_blocks(segmenter, ArraySource(pixels), Tiling((16, 16), 0), batch=8, say=said.append))
    assert len(blocks) == 16 and len(said) == 2 and "going on with 2" in said[1]


def test_a_tile_that_does_not_fit_alone_is_an_error_that_says_what_to_do() -> None:
    segmenter = _short_of_memory(10, RuntimeError)
    with pytest.raises(EnvironmentFault, match="--tile"):
        list(predict_blocks(segmenter, ArraySource(noise(64, 64, 1)), Tiling((16, 16), 0)))


def test_another_runtime_error_is_not_taken_for_lack_of_memory() -> None:
    def broken(x: Tensor) -> Tensor:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        predict_labels(fixed(broken, 2), noise(8, 8))


def test_memory_of_a_net_is_bounded_from_above() -> None:
    """At least input, output and the widest layer; not a thousand times as much."""
    segmenter = unet()
    assert 4 * (3 + 2 * 3 + 2 * 4) <= bytes_per_pixel(segmenter) <= 4000
