"""Programs of `unet export`, and those of others: the same logits, what they say of themselves, and whom they obey."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from inspector.categories import Categories, Category
from inspector.errors import EnvironmentFault, UsageError
from unet import export
from unet.backends import as_segmenter, build_net, load_segmenter
from unet.description import Description, Normalisation
from unet.export import Exported, export_model
from unet.segmenter import Segmenter

CLASSES = Categories.of([Category(0, "back"), Category(7, "ring"), Category(9, "dot")], "test")

Case = tuple[Segmenter, Exported, Segmenter]  # the model, what was written, and what was read of that


def _segmenter(up: str = "bilinear", seed: int = 0) -> Segmenter:
    torch.manual_seed(seed)
    options = {"base": 4, "depth": 2, "up": up}
    description = Description("unet", options, CLASSES, Normalisation((90.0, 60.0), (40.0, 20.0)), (64, 48))
    segmenter = as_segmenter(build_net("unet", options, 2, 3), description)
    segmenter.train()(torch.rand(4, 2, 32, 32) * 255)  # statistics that are not those of a new network
    return segmenter.eval()


@pytest.fixture(scope="module", params=["pt2", "onnx"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    if request.param == "onnx":
        pytest.importorskip("onnxscript")
    up = {"pt2": "bilinear", "onnx": "transposed"}[request.param]
    segmenter = _segmenter(up)
    written = export_model(segmenter, tmp_path_factory.mktemp("export") / f"model.{request.param}")
    return segmenter, written, load_segmenter(written.path, trust=True)


@pytest.mark.parametrize("size", [(8, 12), (4, 4), (4, 40), (41, 30), (1, 3), (64, 4)])
@pytest.mark.parametrize("count", [1, 3])
def test_a_loaded_program_gives_the_logits_of_the_model(exported: Case, count: int, size: tuple[int, int]) -> None:
    segmenter, written, loaded = exported
    images = torch.rand(count, 2, *size, generator=torch.Generator().manual_seed(3)) * 255
    with torch.inference_mode():
        found, expected = loaded(images), segmenter(images)
    assert found.shape == expected.shape == (count, 3, *size)
    if written.path.suffix == ".onnx" or min(size) > 4:  # torch.export takes no image of one multiple: it is padded
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_the_file_tells_all_that_a_prediction_needs(exported: Case) -> None:
    segmenter, _, loaded = exported
    assert loaded.description.categories == CLASSES and loaded.description.crop == (64, 48)
    assert loaded.multiple == segmenter.multiple and loaded.reach == segmenter.reach
    assert loaded.description.normalisation == Normalisation((0.0, 0.0), (1.0, 1.0)), "it is in the graph"


def test_what_was_compared_is_told(exported: Case) -> None:
    _, written, _ = exported
    assert 0 <= written.difference <= 1e-4 * written.largest and len(written.sizes) == 3
    assert [path.name for path in written.path.parent.iterdir()] == [written.path.name], "nothing else is left there"


def test_a_torch_program_is_opened_only_when_it_is_trusted(exported: Case) -> None:
    _, written, _ = exported
    if written.path.suffix == ".pt2":
        with pytest.raises(UsageError, match="can run code of whoever made it.*--trust"):
            load_segmenter(written.path)
    else:
        load_segmenter(written.path)


class Wrong(nn.Module):
    """Another program than was asked for."""

    def forward(self, images: Tensor) -> Tensor:
        return images.repeat(1, 2, 1, 1)[:, :3]


@pytest.fixture
def wrong_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = export.Graph

    def other(segmenter: Segmenter) -> nn.Module:
        made = graph(segmenter)
        made.net = Wrong()
        return made

    monkeypatch.setattr(export, "Graph", other)


@pytest.mark.usefixtures("wrong_graph")
def test_a_program_that_differs_is_a_fault_with_numbers_and_is_not_left_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"differ by \d.*largest is \d.*expected at most \d"):
        export_model(_segmenter(), tmp_path / "x.pt2")
    assert not list(tmp_path.iterdir())


class Untraceable(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images if float(images.sum()) > 0 else -images


def test_a_model_that_cannot_be_traced_says_so(tmp_path: Path) -> None:
    segmenter = _segmenter()
    segmenter.net = Untraceable()
    with pytest.raises(UsageError, match="unet cannot be exported to pt2: .*onnx"):
        export_model(segmenter, tmp_path / "x.pt2")
    assert not list(tmp_path.iterdir())


def test_a_format_and_a_place_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no export to '.tflite': expected pt2 or onnx"):
        export_model(_segmenter(), tmp_path / "x.tflite")
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match="could not be written"):
        export_model(_segmenter(), tmp_path / "file" / "x.pt2")


def test_facts_are_plain_json() -> None:
    from unet.backends.exported import facts_of

    facts = json.loads(facts_of(_segmenter(), least=8))
    assert facts["least"] == 8 and facts["multiple"] == 4
    assert Description.from_json(facts["description"]).categories == CLASSES
