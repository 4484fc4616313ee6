"""What is drawn depends on the seed and the step alone, shows every image, and keeps images and labels together."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.categories import numbered
from inspector.errors import InputError
from tests.unet_folders import draw_pair, write_dataset
from unet.data.checks import Facts, check_examples
from unet.data.layouts import Example, find_examples
from unet.data.samples import Samples, default_crop, load_example, loader

CLASSES = numbered(3)
K = 3


class Data:
    """Seven images of several sizes, of which pixels tell where they come from."""

    def __init__(self, folder: Path, shapes: list[tuple[int, int]]) -> None:
        self.masks = {f"{i}": draw_pair(i, shape)[1] for i, shape in enumerate(shapes)}
        self.images = {
            name: np.dstack([np.full(mask.shape, int(name)), *np.indices(mask.shape)])
            for name, mask in self.masks.items()
        }  # (image, y, x)
        layout = find_examples(write_dataset(folder, self.masks, self.images), 0)
        self.examples: tuple[Example, ...] = layout.train
        self.facts: Facts = check_examples(layout, CLASSES)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data(tmp_path_factory.mktemp("mixed"), [(24, 32), (30, 20), (24, 32), (17, 60), (40, 40), (24, 32), (9, 9)])


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return Data(tmp_path_factory.mktemp("alike"), [(24, 32)] * 7)


def equal(one: tuple[torch.Tensor, torch.Tensor], other: tuple[torch.Tensor, torch.Tensor]) -> bool:
    return torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


# ---------------------------------------------------------------------- a pure function of seed and step


@given(
    st.integers(0, 5), st.integers(1, 5), st.booleans(), st.integers(0, 40), st.lists(st.integers(0, 40), max_size=4)
)
@settings(max_examples=40)
def test_a_batch_is_the_same_whatever_was_drawn_before(
    mixed: Data, seed: int, batch: int, balance: bool, step: int, before: list[int]
) -> None:
    fresh, used = (Samples(mixed.examples, mixed.facts, (16, 16), batch, seed, balance) for _ in range(2))
    for other in before:
        used.batch_of(other)
    assert equal(fresh.batch_of(step), used.batch_of(step))


@given(st.integers(0, 5), st.integers(1, 7), st.integers(1, 4), st.booleans(), st.integers(0, 30))
@settings(max_examples=40)
def test_the_rows_of_all_ranks_are_the_batch(
    mixed: Data, seed: int, batch: int, world: int, balance: bool, step: int
) -> None:
    samples = Samples(mixed.examples, mixed.facts, (16, 16), max(batch, world), seed, balance)
    whole = samples.batch_of(step)
    joined = tuple(torch.empty_like(part) for part in whole)
    for rank in range(world):
        for part, rows in zip(joined, samples.batch_of(step, rank, world), strict=True):
            part[rank::world] = rows
    assert equal((joined[0], joined[1]), whole)


@pytest.mark.parametrize("workers", [None, 0, 1, 2, 5])
@pytest.mark.parametrize("cache_bytes", [0, 5000, 1 << 30])
def test_neither_threads_nor_the_cache_change_a_digit(mixed: Data, workers: int | None, cache_bytes: int) -> None:
    reference = Samples(mixed.examples, mixed.facts, (16, 24), 3, 7, True)
    samples = Samples(mixed.examples, mixed.facts, (16, 24), 3, 7, True, cache_bytes)
    drawn = list(loader(samples, 2, 9, workers=workers))
    assert len(drawn) == 7
    assert all(equal(batch, reference.batch_of(step)) for batch, step in zip(drawn, range(2, 9), strict=True))


def test_another_seed_draws_another_batch(mixed: Data) -> None:
    one, other = (Samples(mixed.examples, mixed.facts, (16, 16), 4, seed).batch_of(0) for seed in (0, 1))
    assert not torch.equal(one[0], other[0])


def test_another_seed_cuts_one_image_elsewhere(mixed: Data) -> None:
    crops = [Samples(mixed.examples[4:5], mixed.facts, (16, 16), 8, seed).batch_of(0)[0] for seed in (0, 1)]
    assert not torch.equal(crops[0], crops[1])


def test_crops_of_one_image_differ_from_epoch_to_epoch(mixed: Data) -> None:
    samples = Samples(mixed.examples[4:5], mixed.facts, (16, 16), 1)
    corners = {tuple(samples.batch_of(step)[0][0, 1:, 0, 0].tolist()) for step in range(30)}
    assert len(corners) > 20


# ---------------------------------------------------------------------- every image, in a new order each time


@given(st.integers(0, 9), st.integers(1, 9))
@settings(max_examples=30)
def test_each_image_is_seen_once_before_any_is_seen_twice(alike: Data, seed: int, batch: int) -> None:
    samples = Samples(alike.examples, alike.facts, None, batch, seed)
    seen = [int(image[0, 0, 0]) for step in range(30) for image in samples.batch_of(step)[0]]
    for start in range(0, len(seen) - 6, 7):
        assert sorted(seen[start : start + 7]) == list(range(7))
    assert samples.steps_per_epoch == -(-7 // batch)


def test_the_order_changes_with_the_epoch(alike: Data) -> None:
    samples = Samples(alike.examples, alike.facts, None, 7)
    orders = {tuple(samples.batch_of(step)[0][:, 0, 0, 0].tolist()) for step in range(5)}
    assert len(orders) == 5


# ---------------------------------------------------------------------- crops


@given(st.integers(0, 200), st.tuples(st.integers(1, 70), st.integers(1, 70)), st.booleans())
@settings(max_examples=100)
def test_pixels_and_labels_are_cut_at_one_place(mixed: Data, step: int, crop: tuple[int, int], balance: bool) -> None:
    """Every pixel carries its image and its place: a label is the one stored there, or void beyond the image."""
    samples = Samples(mixed.examples, mixed.facts, crop, 1, 3, balance)
    pixels, labels = samples.batch_of(step)
    assert pixels.shape == (1, 3, *crop) and pixels.dtype == torch.uint8
    assert labels.shape == (1, *crop) and labels.dtype == torch.int64
    image, ys, xs = pixels[0].numpy().astype(int)
    stored = mixed.masks[str(image[0, 0])]
    inside = labels[0].numpy() != K
    assert (image == image[0, 0]).all()
    assert (labels[0].numpy()[inside] == stored[ys[inside], xs[inside]]).all()
    expected = [min(length, size) for length, size in zip(crop, stored.shape, strict=True)]
    assert inside.sum() == np.prod(expected)  # as much of the image as fits, in one rectangle
    rows, columns = inside.any(axis=1), inside.any(axis=0)
    assert [rows.sum(), columns.sum()] == expected
    assert (np.diff(ys[rows][:, 0]) == 1).all() and (np.diff(xs[0][columns]) == 1).all()


def test_beyond_the_image_pixels_are_mirrored(mixed: Data) -> None:
    samples = Samples(mixed.examples[6:], mixed.facts, (9, 14), 1)
    for step in range(10):
        _, _, xs = samples.batch_of(step)[0][0].numpy().astype(int)
        at = int(np.flatnonzero(samples.batch_of(step)[1][0, 0].numpy() != K)[0])
        triangle = [abs((x - at + 8) % 16 - 8) for x in range(14)]  # 0 1 … 8 7 … 0, repeated to both sides
        assert xs[0].tolist() == triangle


def test_corners_of_the_image_are_reached(mixed: Data) -> None:
    samples = Samples(mixed.examples[4:5], mixed.facts, (38, 38), 1)
    corners = Counter(tuple(samples.batch_of(step)[0][0, 1:, 0, 0].tolist()) for step in range(200))
    assert set(corners) == {(y, x) for y in range(3) for x in range(3)}


def test_whole_images_come_as_they_are(alike: Data) -> None:
    pixels, labels = Samples(alike.examples, alike.facts, None, 5).batch_of(0)
    for image, codes in zip(pixels.numpy(), labels.numpy(), strict=True):
        name = str(image[0, 0, 0])
        assert (np.moveaxis(image, 0, -1) == alike.images[name]).all() and (codes == alike.masks[name]).all()


def test_whole_images_of_several_sizes_are_refused(mixed: Data) -> None:
    with pytest.raises(ValueError, match="give a crop"):
        Samples(mixed.examples, mixed.facts, None, 2)


@pytest.mark.parametrize(
    ("sizes", "crop"),
    [({(360, 480): 9}, None), ({(999, 2048): 9}, (512, 512)), ({(256, 256): 3, (520, 696): 2, (40, 50): 1}, (256,) * 2),
     ({(100, 90): 1, (101, 90): 1}, (128, 96))],
)  # fmt: skip
def test_the_default_crop(mixed: Data, sizes: dict[tuple[int, int], int], crop: tuple[int, int] | None) -> None:
    facts = Facts(**{**vars(mixed.facts), "sizes": sizes})
    assert default_crop(facts) == crop


# ---------------------------------------------------------------------- balance


@pytest.fixture(scope="module")
def unbalanced(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """Nine images without and one with a rare class of 25 x 25 px, a fortieth of all."""
    data = Data.__new__(Data)
    data.masks = {f"{i}": np.zeros((50, 50), np.uint8) for i in range(10)}
    data.masks["9"][10:35, 20:45] = 1
    data.images = {name: np.full((50, 50, 3), int(name)) for name in data.masks}
    layout = find_examples(write_dataset(tmp_path_factory.mktemp("rare"), data.masks, data.images), 0)
    data.examples, data.facts = layout.train, check_examples(layout, numbered(2))
    return data


@pytest.mark.parametrize("crop", [(8, 8), None])
def test_a_rare_class_is_drawn_as_often_as_its_weight_says(unbalanced: Data, crop: tuple[int, int] | None) -> None:
    samples = Samples(unbalanced.examples, unbalanced.facts, crop, 10, 0, balance=True)
    drawn = np.concatenate([samples.batch_of(step)[1].numpy() for step in range(100)])  # 1000 samples
    holds = (drawn == 1).any(axis=(1, 2))
    weight = [1 / np.sqrt(39), 1 / np.sqrt(1)]  # of background and of the rare class
    assert holds[1::2].mean() == pytest.approx(weight[1] / sum(weight), abs=0.03)
    chance = 0.1 if crop is None else 0.1 * (32 / 43) * (30 / 43)  # of the image, and of both axes of the crop
    assert holds[::2].mean() == pytest.approx(chance, abs=0.03)


def test_every_second_sample_still_goes_through_all_images(unbalanced: Data) -> None:
    samples = Samples(unbalanced.examples, unbalanced.facts, (8, 8), 20, 0, balance=True)
    for step in range(3):
        assert sorted(samples.batch_of(step)[0][::2, 0, 0, 0].tolist()) == list(range(10))


# ---------------------------------------------------------------------- types, damage, memory


def test_sixteen_bits_come_as_floats_of_the_same_value(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (8, 9, 5), dtype=np.uint16)
    write_dataset(tmp_path, {"a": np.zeros((8, 9))})
    (tmp_path / "images/a.png").unlink()
    np.save(tmp_path / "images/a.npy", deep)
    layout = find_examples(tmp_path, 0)
    facts = check_examples(layout, CLASSES)
    pixels, _ = Samples(layout.train, facts, None, 1).batch_of(0)
    assert pixels.dtype == torch.float32
    assert torch.equal(pixels[0], torch.from_numpy(np.moveaxis(deep.astype(np.float32), -1, 0)))


def test_stored_values_become_indices_and_ignored_ones_void(tmp_path: Path) -> None:
    mask = np.array([[0, 2], [1, 255]])
    layout = find_examples(write_dataset(tmp_path, {"a": mask}), 0)
    facts = check_examples(layout, CLASSES, (255, 1))
    assert load_example(layout.train[0], facts)[1].tolist() == [[0, 1], [2, 2]]
    assert len(facts.categories) == 2


@pytest.mark.parametrize("side", ["images", "masks"])
def test_a_file_that_changed_since_the_check_is_seen(tmp_path: Path, side: str) -> None:
    layout = find_examples(write_dataset(tmp_path, {"a": draw_pair(0)[1]}), 0)
    facts = check_examples(layout, CLASSES)
    shape = (24, 32) if side == "masks" else (24, 31)
    write_dataset(tmp_path / "new", {"a": np.ones(shape)})
    (tmp_path / "new" / side / "a.png").replace(tmp_path / side / "a.png")
    with pytest.raises(InputError, match="no longer what it was"):
        list(loader(Samples(layout.train, facts, (8, 8), 2), 0, 3))


def test_an_image_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    layout = find_examples(write_dataset(tmp_path, {"a": draw_pair(0)[1]}), 0)
    facts = check_examples(layout, CLASSES)
    path = tmp_path / "images/a.png"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="a.png"):
        list(loader(Samples(layout.train, facts, (8, 8), 2), 0, 3))


def loads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    counted: Counter[str] = Counter()

    def counting(example: Example, facts: Facts) -> object:
        counted[example.image_id] += 1
        return load_example(example, facts)

    monkeypatch.setattr("unet.data.samples.load_example", counting)
    return counted


def test_what_fits_the_cache_is_decoded_once(alike: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 24 * 32 * 4  # three channels and a label
    for kept in (0, 3, 7):
        counted = loads(monkeypatch)
        samples = Samples(alike.examples, alike.facts, None, 7, cache_bytes=kept * size)
        list(loader(samples, 0, 4, workers=0))
        assert sorted(counted.values()) == [1] * kept + [4] * (7 - kept)
        monkeypatch.undo()


def test_no_more_batches_are_drawn_ahead_than_are_said(alike: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = loads(monkeypatch)
    samples = Samples(alike.examples, alike.facts, None, 1, cache_bytes=0)
    batches: Iterator[object] = loader(samples, 0, 1000, workers=2)
    for _ in range(5):
        next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert 5 <= counted.total() <= 5 + 2 * 2


def test_threads_end_with_the_loop(alike: Data) -> None:
    before = threading.active_count()
    for _ in loader(Samples(alike.examples, alike.facts, None, 2), 0, 100):
        break
    for thread in threading.enumerate():
        if thread.name.startswith("inspect"):
            thread.join(5)
    assert threading.active_count() == before


@pytest.mark.parametrize("batch", [0, -1])
def test_an_empty_batch_cannot_be_asked_for(alike: Data, batch: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Samples(alike.examples, alike.facts, None, batch)
