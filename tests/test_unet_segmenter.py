"""Segmenter, Description and checkpoints: stored pixels in, the same size out, and everything in one file."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from inspector.categories import Categories, Category, numbered
from inspector.errors import EnvironmentFault, InputError, UsageError
from unet.checkpoints import (
    BEST,
    LAST,
    model_file,
    read_description,
    read_facts,
    read_model,
    read_state,
    write_model,
    write_state,
)
from unet.description import Description, Normalisation
from unet.segmenter import Segmenter

CLASSES = Categories.of(
    [
        Category(3, "Straße", (1, 2, 3), values=(3, 9), isthing=True),
        Category(0, "sky", background=True),
        Category(255, "void", ignore=True),
    ],
    "file x.toml",
)
PLAIN = Description(
    "unet", {"base": 4}, CLASSES, Normalisation((10.0, 20.0), (2.0, 4.0)), (32, 48), "softmax", {"seed": 1}
)


class Recorder(nn.Module):
    """Says what it was given; logits are `outputs` copies of the first channel, every `step`-th pixel."""

    def __init__(self, outputs: int = 2, step: int = 1) -> None:
        super().__init__()
        self.outputs, self.step = outputs, step
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x)
        return x[:, :1, :: self.step, :: self.step].repeat(1, self.outputs, 1, 1)


def test_images_are_normalised_in_stored_units() -> None:
    net = Recorder()
    Segmenter(net, PLAIN)(torch.tensor([12, 28], dtype=torch.uint8)[None, :, None, None].expand(1, 2, 8, 8))
    assert net.seen[0][0, :, 0, 0].tolist() == [1.0, 2.0]


def test_sizes_are_padded_by_reflection_and_cropped_again() -> None:
    net = Recorder()
    images = torch.rand(1, 2, 10, 13)
    logits = Segmenter(net, PLAIN, multiple=8)(images)
    assert net.seen[0].shape[2:] == (16, 16)
    assert torch.equal(net.seen[0][:, :, 10], net.seen[0][:, :, 8])  # the row below the last mirrors the one above it
    assert logits.shape == (1, 2, 10, 13)
    assert torch.allclose(logits[:, 0], (images[:, 0] - 10) / 2)


def test_an_image_too_small_to_mirror_is_padded_all_the_same() -> None:
    assert Segmenter(Recorder(), PLAIN, multiple=32)(torch.rand(1, 2, 3, 5)).shape == (1, 2, 3, 5)


def test_small_logits_are_brought_to_the_size_of_the_image() -> None:
    assert Segmenter(Recorder(step=4), PLAIN, multiple=4)(torch.rand(2, 2, 18, 22)).shape == (2, 2, 18, 22)


def test_lower_levels_lose_their_padding_too() -> None:
    class Deep(nn.Module):
        def forward(self, x: Tensor) -> list[Tensor]:
            return [x, x[:, :, ::2, ::2], x[:, :, ::4, ::4]]

    levels = Segmenter(Deep(), PLAIN, multiple=8).levels(torch.rand(1, 2, 10, 13))
    assert [tuple(level.shape[2:]) for level in levels] == [(10, 13), (5, 7), (3, 4)]


def test_another_number_of_channels_is_loud() -> None:
    with pytest.raises(ValueError, match="trained on 2 channels"):
        Segmenter(Recorder(), PLAIN)(torch.rand(1, 3, 8, 8))


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_probabilities_sum_to_one(activation: str) -> None:
    description = replace(PLAIN, activation=activation)
    segmenter = Segmenter(Recorder(description.outputs), description)
    images = 100 * torch.rand(1, 2, 4, 4)
    probabilities = segmenter.probabilities(images)
    assert probabilities.shape == (1, 2, 4, 4)
    assert torch.allclose(probabilities.sum(1), torch.ones(1, 4, 4))
    if activation == "sigmoid":
        assert torch.allclose(probabilities[:, 1], torch.sigmoid((images[:, 0] - 10) / 2))


def test_one_sigmoid_channel_is_for_two_classes() -> None:
    with pytest.raises(ValueError, match="two classes apart, not 3"):
        replace(PLAIN, categories=numbered(3), activation="sigmoid")


def test_a_model_file_gives_back_all_that_went_into_it(tmp_path: Path) -> None:
    tensors = {"a.weight": torch.rand(2, 3), "steps": torch.tensor(7), "half": torch.rand(4).bfloat16()}
    write_model(tmp_path / BEST, tensors, PLAIN)
    description, found = read_model(tmp_path / BEST)
    assert description == PLAIN
    assert found.keys() == tensors.keys() and all(torch.equal(found[name], tensors[name]) for name in tensors)


def test_a_state_gives_back_its_facts(tmp_path: Path) -> None:
    write_state(tmp_path / "s", {"x": torch.ones(2)}, {"step": 3, "best": {"miou": 0.1}})
    assert read_state(tmp_path / "s")[0] == {"step": 3, "best": {"miou": 0.1}}


def test_what_a_file_says_is_read_without_its_tensors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import safetensors

    class HeaderOnly:
        def __init__(self, path: Path, framework: str) -> None:
            self.opened = opened(path, framework)

        def __enter__(self) -> HeaderOnly:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def metadata(self) -> dict[str, str]:
            with self.opened as file:
                return file.metadata()

    write_model(tmp_path / BEST, {"x": torch.ones(2)}, PLAIN)
    write_state(tmp_path / "s", {"x": torch.ones(2)}, {"step": 3})
    opened = safetensors.safe_open
    monkeypatch.setattr(safetensors, "safe_open", HeaderOnly)
    assert read_description(tmp_path / BEST) == PLAIN and read_facts(tmp_path / "s") == {"step": 3}
    with pytest.raises(InputError, match="AttributeError|keys"):
        read_model(tmp_path / BEST)  # which does ask for them


def test_the_best_model_of_a_folder_is_taken_else_the_last(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither best.safetensors nor last"):
        model_file(tmp_path)
    write_model(tmp_path / LAST, {}, PLAIN)
    assert model_file(tmp_path).name == LAST
    write_model(tmp_path / BEST, {}, PLAIN)
    assert model_file(tmp_path).name == BEST
    assert model_file(tmp_path / LAST).name == LAST
    with pytest.raises(UsageError, match="there is no model"):
        model_file(tmp_path / "nowhere")


class Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return (Path.touch, (self.path,))


def test_a_pickle_under_the_name_of_a_model_runs_no_code(tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    (tmp_path / BEST).write_bytes(pickle.dumps(Bomb(harm)))
    with pytest.raises(InputError, match="no safetensors file"):
        read_model(tmp_path / BEST)
    pickle.loads((tmp_path / BEST).read_bytes())  # the bomb is a real one
    assert harm.exists()


@pytest.mark.parametrize("keep", [0, 4, 60, 200])
def test_a_torn_model_file_is_named(tmp_path: Path, keep: int) -> None:
    path = tmp_path / BEST
    write_model(path, {"a": torch.rand(100)}, PLAIN)
    path.write_bytes(path.read_bytes()[:keep])
    for read in (read_model, read_description):
        with pytest.raises(InputError, match="damaged") as caught:
            read(path)
        assert caught.value.path == str(path)


def test_weights_of_others_say_that_they_have_no_description(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.rand(2)}, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="not the description"):
        read_model(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("key", "value"), [("schema_version", 2), ("crop", None), ("activation", "sigmoid"), ("classes", {})]
)
def test_a_description_that_cannot_be_used_is_named(key: str, value: object) -> None:
    of_three = replace(PLAIN, categories=numbered(3))
    document = (of_three if key == "activation" else PLAIN).as_json()
    with pytest.raises(InputError, match="version 2|not usable"):
        Description.from_json({**document, key: value})


def test_a_write_that_fails_leaves_what_stood_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / BEST
    write_model(path, {"a": torch.zeros(1)}, PLAIN)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EnvironmentFault, match="No space left on device.*untouched"):
        write_model(path, {"a": torch.ones(1)}, PLAIN)
    assert read_model(path)[1]["a"].item() == 0
    assert [each.name for each in tmp_path.iterdir()] == [BEST]
