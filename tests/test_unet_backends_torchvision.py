"""torchvision's segmentation models: their logits, from weights that are no pickles."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from benchmarks.torchvision_ops import declare_missing_ops
from inspector.categories import numbered
from inspector.errors import InputError, UsageError
from tests.conftest import absent
from unet.backends import build_net, build_segmenter, load_segmenter, portable, pretrained_normalisation
from unet.description import Description, Normalisation
from unet.optional import need

if importlib.util.find_spec("torchvision") is None:
    absent("torchvision")
declare_missing_ops()
segmentation = importlib.import_module("torchvision.models.segmentation")
NAME = "lraspp_mobilenet_v3_large"  # the smallest of them


def _net() -> nn.Module:
    torch.manual_seed(0)
    return segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=4).eval()


def _saved(tensors: Mapping[str, Tensor], path: Path) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


def test_a_state_dict_gives_the_logits_of_the_library(tmp_path: Path) -> None:
    net = _net()
    path = _saved(net.state_dict(), tmp_path / "x.safetensors")
    loaded = load_segmenter(f"torchvision:{NAME.upper()}:{path}")
    images = torch.rand(2, 3, 50, 70, generator=torch.Generator().manual_seed(1)) * 255
    mean, std = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    x = torch.nn.functional.pad((images / 255 - mean) / std, (0, 26, 0, 14), mode="reflect")
    with torch.no_grad():
        torch.testing.assert_close(loaded(images), net(x)["out"][:, :, :50, :70], rtol=1e-4, atol=1e-5)
    assert len(loaded.description.categories) == 4


def test_a_network_to_train_is_built_again_from_its_description() -> None:
    net = build_net(f"torchvision:{NAME}", {}, 3, 5)
    architecture, options = portable(f"torchvision:{NAME}", {})
    description = Description(architecture, options, numbered(5), Normalisation((0.0,) * 3, (1.0,) * 3))
    again = build_segmenter(description)
    again.net.load_state_dict(net.state_dict())
    assert again(torch.zeros(1, 3, 40, 40)).shape == (1, 5, 40, 40)
    assert pretrained_normalisation(f"torchvision:{NAME}", {}, 3) is None


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("torchvision:fcn_resnet5", "did you mean fcn_resnet50"),
        (f"torchvision:{NAME}", "random weights: it can be trained, not used"),
    ],
)
def test_a_name_without_a_model_behind_it_is_refused(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_segmenter(spec)


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    path = _saved({"a": torch.zeros(1)}, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="classifier.4.weight"):
        load_segmenter(f"torchvision:{NAME}:{path}")
    path = _saved({"classifier.4.weight": torch.zeros(4, 1, 1, 1)}, tmp_path / "x.safetensors")
    with pytest.raises(InputError, match="do not fit torchvision"):
        load_segmenter(f"torchvision:{NAME}:{path}")


@pytest.mark.parametrize(
    ("options", "channels", "message"),
    [({}, 4, "3 channels, not 4"), ({"weights": "DEFAULT"}, 3, "asks the network"), ({"colour": 1}, 3, "colour")],
)
def test_a_network_that_cannot_be_built_says_why(options: dict[str, Any], channels: int, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build_net(f"torchvision:{NAME}", options, channels, 3)


def test_a_library_that_does_not_load_is_told_apart_from_one_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("unet.optional.import_module", broken)
    with pytest.raises(UsageError, match="same index as torch") as caught:
        need("torchvision", "smp", "a model torchvision:…")
    assert caught.value.kind == "broken"
